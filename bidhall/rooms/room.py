"""One stream, live: the state, a view for each audience, and the members.

Nothing here waits for a member. Events come in by `Room.offer` in any order and repetition;
they take effect once and in order, and what is missing is fetched from the store, which is the
truth.

Writing to a thousand members takes some milliseconds, one ``send`` each, however much is sent.
So while more commands for this room are being decided, what came so far waits for them, at
most as long as the last writing took; with nothing else on its way it goes out at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from bidhall.accounts.authorise import may_watch
from bidhall.cases.case import Case, Event, Person
from bidhall.cases.errors import ForbiddenError
from bidhall.rooms.member import Member
from bidhall.rooms.messages import VERSION, Close, Joined, You, encode
from bidhall.rooms.needs import StreamReader
from bidhall.rooms.settings import Settings
from bidhall.rooms.view import View
from bidhall.rooms.views import BREATH, Views

__all__ = ["Room", "Seat", "Surroundings"]


LONGEST_WAIT: Final = 0.02
"""How long events may wait for company at most, in seconds."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a room gets from its worker: the store, a way to start tasks, the time as text."""

    streams: StreamReader
    spawn: Callable[[Coroutine[Any, Any, None]], object]
    now: Callable[[], str]
    settings: Settings


@dataclass(slots=True)
class Seat:
    """A person (or everyone who has not signed in) in a room: how it stands in the case."""

    audience: str
    roles: frozenset[str]
    members: set[Member] = field(default_factory=set)


class Room:
    """The live side of one stream in this worker."""

    def __init__(self, stream: str, case: Case, surroundings: Surroundings) -> None:
        """Begin empty; `catch_up` loads the stream."""
        self.stream = stream
        self.case = case
        self.state: Any = case.initial(stream)
        self.events: list[Event] = []
        self.seats: dict[Person | None, Seat] = {}
        self.presence_due = False
        self.greeting: bytes | None = None
        self._around = surroundings
        self._views = Views(case, stream, self.events)
        self._fetching = asyncio.Lock()
        self._flush: asyncio.Future[None] | None = None
        self._writing_took = 0.0
        self._commands = 0

    @property
    def head(self) -> int:
        """Give the number of events this room knows (the stream's own numbering)."""
        return len(self.events)

    def members(self) -> list[Member]:
        """List all members, those who are still catching up too."""
        return [member for seat in self.seats.values() for member in seat.members]

    # Events -------------------------------------------------------------------------------

    def offer(self, events: Iterable[Event]) -> bool:
        """Apply the events that come next; False if some before them are missing."""
        for event in events:
            if event.seq > self.head + 1:
                return False
            if event.seq == self.head + 1:
                self._apply(event)
        return True

    def hint(self, head: int, events: Iterable[Event] = ()) -> None:
        """Take news of the stream: apply what was sent along, fetch what was not."""
        if not self.offer(events) or self.head < head:
            self._around.spawn(self.catch_up())

    async def catch_up(self) -> None:
        """Fetch and apply what the store has beyond this room; one fetch at a time."""
        async with self._fetching:
            while True:
                events = await self._around.streams.events(
                    self.stream, after=self.head, limit=BREATH
                )
                self.offer(events)
                if len(events) < BREATH:
                    return
                await asyncio.sleep(0)

    def _apply(self, event: Event) -> None:
        self.state = self.case.evolve(self.state, event)
        self.events.append(event)
        # Before anyone is shown the event: who stands differently now must not get it as the
        # audience it no longer belongs to.
        self._settle()
        self._views.take(event, self.state)
        self.presence_due = True
        if self._flush is None:
            loop = asyncio.get_running_loop()
            self._flush = loop.create_future()
            if self._commands:
                loop.call_later(min(self._writing_took, LONGEST_WAIT), self._flush_all)
            else:
                loop.call_soon(self._flush_all)

    @contextmanager
    def deciding(self) -> Iterator[None]:
        """Count a command as on its way to a decision while the block runs."""
        self._commands += 1
        try:
            yield
        finally:
            self._commands -= 1
            if not self._commands and self._flush is not None:
                asyncio.get_running_loop().call_soon(self._flush_all)

    async def written(self) -> None:
        """Wait until the events so far were written to the members."""
        if self._flush is not None:
            await asyncio.shield(self._flush)

    def _flush_all(self) -> None:
        if self._flush is None:  # done already: it was called for at once and later too
            return
        done, self._flush = self._flush, None
        began = time.monotonic()
        for view in self._views:
            self._write(view)
        self._writing_took = time.monotonic() - began
        done.set_result(None)

    def _write(self, view: View) -> None:
        view.flush(self._drop_slow, self._around.settings.backlog)

    def _drop_slow(self, member: Member) -> None:
        self.leave(member)
        member.close(Close.TOO_SLOW, "too slow: join again after the last event you have")

    # Members ------------------------------------------------------------------------------

    def standing(self, person: Person | None) -> tuple[str, frozenset[str]]:
        """Say as what a person watches now.

        Raises:
            ForbiddenError: it may not watch.
        """
        return may_watch(self.case, self.state, person), self.case.roles(self.state, person)

    async def enter(self, member: Member, after: int, audience: str | None) -> None:
        """Let a member in and bring it up to date; it has ``after`` events of ``audience``.

        Raises:
            ForbiddenError: it may not watch.
        """
        watching, roles = self.standing(member.person)
        seat = self.seats.setdefault(member.person, Seat(watching, roles))
        seat.members.add(member)
        self.presence_due = True
        await self._follow(member, seat, after if audience == watching else 0)

    def leave(self, member: Member) -> None:
        """Take a member out; harmless if it left before."""
        member.turn += 1
        view = self._views.known(member.audience)
        if view is not None:
            view.live.discard(member)
        seat = self.seats.get(member.person)
        if seat is not None and member in seat.members:
            seat.members.discard(member)
            self.presence_due = True
            if not seat.members:
                del self.seats[member.person]

    def live_view(self, member: Member) -> View | None:
        """Give the view of a member that is up to date, flushed; None while it catches up."""
        view = self._views.known(member.audience)
        if view is None or member not in view.live:
            return None
        self._write(view)
        return view

    def spread(self, payload: bytes) -> None:
        """Send one frame to all members that are up to date, and drop the slow ones."""
        for view in self._views:
            self._write(view)
            view.spread([payload], self._drop_slow, self._around.settings.backlog)

    async def view(self, audience: str) -> View:
        """Give the view of an audience, built from the first event if nobody has it yet."""
        return await self._views.get(audience)

    def forget_idle_views(self) -> None:
        """Drop the views nobody watches; they can be built again."""
        self._views.keep_only({seat.audience for seat in self.seats.values()})

    def _settle(self) -> None:
        for person, seat in list(self.seats.items()):
            try:
                audience, roles = self.standing(person)
            except ForbiddenError:
                self._turn_out(seat)
                continue
            if audience != seat.audience:
                seat.roles = roles
                self._move(seat, audience)
            elif roles != seat.roles:
                seat.roles = roles
                self._around.spawn(self._tell_roles(list(seat.members), seat))

    def _turn_out(self, seat: Seat) -> None:
        for member in list(seat.members):
            self._detach(member)
            self.leave(member)
            member.close(Close.MAY_NOT_WATCH, "you may no longer watch")

    def _move(self, seat: Seat, audience: str) -> None:
        seat.audience = audience
        for member in seat.members:
            self._detach(member)
            self._around.spawn(self._follow(member, seat, 0))

    def _detach(self, member: Member) -> None:
        member.turn += 1
        view = self._views.known(member.audience)
        if view is not None and member in view.live:
            self._write(view)
            view.live.discard(member)

    async def _tell_roles(self, members: list[Member], seat: Seat) -> None:
        for member in members:
            view = self.live_view(member)
            if view is not None and member.audience == seat.audience:
                member.send(self._joined(member, seat, view, len(view.wire)))

    async def _follow(self, member: Member, seat: Seat, after: int) -> None:
        """Send a member the events after ``after``, piece by piece, then let it live."""
        if member not in seat.members:
            return
        member.turn += 1
        turn, audience, roles = member.turn, seat.audience, seat.roles
        view = await self.view(audience)
        if after > len(view.wire):  # it was with another worker that knows more than this one
            await self.catch_up()
        if member.turn != turn:
            return
        member.audience = audience
        sent = after if after <= len(view.wire) else 0
        member.send(self._joined(member, seat, view, sent))
        while chunk := view.chunk(sent, self._around.settings.chunk):
            member.send(*chunk)
            sent += len(chunk)
            if not await self._read_in_time(member) or member.turn != turn:
                return
        # From here to the end nothing waits: no event can come between.
        self._write(view)
        view.live.add(member)
        if seat.roles != roles:
            member.send(self._joined(member, seat, view, sent))
        if self.greeting is not None:
            member.send(self.greeting)

    async def _read_in_time(self, member: Member) -> bool:
        try:
            async with asyncio.timeout(self._around.settings.patience):
                await member.outlet.drained()
        except TimeoutError:
            self._drop_slow(member)
            return False
        return not member.gone

    def _joined(self, member: Member, seat: Seat, view: View, after: int) -> bytes:
        person = member.person
        you = None if person is None else You(
            id=person.id, name=person.name, organisation=person.organisation,
            roles=sorted(seat.roles),
        )  # fmt: skip
        return encode(
            Joined(
                v=VERSION, stream=self.stream, kind=self.case.KIND, audience=view.audience,
                you=you, after=after, seq=len(view.wire), now=self._around.now(),
            )
        )  # fmt: skip
