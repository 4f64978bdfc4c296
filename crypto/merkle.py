"""Merkle trees as RFC 6962 and RFC 9162 define them: hashes, and proofs written and verified.

The hashes come from `treehash`. Rules that the verifiers follow, beyond the letter of the RFCs:

- a consistency proof from a tree of size 0 proves nothing and is refused;
- an empty root, leaf hash or proof element is refused before anything is compared.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence

from crypto.errors import ProofInvalidError
from crypto.treehash import (
    EMPTY_ROOT,
    HASH_SIZE,
    LEAF_BYTES,
    Frontier,
    RootHasher,
    leaf_hash,
    node_hash,
    root,
)

__all__ = [
    "EMPTY_ROOT",
    "HASH_SIZE",
    "LEAF_BYTES",
    "Frontier",
    "RootHasher",
    "Subtree",
    "check_range",
    "consistency_path",
    "inclusion_path",
    "leaf_hash",
    "node_hash",
    "range_root",
    "root",
    "verify_consistency",
    "verify_inclusion",
    "verify_subtree",
]

Subtree = Callable[[int, int], bytes]
"""``(level, index)`` -> hash of the complete subtree over ``2 ** level`` leaves, the index-th."""


def range_root(start: int, end: int, subtree: Subtree) -> bytes:
    """Return the root over leaves ``[start, end)``, as they occur in the recursion of the RFC.

    There, `start` is a multiple of the next power of two >= the width.
    """
    width = end - start
    if width <= 0:
        return EMPTY_ROOT
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return subtree(level, start >> level)
    split = _split(width)
    return node_hash(
        range_root(start, start + split, subtree), range_root(start + split, end, subtree)
    )


def _split(width: int) -> int:
    """Return the largest power of two smaller than `width` (>= 2)."""
    return 1 << ((width - 1).bit_length() - 1)


def inclusion_path(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return the proof that leaf `index` is in the tree of `size` leaves, lowest sibling first.

    Source: RFC 9162, 2.1.3.1.

    Raises:
        ProofInvalidError: there is no such leaf.
    """
    if not 0 <= index < size:
        message = f"leaf {index} is not in a tree of {size} leaves"
        raise ProofInvalidError(message)
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(range_root(middle, end, subtree))
            end = middle
        else:
            path.append(range_root(start, middle, subtree))
            start = middle
    return path[::-1]


def consistency_path(size1: int, size2: int, subtree: Subtree) -> list[bytes]:
    """Return the proof that the tree of `size1` leaves is a prefix of that of `size2`.

    Source: RFC 9162, 2.1.4.1.

    Raises:
        ProofInvalidError: not 0 < size1 <= size2.
    """
    if not 0 < size1 <= size2:
        message = f"no consistency proof leads from a tree of {size1} leaves to one of {size2}"
        raise ProofInvalidError(message)
    path: list[bytes] = []
    start, end = 0, size2
    while end != size1:
        middle = start + _split(end - start)
        if size1 <= middle:
            path.append(range_root(middle, end, subtree))
            end = middle
        else:
            path.append(range_root(start, middle, subtree))
            start = middle
    if start:  # the old tree is not one complete subtree of the new: its last piece is given too
        path.append(range_root(start, end, subtree))
    return path[::-1]


def verify_inclusion(
    hashed: bytes, index: int, size: int, path: Sequence[bytes], expected_root: bytes
) -> None:
    """Check that the leaf with hash `hashed` is leaf `index` of the tree of `size` leaves.

    Source: RFC 9162, 2.1.3.2.

    Raises:
        ProofInvalidError: it is not proved.
    """
    if not 0 <= index < size:
        message = f"leaf {index} cannot be in a tree of {size} leaves"
        raise ProofInvalidError(message)
    _refuse_misshapen([hashed, *path, expected_root])
    node, last, result = index, size - 1, hashed
    for sibling in path:
        if last == 0:
            message = f"the proof of leaf {index} in {size} leaves is too long: {len(path)} hashes"
            raise ProofInvalidError(message)
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    if last or not hmac.compare_digest(result, expected_root):
        wanted = expected_root.hex()
        message = f"the proof of leaf {index} in {size} leaves does not lead to root {wanted}"
        raise ProofInvalidError(message)


def verify_consistency(
    size1: int, size2: int, root1: bytes, root2: bytes, path: Sequence[bytes]
) -> None:
    """Check that the tree of `size1` leaves is a prefix of the tree of `size2` leaves.

    Source: RFC 9162, 2.1.4.2.

    Raises:
        ProofInvalidError: it is not proved, or `size1` is 0.
    """
    if size1 < 1:
        message = f"a tree of {size1} leaves is consistent with anything: nothing is proved"
        raise ProofInvalidError(message)
    verify_subtree(0, size1, size2, root1, root2, path)


def verify_subtree(  # noqa: PLR0913 - the six values the draft's statement is made of
    start: int, end: int, size: int, part: bytes, whole: bytes, path: Sequence[bytes]
) -> None:
    """Check that leaves ``[start, end)`` have the root `part`, in the tree with the root `whole`.

    With `start` 0 this is the consistency proof of RFC 9162, 2.1.4.2; in general the subtree
    consistency proof of draft-ietf-plants-merkle-tree-certs, 4.4. An empty range is proved by its
    root and an empty proof.

    Raises:
        ProofInvalidError: it is not proved, or the range is not a subtree.
    """
    check_range(start, end, size)
    _refuse_empty([part, whole, *path])
    if start == end:
        if path or not hmac.compare_digest(part, EMPTY_ROOT):
            message = f"an empty range has the root {EMPTY_ROOT.hex()} and an empty proof"
            raise ProofInvalidError(message)
        return
    small, large = _climb(start, end - 1, size - 1, part, path)
    if not (hmac.compare_digest(small, part) and hmac.compare_digest(large, whole)):
        message = f"the proof does not lead from {part.hex()} to {whole.hex()}, {size} leaves"
        raise ProofInvalidError(message)


def _climb(
    low: int, high: int, last: int, part: bytes, path: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Compute the roots of the part (leaves `low` to `high`) and tree (to `last`) from a path."""
    while low != high and (high == last or high & 1):
        low, high, last = low >> 1, high >> 1, last >> 1
    if low != high and not path:
        message = "the proof is empty where it must not be"
        raise ProofInvalidError(message)
    # A part that is one complete subtree is its own start; else the path begins with its last one.
    small, rest = (part, path) if low == high else (path[0], path[1:])
    large = small
    for sibling in rest:
        if last == 0:
            message = f"the proof is too long: {len(path)} hashes"
            raise ProofInvalidError(message)
        if high & 1 or high == last:
            small = node_hash(sibling, small) if low < high else small
            large = node_hash(sibling, large)
            while not high & 1 and high:
                low, high, last = low >> 1, high >> 1, last >> 1
        else:
            large = node_hash(large, sibling)
        low, high, last = low >> 1, high >> 1, last >> 1
    if last:
        message = f"the proof is too short: {len(path)} hashes"
        raise ProofInvalidError(message)
    return small, large


def check_range(start: int, end: int, size: int) -> None:
    """Check that ``[start, end)`` is what `verify_subtree` can prove part of `size` leaves.

    Raises:
        ProofInvalidError: it is not.
    """
    width = end - start
    if not 0 <= start <= end <= size or (width and start & ((1 << (width - 1).bit_length()) - 1)):
        message = f"leaves {start} to {end} are not a provable part of a tree of {size} leaves"
        raise ProofInvalidError(message)


def _refuse_empty(hashes: Iterable[bytes]) -> None:
    if not all(hashes):
        message = "a proof must not hold an empty hash"
        raise ProofInvalidError(message)


def _refuse_misshapen(hashes: Iterable[bytes]) -> None:
    if any(len(h) != HASH_SIZE for h in hashes):
        message = f"every hash of a proof has {HASH_SIZE} bytes"
        raise ProofInvalidError(message)
