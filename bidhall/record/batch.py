"""One batch of the writer, between lock and commit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg

from bidhall.cases.case import Case, Command, Event, Happening, Person
from bidhall.cases.errors import ConflictError, NotFoundError, RefusedError
from bidhall.record import form
from bidhall.record.streams import COLUMNS, Streams, event_of
from crypto import canonical, records
from crypto.errors import CanonicalError

__all__ = ["Batch", "Result"]

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)

_CREATE: Final = """
INSERT INTO stream (id, kind) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING
"""
# The clock is read row by row as the locks are got: its last reading is after the last lock.
_LOCK: Final = """
WITH locked AS MATERIALIZED (
    SELECT id, head, at FROM stream WHERE id = ANY($1) ORDER BY id FOR UPDATE
)
SELECT id, head, at, date_trunc('milliseconds', clock_timestamp()) AS now FROM locked
"""
_KNOWN: Final = f"""
SELECT {COLUMNS}, digest FROM event
WHERE (stream, command_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))
ORDER BY stream, seq
"""  # noqa: S608 - a constant
_SINCE: Final = f"SELECT {COLUMNS} FROM event WHERE stream = $1 AND seq > $2 ORDER BY seq"  # noqa: S608 - a constant
_STORE: Final = """
WITH moved AS (
    UPDATE stream SET head = new.head, at = new.at
    FROM unnest($13::text[], $14::bigint[], $15::timestamptz[]) AS new (id, head, at)
    WHERE stream.id = new.id
)
INSERT INTO event (stream, seq, at, kind, actor, command_id, body, signed, salt, leaf,
                   ordinal, digest)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[],
    $6::text[], $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[], $11::smallint[],
    $12::bytea[])
"""
_OWE: Final = """
INSERT INTO due (source, actor, kind, stream, key, at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],
    $6::timestamptz[])
ON CONFLICT DO NOTHING
"""


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
    """A locked stream as this batch sees it; ``owed``: it has, or may have, rows in ``due``."""

    case: Case
    state: Any
    head: int
    last_at: datetime
    owed: bool = False
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
    _at: datetime = _BEGINNING

    async def lock(self, connection: asyncpg.Connection, commands: Sequence[Command]) -> None:
        """Lock the streams in id order, read the clock once, and find repeated command ids."""
        wanted = sorted({one.stream for one in commands})
        new = sorted({one.stream for one in commands if self._may_create(one)})
        if new:
            await connection.execute(_CREATE, new, [self._case_of(one).KIND for one in new])
        for row in await connection.fetch(_LOCK, wanted):
            self._at = max(self._at, row["now"])
            await self._catch_up(connection, row["id"], row["head"], row["at"])
        known = await connection.fetch(
            _KNOWN, [one.stream for one in commands], [one.id for one in commands]
        )
        self._remember(known)

    def _may_create(self, command: Command) -> bool:
        if not self._case_of(command.stream).COMMANDS[command.kind].creates:
            return False
        return self._streams.cached(command.stream)[1] == 0

    async def _catch_up(
        self, connection: asyncpg.Connection, stream: str, head: int, last_at: datetime
    ) -> None:
        state, seen = self._streams.cached(stream)
        if seen < head:
            rows = await connection.fetch(_SINCE, stream, seen)
            state, _ = self._streams.apply(stream, state, [event_of(row) for row in rows])
        case = self._case_of(stream)
        self._open[stream] = _Stream(case, state, head, last_at, owed=bool(case.due(state)))

    def _remember(self, rows: Sequence[asyncpg.Record]) -> None:
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
        sent, digest = _digest(command, actor)
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
        signed = _signed(command, sent)
        state = stream.state
        events: list[Event] = []
        rows: list[tuple[Any, ...]] = []
        for ordinal, happening in enumerate(stream.case.decide(state, command, actor, at)):
            seq = stream.head + ordinal + 1
            event, row = self._place(command, actor, happening, seq, at, signed)
            state = stream.case.evolve(state, event)
            events.append(event)
            rows.append((*row, ordinal, digest))
        if not events:
            return Result(stream.head, at, (), digest)
        owed = stream.owed or bool(stream.case.due(state))
        # From here on nothing can fail for this command: take all of it at once.
        stream.state, stream.last_at, stream.owed, stream.touched = state, at, owed, True
        stream.head += len(events)
        self.events += events
        self._rows += rows
        result = Result(stream.head, at, tuple(events), digest)
        self._known[key] = Result(stream.head, at, result.events, digest, repeated=True)
        return result

    def _place(  # noqa: PLR0913 - an event has that many parts
        self, command: Command, actor: Person, happening: Happening, seq: int, at: datetime,
        signed: tuple[bytes | None, Any],
    ) -> tuple[Event, tuple[Any, ...]]:  # fmt: skip
        body, read = form.encode(happening.body)
        event = Event(
            command.stream, seq, at, happening.kind, actor.id, command.id, read, signed[1]
        )
        salt = self._random(records.SALT_SIZE)
        leaf = records.leaf_data(salt, form.event_bytes(event, body, signed[0]))
        row = (event.stream, seq, at, event.kind, event.actor, event.command, body, signed[0],
               salt, leaf)  # fmt: skip
        return event, row

    async def store(self, connection: asyncpg.Connection) -> None:
        """Insert the events, move the heads, and write anew what the touched cases owe."""
        if not self._rows:
            return
        columns: list[Sequence[Any]] = list(zip(*self._rows, strict=True))
        touched = {name: one for name, one in self._open.items() if one.touched}
        await connection.execute(
            _STORE, *columns, list(touched), [one.head for one in touched.values()],
            [one.last_at for one in touched.values()],
        )  # fmt: skip
        await self._store_due(connection, [name for name, one in touched.items() if one.owed])

    async def _store_due(self, connection: asyncpg.Connection, names: Sequence[str]) -> None:
        if not names:
            return
        await connection.execute("DELETE FROM due WHERE source = ANY($1)", names)
        owed = [
            (name, one.actor, one.kind, one.stream, one.key, one.at)
            for name in names
            for one in self._open[name].case.due(self._open[name].state)
        ]
        if owed:
            await connection.execute(_OWE, *zip(*owed, strict=True))

    def states(self) -> dict[str, Any]:
        """Give the new state of each touched stream."""
        return {name: one.state for name, one in self._open.items() if one.touched}

    def keep(self) -> None:
        """After the commit: remember the states, so the next batch starts from them."""
        for name, one in self._open.items():
            if one.head:
                self._streams.keep(name, one.state, one.head)


def _digest(command: Command, actor: Person) -> tuple[tuple[bytes, Any], bytes]:
    """Tell commands apart that carry the same id; gives the canonical body as well."""
    try:
        sent = form.encode(command.body)
    except CanonicalError as error:
        message = f"the command cannot be recorded: {error}"
        raise RefusedError(message, code="not-canonical") from error
    framed = canonical.frame(command.kind.encode(), sent[0], actor.id.encode())
    return sent, hashlib.sha256(framed).digest()


def _signed(command: Command, sent: tuple[bytes, Any]) -> tuple[bytes | None, Any]:
    """Give the signature as it goes into every event of the command, canonical and read."""
    if command.signed is None:
        return None, None
    return form.encode({
        "body": sent[1], "device": command.signed.device, "signature": command.signed.signature,
    })  # fmt: skip
