"""Who is in a room, over all workers: shown cards once each, everyone else as a number."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from bidhall.rooms.messages import Presence, encode
from bidhall.rooms.room import Room

__all__ = ["Attendance", "RollCall", "gathered", "here"]

_MISSED = 3
"""After so many heartbeats without a word, another worker's members count as gone."""


class Attendance(msgspec.Struct, frozen=True):
    """Who is in one worker's part of a room."""

    cards: list[Any]
    listeners: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What another worker said last, good until ``expires`` (monotonic seconds)."""

    attendance: Attendance
    expires: float


def here(room: Room) -> Attendance:
    """Count this worker's members: a person once, everyone who has not signed in one by one."""
    cards: list[Any] = []
    listeners = 0
    for person, seat in room.seats.items():
        card = room.case.card(room.state, person)
        if card is not None:
            cards.append(dict(card))
        else:
            listeners += len(seat.members) if person is None else 1
    return Attendance(cards, listeners)


def gathered(attendances: Iterable[Attendance]) -> bytes:
    """Make one presence frame: each distinct card once, in a stable order."""
    cards: dict[bytes, Any] = {}
    listeners = 0
    for one in attendances:
        listeners += one.listeners
        for card in one.cards:
            cards[msgspec.json.encode(card, order="sorted")] = card
    members = [cards[key] for key in sorted(cards)]
    return encode(Presence(members=members, listeners=listeners))


class RollCall:
    """Keeps the presence of all rooms up to date here, and tells the other workers of ours."""

    def __init__(self, tell: Callable[[str, Attendance], None], heartbeat: float) -> None:
        """Send this worker's attendance through ``tell``, every ``heartbeat`` seconds at least."""
        self._tell = tell
        self._lifetime = _MISSED * heartbeat
        self._elsewhere: dict[str, dict[str, Elsewhere]] = {}

    def hear(self, room: Room, worker: str, attendance: Attendance, at: float) -> None:
        """Take another worker's attendance at ``at`` (monotonic seconds)."""
        workers = self._elsewhere.setdefault(room.stream, {})
        workers[worker] = Elsewhere(attendance, at + self._lifetime)
        room.presence_due = True

    def forget(self, stream: str) -> None:
        """Forget a room that this worker no longer has."""
        self._elsewhere.pop(stream, None)

    def refresh(self, rooms: Collection[Room]) -> None:
        """Send a presence frame where it changed, and this worker's part to the others."""
        for room in rooms:
            if not room.presence_due:
                continue
            room.presence_due = False
            mine = here(room)
            self._tell(room.stream, mine)
            others = self._elsewhere.get(room.stream, {}).values()
            frame = gathered([mine, *(one.attendance for one in others)])
            if frame != room.greeting:
                room.greeting = frame
                room.spread(frame)

    def call(self, rooms: Collection[Room], at: float) -> None:
        """Repeat this worker's part, and drop workers that have fallen silent."""
        for room in rooms:
            if room.seats:
                self._tell(room.stream, here(room))
            others = self._elsewhere.get(room.stream, {})
            for worker in [name for name, one in others.items() if one.expires <= at]:
                del others[worker]
                room.presence_due = True
