"""Handlers: the public record (c2sp.org/tlog-tiles). Anyone may read it, from any page."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from bidhall.api.door import hall_of
from bidhall.api.errors import BadFieldError, json_response
from bidhall.api.parse import whole_number
from bidhall.cases.errors import NotFoundError
from crypto.errors import ProofInvalidError

__all__ = ["checkpoint", "consistency", "key", "tile"]

_OPEN: Final = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
_FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


async def checkpoint(request: Request) -> Response:
    """``GET /record/checkpoint``: the newest signed checkpoint."""
    note, _ = await hall_of(request).log.latest_checkpoint()
    headers = {**_OPEN, "Cache-Control": "no-cache"}
    return Response(note, media_type="text/plain; charset=utf-8", headers=headers)


async def tile(request: Request) -> Response:
    """``GET /record/tile/{path}``: a tile, whole or partial; what lies at a path never changes."""
    path = f"tile/{request.path_params['path']}"
    try:
        data = await hall_of(request).log.tile(path)
    except ProofInvalidError as error:
        raise NotFoundError(str(error), code="no-such-tile") from error
    return Response(data, media_type="application/octet-stream", headers={**_OPEN, **_FOREVER})


async def key(request: Request) -> Response:
    """``GET /record/key``: the record's name and the key that signs its checkpoints."""
    log = hall_of(request).log
    return json_response({"origin": log.origin, "vkey": log.vkey}, headers=_OPEN)


async def consistency(request: Request) -> Response:
    """``GET /record/consistency``: proof that the record of ``second`` entries extends ``first``."""
    first = whole_number(request, "first", default=0)
    second = whole_number(request, "second", default=0)
    log = hall_of(request).log
    _, newest = await log.latest_checkpoint()
    if not 0 < first <= second <= newest.size:
        message = f"first and second must be sizes with 0 < first <= second <= {newest.size}"
        raise BadFieldError(message, field="first", size=newest.size)
    path = await log.consistency(first, second)
    return json_response({"path": [one.hex() for one in path]}, headers=_OPEN)
