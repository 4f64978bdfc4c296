"""Pieces in memory for tests of rooms alone: a store, a desk, an outlet, sessions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from bidhall.cases.case import Case, Command, Event, Person
from bidhall.cases.errors import NotFoundError
from bidhall.desk import RawCommand
from bidhall.rooms.member import Member
from bidhall.rooms.rooms import Rooms
from bidhall.rooms.settings import Settings
from tests.rooms import board

BOARD = cast("Case", board)
STREAM = "brd-1"
BEGAN = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def case_of(stream: str) -> Case:
    """Know boards only."""
    if not stream.startswith("brd-"):
        message = f"{stream} is no board"
        raise NotFoundError(message)
    return BOARD


def person(name: str) -> Person:
    """Make a person."""
    return Person(f"per-{name}", name.title(), organisation="org-a")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a writer answers."""

    seq: int
    at: datetime
    events: tuple[Event, ...]
    repeated: bool = False


@dataclass
class Session:
    """Who is signed in."""

    person: Person


class Sessions:
    """Tokens are names; ``ended`` ones are not known any more."""

    def __init__(self) -> None:
        self.ended: set[str] = set()

    async def find(self, token: str) -> Session | None:
        return None if token in self.ended else Session(person(token))


class Streams:
    """A store of events; ``down`` makes it fail."""

    def __init__(self) -> None:
        self.by_stream: dict[str, list[Event]] = {}
        self.down = False
        self.reads = 0

    async def events(self, stream: str, after: int = 0, limit: int | None = None) -> list[Event]:
        self.reads += 1
        await asyncio.sleep(0)
        if self.down:
            raise OSError("the store is away")
        found = self.by_stream.get(stream, [])[after:]
        return found if limit is None else found[:limit]

    async def head(self, stream: str) -> int:
        await asyncio.sleep(0)
        if self.down:
            raise OSError("the store is away")
        return len(self.by_stream.get(stream, []))


class Desk:
    """Decides commands like the real path does, and publishes to any number of rooms."""

    def __init__(self, streams: Streams) -> None:
        self.streams = streams
        self.rooms: list[Rooms] = []
        self.replies: dict[str, Reply] = {}

    async def perform(self, raw: RawCommand, actor: Person, session: Any) -> Reply:
        del session
        if raw.id in self.replies:
            first = self.replies[raw.id]
            return Reply(first.seq, first.at, first.events, repeated=True)
        reply = self.append(raw, actor)
        self.replies[raw.id] = reply
        for rooms in self.rooms:
            await rooms.publish(reply.events)
        return reply

    def append(self, raw: RawCommand, actor: Person) -> Reply:
        """Store what the command brings about, without telling any room."""
        events = self.streams.by_stream.setdefault(raw.stream, [])
        state = board.initial(raw.stream)
        for event in events:
            state = board.evolve(state, event)
        at = BEGAN + timedelta(milliseconds=len(events))
        command = Command(raw.id, raw.stream, raw.kind, raw.body)
        made = tuple(
            Event(raw.stream, len(events) + n, at, one.kind, actor.id, raw.id, one.body)
            for n, one in enumerate(board.decide(state, command, actor, at), 1)
        )
        events.extend(made)
        return Reply(len(events), at, made)


@dataclass
class Sink:
    """An outlet that keeps everything; ``stuck`` makes it a member that reads nothing."""

    stuck: bool = False
    frames: list[dict[str, Any]] = field(default_factory=list)
    waiting: int = 0
    closed: tuple[int, str] | None = None

    def write(self, payloads: Sequence[bytes], frames: bytes) -> int:
        del frames
        if self.closed is None:
            self.frames.extend(json.loads(payload) for payload in payloads)
            self.waiting += sum(map(len, payloads)) if self.stuck else 0
        return self.waiting

    async def drained(self) -> None:
        while self.stuck and self.closed is None:
            await asyncio.sleep(0.01)

    def close(self, code: int, reason: str) -> None:
        self.closed = self.closed or (int(code), reason)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Give the frames of a type."""
        return [frame for frame in self.frames if frame["t"] == kind]


class Told:
    """A member as a good client keeps it: what the frames so far say, and nothing else."""

    def __init__(self) -> None:
        self.audience: str | None = None
        self.events: list[dict[str, Any]] = []

    def read(self, frames: list[dict[str, Any]]) -> None:
        """Take frames in, checking that the numbers have no gap and no repetition."""
        for frame in frames:
            if frame["t"] == "joined":
                assert frame["after"] <= len(self.events)
                self.events = self.events[: frame["after"]]
                if self.audience not in (None, frame["audience"]):
                    assert frame["after"] == 0
                self.audience = frame["audience"]
            elif frame["t"] == "event":
                assert frame["seq"] == len(self.events) + 1
                self.events.append(frame)


async def quick_rooms(streams: Streams, desk: Desk, **changes: Any) -> Rooms:
    """Make rooms whose rounds come so quickly that tests need not wait."""
    settings = Settings(**{"poll": 0.05, "presence": 0.02, "heartbeat": 0.1, **changes})
    rooms = Rooms(streams, case_of, None, desk.perform, Sessions(), settings=settings)
    desk.rooms.append(rooms)
    await rooms.start()
    return rooms


async def settle() -> None:
    """Let everything that is ready happen."""
    for _ in range(40):
        await asyncio.sleep(0)


class Hall:
    """One worker's rooms over a store in memory, with one board."""

    def __init__(self, rooms: Rooms, desk: Desk, streams: Streams) -> None:
        self.rooms, self.desk, self.streams = rooms, desk, streams
        self.count = 0

    async def do(self, kind: str, actor: str = "host", **body: Any) -> None:
        """Perform a command."""
        self.count += 1
        raw = RawCommand(f"c{self.count}", STREAM, kind, body)
        await self.desk.perform(raw, person(actor), None)

    async def enter(
        self, name: str | None, after: int = 0, audience: str | None = None, *, stuck: bool = False
    ) -> tuple[Member, Sink]:
        """Let somebody in."""
        sink = Sink(stuck=stuck)
        member = Member(sink, None if name is None else person(name), token=name)
        room = await self.rooms.room(STREAM)
        await room.enter(member, after, audience)
        return member, sink


async def in_hall(work: Callable[[Hall], Awaitable[None]], **changes: Any) -> None:
    """Run ``work`` in a hall with an open board."""
    streams = Streams()
    desk = Desk(streams)
    hall = Hall(await quick_rooms(streams, desk, **changes), desk, streams)
    await hall.do("Open")
    try:
        await work(hall)
    finally:
        await hall.rooms.close()


def expected(hall: Hall, audience: str) -> list[tuple[int, str, Any]]:
    """Give what an audience must see: ``visible`` of every event with the state after it."""
    state = board.initial(STREAM)
    shown = []
    for event in hall.streams.by_stream[STREAM]:
        state = board.evolve(state, event)
        body = board.visible(event, state, audience)
        if body is not None:
            shown.append((event.kind, body))
    return [(number, kind, body) for number, (kind, body) in enumerate(shown, 1)]


def seen(events: list[dict[str, Any]]) -> list[tuple[int, str, Any]]:
    """Give what a member was shown, in the same form."""
    return [(one["seq"], one["kind"], one["body"]) for one in events]
