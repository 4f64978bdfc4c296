"""One piece of an upload on its way from the socket to the disk.

Two buffers of 1 MiB: while one is written and hashed in a thread, the other fills. Every
`CHECKPOINT` bytes the disk is waited for and the row brought up to date, so that a crash within
a long piece costs at most that much. A piece with a checksum counts whole or not at all.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import Executor
from types import TracebackType
from typing import Any, Final, Self

from bidhall.files.errors import ChecksumMismatchError, TooLargeError
from bidhall.files.intake import BATCH, Digests, Intake
from bidhall.files.threads import Threads
from bidhall.files.uploads import Upload, Uploads

__all__ = ["CHECKPOINT", "Writing"]

CHECKPOINT: Final = 32 << 20


class Writing:
    """An upload that one request has for itself; leave the block to give it free."""

    def __init__(
        self,
        uploads: Uploads,
        threads: Threads,
        intake: Intake,
        upload: Upload,
        keep_warm: Callable[[str, Digests], None],
    ) -> None:
        """Go on where ``upload`` ends."""
        self._uploads = uploads
        self._threads = threads
        self._intake = intake
        self._keep_warm = keep_warm
        self._filling, self._spare = threads.borrow(), threads.borrow()
        self._filled = 0
        self._begin = self._settled = upload.received
        self._under_way: asyncio.Future[None] | None = None
        self._checked: Any = None
        self._expected: bytes | None = None
        self.upload = upload

    async def __aenter__(self) -> Self:
        """Have the upload."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it free. A thread may still be writing, so the file is closed behind it."""
        await asyncio.shield(asyncio.ensure_future(self._close(failed=error is not None)))

    def expect(self, checksum: bytes | None) -> None:
        """Take the piece only if its SHA-256 is ``checksum``; None: take it as it comes."""
        self._expected = checksum
        self._checked = None if checksum is None else hashlib.sha256()

    @property
    def taken(self) -> int:
        """Give the bytes taken so far, durable or not."""
        return self._intake.position + self._filled + (BATCH if self._under_way else 0)

    async def feed(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            TooLargeError: more bytes than announced.
            StorageFullError: the disk is full.
        """
        view = memoryview(data)
        while view:
            count = min(len(view), BATCH - self._filled)
            self._filling[self._filled : self._filled + count] = view[:count]
            self._filled += count
            view = view[count:]
            if self._filled == BATCH:
                await self._hand_over()

    async def settle(self) -> Upload:
        """Make all that was taken durable and count it; the last piece completes the upload.

        Raises:
            ChecksumMismatchError: the piece is not what the client sent; nothing of it is kept.
        """
        await self._hand_over()
        await self._finish_batch()
        if self._checked is not None and self._checked.digest() != self._expected:
            await self._in_thread(self._intake.take_back, self._begin)
            message = "the piece arrived altered; nothing of it was kept: send it again"
            raise ChecksumMismatchError(message)
        await self._count()
        return self.upload

    async def keep_what_came(self) -> None:
        """Make durable what came of a piece that broke off; of a checked piece, nothing."""
        if self._checked is not None:
            await self._finish_batch()
            await self._in_thread(self._intake.take_back, self._begin)
            return
        await self._hand_over()
        await self._finish_batch()
        await self._count()

    async def _hand_over(self) -> None:
        """Give the full buffer to a thread once the other one is done."""
        await self._finish_batch()
        if not self._filled:
            return
        if self._intake.position + self._filled > self.upload.length:
            message = f"more than the {self.upload.length} bytes announced came"
            raise TooLargeError(message, maximum=self.upload.length)
        batch = memoryview(self._filling)[: self._filled]
        self._filling, self._spare, self._filled = self._spare, self._filling, 0
        self._under_way = asyncio.ensure_future(self._run(self._threads.work, self._take, batch))

    async def _finish_batch(self) -> None:
        if self._under_way is not None:
            under_way, self._under_way = self._under_way, None
            await under_way
        if self._checked is None and self._intake.position - self._settled >= CHECKPOINT:
            await self._count()

    def _take(self, batch: memoryview) -> None:
        if self._checked is not None:
            self._checked.update(batch)
        self._intake.append(batch)

    async def _count(self) -> None:
        position = self._intake.position
        complete = position == self.upload.length
        if position == self._settled and self.upload.state != "receiving":
            return
        await self._in_thread(self._intake.settle)
        # A crash here: the bytes are there, the row does not count them, they come again.
        digests = self._intake.digests if complete else None
        self.upload = await self._uploads.settle(self.upload.id, position, digests)
        self._settled = position

    async def _close(self, *, failed: bool) -> None:
        if self._under_way is not None:
            await asyncio.wait([self._under_way])
        if not failed and self.upload.state == "receiving":
            self._keep_warm(self.upload.id, self._intake.digests)
        await self._in_thread(self._intake.close)
        for buffer in (self._filling, self._spare):
            self._threads.give_back(buffer)

    async def _in_thread(self, work: Callable[..., None], *given: Any) -> None:
        await self._run(self._threads.disk, work, *given)

    async def _run(self, threads: Executor, work: Callable[..., None], *given: Any) -> None:
        await asyncio.get_running_loop().run_in_executor(threads, work, *given)
