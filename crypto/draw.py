"""The draw: order that nobody chose and anyone can make again. Source: docs/spec/draw.md."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from crypto import canonical, merkle

__all__ = ["salted_root", "seed", "shuffle"]

_T = TypeVar("_T")
_SEED: Final = b"bidhall/draw/v1"
_STREAM: Final = b"bidhall/shuffle/v1"
_WORD: Final = 8


def seed(
    manifest_hash: bytes, roster_root: bytes, released_key: bytes, beacon: bytes = b""
) -> bytes:
    """Make the seed (32 bytes) from what was fixed before the key was released, and the key.

    All arguments are 32 bytes; ``beacon`` is optional public randomness of any length.
    """
    return hashlib.sha256(
        canonical.frame(_SEED, manifest_hash, roster_root, released_key, beacon)
    ).digest()


def _words(seed_: bytes, label: str) -> Iterator[int]:
    counter = 0
    while True:
        block = hmac.digest(
            seed_, canonical.frame(_STREAM, label.encode(), counter.to_bytes(8, "big")), "sha256"
        )
        for at in range(0, len(block), _WORD):
            yield int.from_bytes(block[at : at + _WORD], "big")
        counter += 1


def shuffle(seed_: bytes, label: str, items: Sequence[_T]) -> tuple[_T, ...]:
    """Shuffle (Fisher-Yates, from the last place down); ``label`` separates one draw from another.

    A word that would favour some places is thrown away, so every order is equally likely.
    """
    order = list(items)
    words = _words(seed_, label)
    for place in range(len(order) - 1, 0, -1):
        choices = place + 1
        limit = (1 << 64) - (1 << 64) % choices
        word = next(one for one in words if one < limit)
        other = word % choices
        order[place], order[other] = order[other], order[place]
    return tuple(order)


def salted_root(entries: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Commit to entries: RFC 6962 root over SHA-256(salt || entry), in the given order."""
    return merkle.root(
        [merkle.leaf_hash(hashlib.sha256(salt + entry).digest()) for salt, entry in entries]
    )
