"""Merkle trees as RFC 6962 and RFC 9162 define them, over SHA-256.

Leaves are hashed as ``SHA-256(0x00 || data)`` and inner nodes as ``SHA-256(0x01 || left || right)``. The tree of no
leaves has the root ``SHA-256("")``. Every function here is total over its documented domain and keeps no state but what
it returns; the two classes, `Frontier` and `RootHasher`, hold O(log n) hashes and never a leaf.

Rules that the proofs' verifiers follow, beyond the letter of the RFCs:

- a consistency proof from a tree of size 0 proves nothing and is refused;
- an empty root, leaf hash or proof element is refused before anything is compared.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Self

from crypto.errors import ProofInvalidError

Octets = bytes | bytearray | memoryview

HASH_SIZE: Final = 32
LEAF_BYTES: Final = 1 << 20
"""How much of a byte stream one leaf of a `RootHasher` covers: 1 MiB."""

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
"""``(level, index)`` -> hash of the complete subtree over leaves ``[index << level, (index + 1) << level)``."""


def leaf_hash(data: Octets) -> bytes:
    """Hash one leaf's data (RFC 9162, 2.1.1)."""
    state = hashlib.sha256(b"\x00")
    state.update(data)
    return state.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children into their parent (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes, or `EMPTY_ROOT` over none."""
    frontier = Frontier()
    for hashed in leaf_hashes:
        frontier.append_hash(hashed)
    return frontier.root()


class Frontier:
    """A growing tree known only by the roots of its complete subtrees ("compact range").

    Holds one hash per set bit of `size`, the largest subtree first.
    """

    __slots__ = ("_hashes", "_size")

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """Take up a tree of `size` leaves whose complete subtrees have these `hashes`.

        Raises:
            ProofInvalidError: the number or length of the hashes does not fit the size.
        """
        if size < 0 or len(hashes) != size.bit_count() or any(len(h) != HASH_SIZE for h in hashes):
            message = f"a tree of {size} leaves has {max(size, 0).bit_count()} hashes of 32 bytes, got {len(hashes)}"
            raise ProofInvalidError(message)
        self._size = size
        self._hashes = list(hashes)

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """Roots of the complete subtrees, the largest first."""
        return tuple(self._hashes)

    def append(self, data: Octets) -> bytes:
        """Add a leaf's data and return its leaf hash."""
        hashed = leaf_hash(data)
        self.append_hash(hashed)
        return hashed

    def append_hash(self, hashed: bytes) -> None:
        """Add a leaf by its hash (32 bytes)."""
        size = self._size
        while size & 1:
            hashed = node_hash(self._hashes.pop(), hashed)
            size >>= 1
        self._hashes.append(hashed)
        self._size += 1

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        if not self._hashes:
            return EMPTY_ROOT
        result = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            result = node_hash(left, result)
        return result

    def to_bytes(self) -> bytes:
        """Serialise: the size in 8 bytes big-endian, then the hashes."""
        return self._size.to_bytes(8, "big") + b"".join(self._hashes)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises:
            ProofInvalidError: the bytes are not a frontier.
        """
        body = data[8:]
        if len(data) < 8 or len(body) % HASH_SIZE:
            message = f"a serialised frontier is 8 bytes and whole hashes of 32, got {len(data)} bytes"
            raise ProofInvalidError(message)
        hashes = [body[at : at + HASH_SIZE] for at in range(0, len(body), HASH_SIZE)]
        return cls(int.from_bytes(data[:8], "big"), hashes)


class RootHasher:
    """Root of a byte stream cut into leaves of `LEAF_BYTES`, the last one shorter, in constant memory.

    The empty stream has no leaf and the root `EMPTY_ROOT`.
    """

    __slots__ = ("_filled", "_frontier", "_leaf", "_leaf_bytes", "_length")

    def __init__(self, leaf_bytes: int = LEAF_BYTES) -> None:
        """Start an empty stream."""
        self._leaf_bytes = leaf_bytes
        self._frontier = Frontier()
        self._leaf = hashlib.sha256(b"\x00")
        self._filled = 0
        self._length = 0

    @property
    def length(self) -> int:
        """Bytes taken in so far."""
        return self._length

    def update(self, data: Octets) -> None:
        """Take in the next bytes, in pieces of any size."""
        with memoryview(data) as view, view.cast("B") as octets:
            at = 0
            while at < len(octets):
                piece = octets[at : at + self._leaf_bytes - self._filled]
                self._leaf.update(piece)
                at += len(piece)
                self._filled += len(piece)
                if self._filled == self._leaf_bytes:
                    self._close_leaf()
            self._length += len(octets)

    def _close_leaf(self) -> None:
        self._frontier.append_hash(self._leaf.digest())
        self._leaf = hashlib.sha256(b"\x00")
        self._filled = 0

    def digest(self) -> bytes:
        """Return the root over what was taken in so far; more may follow."""
        if not self._filled:
            return self._frontier.root()
        whole = Frontier(self._frontier.size, self._frontier.hashes)
        whole.append_hash(self._leaf.digest())
        return whole.root()


def range_root(start: int, end: int, subtree: Subtree) -> bytes:
    """Return the root over leaves ``[start, end)``, where `start` is a multiple of the next power of two >= the width.

    These are the ranges that occur in the recursion of RFC 9162, 2.1.
    """
    width = end - start
    if width <= 0:
        return EMPTY_ROOT
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return subtree(level, start >> level)
    split = _split(width)
    return node_hash(range_root(start, start + split, subtree), range_root(start + split, end, subtree))


def _split(width: int) -> int:
    """Return the largest power of two smaller than `width` (>= 2)."""
    return 1 << ((width - 1).bit_length() - 1)


def inclusion_path(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return the proof that leaf `index` is in the tree of `size` leaves, lowest sibling first (RFC 9162, 2.1.3.1).

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
    """Return the proof that the tree of `size1` leaves is a prefix of that of `size2` (RFC 9162, 2.1.4.1).

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
    if start:  # the old tree is not one complete subtree of the new one: its last piece has to be given too
        path.append(range_root(start, end, subtree))
    return path[::-1]


def verify_inclusion(hashed: bytes, index: int, size: int, path: Sequence[bytes], expected_root: bytes) -> None:
    """Check that the leaf with hash `hashed` is leaf `index` of the tree of `size` leaves (RFC 9162, 2.1.3.2).

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
            message = f"the inclusion proof of leaf {index} in {size} leaves is too long: {len(path)} hashes"
            raise ProofInvalidError(message)
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    if last or not hmac.compare_digest(result, expected_root):
        message = f"the proof of leaf {index} in {size} leaves does not lead to root {expected_root.hex()}"
        raise ProofInvalidError(message)


def verify_consistency(size1: int, size2: int, root1: bytes, root2: bytes, path: Sequence[bytes]) -> None:
    """Check that the tree of `size1` leaves is a prefix of the tree of `size2` leaves (RFC 9162, 2.1.4.2).

    Raises:
        ProofInvalidError: it is not proved, or `size1` is 0.
    """
    if size1 < 1:
        message = f"a tree of {size1} leaves is consistent with anything: nothing is proved"
        raise ProofInvalidError(message)
    verify_subtree(0, size1, size2, root1, root2, path)


def verify_subtree(start: int, end: int, size: int, part: bytes, whole: bytes, path: Sequence[bytes]) -> None:
    """Check that leaves ``[start, end)`` of the tree of `size` leaves have the root `part`, the tree the root `whole`.

    With `start` 0 this is the consistency proof of RFC 9162, 2.1.4.2; in general the subtree consistency proof of
    draft-ietf-plants-merkle-tree-certs, 4.4. An empty range is proved by its root and an empty proof.

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
    low, high, last = start, end - 1, size - 1
    while low != high and (high == last or high & 1):
        low, high, last = low >> 1, high >> 1, last >> 1
    rest = list(path)
    if low != high and not rest:
        message = f"the proof from leaves {start} to {end} in {size} leaves is empty"
        raise ProofInvalidError(message)
    seed = part if low == high else rest.pop(0)
    small = large = seed
    for sibling in rest:
        if last == 0:
            message = f"the proof from leaves {start} to {end} in {size} leaves is too long: {len(path)} hashes"
            raise ProofInvalidError(message)
        if high & 1 or high == last:
            if low < high:
                small = node_hash(sibling, small)
            large = node_hash(sibling, large)
            while not high & 1 and high:
                low, high, last = low >> 1, high >> 1, last >> 1
        else:
            large = node_hash(large, sibling)
        low, high, last = low >> 1, high >> 1, last >> 1
    if last or not (hmac.compare_digest(small, part) and hmac.compare_digest(large, whole)):
        message = f"the proof does not lead from root {part.hex()} (to leaf {end}) to {whole.hex()} ({size} leaves)"
        raise ProofInvalidError(message)


def check_range(start: int, end: int, size: int) -> None:
    """Check that ``[start, end)`` is a subtree, in the sense of `verify_subtree`, of a tree of `size` leaves.

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
