"""The sequencer: gives events their place in the log, and signs what the log has become.

One worker holds the advisory lock, on a connection of its own. Each round is one transaction: places,
tiles and the signed checkpoint are all there afterwards, or none; if we crash here the next
leader finds the same pending events and the old checkpoint. Losing the connection loses the
lock, so a round can never go on under a lock somebody else holds.
"""

from __future__ import annotations

import asyncio

import asyncpg
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidhall.record.tilestore import TileStore
from crypto import merkle, tiles
from crypto.notes import Checkpoint, sign_checkpoint

__all__ = ["LOCK", "Sequencer"]

LOCK = 0x62696468_0001
_MOST_AT_ONCE = 4096
_PAUSE = 0.1
_log = structlog.get_logger(__name__)


class Sequencer:
    """Integrates pending events for the record ``origin``, signing with ``key``."""

    def __init__(self, dsn: str, origin: str, key: Ed25519PrivateKey) -> None:
        """Prepare; ``run`` does the work."""
        self._dsn, self._origin, self._key = dsn, origin, key

    async def run(self) -> None:
        """Compete for the lock and sequence while holding it, until cancelled."""
        while True:
            try:
                await self._lead()
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                _log.warning("sequencer lost the database", kind=type(error).__name__)
            await asyncio.sleep(0.3)

    async def _lead(self) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=10, command_timeout=30)
        try:
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
                await asyncio.sleep(0.5)
            while True:
                done = await self.round(connection)
                if done < _MOST_AT_ONCE:
                    await asyncio.sleep(_PAUSE)
        finally:
            # Whatever cancelled us, the lock ends with the connection.
            connection.terminate()

    async def round(self, connection: asyncpg.Connection) -> int:
        """Integrate what is pending; gives how many events that were."""
        async with connection.transaction():
            rows = await connection.fetch(
                "SELECT id, leaf FROM event WHERE log_index IS NULL ORDER BY id LIMIT $1",
                _MOST_AT_ONCE,
            )
            size = await connection.fetchval("SELECT max(size) FROM checkpoint")
            if size is None:
                await self._sign(connection, 0, merkle.EMPTY_ROOT)
            if not rows:
                return 0
            old = size or 0
            leaves = [row["leaf"] for row in rows]
            store = TileStore(connection)
            growth = await store.walk(lambda read: tiles.grow(old, leaves, read))
            await connection.executemany(
                "INSERT INTO tile (path, data) VALUES ($1, $2)", growth.tiles
            )
            await connection.execute(
                """
                UPDATE event SET log_index = new.place
                FROM unnest($1::bigint[], $2::bigint[]) AS new (id, place) WHERE event.id = new.id
                """,
                [row["id"] for row in rows], list(range(old, old + len(rows))),
            )  # fmt: skip
            await self._sign(connection, growth.size, growth.root)
        return len(rows)

    async def _sign(self, connection: asyncpg.Connection, size: int, root: bytes) -> None:
        note = sign_checkpoint(Checkpoint(self._origin, size, root), self._origin, self._key)
        # The size is the key: two checkpoints for one size cannot both be stored.
        await connection.execute("INSERT INTO checkpoint (size, note) VALUES ($1, $2)", size, note)
