"""Sealing and opening 1 GiB against the serial limit: AES-256-GCM and SHA-256 of as many bytes.

Everything of a measurement runs on one core. The limit does nothing but encrypt (or decrypt) the file's
bytes in pieces of 1 MiB, reusing its buffer, and hash them once. Ours hashes them twice, as file and as
ciphertext, splits them into chunks of 16 KiB, and writes the result; both read from memory.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bench.outcome import Outcome, alternating
from bench.processes import cores
from crypto import envelope, payload, signatures, stanzas
from crypto.descriptor import Context

__all__ = ["open_", "seal"]

SIZE = 1 << 30
PIECE = 1 << 20
ROUNDS = 5
GOAL = 0.9


class _Repeated:
    """A file of one piece again and again: reading it costs what copying from memory costs."""

    def __init__(self, piece: bytes, size: int) -> None:
        self._piece, self._left = memoryview(piece), size

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fill a buffer."""
        count = min(len(buffer), len(self._piece), self._left)
        memoryview(buffer)[:count] = self._piece[:count]
        self._left -= count
        return count


class _Kept:
    """Holds what is written, in memory made before the clock starts."""

    def __init__(self, size: int) -> None:
        self.data, self._at = bytearray(size), 0

    def write(self, piece: bytes | memoryview) -> int:
        """Take a piece."""
        self.data[self._at : self._at + len(piece)] = piece
        self._at += len(piece)
        return len(piece)


class _Read:
    """Reads back what was kept."""

    def __init__(self, data: bytearray) -> None:
        self._data, self._at = memoryview(data), 0

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fill a buffer."""
        count = min(len(buffer), len(self._data) - self._at)
        memoryview(buffer)[:count] = self._data[self._at : self._at + count]
        self._at += count
        return count


@dataclass(frozen=True, slots=True)
class _Case:
    """One file to seal, and the keys it is sealed to."""

    header: payload.Header
    keys: envelope.StageKeys
    context: Context
    piece: bytes
    kept: _Kept

    @classmethod
    def made(cls) -> _Case:
        """Make one."""
        key = ec.generate_private_key(ec.SECP256R1())
        public = signatures.compress(key.public_key())
        header = payload.technical_header(
            "1", [payload.FileEntry("bench.bin", SIZE, "application/octet-stream")]
        )
        size = payload.ciphertext_size(payload.bucket(header.content_size()))
        keys = envelope.StageKeys(public, stanzas.operator_public_bytes(os.urandom(32)))
        context = Context(os.urandom(32), "1", "technical", "org-bench", public, 1, os.urandom(32))
        return cls(header, keys, context, os.urandom(PIECE), _Kept(size))

    def seal(self) -> envelope.Sealed:
        """Seal the file."""
        self.kept._at = 0  # noqa: SLF001 - the same memory is written again
        source = _Repeated(self.piece, SIZE)
        return envelope.seal(self.context, self.keys, self.header, [source], self.kept, os.urandom)


def _limit(piece: bytes, *, encrypt: bool) -> float:
    cipher = Cipher(algorithms.AES256(os.urandom(32)), modes.GCM(os.urandom(12)))
    worker = cipher.encryptor() if encrypt else cipher.decryptor()
    room, digest = bytearray(PIECE + 16), hashlib.sha256()
    began = time.perf_counter()
    for _ in range(SIZE // PIECE):
        worker.update_into(piece, room)
        digest.update(piece)
    return SIZE / (time.perf_counter() - began) / 1e6


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return SIZE / (time.perf_counter() - began) / 1e6


async def _measure(name: str, act: Callable[[], object], piece: bytes, *, encrypt: bool) -> Outcome:
    async def ours() -> float:
        return await asyncio.to_thread(_timed, act)

    async def limit() -> float:
        return await asyncio.to_thread(lambda: _limit(piece, encrypt=encrypt))

    mine, other = await alternating(ROUNDS, ours, limit)
    ratios = tuple(one / two for one, two in zip(mine, other, strict=True))
    raw = {"ours_mb_s": [round(one) for one in mine], "limit_mb_s": [round(one) for one in other]}
    return Outcome(name, GOAL, ratios, raw)


async def seal() -> Outcome:
    """Seal 1 GiB on one core."""
    os.sched_setaffinity(0, cores()[0])
    case = _Case.made()
    return await _measure("seal", case.seal, case.piece, encrypt=True)


async def open_() -> Outcome:
    """Open 1 GiB on one core, compared with the recorded root as it is read."""
    os.sched_setaffinity(0, cores()[0])
    case = _Case.made()
    sealed = case.seal()

    def act() -> None:
        found = envelope.open_(sealed.descriptor, sealed.secrets, _Read(case.kept.data), None)
        assert found.plaintext_root == sealed.plaintext_root

    return await _measure("open", act, case.piece, encrypt=False)
