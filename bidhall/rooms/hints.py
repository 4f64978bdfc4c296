"""What workers tell each other on the bus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from bidhall.cases.case import Event, canonical_event, instant
from bidhall.rooms.presence import Attendance

__all__ = ["Hint", "Notice", "Roll", "placed", "read", "write"]

_LARGEST: Final = 1 << 16
"""A hint that would be longer goes without its events; the others fetch them."""


class Hint(msgspec.Struct, tag_field="t", tag="hint", frozen=True):
    """``stream`` has ``head`` events now; the newest may be sent along."""

    worker: str
    stream: str
    head: int
    events: list[dict[str, Any]] = []


class Roll(msgspec.Struct, tag_field="t", tag="roll", frozen=True):
    """Who is in the worker's part of a room."""

    worker: str
    stream: str
    attendance: Attendance


Notice = Hint | Roll
_decoder: Final = msgspec.json.Decoder(Notice)


def write(worker: str, stream: str, events: Sequence[Event]) -> bytes:
    """Write a hint about ``events`` of one stream, in order."""
    forms = [canonical_event(event) for event in events]
    whole = msgspec.json.encode(Hint(worker, stream, events[-1].seq, forms))
    if len(whole) <= _LARGEST:
        return whole
    return msgspec.json.encode(Hint(worker, stream, events[-1].seq))


def read(message: bytes) -> Notice:
    """Read a notice.

    Raises:
        msgspec.DecodeError: another version of the hall wrote it.
    """
    notice: Notice = _decoder.decode(message)
    return notice


def placed(hint: Hint) -> list[Event]:
    """Give the events a hint brought along."""
    return [
        Event(
            stream=one["stream"], seq=one["seq"], at=instant(one["at"]), kind=one["kind"],
            actor=one["actor"], command=one["command"], body=one["body"],
            signed=one.get("signed"),
        )
        for one in hint.events
    ]  # fmt: skip
