"""One proof that many leaves are in one tree: the part of the tree that is not theirs, once.

The tree is walked as RFC 9162, 2.1 defines it. A range without any wanted leaf is one hash of
the proof; a wanted leaf is computed by the verifier; nothing is given twice. The order is that of the
walk, left before right, so the proof needs no indexes and has no byte without meaning.
Source: docs/spec/bundle.md.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from crypto.errors import ProofInvalidError
from crypto.merkle import EMPTY_ROOT, HASH_SIZE, node_hash

__all__ = ["prove", "root_from"]

RangeRoot = Callable[[int, int], bytes]


def _middle(start: int, end: int) -> int:
    return start + (1 << ((end - start - 1).bit_length() - 1))


def prove(indexes: Sequence[int], size: int, range_root: RangeRoot) -> list[bytes]:
    """Prove the leaves at ``indexes`` (ascending, distinct) in the tree of ``size`` leaves.

    ``range_root(start, end)`` gives the root over leaves [start, end).

    Raises:
        ProofInvalidError: the indexes are not ascending within the tree.
    """
    if any(b <= a for a, b in pairwise(indexes)) or (
        indexes and not 0 <= indexes[0] <= indexes[-1] < size
    ):
        message = f"indexes must ascend within 0 to {size - 1}"
        raise ProofInvalidError(message)
    proof: list[bytes] = []
    ranges = [(0, size)] if size else []
    while ranges:
        start, end = ranges.pop()
        first = bisect_left(indexes, start)
        if first == len(indexes) or indexes[first] >= end:
            proof.append(range_root(start, end))
        elif end - start > 1:
            middle = _middle(start, end)
            ranges += [(middle, end), (start, middle)]
    return proof


def root_from(leaves: Mapping[int, bytes], size: int, proof: Sequence[bytes]) -> bytes:
    """Compute the root of the tree of ``size`` leaves from leaf hashes by index and a proof.

    Raises:
        ProofInvalidError: an index lies outside, a hash is missing, misshapen or left over.
    """
    if size == 0:
        if leaves or proof:
            raise ProofInvalidError("an empty tree has no leaves and no proof")
        return EMPTY_ROOT
    indexes = sorted(leaves)
    if indexes and not 0 <= indexes[0] <= indexes[-1] < size:
        message = f"a leaf lies outside the tree of {size} leaves"
        raise ProofInvalidError(message)
    if any(len(one) != HASH_SIZE for one in (*proof, *leaves.values())):
        message = f"a hash has {HASH_SIZE} bytes"
        raise ProofInvalidError(message)
    given = iter(proof)
    root = _walk(leaves, indexes, size, given)
    if next(given, None) is not None:
        raise ProofInvalidError("the proof has hashes left over")
    return root


def _walk(
    leaves: Mapping[int, bytes], indexes: Sequence[int], size: int, given: Iterator[bytes]
) -> bytes:
    def visit(start: int, end: int) -> bytes:
        first = bisect_left(indexes, start)
        if first == len(indexes) or indexes[first] >= end:
            found = next(given, None)
            if found is None:
                raise ProofInvalidError("the proof ends too early")
            return found
        if end - start == 1:
            return leaves[start]
        middle = _middle(start, end)
        left = visit(start, middle)
        return node_hash(left, visit(middle, end))

    return visit(0, size)
