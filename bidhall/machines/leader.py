"""One worker leads the hall's machines; the others stand by."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg
import structlog

__all__ = ["lead"]

_log = structlog.get_logger(__name__)
_STAND_BY = 0.5
_HEARTBEAT = 1.0


async def lead(
    dsn: str, lock: int, work: Callable[[], Awaitable[None]], *, heartbeat: float = _HEARTBEAT
) -> None:
    """Run ``work`` while this process holds the advisory lock; compete again after losing it.

    Losing the database, or a failure of ``work``, ends this turn of leading and never the loop: the
    next turn may be another worker's. Cancel it to end it.
    """
    while True:
        try:
            await _hold(dsn, lock, work, heartbeat)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            _log.warning("lead lost", lock=lock, reason=type(error).__name__)
        except Exception:  # noqa: BLE001 - the next turn may go better
            _log.exception("the leader's work failed", lock=lock)
        await asyncio.sleep(_STAND_BY)


async def _hold(dsn: str, lock: int, work: Callable[[], Awaitable[None]], heartbeat: float) -> None:
    connection = await asyncpg.connect(dsn, timeout=10, command_timeout=10)
    task: asyncio.Future[None] | None = None
    try:
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock):  # noqa: ASYNC110 - another process has it
            await asyncio.sleep(_STAND_BY)
        task = asyncio.ensure_future(work())
        while not task.done():
            await asyncio.wait([task], timeout=heartbeat)
            # The lock is ours only as long as this connection lives.
            await connection.execute("SELECT 1")
        task.result()
    finally:
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task
        # Only now, with the work ended, may another take the lock.
        connection.terminate()
