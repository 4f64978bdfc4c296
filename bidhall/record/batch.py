"""One batch of the writer, between lock and commit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from bidhall.cases.case import (
    AT_ONCE,
    Case,
    Command,
    Due,
    Event,
    Happening,
    Person,
    canonical_event,
)
from bidhall.cases.errors import ConflictError, NotFoundError, RefusedError
from bidhall.record.streams import COLUMNS, Streams, event_of
from crypto import canonical, records
from crypto.errors import CanonicalError

__all__ = ["Batch", "Result"]

_SALT = 32


@dataclass(frozen=True, slots=True)
class Result:
    """What a command came to."""

    seq: int
    at: datetime
    events: tuple[Event, ...]
    digest: bytes
    repeated: bool = False


@dataclass(slots=True)
class _Stream:
    """A locked stream as this batch sees it."""

    case: Case
    state: Any
    head: int
    last_at: datetime
    touched: bool = False


@dataclass(slots=True)
class Batch:
    """Decides commands in turn on locked streams, and stores what happened."""

    _streams: Streams
    _case_of: Callable[[str], Case]
    _random: Callable[[int], bytes]
    events: list[Event] = field(default_factory=list)
    results: list[tuple[Any, Result | Exception]] = field(default_factory=list)
    _open: dict[str, _Stream] = field(default_factory=dict)
    _known: dict[tuple[str, str], Result] = field(default_factory=dict)
    _rows: list[tuple[Any, ...]] = field(default_factory=list)
    _at: datetime = AT_ONCE

    async def lock(self, connection: asyncpg.Connection, commands: list[Command]) -> None:
        """Lock the streams in id order, read the clock once, and find repeated command ids."""
        creates = sorted({
            one.stream for one in commands
            if (rule := self._case_of(one.stream).COMMANDS.get(one.kind)) and rule.creates
        })  # fmt: skip
        if creates:
            await connection.execute(
                "INSERT INTO stream (id, kind) SELECT * FROM unnest($1::text[], $2::text[])"
                " ON CONFLICT DO NOTHING",
                creates, [self._case_of(one).KIND for one in creates],
            )  # fmt: skip
        wanted = sorted({one.stream for one in commands})
        rows = await connection.fetch(
            "SELECT id, head, at FROM stream WHERE id = ANY($1) ORDER BY id FOR UPDATE", wanted
        )
        self._at = await connection.fetchval("SELECT date_trunc('milliseconds', clock_timestamp())")
        for row in rows:
            await self._catch_up(connection, row["id"], row["head"], row["at"])
        await self._find_known(connection, commands)

    async def _catch_up(
        self, connection: asyncpg.Connection, stream: str, head: int, last_at: datetime
    ) -> None:
        state, seen = self._streams.cached(stream)
        if seen < head:
            rows = await connection.fetch(
                f"SELECT {COLUMNS} FROM event WHERE stream = $1 AND seq > $2 ORDER BY seq",  # noqa: S608 - a constant
                stream, seen,
            )  # fmt: skip
            state, _ = self._streams.apply(stream, state, [event_of(row) for row in rows])
        self._open[stream] = _Stream(self._case_of(stream), state, head, last_at)

    async def _find_known(self, connection: asyncpg.Connection, commands: list[Command]) -> None:
        rows = await connection.fetch(
            f"""
            SELECT {COLUMNS}, digest FROM event
            WHERE (stream, command_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))
            ORDER BY stream, seq
            """,  # noqa: S608 - a constant
            [one.stream for one in commands], [one.id for one in commands],
        )  # fmt: skip
        for row in rows:
            event = event_of(row)
            key = (event.stream, event.command)
            before = self._known[key].events if key in self._known else ()
            self._known[key] = Result(
                event.seq, event.at, (*before, event), row["digest"], repeated=True
            )

    def decide(self, command: Command, actor: Person, sender: object) -> None:
        """Decide one command; a refusal is its own result and touches nothing else."""
        try:
            result: Result | Exception = self._decide(command, actor)
        except Exception as error:  # noqa: BLE001 - one command's fault is not another's
            result = error
        self.results.append((sender, result))

    def _decide(self, command: Command, actor: Person) -> Result:
        digest = _digest(command, actor)
        key = (command.stream, command.id)
        if key in self._known:
            if self._known[key].digest != digest:
                message = "this command id was used before for another command; use a new one"
                raise ConflictError(message, code="command-id-reused")
            return self._known[key]
        stream = self._open.get(command.stream)
        if stream is None or (stream.head == 0 and not stream.case.COMMANDS[command.kind].creates):
            message = f"there is no case {command.stream!a}"
            raise NotFoundError(message, code="no-such-case", stream=command.stream)
        at = max(self._at, stream.last_at)
        state = stream.state
        events: list[Event] = []
        rows: list[tuple[Any, ...]] = []
        for ordinal, happening in enumerate(stream.case.decide(state, command, actor, at)):
            seq = stream.head + ordinal + 1
            event, row = self._place(command, actor, happening, seq, at)
            state = stream.case.evolve(state, event)
            events.append(event)
            rows.append((*row, ordinal, digest))
        if not events:
            return Result(stream.head, at, (), digest)
        # From here on nothing can fail for this command: take all of it at once.
        stream.state, stream.last_at, stream.touched = state, at, True
        stream.head += len(events)
        self.events += events
        self._rows += rows
        result = Result(stream.head, at, tuple(events), digest)
        self._known[key] = Result(stream.head, at, tuple(events), digest, repeated=True)
        return result

    def _place(
        self, command: Command, actor: Person, happening: Happening, seq: int, at: datetime
    ) -> tuple[Event, tuple[Any, ...]]:
        body = canonical.encode(happening.body)
        signed = None
        if command.signed is not None:
            form = {"body": dict(command.body), "device": command.signed.device,
                    "signature": command.signed.signature}  # fmt: skip
            signed = canonical.encode(form)
        event = Event(
            command.stream, seq, at, happening.kind, actor.id, command.id,
            msgspec.json.decode(body), None if signed is None else msgspec.json.decode(signed),
        )  # fmt: skip
        salt = self._random(_SALT)
        leaf = records.leaf_data(salt, canonical_event(event))
        return event, (event.stream, seq, at, event.kind, event.actor, event.command, body, signed,
                       salt, leaf)  # fmt: skip

    async def store(self, connection: asyncpg.Connection) -> None:
        """Insert the events, move the heads, and write anew what the touched cases owe."""
        if not self._rows:
            return
        columns: list[list[Any]] = [list(one) for one in zip(*self._rows, strict=True)]
        await connection.execute(
            """
            INSERT INTO event (stream, seq, at, kind, actor, command_id, body, signed, salt, leaf,
                               ordinal, digest)
            SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[],
                $6::text[], $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[], $11::smallint[],
                $12::bytea[])
            """,
            *columns,
        )
        touched = {name: one for name, one in self._open.items() if one.touched}
        await connection.execute(
            """
            UPDATE stream SET head = new.head, at = new.at
            FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS new (id, head, at)
            WHERE stream.id = new.id
            """,
            list(touched), [one.head for one in touched.values()],
            [one.last_at for one in touched.values()],
        )  # fmt: skip
        await self._store_due(connection, touched)

    async def _store_due(
        self, connection: asyncpg.Connection, touched: Mapping[str, _Stream]
    ) -> None:
        await connection.execute("DELETE FROM due WHERE source = ANY($1)", list(touched))
        owed: list[tuple[str, Due]] = [
            (name, one) for name, stream in touched.items() for one in stream.case.due(stream.state)
        ]
        if owed:
            await connection.executemany(
                "INSERT INTO due (source, actor, kind, stream, key, at)"
                " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                [(name, one.actor, one.kind, one.stream, one.key, one.at) for name, one in owed],
            )

    def states(self) -> dict[str, Any]:
        """Give the new state of each touched stream."""
        return {name: one.state for name, one in self._open.items() if one.touched}

    def keep(self) -> None:
        """After the commit: remember the states, so the next batch starts from them."""
        for name, one in self._open.items():
            if one.head:
                self._streams.keep(name, one.state, one.head)


def _digest(command: Command, actor: Person) -> bytes:
    """Tell commands apart that carry the same id."""
    try:
        form = canonical.encode([command.kind, dict(command.body), actor.id])
    except CanonicalError as error:
        message = f"the command cannot be recorded: {error}"
        raise RefusedError(message, code="not-canonical") from error
    return hashlib.sha256(form).digest()
