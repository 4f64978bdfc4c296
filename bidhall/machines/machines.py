"""What is owed is done: one loop over the ``due`` table, in the worker that leads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import structlog

from bidhall.cases.case import Due
from bidhall.desk import RawCommand
from bidhall.errors import BidhallError
from bidhall.machines import clerk, due, messenger, opener

if TYPE_CHECKING:
    from bidhall.hall import Hall

__all__ = ["LOCK", "Machines"]

LOCK = 0x62696468_0002
_TICK = 0.05
_AFTER_FAILURE = 1.0
_log = structlog.get_logger(__name__)

Facts = Callable[["Hall", str], Awaitable[dict[str, Any]]]
Job = Callable[["Hall", str], Awaitable[None]]

# Commands whose facts a machine brings; all others gather theirs on the usual path.
_FACTS: dict[str, Facts] = {
    "ReleaseOperatorKey": messenger.operator_key,
    "ReleaseOperatorSecrets": messenger.operator_secrets,
    "FileOpeningRecord": clerk.opening_record,
    "FileReport": clerk.report,
}
# Work that is many commands, not one.
_JOBS: dict[str, Job] = {"OpenBids": opener.open_bids, "OpenFiles": opener.open_files}


class Machines:
    """Clock, operator's messenger, opener and clerk of one hall."""

    def __init__(self, hall: Hall) -> None:
        """Work for ``hall``."""
        self._hall = hall
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Do what is owed until cancelled; a missed tick is only late, never lost."""
        try:
            while True:
                for source, owed in await due.take(self._hall.pool):
                    key = (owed.stream, owed.kind)
                    if key not in self._running:
                        task = asyncio.create_task(self._do(source, owed), name=owed.kind)
                        self._running[key] = task
                        task.add_done_callback(lambda _, key=key: self._running.pop(key, None))  # type: ignore[misc] # binds the loop's key
                await asyncio.sleep(_TICK)
        finally:
            for task in list(self._running.values()):
                task.cancel()

    async def _do(self, source: str, owed: Due) -> None:
        try:
            await self._perform(owed)
        except BidhallError as error:
            _log.warning("owed work waits", kind=owed.kind, stream=owed.stream, reason=str(error))
            await asyncio.sleep(_AFTER_FAILURE)
        except Exception as error:  # noqa: BLE001 - it stays owed and is tried again
            _log.exception("owed work failed", kind=owed.kind, error=type(error).__name__)
            await asyncio.sleep(_AFTER_FAILURE)
        else:
            await due.done(self._hall.pool, source, owed)

    async def _perform(self, owed: Due) -> None:
        if owed.kind in _JOBS:
            await _JOBS[owed.kind](self._hall, owed.stream)
            return
        find = _FACTS.get(owed.kind)
        facts = await find(self._hall, owed.stream) if find else None
        # The id follows from what is owed, so that doing it twice is doing it once.
        name = f"cmd-{owed.kind.lower()}-{owed.stream}{owed.key and '-'}{owed.key}"
        raw = RawCommand(name, owed.stream, owed.kind, {})
        await self._hall.desk.perform_as(owed.actor, raw, facts)
