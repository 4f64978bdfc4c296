"""Reading streams: their events, and the state they lead to, cached per worker."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import asyncpg
import msgspec

from bidhall.cases.case import Case, Event

__all__ = ["COLUMNS", "Streams", "event_of"]

COLUMNS = "stream, seq, at, kind, actor, command_id, body, signed"
_KEPT = 2000


def event_of(row: asyncpg.Record) -> Event:
    """Read an event from a row with ``COLUMNS``."""
    return Event(
        row["stream"], row["seq"], row["at"], row["kind"], row["actor"], row["command_id"],
        msgspec.json.decode(row["body"]),
        None if row["signed"] is None else msgspec.json.decode(row["signed"]),
    )  # fmt: skip


class Streams:
    """Streams as the database has them; a cached state is only ever a shortcut to its head."""

    def __init__(self, pool: asyncpg.Pool, case_of: Callable[[str], Case]) -> None:
        """Read through ``pool``."""
        self._pool, self._case_of = pool, case_of
        self._states: OrderedDict[str, tuple[Any, int]] = OrderedDict()

    async def head(self, stream: str) -> int:
        """Tell the seq of the last event, 0 where there is none."""
        return int(await self._pool.fetchval("SELECT head FROM stream WHERE id = $1", stream) or 0)

    async def exists(self, stream: str) -> bool:
        """Tell whether the stream has an event."""
        return await self.head(stream) > 0

    async def events(self, stream: str, after: int = 0, limit: int | None = None) -> list[Event]:
        """List the events after a seq, in order."""
        rows = await self._pool.fetch(
            f"SELECT {COLUMNS} FROM event WHERE stream = $1 AND seq > $2 ORDER BY seq LIMIT $3",  # noqa: S608 - a constant
            stream, after, limit,
        )  # fmt: skip
        return [event_of(row) for row in rows]

    async def state(self, stream: str) -> tuple[Any, int]:
        """Give the state of a stream and its head, as of now."""
        state, head = self.cached(stream)
        wanted = await self.head(stream)
        if wanted > head:
            state, head = self.apply(stream, state, await self.events(stream, head))
            self.keep(stream, state, head)
        return state, head

    def cached(self, stream: str) -> tuple[Any, int]:
        """Give what is cached, the initial state at 0 where nothing is."""
        found = self._states.get(stream)
        if found is None:
            return self._case_of(stream).initial(stream), 0
        self._states.move_to_end(stream)
        return found

    def apply(self, stream: str, state: Any, events: list[Event]) -> tuple[Any, int]:
        """Apply events, at least one, in order; gives the state and its head."""
        case = self._case_of(stream)
        for event in events:
            state = case.evolve(state, event)
        return state, events[-1].seq

    def keep(self, stream: str, state: Any, head: int) -> None:
        """Cache a committed state; an older one never replaces a newer."""
        if head >= self._states.get(stream, (None, 0))[1]:
            self._states[stream] = (state, head)
            self._states.move_to_end(stream)
        while len(self._states) > _KEPT:
            self._states.popitem(last=False)
