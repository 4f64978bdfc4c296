"""Every file the hall has.

The order of writing decides what a crash leaves: a file exists before its row, a row is gone
before its file, bytes are fsynced before the row counts them. So there may be a file too many,
which `FileStore.sweep` finds, but never a row without its bytes. A file that an event is going
to name is adopted *before* the command is handed in: again one too many rather than one missing.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

import asyncpg

from bidhall.cases.case import Person
from bidhall.cases.errors import ConflictError, NotFoundError
from bidhall.files.errors import (
    FilesError,
    OffsetConflictError,
    TooLargeError,
    UploadBusyError,
    UploadExpiredError,
    UploadMissingError,
    UploadPinnedError,
)  # fmt: skip
from bidhall.files.intake import Digests, Intake, lock
from bidhall.files.shelves import HEAD_BYTES, PREFIX, Shelves
from bidhall.files.threads import Threads
from bidhall.files.uploads import FileLimits, Upload, Uploads
from bidhall.files.writing import Writing
from bidhall.ids import new_id

__all__ = ["HEAD_BYTES", "FileLimits", "FileStore", "Upload", "UploadFacts", "owner_of"]

_ORPHAN_AGE: Final = 3600.0
_WARM: Final = 256
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class UploadFacts:
    """What the hall itself knows of a finished upload; ``head`` its first bytes, hashes hex."""

    upload: str
    size: int
    sha256: str
    root: str
    head: bytes
    name: str


def owner_of(person: Person) -> str:
    """Give whose uploads a person's are: its organisation's, its own if it has none."""
    return person.organisation or person.id


class FileStore:
    """The files of the hall, in a folder and the table ``upload``."""

    def __init__(
        self, pool: asyncpg.Pool[Any], folder: Path, *, limits: FileLimits | None = None
    ) -> None:
        """Keep files in ``folder``, which is made if need be."""
        self.limits: Final = limits or FileLimits()
        self._shelves = Shelves(folder)
        self._uploads = Uploads(pool, self.limits)
        self._threads = Threads()
        self._warm: OrderedDict[str, Digests] = OrderedDict()

    def close(self) -> None:
        """Wait for the threads."""
        self._threads.close()

    async def in_thread(self, work: Callable[..., _T], *given: Any) -> _T:
        """Run blocking work in one of the store's own threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads.disk, work, *given)

    # Uploads ------------------------------------------------------------------------------

    async def create(self, person: Person, length: int, name: str) -> Upload:
        """Begin an upload of ``length`` bytes.

        Raises:
            TooLargeError: no file may be that long.
            QuotaExceededError: the organisation has too much under way.
            StorageFullError: the disk has no room.
        """
        if length > self.limits.longest:
            message = f"the file has {length} bytes; at most {self.limits.longest} are taken"
            raise TooLargeError(message, maximum=self.limits.longest)
        await self.in_thread(self._shelves.check_room, length, self.limits.reserve)
        upload = new_id(PREFIX)
        await self.in_thread(self._shelves.begin, upload)
        try:
            return await self._uploads.enter(upload, owner_of(person), person.id, length, name)
        except FilesError:
            await self.in_thread(self._shelves.remove, upload)
            raise

    async def find(self, upload: str, owner: str) -> Upload:
        """Give an upload of ``owner``.

        Raises:
            UploadMissingError: there is none, or it is somebody else's.
            UploadExpiredError: it was not finished in time.
        """
        self._shelves.path(upload)
        found = await self._uploads.find(upload)
        if found is None or found.owner != owner:
            message = f"there is no upload {upload}"
            raise UploadMissingError(message)
        if found.expired:
            message = f"upload {upload} was not finished in time; begin a new one"
            raise UploadExpiredError(message)
        return found

    async def write(self, upload: str, owner: str, offset: int, size: int | None) -> Writing:
        """Take an upload for writing ``size`` bytes (None: not said) at ``offset``.

        Raises:
            UploadMissingError, UploadExpiredError: as `find`.
            UploadBusyError: another request is writing to it.
            OffsetConflictError: it goes on somewhere else.
            TooLargeError: more bytes than announced.
        """
        path = self._shelves.path(upload)
        before = await self.find(upload, owner)
        # A power failure may have taken a file of which nothing was confirmed yet.
        descriptor = await self.in_thread(lock, path, before.received == 0)
        try:
            found = await self.find(upload, owner)  # another request may have written meanwhile
            if found.received != offset:
                message = f"the upload goes on at {found.received}, not at {offset}"
                raise OffsetConflictError(message, offset=found.received)
            if size is not None and offset + size > found.length:
                message = f"{offset} and {size} bytes are more than the {found.length} announced"
                raise TooLargeError(message, maximum=found.length)
            warm = self._warm.pop(upload, None)
            opened = await self.in_thread(Intake, descriptor, path.parent, offset, warm)
        except BaseException:
            os.close(descriptor)
            raise
        return Writing(self._uploads, self._threads, opened, found, self._keep_warm)

    async def terminate(self, upload: str, owner: str) -> None:
        """Remove an upload.

        Raises:
            UploadPinnedError: the record names it.
        """
        await self.find(upload, owner)
        descriptor = await self.in_thread(lock, self._shelves.path(upload))
        try:
            if not await self._uploads.delete(upload):
                message = f"upload {upload} is part of the record and stays"
                raise UploadPinnedError(message)
            await self._remove(upload)
        finally:
            os.close(descriptor)

    # Finished files -----------------------------------------------------------------------

    async def facts(self, upload: str, owner: str) -> UploadFacts:
        """Give what is known of a finished upload, and keep it for another hour at least.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
            ConflictError: it is not finished.
        """
        found = await self._uploads.touch(upload, owner)
        if found is None:
            message = f"there is no upload {upload[:40]!a} of yours; send the file first"
            raise NotFoundError(message, code="no-such-upload")
        if found.sha256 is None or found.root is None:
            message = f"{found.received} of {found.length} bytes came; finish the upload first"
            raise ConflictError(message, code="upload-unfinished", received=found.received)
        head = await self.in_thread(self._shelves.head, upload)
        return UploadFacts(upload, found.length, found.sha256, found.root, head, found.name)

    async def adopt(self, upload: str) -> None:
        """Keep a finished file for good. Call it before the command that names the file.

        Raises:
            NotFoundError: there is no such file, or it is not finished.
        """
        if not await self._uploads.adopt(upload):
            message = f"there is no finished upload {upload[:40]!a}"
            raise NotFoundError(message, code="no-such-upload")

    async def put(self, data: bytes, name: str = "") -> str:
        """Keep a document of the hall's own and give its id; the same bytes get the same id."""
        digests = Digests()
        await self.in_thread(digests.update, data)
        while (known := await self._uploads.own(digests.sha256())) is None:
            upload = new_id(PREFIX)
            await self.in_thread(self._shelves.add, upload, data)
            if await self._uploads.enter_own(upload, name, len(data), digests):
                return upload
            await self._remove(upload)  # another worker put the same bytes just now
        return known

    async def open(self, upload: str) -> BinaryIO:
        """Open a finished file for reading; the caller closes it.

        Raises:
            NotFoundError: there is no such file, or it is not finished.
        """
        return await self.in_thread(open, await self.finished(upload), "rb")

    async def finished(self, upload: str) -> Path:
        """Give the path of a finished file.

        Raises:
            NotFoundError: there is no such file, or it is not finished.
        """
        found = await self._uploads.find(upload)
        if found is None or found.sha256 is None:
            message = f"there is no finished file {upload[:40]!a}"
            raise NotFoundError(message, code="no-such-file")
        return self._shelves.path(upload)

    # Sweeping -----------------------------------------------------------------------------

    async def sweep(self, *, orphan_age: float = _ORPHAN_AGE) -> int:
        """Remove expired uploads, and files without a row that are older than ``orphan_age`` s.

        Safe at any time and in several workers at once. Gives how many were removed.
        """
        removed = 0
        for upload in await self._uploads.expired():
            removed += await self._sweep_one(upload)
        aged = await self.in_thread(self._shelves.older_than, time.time() - orphan_age)
        for orphan in await self._uploads.unknown(aged):
            await self._remove(orphan)
            removed += 1
        return removed

    async def _sweep_one(self, upload: str) -> bool:
        descriptor = None
        try:
            descriptor = await self.in_thread(lock, self._shelves.path(upload))
        except UploadBusyError:
            return False  # somebody is writing: it will not be expired then
        except UploadMissingError:
            pass  # the row alone is left
        try:
            gone = await self._uploads.delete(upload, expired=True)
            if gone:
                await self._remove(upload)
            return gone
        finally:
            if descriptor is not None:
                os.close(descriptor)

    async def _remove(self, upload: str) -> None:
        self._warm.pop(upload, None)
        await self.in_thread(self._shelves.remove, upload)

    def _keep_warm(self, upload: str, digests: Digests) -> None:
        self._warm[upload] = digests
        if len(self._warm) > _WARM:
            self._warm.popitem(last=False)
