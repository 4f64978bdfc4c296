"""What rooms need of the rest of the hall, and no more than that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from bidhall.cases.case import Event, Person
from bidhall.desk import RawCommand

__all__ = ["Perform", "PerformReply", "SessionFinder", "StreamReader"]


class StreamReader(Protocol):
    """The part of `bidhall.record.streams.Streams` that rooms use."""

    async def events(
        self, stream: str, after: int = 0, limit: int | None = None
    ) -> Sequence[Event]:
        """List the events after a place, in order."""
        ...

    async def head(self, stream: str) -> int:
        """Give the place of the last event, 0 if there is none."""
        ...


class PerformReply(Protocol):
    """The part of `bidhall.record.writer.Reply` that rooms use."""

    @property
    def seq(self) -> int:
        """The stream's place of the last event."""
        ...

    @property
    def at(self) -> datetime:
        """When it was decided."""
        ...

    @property
    def events(self) -> Sequence[Event]:
        """What it brought about."""
        ...

    @property
    def repeated(self) -> bool:
        """Whether it was decided before."""
        ...


Perform = Callable[[RawCommand, Person, Any], Awaitable[PerformReply]]
"""``(raw, person, session)``: `bidhall.desk.Desk.perform`."""


class SessionFinder(Protocol):
    """The part of `bidhall.accounts.sessions.Sessions` that rooms use."""

    async def find(self, token: str) -> Any | None:
        """Give the session of a token, with its ``person``; None if there is none."""
        ...
