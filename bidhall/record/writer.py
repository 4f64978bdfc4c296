"""The writer: group commit. Every event of a worker is written here and nowhere else.

One task takes whatever has gathered and, in one transaction: locks the streams in id order, reads
the database's clock once, brings states up to the heads, decides each command in turn, inserts all
events, updates the heads, the work that is owed and the read tables. Only after the commit are senders
answered and rooms told; a crash before it leaves nothing, a crash after it leaves everything, and a
repeated command id is answered with its first result.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
import structlog

from bidhall.cases.case import Case, Command, Event, Person
from bidhall.cases.errors import RefusedError
from bidhall.record.batch import Batch
from bidhall.record.errors import OverloadedError, UnavailableError
from bidhall.record.streams import Streams

__all__ = ["Reply", "Writer"]

_MOST_AT_ONCE = 512
_MOST_WAITING = 20_000
_PATIENCE = 15.0
_log = structlog.get_logger(__name__)

# The server went away, or chose us as the victim: the same batch may simply be tried again.
_AGAIN = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
    asyncpg.InsufficientResourcesError,
    OSError,
    TimeoutError,
)

ReadTables = Callable[[asyncpg.Connection, Mapping[str, Any]], Awaitable[None]]
Publish = Callable[[Sequence[Event]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Reply:
    """The result of a command: the seq of its last event, and its events (none if nothing changed)."""

    seq: int
    at: datetime
    events: tuple[Event, ...]
    repeated: bool = False


@dataclass(slots=True)
class Pending:
    """A command that waits, and who waits for its answer."""

    command: Command
    actor: Person
    answer: asyncio.Future[Reply] = field(repr=False)


async def _tell_nobody(events: Sequence[Event]) -> None:
    del events


async def _write_nothing(connection: asyncpg.Connection, states: Mapping[str, Any]) -> None:
    del connection, states


class Writer:
    """The one writer of a worker."""

    def __init__(  # noqa: PLR0913 - what it reads, writes and tells
        self,
        pool: asyncpg.Pool,
        streams: Streams,
        case_of: Callable[[str], Case],
        *,
        publish: Publish = _tell_nobody,
        read_tables: ReadTables = _write_nothing,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Write through ``pool``; call ``start`` before the first command."""
        self._pool, self._streams, self._case_of = pool, streams, case_of
        self.publish, self._read_tables, self._random = publish, read_tables, random
        self._waiting: asyncio.Queue[Pending] = asyncio.Queue(_MOST_WAITING)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run(), name="writer")

    async def close(self) -> None:
        """Write what waits, then stop."""
        if self._task is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._waiting.join()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        while not self._waiting.empty():
            _fail(self._waiting.get_nowait(), UnavailableError("the hall is closing; send it again"))

    async def submit(self, command: Command, actor: Person) -> Reply:
        """Write one command; returns after its events are committed.

        Raises:
            RefusedError: the case refused it, nothing was changed.
            OverloadedError, UnavailableError: it was not decided; send it again.
        """
        pending = Pending(command, actor, asyncio.get_running_loop().create_future())
        try:
            self._waiting.put_nowait(pending)
        except asyncio.QueueFull as error:
            message = f"{_MOST_WAITING} commands are waiting; try again in a moment"
            raise OverloadedError(message) from error
        return await pending.answer

    async def _run(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < _MOST_AT_ONCE and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                await self._write(batch)
            except Exception as error:  # noqa: BLE001 - the writer must outlive any one batch
                _log.exception("batch failed", commands=len(batch), kind=type(error).__name__)
                for one in batch:
                    _fail(one, UnavailableError("the command was not written; send it again"))
            finally:
                for _ in batch:
                    self._waiting.task_done()

    async def _write(self, pending: list[Pending]) -> None:
        end = asyncio.get_running_loop().time() + _PATIENCE
        pause = 0.02
        while True:
            try:
                done = await self._attempt(pending)
                break
            except _AGAIN as error:
                if asyncio.get_running_loop().time() > end:
                    message = "the database does not answer; nothing is lost, send it again"
                    for one in pending:
                        _fail(one, UnavailableError(message))
                    return
                _log.warning("batch retried", kind=type(error).__name__, commands=len(pending))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 1.0)
        await self._settle(done)

    async def _attempt(self, pending: list[Pending]) -> Batch:
        batch = Batch(self._streams, self._case_of, self._random)
        async with self._pool.acquire() as connection, connection.transaction():
            await batch.lock(connection, [one.command for one in pending])
            for one in pending:
                batch.decide(one.command, one.actor, one)
            await batch.store(connection)
            if batch.events:
                await self._read_tables(connection, batch.states())
        return batch

    async def _settle(self, batch: Batch) -> None:
        batch.keep()
        for pending, result in batch.results:
            if isinstance(result, Exception):
                _fail(pending, result)
            elif not pending.answer.done():
                pending.answer.set_result(
                    Reply(result.seq, result.at, result.events, result.repeated)
                )
        if batch.events:
            try:
                await self.publish(batch.events)
            except Exception:  # noqa: BLE001 - a hint; rooms find out by themselves
                _log.exception("hint failed")


def _fail(pending: Pending, error: Exception) -> None:
    if not pending.answer.done():
        pending.answer.set_exception(error)
    if not isinstance(error, RefusedError | OverloadedError | UnavailableError):
        _log.error("command failed", kind=pending.command.kind, error=type(error).__name__)
