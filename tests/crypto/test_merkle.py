"""Merkle trees: published vectors, and proofs against a tree computed by the letter of RFC 9162."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import merkle
from crypto.errors import ProofInvalidError

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "merkle"


def reference_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1, written as the recursion stands there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(
        b"\x01" + reference_root(leaves[:split]) + reference_root(leaves[split:])
    ).digest()


def subtrees(leaves: list[bytes]) -> merkle.Subtree:
    """Answer for complete subtrees out of the leaves."""
    return lambda level, index: reference_root(leaves[index << level : (index + 1) << level])


def some_leaves(size: int) -> list[bytes]:
    """Distinct leaves."""
    return [b"leaf %d" % at for at in range(size)]


def check_inclusion(case: dict[str, Any], proof: list[bytes]) -> None:
    """Run one inclusion vector."""
    merkle.verify_inclusion(
        b64(case["leafHash"]), case["leafIdx"], case["treeSize"], proof, b64(case["root"])
    )


def check_consistency(case: dict[str, Any], proof: list[bytes]) -> None:
    """Run one consistency vector."""
    merkle.verify_consistency(
        case["size1"], case["size2"], b64(case["root1"]), b64(case["root2"]), proof
    )


def check_subtree_inclusion(case: dict[str, Any], proof: list[bytes]) -> None:
    """Run one vector for inclusion in a subtree."""
    start, end = case["start"], case["end"]
    merkle.check_range(start, end, end)
    merkle.verify_inclusion(
        b64(case["leafHash"]), case["leafIdx"] - start, end - start, proof, b64(case["root"])
    )


def check_subtree_consistency(case: dict[str, Any], proof: list[bytes]) -> None:
    """Run one vector for consistency of a subtree."""
    merkle.verify_subtree(
        case["start"], case["end"], case["size"], b64(case["root1"]), b64(case["root2"]), proof
    )


def b64(text: str) -> bytes:
    """Decode a vector's bytes."""
    return base64.b64decode(text, validate=True)


CHECKS: dict[str, Callable[[dict[str, Any], list[bytes]], None]] = {
    "inclusion": check_inclusion,
    "consistency": check_consistency,
    "subtreeinclusion": check_subtree_inclusion,
    "subtreeconsistency": check_subtree_consistency,
}


@pytest.mark.skipif(not VECTORS.is_dir(), reason=f"the published vectors are not at {VECTORS}")
@pytest.mark.parametrize("kind", sorted(CHECKS))
def test_published_vectors_have_their_outcome(kind: str) -> None:
    files = sorted((VECTORS / kind).rglob("*.json"))
    outcomes = {True: 0, False: 0}
    for file in files:
        case = json.loads(file.read_text())
        proof = [b64(item) for item in case["proof"] or []]
        try:
            CHECKS[kind](case, proof)
        except ProofInvalidError:
            refused = True
        else:
            refused = False
        assert refused == case["wantErr"], f"{file.relative_to(VECTORS)}: {case['desc']}"
        outcomes[refused] += 1
    assert outcomes[True] > 50
    assert outcomes[False] >= 4


@pytest.mark.parametrize("size", range(35))
def test_root_and_frontier_follow_the_rfc(size: int) -> None:
    leaves = some_leaves(size)
    frontier = merkle.Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    assert frontier.size == size
    assert frontier.root() == reference_root(leaves)
    assert merkle.root(merkle.leaf_hash(leaf) for leaf in leaves) == reference_root(leaves)
    again = merkle.Frontier.from_bytes(frontier.to_bytes())
    assert (again.size, again.hashes) == (frontier.size, frontier.hashes)


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 7, b"\x00" * 8 + b"x" * 32, (3).to_bytes(8, "big") + b"x" * 32]
)
def test_frontier_refuses_other_bytes(data: bytes) -> None:
    with pytest.raises(ProofInvalidError):
        merkle.Frontier.from_bytes(data)


@given(st.integers(1, 300), st.data())
def test_inclusion_is_proved_and_nothing_else(size: int, data: st.DataObject) -> None:
    leaves = some_leaves(size)
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_path(index, size, subtrees(leaves))
    whole = reference_root(leaves)
    hashed = merkle.leaf_hash(leaves[index])
    merkle.verify_inclusion(hashed, index, size, path, whole)
    with pytest.raises(ProofInvalidError):
        merkle.verify_inclusion(merkle.leaf_hash(b"other"), index, size, path, whole)
    with pytest.raises(ProofInvalidError):
        merkle.verify_inclusion(hashed, index, size, [*path, whole], whole)
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        changed = list(path)
        changed[at] = bytes([changed[at][0] ^ 1]) + changed[at][1:]
        with pytest.raises(ProofInvalidError):
            merkle.verify_inclusion(hashed, index, size, changed, whole)
        with pytest.raises(ProofInvalidError):
            merkle.verify_inclusion(hashed, index, size, path[:at] + path[at + 1 :], whole)


@given(st.integers(1, 300), st.data())
def test_consistency_is_proved_and_nothing_else(size2: int, data: st.DataObject) -> None:
    leaves = some_leaves(size2)
    size1 = data.draw(st.integers(1, size2))
    path = merkle.consistency_path(size1, size2, subtrees(leaves))
    old, new = reference_root(leaves[:size1]), reference_root(leaves)
    merkle.verify_consistency(size1, size2, old, new, path)
    forked = reference_root([*leaves[: size1 - 1], b"rewritten"])
    with pytest.raises(ProofInvalidError):
        merkle.verify_consistency(size1, size2, forked, new, path)
    with pytest.raises(ProofInvalidError):
        merkle.verify_consistency(size1, size2, old, forked, path)
    with pytest.raises(ProofInvalidError):
        merkle.verify_consistency(size1, size2, old, new, [*path, old])


def test_nothing_is_proved_from_the_empty_tree() -> None:
    with pytest.raises(ProofInvalidError):
        merkle.verify_consistency(0, 4, merkle.EMPTY_ROOT, merkle.leaf_hash(b""), [])
    with pytest.raises(ProofInvalidError):
        merkle.consistency_path(0, 4, subtrees(some_leaves(4)))
    with pytest.raises(ProofInvalidError):
        merkle.inclusion_path(4, 4, subtrees(some_leaves(4)))


@given(st.binary(max_size=70), st.lists(st.integers(1, 20)), st.integers(1, 17))
def test_root_hasher_does_not_depend_on_the_pieces(
    data: bytes, pieces: list[int], leaf_bytes: int
) -> None:
    hasher = merkle.RootHasher(leaf_bytes)
    at = 0
    for piece in [*pieces, len(data)]:
        hasher.update(memoryview(data)[at : at + piece])
        hasher.digest()  # asking in the middle changes nothing
        at = min(len(data), at + piece)
    leaves = [data[at : at + leaf_bytes] for at in range(0, len(data), leaf_bytes)]
    assert hasher.digest() == reference_root(leaves)
    assert hasher.length == len(data)
