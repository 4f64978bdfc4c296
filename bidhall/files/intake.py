"""Writing one upload: locked, hashed as it comes, durable before anyone is told.

The lock is the kernel's (``flock``): it ends with the process, however it dies. What a crash
leaves: the row says how many bytes were fsynced; the file may hold more, which the next `Intake`
cuts off, and never fewer.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path
from typing import Final

from bidhall.durable import sync_folder
from bidhall.files.errors import (
    StorageDamagedError,
    StorageFullError,
    UploadBusyError,
    UploadMissingError,
)
from crypto.merkle import RootHasher

__all__ = ["BATCH", "Digests", "Intake", "lock", "write_all", "write_new"]

BATCH: Final = 1 << 20
"""Bytes that are written and hashed at a time: 1 MiB."""


class Digests:
    """SHA-256 and RFC 6962 root (1 MiB leaves) of what came so far."""

    __slots__ = ("_flat", "_tree")

    def __init__(self) -> None:
        """Begin with nothing."""
        self._flat = hashlib.sha256()
        self._tree = RootHasher()

    @property
    def length(self) -> int:
        """Give the bytes taken in so far."""
        return self._tree.length

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Take in the next bytes."""
        self._flat.update(data)
        self._tree.update(data)

    def sha256(self) -> str:
        """Give the SHA-256 so far, hex."""
        return self._flat.hexdigest()

    def root(self) -> str:
        """Give the root so far, hex."""
        return self._tree.digest().hex()


def lock(path: Path, create: bool = False) -> int:  # noqa: FBT001, FBT002 - called in threads
    """Open an upload's file for this caller alone, making it if asked; give the descriptor.

    Raises:
        UploadBusyError: somebody else has it.
        UploadMissingError: the file is gone.
    """
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_CREAT if create else 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileNotFoundError as error:
        message = "this upload was removed"
        raise UploadMissingError(message) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        message = "another request is writing to this upload; wait, ask with HEAD, go on"
        raise UploadBusyError(message) from error
    if os.fstat(descriptor).st_nlink == 0:  # removed between the opening and the locking
        os.close(descriptor)
        message = "this upload was removed"
        raise UploadMissingError(message)
    return descriptor


def write_all(descriptor: int, data: bytes | bytearray | memoryview, offset: int) -> None:
    """Write ``data`` at ``offset``.

    Raises:
        StorageFullError: the disk is full.
    """
    view = memoryview(data)
    try:
        while view:
            written = os.pwrite(descriptor, view, offset)
            view, offset = view[written:], offset + written
    except OSError as error:
        message = "the hall's disk is full; try again later"
        raise StorageFullError(message) from error


def write_new(path: Path, data: bytes = b"", *, durable: bool = False) -> None:
    """Make a file that did not exist; ``durable``: its bytes, but not its name, are on the disk."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    try:
        write_all(descriptor, data, 0)
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Intake:
    """An upload that one request is writing to. Its methods block: call them in a thread."""

    def __init__(
        self, descriptor: int, folder: Path, received: int, digests: Digests | None
    ) -> None:
        """Go on after ``received`` bytes; ``digests`` are of these, or None to read them again.

        Raises:
            StorageDamagedError: the file is shorter than what was confirmed.
        """
        self._descriptor = descriptor
        self._unnamed = None if received else folder
        size = os.fstat(descriptor).st_size
        if size < received:
            message = f"{received} bytes were confirmed but {size} are on the disk; upload anew"
            raise StorageDamagedError(message)
        if size > received:
            os.ftruncate(descriptor, received)
        self.position = received
        if digests is None or digests.length != received:
            digests = self._read_again(received)
        self.digests = digests

    def append(self, data: bytearray | memoryview) -> None:
        """Write and hash the next bytes; they are not durable yet.

        Raises:
            StorageFullError: the disk is full.
        """
        write_all(self._descriptor, data, self.position)
        self.digests.update(data)
        self.position += len(data)

    def settle(self) -> None:
        """Make what was written durable."""
        os.fdatasync(self._descriptor)
        if self._unnamed is not None:  # the first time: the file's name must be durable too
            sync_folder(self._unnamed)
            self._unnamed = None

    def take_back(self, position: int) -> None:
        """Forget what came after ``position``."""
        os.ftruncate(self._descriptor, position)
        os.fdatasync(self._descriptor)
        self.position = position
        self.digests = self._read_again(position)

    def close(self) -> None:
        """Give the file free."""
        os.close(self._descriptor)

    def _read_again(self, length: int) -> Digests:
        digests = Digests()
        buffer = bytearray(BATCH)
        view = memoryview(buffer)
        while digests.length < length:
            count = os.preadv(self._descriptor, [view[: length - digests.length]], digests.length)
            if not count:
                message = f"the file ends at {digests.length} bytes, {length} were confirmed"
                raise StorageDamagedError(message)
            digests.update(view[:count])
        return digests
