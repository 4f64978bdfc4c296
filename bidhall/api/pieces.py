"""Sending a file, or a piece of one, to be kept and not run: in parts, by range, never by path.

Which file it is was decided by a case; its name is only ever told, in a form no header breaks on.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

__all__ = ["Piece", "send_piece"]

_STEP: Final = 1 << 18
_RANGE: Final = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")
_TYPES: Final = {".pdf": "application/pdf"}


@dataclass(frozen=True, slots=True)
class Piece:
    """``size`` bytes of a file from ``offset`` on; ``sha256`` of these bytes, hex."""

    path: Path
    offset: int
    size: int
    name: str
    sha256: str


def send_piece(request: Request, piece: Piece) -> Response:
    """Answer with a piece, whole or the one range that is asked for (RFC 9110, section 14)."""
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(piece.name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "ETag": f'"{piece.sha256}"',
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    wanted = _wanted(request, piece, headers["ETag"])
    if wanted is None:
        headers["Content-Range"] = f"bytes */{piece.size}"
        return Response(status_code=416, headers=headers)
    start, end = wanted
    partial = (start, end) != (0, piece.size)
    if partial:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{piece.size}"
    headers["Content-Length"] = str(end - start)
    return StreamingResponse(
        _pieces(piece.path, piece.offset + start, end - start),
        status_code=206 if partial else 200,
        headers=headers,
        media_type=_TYPES.get(Path(piece.name).suffix.lower(), "application/octet-stream"),
    )


def _wanted(request: Request, piece: Piece, etag: str) -> tuple[int, int] | None:
    whole = (0, piece.size)
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None or request.headers.get("if-range", etag) != etag:
        return whole
    first, last = match.groups()
    if first:
        start = int(first)
        end = min(int(last) + 1, piece.size) if last else piece.size
    elif last:
        start, end = max(0, piece.size - int(last)), piece.size
    else:
        return whole
    return (start, end) if start < end else None


async def _pieces(path: Path, offset: int, size: int) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        file.seek(offset)
        while size > 0:
            data = await asyncio.to_thread(file.read, min(_STEP, size))
            if not data:
                raise OSError(f"{path.name} ends {size} bytes early")
            size -= len(data)
            yield data
    finally:
        file.close()
