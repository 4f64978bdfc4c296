"""Bytes into an envelope and out of it in batches of 1 MiB, whatever the size of the whole.

Two buffers take turns. Where an `Executor` is handed in, the next batch is read and hashed on it
while the caller ciphers and hashes this one; without one, everything happens in the caller's
thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, wait
from typing import Final, Protocol

from crypto import payload
from crypto.errors import CiphertextAlteredError, PayloadInvalidError, TruncatedError
from crypto.merkle import RootHasher
from crypto.payload import Header

BATCH: Final = 1 << 20


class Source(Protocol):
    """Where bytes come from: a raw or buffered binary file, or `io.BytesIO`."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill `buffer` from the front and return how many bytes that were; 0 at the end."""


class Sink(Protocol):
    """Where bytes go: a raw or buffered binary file, or `io.BytesIO`."""

    def write(self, data: memoryview, /) -> int:
        """Take bytes from the front, which change once this returns, and say how many."""


def write_all(out: Sink, data: memoryview) -> None:
    """Write all of `data`: a raw file may take less at a time, on a nearly full disk for one."""
    while data:
        data = data[out.write(data) :]


def batches(
    fill: Callable[[memoryview], None], size: int, executor: Executor | None
) -> Iterator[memoryview]:
    """Yield `size` bytes in batches that `fill` made, each valid until the next is asked for."""
    buffers = (memoryview(bytearray(BATCH)), memoryview(bytearray(BATCH)))
    rooms = [
        buffers[turn & 1][: min(BATCH, size - at)] for turn, at in enumerate(range(0, size, BATCH))
    ]
    if executor is None:
        for room in rooms:
            fill(room)
            yield room
        return
    pending = executor.submit(fill, rooms[0])
    try:
        for turn, room in enumerate(rooms, start=1):
            pending.result()
            if turn < len(rooms):
                pending = executor.submit(fill, rooms[turn])
            yield room
    finally:
        # A caller that gave up must not find its files read behind its back.
        wait([pending])


class PlaintextReader:
    """The padded plaintext as one stream: header, files, zeros; and the root of its content."""

    def __init__(self, header: Header, files: Sequence[Source]) -> None:
        """Get ready to read.

        Raises:
            PayloadInvalidError: the header is not valid, or lists another number of files.
        """
        if len(files) != len(header.files):
            message = f"the header lists {len(header.files)} files, {len(files)} were given"
            raise PayloadInvalidError(message)
        encoded = header.to_bytes()
        self._head = memoryview(len(encoded).to_bytes(payload.LENGTH_SIZE, "big") + encoded)
        self._files = list(zip(header.files, files, strict=True))
        self._left = [entry.size for entry in header.files]
        self._at = 0
        self._content_left = header.content_size()
        self._root = RootHasher()
        self.size = payload.bucket(self._content_left)

    def fill(self, room: memoryview) -> None:
        """Fill all of `room` with the next bytes.

        Raises:
            PayloadInvalidError: a file has fewer bytes than the header says, or more.
        """
        content = room[: self._content_left]
        first = self._head[: len(content)]
        content[: len(first)] = first
        self._head = self._head[len(first) :]
        filled = len(first)
        while filled < len(content):
            filled += self._read(content[filled:])
        self._content_left -= len(content)
        if len(content) < len(room):
            room[len(content) :] = bytes(len(room) - len(content))
        self._root.update(content)

    def _read(self, room: memoryview) -> int:
        entry, source = self._files[self._at]
        left = self._left[self._at]
        if not left:
            self._refuse_more()
            self._at += 1
            return 0
        count = source.readinto(room[:left]) or 0
        if not count:
            message = (
                f"file {entry.name!r} is {left} bytes shorter than the {entry.size} in the header"
            )
            raise PayloadInvalidError(message)
        self._left[self._at] -= count
        return count

    def _refuse_more(self) -> None:
        entry, source = self._files[self._at]
        if source.readinto(memoryview(bytearray(1))):
            message = f"file {entry.name!r} is longer than the {entry.size} bytes in the header"
            raise PayloadInvalidError(message)

    def finish(self) -> bytes:
        """Check that the last files have no more bytes than said, and return the plaintext root.

        Raises:
            PayloadInvalidError: one has.
        """
        while self._at < len(self._files):
            self._refuse_more()
            self._at += 1
        return self._root.digest()


class CiphertextReader:
    """Exactly `size` bytes of ciphertext, and their root where that is asked for."""

    def __init__(self, source: Source, size: int, *, hashed: bool) -> None:
        """Get ready to read."""
        self._source = source
        self._size = size
        self._done = 0
        self._root = RootHasher() if hashed else None

    def fill(self, room: memoryview) -> None:
        """Fill all of `room` with the next bytes.

        Raises:
            TruncatedError: there are fewer.
        """
        filled = 0
        while filled < len(room):
            count = self._source.readinto(room[filled:]) or 0
            if not count:
                message = f"the ciphertext ends after {self._done + filled} of {self._size} bytes"
                raise TruncatedError(message)
            filled += count
        self._done += filled
        if self._root is not None:
            self._root.update(room)

    def finish(self) -> bytes | None:
        """Check that the source ends here, and return the root if it was asked for.

        Raises:
            CiphertextAlteredError: `too-long`.
        """
        if self._source.readinto(memoryview(bytearray(1))):
            message = f"the ciphertext goes on after its {self._size} bytes"
            raise CiphertextAlteredError(message, code="too-long")
        return None if self._root is None else self._root.digest()
