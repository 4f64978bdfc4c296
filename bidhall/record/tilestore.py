"""Tiles in the database, for code that reads them one by one and without waiting.

The Merkle code is pure and asks for a tile in the middle of its walk. So the walk runs, names
the tile it misses, the tile is fetched, and the walk runs again; whole tiles stay cached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import asyncpg

__all__ = ["TileStore"]

_T = TypeVar("_T")
_KEPT = 4096


class _MissingError(Exception):
    def __init__(self, path: str) -> None:
        self.path = path


class TileStore:
    """Reads tiles through a pool or connection."""

    def __init__(self, source: asyncpg.Pool | asyncpg.Connection) -> None:
        """Read from ``source``."""
        self._source = source
        self._tiles: dict[str, bytes] = {}

    def _read(self, path: str) -> bytes:
        found = self._tiles.get(path)
        if found is None:
            raise _MissingError(path)
        return found

    async def walk(self, work: Callable[[Callable[[str], bytes]], _T]) -> _T:
        """Run ``work(read_tile)`` until it has all the tiles it needs.

        Raises:
            KeyError: a tile it needs is not in the store; the log is damaged.
        """
        while True:
            try:
                return work(self._read)
            except _MissingError as missing:
                await self.fetch([missing.path])
                if missing.path not in self._tiles:
                    message = f"tile {missing.path} is missing"
                    raise KeyError(message) from None

    async def fetch(self, paths: Iterable[str]) -> None:
        """Fetch tiles; what is a whole tile never changes and stays cached."""
        if len(self._tiles) > _KEPT:
            self._tiles.clear()
        rows = await self._source.fetch(
            "SELECT path, data FROM tile WHERE path = ANY($1)", list(paths)
        )
        self._tiles.update({row["path"]: row["data"] for row in rows})
