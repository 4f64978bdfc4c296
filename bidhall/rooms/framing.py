"""WebSocket text frames, written once for many members (RFC 6455, 5.2; no mask, no extension)."""

from __future__ import annotations

import struct
from collections.abc import Iterable

__all__ = ["framed"]

_TEXT_FINAL = 0x81
_SHORT = 125
_MEDIUM = (1 << 16) - 1


def _header(size: int) -> bytes:
    if size <= _SHORT:
        return bytes((_TEXT_FINAL, size))
    if size <= _MEDIUM:
        return struct.pack("!BBH", _TEXT_FINAL, 126, size)
    return struct.pack("!BBQ", _TEXT_FINAL, 127, size)


def framed(payloads: Iterable[bytes]) -> bytes:
    """Put each payload (UTF-8) into an unmasked text frame of its own, one after the other.

    A server may send frames without compression even where it was negotiated (RFC 7692, 6), so
    the same bytes serve every connection.
    """
    return b"".join(part for payload in payloads for part in (_header(len(payload)), payload))
