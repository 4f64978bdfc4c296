"""Tiles in the database, for code that reads them one by one and without waiting.

The Merkle code is pure and asks for a tile in the middle of its walk. So the walk runs, names
the tile it misses, the tile is fetched, and the walk runs again; whoever knows what a walk will need
fetches it in one go before. A path always holds the same bytes, so what was read stays cached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import asyncpg

from bidhall.record.errors import LogDamagedError
from crypto.merkle import HASH_SIZE
from crypto.tiles import WIDTH, entries_path, parse_path, tile_path

__all__ = ["TileStore", "full_path", "paths_for"]

_T = TypeVar("_T")
_KEPT = 4096


class _MissingError(Exception):
    def __init__(self, path: str) -> None:
        self.path = path


def full_path(path: str) -> str:
    """Name the full tile of a partial one; a full one's own path stays."""
    parsed = parse_path(path)
    if parsed.level is None:
        return entries_path(parsed.index)
    return tile_path(parsed.level, parsed.index)


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
            LogDamagedError: a tile it needs is not in the store.
        """
        while True:
            try:
                return work(self._read)
            except _MissingError as missing:
                await self.fetch([missing.path])
                if missing.path not in self._tiles:
                    message = f"tile {missing.path} is missing; restore it from a copy of the log"
                    raise LogDamagedError(message) from None

    async def fetch(self, paths: Iterable[str]) -> None:
        """Fetch those of the tiles that are not here yet; unknown ones stay unknown."""
        wanted = [path for path in paths if path not in self._tiles]
        if len(self._tiles) > _KEPT:
            self._tiles.clear()
        # A partial tile goes when the full one comes, even between two reads of one walk: then
        # the beginning of the full one is it.
        instead = {path: full for path in wanted if (full := full_path(path)) != path}
        rows = await self._source.fetch(
            "SELECT path, data FROM tile WHERE path = ANY($1)", [*wanted, *instead.values()]
        )
        found = {row["path"]: bytes(row["data"]) for row in rows}
        for path in wanted:
            if path in found:
                self._tiles[path] = found[path]
            elif instead.get(path) in found and parse_path(path).level is not None:
                width = parse_path(path).width
                self._tiles[path] = found[instead[path]][: width * HASH_SIZE]


def paths_for(indexes: Iterable[int], size: int) -> set[str]:
    """Name the tiles that hold the ways from leaves to the root of a tree of ``size`` leaves."""
    if not size:
        return set()
    found = set()
    places, level, width = {*indexes, size - 1}, 0, size
    while width:
        places = {place // WIDTH for place in places}
        found |= {
            tile_path(level, place, min(WIDTH, width - place * WIDTH))
            for place in places if place * WIDTH < width
        }  # fmt: skip
        level, width = level + 1, width // WIDTH
    return found
