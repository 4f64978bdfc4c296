"""Tiles: paths, growth in steps of any size, and proofs read back from what was stored."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import merkle, tiles
from crypto.errors import ProofInvalidError


def leaf(at: int) -> bytes:
    """The data of leaf `at`: 32 bytes, as in the record."""
    return hashlib.sha256(b"%d" % at).digest()


def grown(steps: list[int]) -> tuple[dict[str, bytes], merkle.Frontier, list[int]]:
    """Grow a store of tiles step by step beside a frontier, which computes the same root another way."""
    store: dict[str, bytes] = {}
    frontier = merkle.Frontier()
    sizes = []
    for step in steps:
        fresh = [leaf(frontier.size + at) for at in range(step)]
        growth = tiles.grow(frontier.size, fresh, store.__getitem__)
        for data in fresh:
            frontier.append(data)
        assert (growth.size, growth.root) == (frontier.size, frontier.root())
        store.update(growth.tiles)
        sizes.append(frontier.size)
    return store, frontier, sizes


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 1067, 256, "tile/0/x001/067"),
        (0, 1234067, 256, "tile/0/x001/x234/067"),
        (2, 999, 17, "tile/2/999.p/17"),
        (63, 1000, 255, "tile/63/x001/000.p/255"),
        (None, 1067, 1, "tile/entries/x001/067.p/1"),
    ],
)
def test_paths_are_those_of_the_specification(
    level: int | None, index: int, width: int, path: str
) -> None:
    made = (
        tiles.entries_path(index, width) if level is None else tiles.tile_path(level, index, width)
    )
    assert made == path
    assert tiles.parse_path(path) == tiles.TilePath(level, index, width)


@pytest.mark.parametrize(
    "path",
    ["tile/0/1", "tile/00/001", "tile/64/001", "tile/0/x000/001", "tile/0/001.p/256", "tile/0/001.p/0",
     "tile/0/001.p/01", "tile/0/001/067", "tile/x/001", "tile/entries/", "tile/0/../001", "tile/0/\u0660\u0660\u0661"],
)  # fmt: skip
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(ProofInvalidError):
        tiles.parse_path(path)


def test_a_tree_of_70000_has_the_tiles_the_specification_counts() -> None:
    store, _, _ = grown([70_000])
    level0 = [p for p in store if p.startswith("tile/0/")]
    assert len([p for p in level0 if ".p/" not in p]) == 273
    assert [p for p in level0 if ".p/" in p] == ["tile/0/273.p/112"]
    assert sorted(p for p in store if p.startswith("tile/1/")) == ["tile/1/000", "tile/1/001.p/17"]
    assert [p for p in store if p.startswith("tile/2/")] == ["tile/2/000.p/1"]
    assert "tile/3/000.p/1" not in store


def test_a_tree_of_256_has_a_full_tile_and_one_of_width_1_above() -> None:
    store, _, _ = grown([256])
    assert sorted(store) == ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 400), min_size=1, max_size=6), st.data())
def test_proofs_from_tiles_hold_for_every_size(steps: list[int], data: st.DataObject) -> None:
    store, frontier, _ = grown(steps)
    if not frontier.size:
        assert store == {}
        return
    reader = tiles.TileReader(store.__getitem__, frontier.size)
    size = data.draw(st.integers(1, frontier.size))
    index = data.draw(st.integers(0, size - 1))
    size1 = data.draw(st.integers(1, size))
    root = merkle.root(merkle.leaf_hash(leaf(at)) for at in range(size))
    root1 = merkle.root(merkle.leaf_hash(leaf(at)) for at in range(size1))
    assert reader.root(size) == root
    assert reader.leaf(index) == merkle.leaf_hash(leaf(index))
    merkle.verify_inclusion(
        merkle.leaf_hash(leaf(index)), index, size, reader.inclusion(index, size), root
    )
    merkle.verify_consistency(size1, size, root1, root, reader.consistency(size1, size))


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=5))
def test_the_way_of_growing_does_not_show(steps: list[int]) -> None:
    by_steps, frontier, _ = grown(steps)
    at_once, _, _ = grown([frontier.size])
    assert at_once.items() <= by_steps.items()


def test_bundles_hold_the_entries_in_order() -> None:
    store, frontier, _ = grown([200, 100])
    first = tiles.decode_entries(store["tile/entries/000"], 256)
    last = tiles.decode_entries(store["tile/entries/001.p/44"], 44)
    assert first + last == [leaf(at) for at in range(frontier.size)]
    assert store["tile/entries/001.p/44"][:2] == b"\x00\x20"


def test_what_reaches_too_far_or_is_cut_off_is_refused() -> None:
    store, _, _ = grown([300])
    reader = tiles.TileReader(store.__getitem__, 300)
    with pytest.raises(ProofInvalidError):
        reader.root(301)
    with pytest.raises(ProofInvalidError):
        reader.inclusion(300, 300)
    with pytest.raises(ProofInvalidError):
        tiles.decode_entries(store["tile/entries/000"][:-1], 256)
    with pytest.raises(ProofInvalidError):
        tiles.decode_entries(store["tile/entries/000"], 255)
    with pytest.raises(ProofInvalidError):
        tiles.TileReader(lambda _: b"\x00" * 33, 300).leaf(299)


def test_a_changed_tile_changes_the_root() -> None:
    store, frontier, _ = grown([300])
    tile = bytearray(store["tile/0/001.p/44"])
    tile[40] ^= 1
    changed = {**store, "tile/0/001.p/44": bytes(tile)}
    assert tiles.TileReader(changed.__getitem__, 300).root(300) != frontier.root()
