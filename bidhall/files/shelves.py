"""The files on disk: one a row, named by its id, on 1024 shelves so that no folder grows long."""

from __future__ import annotations

import contextlib
import os
import shutil
from itertools import product
from pathlib import Path
from typing import Final

from bidhall.durable import sync_folder
from bidhall.files.errors import StorageFullError, UploadMissingError
from bidhall.files.intake import write_new

__all__ = ["HEAD_BYTES", "PREFIX", "Shelves"]

HEAD_BYTES: Final = 65_536
"""How much of a file's beginning `Shelves.head` gives."""

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"
_MARK: Final = 26
PREFIX: Final = "upl"
_START: Final = PREFIX + "-"


class Shelves:
    """A folder of files. Every method blocks: call it in a thread."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder``, which is made if need be."""
        self._folder = folder
        self._names = ["".join(pair) for pair in product(_ALPHABET, repeat=2)]
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in self._names:
            (folder / name).mkdir(exist_ok=True, mode=0o700)
        sync_folder(folder)

    def path(self, upload: str) -> Path:
        """Give the path of a file.

        Raises:
            UploadMissingError: the id has not the form of an upload's id, whatever else it may be.
        """
        mark = upload.removeprefix(_START)
        if mark == upload or len(mark) != _MARK or not set(mark) <= set(_ALPHABET):
            message = f"there is no upload {upload[:40]!a}"
            raise UploadMissingError(message)
        return self._folder / mark[:2] / upload

    def begin(self, upload: str) -> None:
        """Make a new empty file; not durable yet, the first bytes that are confirmed make it so."""
        write_new(self.path(upload))

    def add(self, upload: str, data: bytes) -> None:
        """Make a file of ``data``, durable with its name when this returns."""
        path = self.path(upload)
        write_new(path, data, durable=True)
        sync_folder(path.parent)

    def remove(self, upload: str) -> None:
        """Remove a file; harmless if it is gone."""
        path = self.path(upload)
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
            sync_folder(path.parent)

    def head(self, upload: str) -> bytes:
        """Read a file's first `HEAD_BYTES`."""
        with self.path(upload).open("rb") as file:
            return file.read(HEAD_BYTES)

    def check_room(self, length: int, reserve: int) -> None:
        """Check that ``length`` bytes fit and ``reserve`` stay free.

        Raises:
            StorageFullError: they do not.
        """
        if shutil.disk_usage(self._folder).free < length + reserve:
            message = f"the hall's disk has no room for {length} bytes; try again later"
            raise StorageFullError(message)

    def older_than(self, before: float) -> list[str]:
        """List the files last written before a time (seconds since 1970)."""
        aged = []
        for name in self._names:
            with os.scandir(self._folder / name) as entries:
                aged += [
                    one.name for one in entries
                    if one.name.startswith(_START) and one.stat(follow_symlinks=False).st_mtime < before
                ]  # fmt: skip
        return aged
