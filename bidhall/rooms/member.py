"""One connection in a room: who it is, where its frames go and which events it has."""

from __future__ import annotations

from bidhall.cases.case import Person
from bidhall.rooms.framing import framed
from bidhall.rooms.outlet import Outlet

__all__ = ["Member"]


class Member:
    """A connection that has joined, or is about to.

    ``turn`` counts how often its audience was settled: whoever is still catching it up under
    an older turn stops.
    """

    __slots__ = ("audience", "gone", "outlet", "person", "token", "turn", "write")

    def __init__(self, outlet: Outlet, person: Person | None, *, token: str | None = None) -> None:
        """Make a member that sees nothing yet."""
        self.outlet = outlet
        self.write = outlet.write  # looked up once: it is called for every member and event
        self.person = person
        self.token = token
        self.audience = ""
        self.turn = 0
        self.gone = False

    def send(self, *payloads: bytes) -> int:
        """Send frames to this member alone; return the bytes still waiting."""
        return 0 if self.gone else self.write(payloads, framed(payloads))

    def close(self, code: int, reason: str) -> None:
        """End the connection."""
        if not self.gone:
            self.gone = True
            self.outlet.close(code, reason)
