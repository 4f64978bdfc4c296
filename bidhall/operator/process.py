"""The process around the keeper: one JSON line in, one JSON line out, on a Unix socket."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from bidhall.custody.checks import LogIdentity, ReleaseRefusedError
from bidhall.operator.keeper import Keeper

__all__ = ["serve"]

_LIMIT = 64 * 1024 * 1024
_log = structlog.get_logger(__name__)


async def serve(folder: Path, socket: Path, log: LogIdentity, *, ready: asyncio.Event) -> None:
    """Answer on ``socket`` until cancelled; only this user may connect (0600)."""
    keeper = Keeper(folder, log, lambda: datetime.now(UTC), os.urandom)
    socket.unlink(missing_ok=True)  # noqa: ASYNC240 - a look at one local file
    before = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(
            lambda reader, writer: _converse(keeper, reader, writer), socket, limit=_LIMIT
        )
    finally:
        os.umask(before)
    async with server:
        ready.set()
        await server.serve_forever()


async def _converse(
    keeper: Keeper, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        while line := await reader.readline():
            answer = await asyncio.to_thread(_answer, keeper, line)
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
    except (ConnectionError, ValueError):
        # The hall went away, or sent a line longer than any real request: it asks again.
        return
    finally:
        writer.close()


def _answer(keeper: Keeper, line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line)
        return {"ok": True, "result": _perform(keeper, request)}
    except ReleaseRefusedError as error:
        _log.warning("release refused", code=error.code, reason=error.message)
        return {"ok": False, "code": error.code, "message": error.message}
    except (KeyError, TypeError, ValueError) as error:
        _log.warning("bad request", kind=type(error).__name__)
        return {"ok": False, "code": "bad-request", "message": "the request is not understood"}


def _perform(keeper: Keeper, request: dict[str, Any]) -> Any:
    match request["op"]:
        case "public-key":
            return keeper.public_key(request["tender"], request["stage"])
        case "last-seen":
            return keeper.last_seen()
        case "release-key":
            return keeper.release_key(request["tender"], request["stage"], request["evidence"])
        case "release-secrets":
            return keeper.release_secrets(
                request["tender"], request["descriptors"], request["evidence"]
            )
        case unknown:
            raise ValueError(unknown)
