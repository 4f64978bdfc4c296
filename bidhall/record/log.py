"""Reading the log: checkpoints, tiles, proofs, receipts."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import asyncpg

from bidhall.cases.case import canonical_event
from bidhall.cases.errors import NotFoundError
from bidhall.record.errors import NotSequencedError
from bidhall.record.streams import COLUMNS, event_of
from bidhall.record.tilestore import TileStore, paths_for
from crypto import merkle, multiproof, proof, receipt
from crypto.notes import Checkpoint, VerifierKey, open_checkpoint
from crypto.tiles import ReadTile, TileReader, parse_path

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

    def __init__(
        self, pool: asyncpg.Pool, origin: str, vkey: VerifierKey, *, patience: float = _PATIENCE
    ) -> None:
        """Read through ``pool`` the log ``origin``, signed by ``vkey``.

        Whoever asks for an event that has no place yet waits at most ``patience`` seconds.
        """
        self._pool, self.origin, self._vkey, self._patience = pool, origin, vkey, patience
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
            NotFoundError: there is no such tile; of a partial one, the full one may be there.
            ProofInvalidError: it is not the path of a tile.
        """
        parse_path(path)
        data = await self._pool.fetchval("SELECT data FROM tile WHERE path = $1", path)
        if data is None:
            message = f"there is no tile {path!a} yet"
            raise NotFoundError(message, code="no-such-tile")
        return bytes(data)

    async def consistency(self, first: int, second: int) -> list[bytes]:
        """Prove that the log of ``second`` entries extends that of ``first``.

        Raises:
            ProofInvalidError: not 0 < first <= second, or the log is not that long.
        """
        size = await self._size()
        await self._tiles.fetch(paths_for([first, second - 1] if second <= size else [], size))
        return await self._tiles.walk(
            lambda read: TileReader(read, size).consistency(first, second)
        )

    async def inclusion(self, index: int, size: int) -> list[bytes]:
        """Prove that the log of ``size`` entries holds entry ``index``.

        Raises:
            ProofInvalidError: not 0 <= index < size, or the log is not that long.
        """
        whole = await self._size()
        await self._tiles.fetch(
            paths_for([index, size - 1] if index < size <= whole else [], whole)
        )
        return await self._tiles.walk(lambda read: TileReader(read, whole).inclusion(index, size))

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
        store = TileStore(self._pool)
        if size <= whole:
            await store.fetch(paths_for([*indexes, max(size - 1, 0)], whole))

        def prove(read: ReadTile) -> list[bytes]:
            subtree = TileReader(read, whole).subtree
            return multiproof.prove(
                indexes, size, lambda start, end: merkle.range_root(start, end, subtree)
            )

        return await store.walk(prove)

    async def leaves(self, stream: str, seqs: Sequence[int]) -> list[Leaf]:
        """Give the leaves of events, in the order asked, once all are in the log.

        Raises:
            NotFoundError: one of the events does not exist.
            NotSequencedError: after 10 s one is not in the log yet; ask again.
        """
        rows = await self._placed(stream, seqs, "seq, log_index, salt, leaf")
        return [Leaf(rows[seq]["log_index"], rows[seq]["salt"], rows[seq]["leaf"]) for seq in seqs]

    async def receipt(self, stream: str, seq: int) -> dict[str, Any]:
        """Give the receipt of an event, waiting (at most 10 s) until the log holds it.

        Raises:
            NotFoundError: there is no such event.
            NotSequencedError: it is safe, but not in the log yet; ask again.
        """
        return (await self.receipts(stream, [seq]))[0]

    async def receipts(self, stream: str, seqs: Sequence[int]) -> list[dict[str, Any]]:
        """Give the receipts of several events of one stream, all against the newest checkpoint.

        Raises:
            NotFoundError, NotSequencedError: as ``receipt``.
        """
        rows = await self._placed(stream, seqs, f"{COLUMNS}, salt, log_index")
        note, checkpoint = await self.latest_checkpoint()
        size, given = checkpoint.size, []
        await self._tiles.fetch(paths_for([rows[seq]["log_index"] for seq in seqs], size))
        for seq in seqs:
            index = rows[seq]["log_index"]
            path = await self._tiles.walk(partial(_inclusion, index, size))
            shown = proof.LogProof(index, tuple(path), note)
            given.append(
                receipt.make(canonical_event(event_of(rows[seq])), rows[seq]["salt"], str(shown))
            )
        return given

    async def evidence(self, stream: str, kinds: Collection[str]) -> list[dict[str, Any]]:
        """Give receipts of all events of these kinds. Whole events: for the hall's own use."""
        rows = await self._pool.fetch(
            "SELECT seq FROM event WHERE stream = $1 AND kind = ANY($2) ORDER BY seq",
            stream, list(kinds),
        )  # fmt: skip
        return await self.receipts(stream, [row["seq"] for row in rows]) if rows else []

    async def _placed(
        self, stream: str, seqs: Sequence[int], columns: str
    ) -> dict[int, asyncpg.Record]:
        """Read rows of events, waiting until each has its place in the log."""
        end = asyncio.get_running_loop().time() + self._patience
        while True:
            rows = await self._pool.fetch(
                f"SELECT {columns} FROM event WHERE stream = $1 AND seq = ANY($2)",  # noqa: S608 - constants
                stream, list(seqs),
            )  # fmt: skip
            found = {row["seq"]: row for row in rows}
            if missing := set(seqs) - set(found):
                message = f"there is no event {min(missing)} in {stream!a}"
                raise NotFoundError(message, code="no-such-event")
            if all(row["log_index"] is not None for row in rows):
                return found
            if asyncio.get_running_loop().time() > end:
                message = "the event is stored; its place in the log follows, ask again"
                raise NotSequencedError(message)
            await asyncio.sleep(_LOOK_AGAIN)

    async def _size(self) -> int:
        return int(await self._pool.fetchval("SELECT max(size) FROM checkpoint") or 0)


def _inclusion(index: int, size: int, read: ReadTile) -> list[bytes]:
    return TileReader(read, size).inclusion(index, size)
