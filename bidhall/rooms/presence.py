"""Who is in a room, over all workers: shown cards once each, everyone else as a number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from bidhall.rooms.messages import Presence, encode
from bidhall.rooms.room import Room

__all__ = ["Attendance", "Elsewhere", "gathered", "here"]


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
