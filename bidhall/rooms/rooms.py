"""All rooms of one worker: opening them, feeding them, telling the other workers.

The writer calls `Rooms.publish` after its commit. Other workers hear of it over the bus, and
by comparing heads with the store every `Settings.poll` seconds where a hint was lost.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from bidhall.cases.case import Case, Event, Person, Signed, stamp
from bidhall.cases.errors import ForbiddenError, NotFoundError
from bidhall.desk import RawCommand
from bidhall.rooms import hints
from bidhall.rooms.bus import Bus
from bidhall.rooms.door import Door
from bidhall.rooms.errors import RoomsClosedError, RoomUnknownError, SessionChangedError
from bidhall.rooms.member import Member
from bidhall.rooms.messages import Clock, Close, CommandFrame, Result, encode
from bidhall.rooms.needs import Perform, SessionFinder, StreamReader
from bidhall.rooms.presence import Attendance, RollCall
from bidhall.rooms.room import Room, Surroundings
from bidhall.rooms.settings import Settings

__all__ = ["Rooms"]

log = logging.getLogger(__name__)


def _system_now() -> datetime:
    return datetime.now(UTC)


class Rooms:
    """The rooms of this worker."""

    def __init__(  # noqa: PLR0913 - what it reads, asks and tells
        self,
        streams: StreamReader,
        case_of: Callable[[str], Case],
        bus: Bus | None,
        perform: Perform,
        sessions: SessionFinder,
        *,
        settings: Settings | None = None,
        now: Callable[[], datetime] = _system_now,
    ) -> None:
        """Wire a worker's rooms; nothing runs before `start`. ``bus`` None: the only worker."""
        self.settings: Final = settings or Settings()
        self.sessions: Final = sessions
        self.door: Final = Door(self.settings)
        self._case_of = case_of
        self._bus = bus
        self._perform = perform
        self._now = now
        self._worker = secrets.token_hex(8)
        self._rooms: dict[str, Room] = {}
        self._loading: dict[str, asyncio.Task[None]] = {}
        self._idle_since: dict[str, float] = {}
        self._roll = RollCall(self._send_roll, self.settings.heartbeat)
        self._tasks: set[asyncio.Task[None]] = set()
        self._around = Surroundings(streams, self._spawn, self.now, self.settings)

    # Life ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen to the other workers and begin the rounds."""
        if self._bus is not None:
            await self._bus.start(self._hear)
        rounds: tuple[tuple[float, Callable[[], Awaitable[None]]], ...] = (
            (self.settings.poll, self._poll),
            (self.settings.clock, self._tell_time),
            (self.settings.presence, self._refresh_presence),
            (self.settings.heartbeat, self._call_roll),
            (self.settings.recheck, self._recheck_sessions),
        )
        for period, work in rounds:
            self._spawn(self._every(period, work))

    async def close(self) -> None:
        """Send everyone away with 1012 and stop."""
        self.door.close()
        for room in list(self._rooms.values()):
            for member in room.members():
                room.leave(member)
                member.close(Close.RESTART, "restart: join again")
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._bus is not None:
            await self._bus.close()

    def now(self) -> str:
        """Give the server's time as frames carry it."""
        return stamp(self._now())

    # Events -------------------------------------------------------------------------------

    async def publish(self, events: Sequence[Event]) -> None:
        """Show committed events to the members here and hint them to the other workers.

        Never waits for a member or the bus, and never raises: the events are committed.
        """
        for stream, group in itertools.groupby(events, key=lambda event: event.stream):
            of_stream = list(group)
            self._feed(stream, of_stream[-1].seq, of_stream)
            if self._bus is not None:
                self._bus.send(hints.write(self._worker, stream, of_stream))

    def _feed(self, stream: str, head: int, events: Sequence[Event]) -> None:
        room = self._rooms.get(stream)
        if room is None:
            return
        try:
            room.hint(head, events)
        except Exception:
            log.exception("room %s cannot go on; its members are sent away", stream)
            self._abandon(room)

    def _abandon(self, room: Room) -> None:
        self._rooms.pop(room.stream, None)
        for member in room.members():
            room.leave(member)
            member.close(Close.OVERLOADED, "the room failed: join again")

    def _hear(self, message: bytes) -> None:
        try:
            notice = hints.read(message)
        except msgspec.DecodeError as error:
            log.warning("another worker sent a notice this one does not know: %s", error)
            return
        if notice.worker == self._worker or notice.stream not in self._rooms:
            return
        if isinstance(notice, hints.Hint):
            self._feed(notice.stream, notice.head, hints.placed(notice))
            return
        now = asyncio.get_running_loop().time()
        self._roll.hear(self._rooms[notice.stream], notice.worker, notice.attendance, now)

    # Members ------------------------------------------------------------------------------

    async def room(self, stream: str) -> Room:
        """Give the room of a stream, loaded.

        Raises:
            RoomUnknownError: there is no such stream.
            RoomsClosedError: the store does not answer; try again later.
        """
        if stream not in self._rooms:
            try:
                case = self._case_of(stream)
            except NotFoundError as error:
                message = f"there is no room {stream[:80]!r}"
                raise RoomUnknownError(message) from error
            # Entered before it is loaded: events published meanwhile find it.
            room = Room(stream, case, self._around)
            self._rooms[stream] = room
            self._loading[stream] = asyncio.ensure_future(self._load(room))
        loading = self._loading.get(stream)
        if loading is not None:
            await asyncio.shield(loading)
        return self._rooms[stream]

    async def _load(self, room: Room) -> None:
        try:
            await room.catch_up()
        except Exception as error:
            del self._rooms[room.stream]
            log.exception("room %s cannot be loaded", room.stream)
            message = "the room cannot be opened at present; try again later"
            raise RoomsClosedError(message) from error
        finally:
            del self._loading[room.stream]
        if not room.head:
            del self._rooms[room.stream]
            message = f"there is no room {room.stream[:80]!r}"
            raise RoomUnknownError(message)

    async def perform(self, room: Room, member: Member, frame: CommandFrame) -> Result:
        """Carry out a member's command; its events are sent before this returns.

        The session is looked up anew each time: who signs out can do nothing more, and a code
        given meanwhile counts only for a connection that began after it.

        Raises:
            SessionChangedError: the session is not the one any more; nothing was tried.
            BidhallError: it was refused.
        """
        if member.person is None:
            message = f"{frame.kind} needs a person; sign in and join again"
            raise ForbiddenError(message, code="sign-in-first")
        signed = None
        if frame.signed is not None:
            signed = Signed(frame.signed.device, frame.signed.signature)
        raw = RawCommand(frame.id, room.stream, frame.kind, frame.body, signed)
        with room.deciding():
            session = await self._session(member)
            reply = await self._perform(raw, member.person, session)
        if not room.offer(reply.events) or room.head < reply.seq:
            await room.catch_up()
        await room.written()
        view = room.live_view(member)
        numbers = (view.number_of(event.seq) for event in reversed(reply.events)) if view else ()
        seq = next((number for number in numbers if number is not None), None)
        return Result(at=stamp(reply.at), seq=seq, repeated=reply.repeated)

    async def _session(self, member: Member) -> Any:
        session = await self.sessions.find(member.token) if member.token else None
        if session is None or session.person != member.person:
            message = "the session ended or was turned; join again"
            raise SessionChangedError(message)
        return session

    async def read(
        self, stream: str, person: Person | None, after: int = 0
    ) -> tuple[str, int, list[bytes]]:
        """Give ``(audience, number of events, event frames after ``after``)`` without joining.

        Raises:
            RoomUnknownError: there is no such stream.
            ForbiddenError: the person may not watch it.
        """
        room = await self.room(stream)
        await room.catch_up()
        audience, _ = room.standing(person)
        view = await room.view(audience)
        return audience, len(view.wire), view.wire[after:]

    # Rounds -------------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error(
                "a task of the rooms failed; the next poll makes up", exc_info=task.exception()
            )

    async def _every(self, period: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(period)
            try:
                await work()
            except Exception:
                log.exception("a round of the rooms failed; the next one comes in %g s", period)

    async def _poll(self) -> None:
        now = asyncio.get_running_loop().time()
        for room in list(self._rooms.values()):
            if not room.seats:
                self._let_linger(room, now)
                continue
            self._idle_since.pop(room.stream, None)
            if await self._around.streams.head(room.stream) > room.head:
                await room.catch_up()

    def _let_linger(self, room: Room, now: float) -> None:
        since = self._idle_since.setdefault(room.stream, now)
        if now - since >= self.settings.linger and room.stream not in self._loading:
            del self._rooms[room.stream], self._idle_since[room.stream]
            self._roll.forget(room.stream)

    async def _tell_time(self) -> None:
        frame = encode(Clock(now=self.now()))
        for room in list(self._rooms.values()):
            room.spread(frame)
            room.forget_idle_views()

    async def _refresh_presence(self) -> None:
        self._roll.refresh(list(self._rooms.values()))

    async def _call_roll(self) -> None:
        self._roll.call(list(self._rooms.values()), asyncio.get_running_loop().time())

    def _send_roll(self, stream: str, attendance: Attendance) -> None:
        if self._bus is not None:
            self._bus.send(msgspec.json.encode(hints.Roll(self._worker, stream, attendance)))

    async def _recheck_sessions(self) -> None:
        for room in list(self._rooms.values()):
            for member in room.members():
                if member.token is None:
                    continue
                try:
                    await self._session(member)
                except SessionChangedError as error:
                    room.leave(member)
                    member.close(Close.RESTART, error.message)
