"""The data folder: one hall at a time, and a short private place for sockets."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bidhall.local.errors import FolderError, InUseError

__all__ = ["Claim", "claim", "notice", "sockets_folder", "sockets_place"]

# A Unix socket's path ends at 108 bytes (104 on macOS); `/.s.PGSQL.5432.lock` comes after it.
_SOCKET_ROOM = 80
# Other letters would need quoting in the services' addresses, where a comma separates hosts.
_PLAIN = re.compile(r"[A-Za-z0-9._/-]+")


@dataclass(frozen=True, slots=True)
class Claim:
    """The exclusive use of a folder; ends with the process that holds it."""

    folder: Path
    file: IO[str]

    def announce(self, **facts: str | int) -> None:
        """Leave a notice for other processes of this machine: who we are, what runs where."""
        self.file.seek(0)
        self.file.truncate()
        json.dump({"pid": os.getpid(), **facts}, self.file)
        self.file.flush()


@contextmanager
def claim(folder: Path) -> Iterator[Claim]:
    """Use the folder alone until the block ends; it is made where it is missing.

    Raises:
        InUseError: another hall uses it.
        FolderError: it cannot be made or written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (folder / "lock").open("a+")
    except OSError as error:
        message = (
            f"the folder {folder} cannot be used ({error.strerror}); "
            "make it writable, or choose another with BIDHALL_DATA"
        )
        raise FolderError(message) from error
    with file:
        try:
            _lock(file)
        except BlockingIOError as error:
            who = notice(folder).get("pid", "unknown")
            message = (
                f"another hall (process {who}) uses the folder {folder}; "
                "stop it, or choose another folder with BIDHALL_DATA"
            )
            raise InUseError(message) from error
        except OSError as error:
            message = f"files in {folder} cannot be locked ({error.strerror}); use a local disk"
            raise FolderError(message) from error
        held = Claim(folder, file)
        held.announce()
        try:
            yield held
        finally:
            held.announce()


def _lock(file: IO[str]) -> None:
    """Take the lock; a hall that is just ending, or one who only reads the notice, may hold it."""
    for pause in (0.05, 0.1, 0.2):
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(pause)
    return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def notice(folder: Path) -> dict[str, str | int]:
    """Read what the hall that uses the folder has announced; empty when none does."""
    try:
        with (folder / "lock").open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return dict(json.loads(file.read() or "{}"))
    except (OSError, ValueError):
        pass
    return {}


def sockets_place(folder: Path) -> Path:
    """Name the folder for sockets: ``run`` in the data folder, or one with a short path."""
    wanted = folder / "run"
    if len(os.fsencode(wanted)) > _SOCKET_ROOM or not _PLAIN.fullmatch(str(wanted)):
        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"bidhall-{os.geteuid()}-{name}"
    return wanted


def sockets_folder(folder: Path) -> Path:
    """Make the private folder for sockets.

    Raises:
        FolderError: what stands at the short path belongs to somebody else.
    """
    wanted = sockets_place(folder)
    wanted.mkdir(mode=0o700, exist_ok=True)
    # Anyone can make a folder in /tmp first, or a link: such a place would get our sockets.
    found = wanted.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        message = f"{wanted} belongs to another user; remove it, or choose another BIDHALL_DATA"
        raise FolderError(message)
    wanted.chmod(0o700)
    return wanted
