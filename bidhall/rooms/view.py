"""What one audience sees of a stream: its events, numbered without gaps and encoded once.

The n-th event that the audience may see has number n, whatever was hidden in between: a gap
would tell how many sealed bids came in. ``visible`` is asked with the state right after the
event, so one who comes late gets byte for byte what one who stayed got.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bidhall.cases.case import Case, Event, stamp
from bidhall.rooms.framing import framed
from bidhall.rooms.messages import Happened, encode

if TYPE_CHECKING:
    from bidhall.rooms.member import Member

__all__ = ["View"]


class View:
    """The frames of one audience and the members that get them live."""

    __slots__ = ("_case", "_pending", "audience", "live", "places", "wire")

    def __init__(self, case: Case, audience: str) -> None:
        """Begin before the first event."""
        self._case = case
        self.audience = audience
        self.wire: list[bytes] = []
        self.places: list[int] = []
        self.live: set[Member] = set()
        self._pending: list[bytes] = []

    def take(self, event: Event, state: Any) -> bool:
        """Append ``event`` if this audience sees it; ``state`` is the one right after it."""
        body = self._case.visible(event, state, self.audience)
        if body is None:
            return False
        number = len(self.wire) + 1
        frame = Happened(seq=number, at=stamp(event.at), kind=event.kind, body=body)
        payload = encode(frame)
        self.wire.append(payload)
        self.places.append(event.seq)
        if self.live:
            self._pending.append(payload)
        return True

    def flush(self, slow: Callable[[Member], None], cap: int) -> None:
        """Write what gathered to the live members at once; report those with over ``cap`` waiting.

        One ``write`` a member, however many events gathered in this turn of the loop.
        """
        if not self._pending:
            return
        payloads, self._pending = self._pending, []
        self.spread(payloads, slow, cap)

    def spread(self, payloads: list[bytes], slow: Callable[[Member], None], cap: int) -> None:
        """Write ``payloads`` to the live members; report those with over ``cap`` bytes waiting."""
        frames = framed(payloads)
        late = [one for one in self.live if one.write(payloads, frames) > cap]
        for member in late:
            slow(member)

    def chunk(self, start: int, size: int) -> list[bytes]:
        """Give frames from number ``start + 1`` on, about ``size`` bytes of them."""
        taken, total = [], 0
        for payload in self.wire[start : start + 1024]:
            taken.append(payload)
            total += len(payload)
            if total >= size:
                break
        return taken

    def number_of(self, place: int) -> int | None:
        """Give this audience's number of the event at ``place`` of the stream, None if hidden."""
        at = bisect_left(self.places, place)
        return at + 1 if at < len(self.places) and self.places[at] == place else None
