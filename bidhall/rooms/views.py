"""All views of a room. One is built when the first member of its audience comes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Final

from bidhall.cases.case import Case, Event
from bidhall.rooms.view import View

__all__ = ["BREATH", "Views"]

BREATH: Final = 256
"""After so many events of a long history the loop gets a turn for others."""


class Views:
    """The views of one stream, by audience."""

    def __init__(self, case: Case, stream: str, events: list[Event]) -> None:
        """Build views from ``events``, the room's own growing list."""
        self._case = case
        self._stream = stream
        self._events = events
        self._views: dict[str, View] = {}
        self._building: dict[str, asyncio.Future[View]] = {}

    def __iter__(self) -> Iterator[View]:
        """Go through the views that are built."""
        return iter(self._views.values())

    def known(self, audience: str) -> View | None:
        """Give a view if it is built."""
        return self._views.get(audience)

    def take(self, event: Event, state: Any) -> None:
        """Show every view the newest event; ``state`` is the one right after it."""
        for view in self._views.values():
            view.take(event, state)

    async def get(self, audience: str) -> View:
        """Give a view; it is built once, however many wait for it."""
        known = self._views.get(audience)
        if known is not None:
            return known
        if audience not in self._building:
            task = asyncio.ensure_future(self._build(audience))
            self._building[audience] = task
            task.add_done_callback(lambda _: self._building.pop(audience, None))
        return await asyncio.shield(self._building[audience])

    def keep_only(self, audiences: set[str]) -> None:
        """Drop all other views."""
        for audience in set(self._views) - audiences:
            del self._views[audience]

    async def _build(self, audience: str) -> View:
        view = View(self._case, audience)
        state: Any = self._case.initial(self._stream)
        done = 0
        while True:
            for event in self._events[done : done + BREATH]:
                state = self._case.evolve(state, event)
                view.take(event, state)
                done += 1
            if done == len(self._events):  # no turn of the loop between this look and the entry
                self._views[audience] = view
                return view
            await asyncio.sleep(0)
