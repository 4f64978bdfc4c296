"""The record's tree cut into tiles of 256 hashes, and its leaves into bundles.

Source: c2sp.org/tlog-tiles. A `ReadTile` gets a path such as ``tile/0/x001/067`` or
``tile/1/000.p/17`` and returns the stored bytes; whatever it raises for a path that is not there
goes through. Tiles are as trustworthy as where they came from: who verifies compares
`TileReader.root` with a signed checkpoint first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from crypto import merkle
from crypto.errors import ProofInvalidError
from crypto.merkle import HASH_SIZE

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
MAX_LEVEL: Final = 63
_PATH: Final = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)

ReadTile = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class TilePath:
    """A parsed path; `level` is `None` for a bundle of entries."""

    level: int | None
    index: int
    width: int


def _encode_index(index: int) -> str:
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03}")
    return "/".join(reversed(groups))


def _suffix(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Return the path of a tile of `width` hashes."""
    return f"tile/{level}/{_encode_index(index)}{_suffix(width)}"


def entries_path(index: int, width: int = WIDTH) -> str:
    """Return the path of a bundle of `width` entries."""
    return f"tile/entries/{_encode_index(index)}{_suffix(width)}"


def parse_path(path: str) -> TilePath:
    """Read a path, in its one spelling.

    Raises:
        ProofInvalidError: it is no tile's.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        message = f"not the path of a tile: {path[:100]!a}"
        raise ProofInvalidError(message)
    level = None if match[1] == "entries" else int(match[1])
    index = int(match[2].replace("x", "").replace("/", ""))
    width = int(match[3]) if match[3] else WIDTH
    spelt = entries_path(index, width) if level is None else tile_path(level, index, width)
    if spelt != path or (level or 0) > MAX_LEVEL or width > WIDTH:
        message = f"not the path of a tile: {path[:100]!a}"
        raise ProofInvalidError(message)
    return TilePath(level, index, width)


def encode_hashes(hashes: Iterable[bytes]) -> bytes:
    """Encode a tile."""
    return b"".join(hashes)


def decode_hashes(data: bytes, width: int) -> list[bytes]:
    """Decode a tile of `width` hashes.

    Raises:
        ProofInvalidError: the length does not fit.
    """
    if len(data) != width * HASH_SIZE:
        message = f"a tile of {width} hashes has {width * HASH_SIZE} bytes, not {len(data)}"
        raise ProofInvalidError(message)
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def encode_entries(entries: Iterable[bytes]) -> bytes:
    """Encode a bundle: each entry after its length as a uint16."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_entries(data: bytes, width: int) -> list[bytes]:
    """Decode a bundle of `width` entries.

    Raises:
        ProofInvalidError: there are more or fewer, or the last is cut off.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        entries.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    if at != len(data) or len(entries) != width:
        message = f"a bundle of {width} entries holds {len(entries)}, to byte {at} of {len(data)}"
        raise ProofInvalidError(message)
    return entries


@dataclass(frozen=True, slots=True)
class Growth:
    """A grown tree: its size and root, and the tiles to store before its checkpoint is signed."""

    size: int
    root: bytes
    tiles: list[tuple[str, bytes]]


def grow(old_size: int, new_leaf_data: Sequence[bytes], read_tile: ReadTile) -> Growth:
    """Return the tiles and bundles that change when leaves are appended, lowest level first.

    Reads the partial tiles at the right edge of the old tree. Each tile comes once, as wide as the
    new tree makes it, so writing them twice, or again after a crash, writes the same bytes to the
    same paths.

    Raises:
        ProofInvalidError: a stored tile has the wrong length.
    """
    written = _cut_entries(old_size, new_leaf_data, read_tile)
    fresh = [merkle.leaf_hash(data) for data in new_leaf_data]
    start, level = old_size, 0
    while fresh:
        tiles, parents = _cut_level(level, start, fresh, read_tile)
        written += tiles
        start, level, fresh = start >> HEIGHT, level + 1, parents
    overlay = dict(written)
    size = old_size + len(new_leaf_data)
    reader = TileReader(lambda path: overlay[path] if path in overlay else read_tile(path), size)
    return Growth(size, reader.root(size), written)


def _rows(start: int, kept: list[bytes], fresh: Sequence[bytes]) -> list[tuple[int, list[bytes]]]:
    """Cut what was kept of the last tile and what is fresh into numbered tiles."""
    row = [*kept, *fresh]
    first = start >> HEIGHT
    return [(first + at // WIDTH, row[at : at + WIDTH]) for at in range(0, len(row), WIDTH)]


def _cut_entries(
    start: int, fresh: Sequence[bytes], read_tile: ReadTile
) -> list[tuple[str, bytes]]:
    width = start % WIDTH
    if not fresh:
        return []
    kept = decode_entries(read_tile(entries_path(start >> HEIGHT, width)), width) if width else []
    return [
        (entries_path(index, len(row)), encode_entries(row))
        for index, row in _rows(start, kept, fresh)
    ]


def _cut_level(
    level: int, start: int, fresh: Sequence[bytes], read_tile: ReadTile
) -> tuple[list[tuple[str, bytes]], list[bytes]]:
    """Return a level's changed tiles, and the roots of those that became full."""
    width = start % WIDTH
    kept = (
        decode_hashes(read_tile(tile_path(level, start >> HEIGHT, width)), width) if width else []
    )
    rows = _rows(start, kept, fresh)
    tiles = [(tile_path(level, index, len(row)), encode_hashes(row)) for index, row in rows]
    return tiles, [merkle.root(row) for _, row in rows if len(row) == WIDTH]


class TileReader:
    """Proofs for every tree up to `tree_size` leaves, out of the tiles stored for `tree_size`.

    Keeps the tiles it has read (8 KiB each): make one per request, or per verification.
    """

    def __init__(self, read_tile: ReadTile, tree_size: int) -> None:
        """Read tiles as a checkpoint of `tree_size` leaves promises them."""
        self._read_tile = read_tile
        self._tree_size = tree_size
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def _tile(self, level: int, index: int) -> list[bytes]:
        found = self._tiles.get((level, index))
        if found is None:
            width = min(WIDTH, (self._tree_size >> (HEIGHT * level)) - index * WIDTH)
            found = decode_hashes(self._read_tile(tile_path(level, index, width)), width)
            self._tiles[level, index] = found
        return found

    def subtree(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree, as `merkle.Subtree`."""
        tile_level, height = divmod(level, HEIGHT)
        first = index << height
        tile = self._tile(tile_level, first >> HEIGHT)
        at = first % WIDTH
        return merkle.root(tile[at : at + (1 << height)])

    def root(self, size: int) -> bytes:
        """Return the root of the tree of the first `size` leaves.

        Raises:
            ProofInvalidError: the tiles do not reach that far.
        """
        self._refuse_beyond(size)
        return merkle.range_root(0, size, self.subtree)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the proof that leaf `index` is in the tree of `size` leaves.

        Raises:
            ProofInvalidError: there is no such leaf, or the tiles do not reach that far.
        """
        self._refuse_beyond(size)
        return merkle.inclusion_path(index, size, self.subtree)

    def consistency(self, size1: int, size2: int) -> list[bytes]:
        """Return the proof that the tree of `size1` leaves is a prefix of that of `size2`.

        Raises:
            ProofInvalidError: not 0 < size1 <= size2, or the tiles do not reach that far.
        """
        self._refuse_beyond(size2)
        return merkle.consistency_path(size1, size2, self.subtree)

    def leaf(self, index: int) -> bytes:
        """Return a leaf's hash.

        Raises:
            ProofInvalidError: there is no such leaf.
        """
        self._refuse_beyond(index + 1)
        return self.subtree(0, index)

    def _refuse_beyond(self, size: int) -> None:
        if not 0 <= size <= self._tree_size:
            message = f"the tiles are those of {self._tree_size} leaves; {size} were asked for"
            raise ProofInvalidError(message)
