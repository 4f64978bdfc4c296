"""Taking an opened payload apart as it streams in.

Source: docs/spec/envelope.md, "Plaintext". Bytes reach this only after the tag of their chunk was
verified.
"""

from __future__ import annotations

from crypto import payload
from crypto.descriptor import Descriptor
from crypto.errors import ContextMismatchError, PayloadInvalidError
from crypto.merkle import RootHasher
from crypto.streams import Sink, write_all


class Unpacker:
    """Reads the header, passes the content on to `out`, hashes it, insists on zeros after it."""

    def __init__(self, descriptor: Descriptor, out: Sink | None) -> None:
        """Await the plaintext of `descriptor`."""
        self._descriptor = descriptor
        self._out = out
        self._start = bytearray()
        self._header: payload.Header | None = None
        self._content_left = 0
        self._hasher = RootHasher()

    def feed(self, plaintext: memoryview) -> None:
        """Take the next bytes, in pieces of any size.

        Raises:
            PayloadInvalidError: `malformed-payload` or `malformed-padding`.
            ContextMismatchError: the header is of another stage or lot than the descriptor.
        """
        if self._header is None:
            self._start += plaintext
            end = self._header_end()
            if end is None or len(self._start) < end:
                return
            self._take_header(bytes(self._start[payload.LENGTH_SIZE : end]))
            plaintext = memoryview(self._start)
        content = plaintext[: self._content_left]
        self._content_left -= len(content)
        self._hasher.update(content)
        if self._out is not None:
            write_all(self._out, content)
        padding = bytes(plaintext[len(content) :])
        if padding.count(0) != len(padding):
            message = "the padding holds something else than zeros"
            raise PayloadInvalidError(message, code="malformed-padding")

    def _header_end(self) -> int | None:
        if len(self._start) < payload.LENGTH_SIZE:
            return None
        length = int.from_bytes(self._start[: payload.LENGTH_SIZE], "big")
        if not 0 < length <= payload.MAX_HEADER:
            message = f"a header has 1 to {payload.MAX_HEADER} bytes, this one says {length}"
            raise PayloadInvalidError(message)
        return payload.LENGTH_SIZE + length

    def _take_header(self, encoded: bytes) -> None:
        header = payload.parse_header(encoded)
        context = self._descriptor.context
        if (header.stage, header.lot) != (context.stage, context.lot):
            message = f"the header is for {header.stage!r} of lot {header.lot!a}, "
            message += f"sealed as {context.stage!r} of lot {context.lot!a}"
            raise ContextMismatchError(message)
        self._content_left = header.content_size()
        if payload.ciphertext_size(payload.bucket(self._content_left)) != self._descriptor.size:
            size = self._descriptor.size
            message = f"{self._content_left} bytes have another bucket than a ciphertext of {size}"
            raise PayloadInvalidError(message, code="malformed-padding")
        self._header = header

    def finish(self) -> payload.Header:
        """Return the header once the plaintext has ended.

        Raises:
            PayloadInvalidError: `malformed-payload`, the header did not end.
        """
        if self._header is None or self._content_left:
            message = "the header says more bytes than the payload has"
            raise PayloadInvalidError(message)
        return self._header

    def root(self) -> bytes:
        """Return the plaintext root."""
        return self._hasher.digest()
