"""The writer: group commit. Every event of a worker is written here and nowhere else.

One task takes whatever has gathered and, in one transaction: locks the streams in id order, reads
the database's clock once, brings states up to the heads, decides each command in turn, inserts all
events, updates the heads, the work that is owed and the read tables. Only after the commit are
senders answered and rooms told; a crash before it leaves nothing, a crash after it leaves
everything, and a repeated command id is answered with its first result.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import asyncpg
import structlog

from bidhall.cases.case import Case, Command, Event, Person
from bidhall.cases.errors import InvalidCommandError, RefusedError
from bidhall.record.batch import Batch, Result
from bidhall.record.errors import OverloadedError, RecordError, UnavailableError
from bidhall.record.streams import Streams

__all__ = ["Publish", "ReadTables", "Reply", "Writer"]

PATIENCE: Final = 15.0  # seconds a command waits for a database that is away
_MOST_AT_ONCE: Final = 512
_MOST_WAITING: Final = 20_000
_LEAST_ATTEMPT: Final = 1.0
_FIRST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 1.0
_NAME: Final = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
_log = structlog.get_logger(__name__)

# The server went away, or chose us as the victim: the same batch may simply be tried again.
_AGAIN: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
    asyncpg.InsufficientResourcesError,
    OSError,
)
# asyncpg calls an argument it cannot encode an interface error, but trying again will not help.
_NEVER: Final = asyncpg.DataError

ReadTables = Callable[[asyncpg.Connection, Mapping[str, Any]], Awaitable[None]]
Publish = Callable[[Sequence[Event]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Reply:
    """The result of a command: the seq of its last event, and its events, none if nothing changed.

    ``repeated``: the command was in the stream before; this is its first result.
    """

    seq: int
    at: datetime
    events: tuple[Event, ...]
    repeated: bool = False


@dataclass(slots=True)
class _Pending:
    """A command that waits, who waits for its answer, and until when (the loop's time)."""

    command: Command
    actor: Person
    until: float
    answer: asyncio.Future[Reply] = field(repr=False)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)
        if not isinstance(error, RefusedError | RecordError):
            _log.error("command failed", kind=self.command.kind, exc_info=error)


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
        patience: float = PATIENCE,
        most_waiting: int = _MOST_WAITING,
    ) -> None:
        """Write through ``pool``; call ``start`` before the first command.

        ``read_tables(connection, states)`` runs inside the transaction with the new state of each
        changed stream; ``publish(events)`` runs after the commit. ``random(n)`` makes n secret
        bytes. A command waits at most about ``patience`` seconds for a database that is away.
        """
        self._pool, self._streams, self._case_of = pool, streams, case_of
        self.publish, self._read_tables, self._random = publish, read_tables, random
        self._patience = patience
        self._waiting: asyncio.Queue[_Pending] = asyncio.Queue(most_waiting)
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run(), name="writer")

    async def close(self) -> None:
        """Write what waits, then stop; what could not be written is answered as unavailable."""
        self._closed = True
        if self._task is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    await self._waiting.join()
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        while not self._waiting.empty():
            self._waiting.get_nowait().fail(_closing())

    async def submit(self, command: Command, actor: Person) -> Reply:
        """Write one command; returns after its events are committed.

        Raises:
            RefusedError: refused by the case or for its form; nothing was changed.
            OverloadedError: it was not looked at; send it again.
            UnavailableError: it may have been written; send it again with the same id.
        """
        if self._closed:
            raise _closing()
        self._check(command, actor)
        loop = asyncio.get_running_loop()
        pending = _Pending(command, actor, loop.time() + self._patience, loop.create_future())
        try:
            self._waiting.put_nowait(pending)
        except asyncio.QueueFull as error:
            message = f"{self._waiting.maxsize} commands are waiting; try again in a moment"
            raise OverloadedError(message) from error
        return await pending.answer

    def _check(self, command: Command, actor: Person) -> None:
        """Refuse here what would disturb the others of its batch."""
        for name, value in (("id", command.id), ("stream", command.stream), ("actor", actor.id)):
            if not _NAME.fullmatch(value):
                message = f"the {name} of a command is 1 to 200 visible ASCII characters, not {value[:40]!a}"
                raise InvalidCommandError(message, code="bad-id")
        case = self._case_of(command.stream)
        if command.kind not in case.COMMANDS:
            message = f"a {case.KIND} knows no command {command.kind[:40]!a}"
            raise InvalidCommandError(message, code="no-such-command", kind=command.kind[:40])

    async def _run(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < _MOST_AT_ONCE and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                await self._write_apart(batch)
            except asyncio.CancelledError:
                for one in batch:
                    one.fail(_closing())
                raise
            finally:
                for _ in batch:
                    self._waiting.task_done()

    async def _write_apart(self, batch: list[_Pending]) -> None:
        """Write the batch; if something in it fails the whole, write its commands one by one."""
        try:
            await self._write(batch)
        except Exception as error:  # noqa: BLE001 - the writer outlives any one batch
            if len(batch) == 1:
                _log.error("command failed", kind=batch[0].command.kind, exc_info=error)
                batch[0].fail(UnavailableError("the command was not written; send it again"))
                return
            _log.warning("batch taken apart", commands=len(batch), reason=type(error).__name__)
            for one in batch:
                await self._write_apart([one])

    async def _write(self, batch: list[_Pending]) -> None:
        """Try until it is committed, or every sender's patience is at its end."""
        loop, pause, left, again = asyncio.get_running_loop(), _FIRST_PAUSE, batch, False
        while left:
            try:
                done = await self._attempt(left)
            except _NEVER:
                raise
            except _AGAIN as error:
                # Committed or not, we cannot know; the command ids make asking again harmless.
                _log.warning("batch retried", reason=type(error).__name__, commands=len(left))
                again = True
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                left = _still_patient(left, loop.time())
            else:
                await self._settle(done, again=again)
                return

    async def _attempt(self, batch: list[_Pending]) -> Batch:
        loop = asyncio.get_running_loop()
        budget = max(max(one.until for one in batch) - loop.time(), _LEAST_ATTEMPT)
        done = Batch(self._streams, self._case_of, self._random)
        async with self._pool.acquire(timeout=budget) as connection:
            # A server that is there but silent: tear the connection down, waiting would not end.
            guard = loop.call_later(budget, connection.terminate)
            try:
                async with connection.transaction():
                    await done.lock(connection, [one.command for one in batch])
                    for one in batch:
                        done.decide(one.command, one.actor, one)
                    await done.store(connection)
                    if done.events:
                        await self._read_tables(connection, done.states())
            finally:
                guard.cancel()
        return done

    async def _settle(self, batch: Batch, *, again: bool) -> None:
        batch.keep()
        for pending, result in batch.results:
            if isinstance(result, Exception):
                pending.fail(result)
            elif not pending.answer.done():
                reply = Reply(result.seq, result.at, result.events, result.repeated)
                pending.answer.set_result(reply)
        events = _all_events(batch) if again else batch.events
        if events:
            try:
                await self.publish(events)
            except Exception:  # noqa: BLE001 - a hint only
                # Rooms find out by themselves.
                _log.exception("hint failed")


def _all_events(batch: Batch) -> list[Event]:
    """List the events of a batch that was retried, also those its first attempt committed."""
    found = {
        (event.stream, event.seq): event
        for _, result in batch.results if isinstance(result, Result) for event in result.events
    }  # fmt: skip
    return [found[place] for place in sorted(found)]


def _still_patient(batch: list[_Pending], now: float) -> list[_Pending]:
    for one in batch:
        if one.until <= now:
            message = "the database does not answer; send the command again with the same id"
            one.fail(UnavailableError(message))
    return [one for one in batch if one.until > now]


def _closing() -> UnavailableError:
    return UnavailableError("this worker is closing; send the command again with the same id")
