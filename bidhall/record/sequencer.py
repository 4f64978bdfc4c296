"""The sequencer: gives events their place in the log, and signs what the log has become.

One worker holds the advisory lock, on a connection of its own. Each round is one transaction:
places, tiles and the signed checkpoint are all there afterwards, or none; if we crash here the next
leader finds the same pending events and the old checkpoint. Losing the connection loses the lock,
so a round can never go on under a lock somebody else holds.

Which event comes first among those that are pending does not matter, only that each gets exactly
one place: an event whose id is lower but whose transaction commits later comes a round later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncpg
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidhall.record.errors import LogDamagedError
from bidhall.record.tilestore import TileStore, full_path
from crypto import merkle, tiles
from crypto.errors import CryptoError
from crypto.notes import Checkpoint, open_checkpoint, sign_checkpoint, verifier_key

__all__ = ["LOCK", "Sequencer"]

LOCK = 0x62696468_0001
_MOST_AT_ONCE = 4096
_PAUSE = 0.1
_STAND_BY = 0.5
_AFTER_LOSS = 0.3
_AFTER_DAMAGE = 5.0
_log = structlog.get_logger(__name__)


class Sequencer:
    """Integrates pending events for the record ``origin``, signing with ``key``."""

    def __init__(
        self, dsn: str, origin: str, key: Ed25519PrivateKey, *, at_once: int = _MOST_AT_ONCE
    ) -> None:
        """Prepare; ``run`` does the work, at most ``at_once`` events a round."""
        self._dsn, self._origin, self._key, self._at_once = dsn, origin, key, at_once
        self._vkey = verifier_key(origin, key)

    async def run(self) -> None:
        """Compete for the lock and sequence while holding it, until cancelled."""
        while True:
            try:
                await self._lead()
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                _log.warning("sequencer lost the database", reason=type(error).__name__)
                await asyncio.sleep(_AFTER_LOSS)
            except Exception:  # noqa: BLE001 - the loop outlives a damaged log
                # Receipts stop, commands do not; a person must look, and we keep looking too.
                _log.exception("the log cannot be extended")
                await asyncio.sleep(_AFTER_DAMAGE)

    async def _lead(self) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=10, command_timeout=30)
        try:
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):  # noqa: ASYNC110 - another process has it
                await asyncio.sleep(_STAND_BY)
            while True:
                if await self.round(connection) < self._at_once:
                    await asyncio.sleep(_PAUSE)
        finally:
            # Whatever ended us, the lock ends with the connection.
            connection.terminate()

    async def round(self, connection: asyncpg.Connection) -> int:
        """Integrate what is pending, in one transaction; gives how many events that were.

        Raises:
            LogDamagedError: the stored tiles or checkpoint are not what this log signed.
        """
        async with connection.transaction():
            rows = await connection.fetch(
                "SELECT id, leaf FROM event WHERE log_index IS NULL ORDER BY id LIMIT $1",
                self._at_once,
            )
            note = await connection.fetchval(
                "SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1"
            )
            if note is None:
                await self._sign(connection, Checkpoint(self._origin, 0, merkle.EMPTY_ROOT))
            if rows:
                old = self._open(note) if note else Checkpoint(self._origin, 0, merkle.EMPTY_ROOT)
                growth = await _grow(connection, old, [row["leaf"] for row in rows])
                await self._place(connection, [row["id"] for row in rows], old.size)
                await self._store(connection, growth)
                await self._sign(connection, Checkpoint(self._origin, growth.size, growth.root))
        return len(rows)

    def _open(self, note: str) -> Checkpoint:
        try:
            return open_checkpoint(note, self._origin, self._vkey)
        except CryptoError as error:
            message = f"the newest checkpoint is not one of this log and key: {error}"
            raise LogDamagedError(message) from error

    async def _place(self, connection: asyncpg.Connection, ids: list[int], first: int) -> None:
        await connection.execute(
            """
            UPDATE event SET log_index = new.place
            FROM unnest($1::bigint[], $2::bigint[]) AS new (id, place) WHERE event.id = new.id
            """,
            ids, list(range(first, first + len(ids))),
        )  # fmt: skip

    async def _store(self, connection: asyncpg.Connection, growth: tiles.Growth) -> None:
        await connection.executemany("INSERT INTO tile (path, data) VALUES ($1, $2)", growth.tiles)
        full = _first_full(growth)
        if full:
            await connection.execute(
                """
                DELETE FROM tile USING unnest($1::text[]) AS whole (path), generate_series(1, 255) width
                WHERE tile.path = whole.path || '.p/' || width
                """,
                full,
            )

    async def _sign(self, connection: asyncpg.Connection, checkpoint: Checkpoint) -> None:
        note = sign_checkpoint(checkpoint, self._origin, self._key)
        # The size is the key: two checkpoints for one size cannot both be stored.
        await connection.execute(
            "INSERT INTO checkpoint (size, note) VALUES ($1, $2)", checkpoint.size, note
        )


async def _grow(
    connection: asyncpg.Connection, old: Checkpoint, leaves: Sequence[bytes]
) -> tiles.Growth:
    """Extend the tree, after a check that the tiles still lead to the root that was signed."""
    store = TileStore(connection)
    try:
        root = await store.walk(lambda read: tiles.TileReader(read, old.size).root(old.size))
        if root != old.root:
            message = f"the tiles of size {old.size} do not have the root that was signed for it"
            raise LogDamagedError(message)
        return await store.walk(lambda read: tiles.grow(old.size, leaves, read))
    except CryptoError as error:
        message = f"a tile of size {old.size} cannot be read: {error}"
        raise LogDamagedError(message) from error


def _first_full(growth: tiles.Growth) -> list[str]:
    """List on each level the first tile that is full now: only it can have been partial before."""
    found: dict[int | None, str] = {}
    for path, _ in growth.tiles:
        if full_path(path) == path:
            found.setdefault(tiles.parse_path(path).level, path)
    return list(found.values())
