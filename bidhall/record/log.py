"""Reading the log: checkpoints, tiles, proofs, receipts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from bidhall.cases.case import canonical_event
from bidhall.cases.errors import NotFoundError
from bidhall.record.errors import NotSequencedError
from bidhall.record.streams import COLUMNS, event_of
from bidhall.record.tilestore import TileStore
from crypto import merkle, multiproof, proof, receipt
from crypto.notes import Checkpoint, VerifierKey, open_checkpoint
from crypto.tiles import TileReader, parse_path

__all__ = ["Leaf", "Log"]

_PATIENCE = 10.0
_LOOK_AGAIN = 0.02


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where an event lies in the log, with the salt that opens its leaf."""

    index: int
    salt: bytes
    data: bytes


class Log:
    """The log of one hall, read-only."""

    def __init__(self, pool: asyncpg.Pool, origin: str, vkey: VerifierKey) -> None:
        """Read through ``pool`` the log ``origin``, signed by ``vkey``."""
        self._pool, self.origin, self._vkey = pool, origin, vkey
        self._tiles = TileStore(pool)

    @property
    def vkey(self) -> str:
        """Give the verifier key, as C2SP spells it."""
        return str(self._vkey)

    async def latest_checkpoint(self) -> tuple[str, Checkpoint]:
        """Give the newest signed note and what it says.

        Raises:
            NotSequencedError: no checkpoint was signed yet.
        """
        note = await self._pool.fetchval("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1")
        if note is None:
            raise NotSequencedError("the record has no checkpoint yet; ask again in a moment")
        return note, open_checkpoint(note, self.origin, self._vkey)

    async def tile(self, path: str) -> bytes:
        """Give a tile by its C2SP path.

        Raises:
            NotFoundError: there is no such tile.
        """
        parse_path(path)
        data = await self._pool.fetchval("SELECT data FROM tile WHERE path = $1", path)
        if data is None:
            message = f"there is no tile {path!a} yet"
            raise NotFoundError(message, code="no-such-tile")
        return bytes(data)

    async def consistency(self, first: int, second: int) -> list[bytes]:
        """Prove that the log of ``second`` entries extends that of ``first``."""
        size = await self._size()
        return await self._tiles.walk(
            lambda read: TileReader(read, size).consistency(first, second)
        )

    async def consistency_for(self, given: Mapping[str, Any], seen: int) -> list[str]:
        """Prove that the checkpoint inside a receipt extends one of ``seen`` entries; hex."""
        size = open_checkpoint(
            proof.parse_proof(given["proof"]).checkpoint, self.origin, self._vkey
        ).size
        if not 0 < seen < size:
            return []
        return [one.hex() for one in await self.consistency(seen, size)]

    async def multiproof(self, indexes: Sequence[int], size: int) -> list[bytes]:
        """Prove many leaves at once in the tree of ``size`` entries (docs/spec/bundle.md)."""
        whole = await self._size()
        wanted = [
            row["path"] for row in await self._pool.fetch(
                "SELECT path FROM tile WHERE path LIKE 'tile/_/%' AND path NOT LIKE 'tile/entries/%'"
            )
        ]  # fmt: skip
        store = TileStore(self._pool)
        await store.fetch(wanted)

        def prove(read: Any) -> list[bytes]:  # noqa: ANN401 - a tile reader's function
            reader = TileReader(read, whole)
            return multiproof.prove(
                indexes, size, lambda start, end: merkle.range_root(start, end, reader.subtree)
            )

        return await store.walk(prove)

    async def leaves(self, stream: str, seqs: Sequence[int]) -> list[Leaf]:
        """Give the leaves of events, in the order asked, once all are in the log."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                rows = await self._pool.fetch(
                    "SELECT seq, log_index, salt, leaf FROM event"
                    " WHERE stream = $1 AND seq = ANY($2) ORDER BY seq",
                    stream, list(seqs),
                )  # fmt: skip
                if all(row["log_index"] is not None for row in rows):
                    break
                await asyncio.sleep(_LOOK_AGAIN)
        found = {row["seq"]: Leaf(row["log_index"], row["salt"], row["leaf"]) for row in rows}
        return [found[seq] for seq in seqs]

    async def receipt(self, stream: str, seq: int) -> dict[str, Any]:
        """Give the receipt of an event, waiting (at most 10 s) until the log holds it.

        Raises:
            NotFoundError: there is no such event.
            NotSequencedError: it is safe, but not in the log yet; ask again.
        """
        end = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            row = await self._pool.fetchrow(
                f"SELECT {COLUMNS}, salt, log_index FROM event WHERE stream = $1 AND seq = $2",  # noqa: S608 - a constant
                stream, seq,
            )  # fmt: skip
            if row is None:
                message = f"there is no event {seq} in {stream}"
                raise NotFoundError(message, code="no-such-event")
            if row["log_index"] is not None:
                break
            if asyncio.get_running_loop().time() > end:
                raise NotSequencedError("the event is stored; its place in the log follows, ask again")
            await asyncio.sleep(_LOOK_AGAIN)
        note, checkpoint = await self.latest_checkpoint()
        path = await self._tiles.walk(
            lambda read: TileReader(read, checkpoint.size).inclusion(row["log_index"], checkpoint.size)
        )
        shown = proof.LogProof(row["log_index"], tuple(path), note)
        return receipt.make(canonical_event(event_of(row)), row["salt"], str(shown))

    async def _size(self) -> int:
        return int(await self._pool.fetchval("SELECT max(size) FROM checkpoint") or 0)
