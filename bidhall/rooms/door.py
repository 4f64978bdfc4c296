"""How many connections a worker takes, in all and from one address without signing in."""

from __future__ import annotations

from collections import Counter

from bidhall.rooms.errors import RoomsClosedError
from bidhall.rooms.settings import Settings

__all__ = ["Door"]


class Door:
    """Counts connections in and out."""

    def __init__(self, settings: Settings) -> None:
        """Begin empty and open."""
        self._settings = settings
        self._addresses: Counter[str] = Counter()
        self.connections = 0
        self._closed = False

    def close(self) -> None:
        """Let nobody in any more."""
        self._closed = True

    def admit(self, address: str, *, anonymous: bool) -> None:
        """Count a new connection in.

        Raises:
            RoomsClosedError: the worker is shutting down, or full, or the address is.
        """
        if self._closed:
            message = "this worker is shutting down; connect again"
            raise RoomsClosedError(message)
        if self.connections >= self._settings.members:
            message = "this worker cannot take another member; try again later"
            raise RoomsClosedError(message, code="hall-full")
        limit = self._settings.anonymous_per_address
        if anonymous and self._addresses[address] >= limit:
            message = f"{limit} people watch from your address without signing in; sign in"
            raise RoomsClosedError(message, code="address-full", maximum=limit)
        self.connections += 1
        self._addresses[address] += anonymous

    def dismiss(self, address: str, *, anonymous: bool) -> None:
        """Count a connection out."""
        self.connections -= 1
        self._addresses[address] -= anonymous
        if not self._addresses[address]:
            del self._addresses[address]
