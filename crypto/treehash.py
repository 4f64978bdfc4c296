"""Merkle tree hashes as RFC 6962 and RFC 9162 define them, over SHA-256.

Leaves are hashed as ``SHA-256(0x00 || data)`` and inner nodes as ``SHA-256(0x01 || left ||
right)``. The tree of no leaves has the root ``SHA-256("")``. `Frontier` and `RootHasher` hold
O(log n) hashes and never a leaf.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, Self

from crypto.errors import ProofInvalidError

Octets = bytes | bytearray | memoryview

HASH_SIZE: Final = 32
_COUNT_SIZE: Final = 8  # of a serialised frontier: how many leaves it stands for
LEAF_BYTES: Final = 1 << 20
"""How much of a byte stream one leaf of a `RootHasher` covers: 1 MiB."""

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


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
            wanted = max(size, 0).bit_count()
            message = f"a tree of {size} leaves has {wanted} hashes of 32 bytes, got {len(hashes)}"
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
        return self._size.to_bytes(_COUNT_SIZE, "big") + b"".join(self._hashes)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises:
            ProofInvalidError: the bytes are not a frontier.
        """
        body = data[_COUNT_SIZE:]
        if len(data) < _COUNT_SIZE or len(body) % HASH_SIZE:
            message = (
                f"a serialised frontier is 8 bytes and whole hashes of 32, got {len(data)} bytes"
            )
            raise ProofInvalidError(message)
        hashes = [body[at : at + HASH_SIZE] for at in range(0, len(body), HASH_SIZE)]
        return cls(int.from_bytes(data[:_COUNT_SIZE], "big"), hashes)


class RootHasher:
    """Root of a byte stream cut into leaves of 1 MiB, the last one shorter, in constant memory.

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
