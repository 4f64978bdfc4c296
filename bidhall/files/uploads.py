"""The table ``upload``: who owns which file, and how much of it is known to be on the disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from bidhall.files.errors import QuotaExceededError, UploadMissingError
from bidhall.files.intake import Digests

__all__ = ["GIB", "FileLimits", "Upload", "Uploads"]

GIB: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What an organisation may use, in bytes and counts. ``overhead`` is what sealing adds.

    ``reserve`` bytes of the disk stay free; an upload untouched for ``hours`` is removed.
    """

    file: int = 2 * GIB
    overhead: int = 32 << 20
    under_way: int = 64 * GIB
    uploads: int = 200
    reserve: int = 1 * GIB
    hours: int = 72

    @property
    def longest(self) -> int:
        """Give the longest upload in bytes."""
        return self.file + self.overhead


@dataclass(frozen=True, slots=True)
class Upload:
    """One row: ``received`` bytes of ``length`` are on the disk. Hashes are hex."""

    id: str
    owner: str | None
    name: str
    length: int
    received: int
    state: str
    sha256: str | None
    root: str | None
    expires: int
    expired: bool


_COLUMNS: Final = (
    "id, owner, name, length, received, state, sha256, root,"
    " CASE WHEN state = 'adopted' THEN 0 ELSE extract(epoch FROM expires_at)::bigint END AS expires,"
    " (state <> 'adopted' AND expires_at < now()) AS expired"
)


def _sql(text: str) -> str:
    """Put the columns of `Upload` where a statement wants them."""
    return text.replace("COLUMNS", _COLUMNS)


_FIND: Final = _sql("SELECT COLUMNS FROM upload WHERE id = $1")
_USAGE: Final = """
    SELECT count(*) AS uploads, coalesce(sum(length), 0)::bigint AS bytes
    FROM upload WHERE owner = $1 AND state <> 'adopted'"""
_ENTER: Final = _sql("""
    INSERT INTO upload (id, owner, person, name, length, state, sha256, root, expires_at)
    VALUES ($1, $2, $3, $4, $5, CASE WHEN $6::text IS NULL THEN 'receiving' ELSE 'complete' END,
            $6, $7, now() + make_interval(hours => $8))
    RETURNING COLUMNS""")
_SETTLE: Final = _sql("""
    UPDATE upload SET received = $2, sha256 = $3, root = $4,
        state = CASE WHEN $3::text IS NULL THEN 'receiving' ELSE 'complete' END,
        expires_at = now() + make_interval(hours => $5)
    WHERE id = $1 AND state = 'receiving' RETURNING COLUMNS""")
_TOUCH: Final = _sql("""
    UPDATE upload SET expires_at = greatest(expires_at, now() + interval '1 hour')
    WHERE id = $1 AND owner = $2 RETURNING COLUMNS""")
_ADOPT: Final = """
    UPDATE upload SET state = 'adopted' WHERE id = $1 AND sha256 IS NOT NULL RETURNING id"""
_ENTER_OWN: Final = """
    INSERT INTO upload (id, name, length, received, state, sha256, root, expires_at)
    VALUES ($1, $2, $3, $3, 'adopted', $4, $5, now())
    ON CONFLICT DO NOTHING RETURNING id"""


class Uploads:
    """The rows; every method is one statement or one transaction."""

    def __init__(self, pool: asyncpg.Pool[Any], limits: FileLimits) -> None:
        """Read and write through ``pool``."""
        self._pool = pool
        self._limits = limits

    async def find(self, upload: str) -> Upload | None:
        """Give a row."""
        row = await self._pool.fetchrow(_FIND, upload)
        return row and Upload(**row)

    async def touch(self, upload: str, owner: str) -> Upload | None:
        """Give a row of ``owner`` and keep it for an hour at least."""
        row = await self._pool.fetchrow(_TOUCH, upload, owner)
        return row and Upload(**row)

    async def enter(self, upload: str, owner: str, person: str, length: int, name: str) -> Upload:
        """Write the row of a new upload; one of no bytes is complete at once.

        Raises:
            QuotaExceededError: the owner has too much under way.
        """
        empty = Digests() if length == 0 else None
        async with self._pool.acquire() as connection, connection.transaction():
            # Two creations of one owner at once must each see the other's length.
            await connection.execute("SELECT pg_advisory_xact_lock(20, hashtext($1))", owner)
            usage = await connection.fetchrow(_USAGE, owner)
            self._check_quota(usage["uploads"], usage["bytes"] + length)
            row = await connection.fetchrow(
                _ENTER, upload, owner, person, name, length, empty and empty.sha256(),
                empty and empty.root(), self._limits.hours,
            )  # fmt: skip
        return Upload(**row)

    async def settle(self, upload: str, position: int, digests: Digests | None) -> Upload:
        """Count ``position`` bytes as received; with ``digests`` the upload is complete.

        Raises:
            UploadMissingError: it was removed meanwhile.
        """
        row = await self._pool.fetchrow(
            _SETTLE, upload, position, digests and digests.sha256(), digests and digests.root(),
            self._limits.hours,
        )  # fmt: skip
        if row is None:
            message = f"upload {upload} was removed"
            raise UploadMissingError(message)
        return Upload(**row)

    async def adopt(self, upload: str) -> bool:
        """Mark a finished upload as named by the record; False if there is no such one."""
        return await self._pool.fetchval(_ADOPT, upload) is not None

    async def delete(self, upload: str, *, expired: bool = False) -> bool:
        """Delete a row that the record does not name (and, if asked, only an expired one)."""
        gone = await self._pool.fetchval(
            "DELETE FROM upload WHERE id = $1 AND state <> 'adopted'"
            " AND (NOT $2 OR expires_at < now()) RETURNING id",
            upload, expired,
        )  # fmt: skip
        return gone is not None

    async def expired(self) -> list[str]:
        """List the uploads that nobody touched for too long."""
        rows = await self._pool.fetch(
            "SELECT id FROM upload WHERE state <> 'adopted' AND expires_at < now()"
        )
        return [row["id"] for row in rows]

    async def unknown(self, uploads: list[str]) -> list[str]:
        """List those of ``uploads`` that have no row."""
        rows = await self._pool.fetch("SELECT id FROM upload WHERE id = ANY($1)", uploads)
        return sorted(set(uploads) - {row["id"] for row in rows})

    async def own(self, sha256: str) -> str | None:
        """Find a document of the hall's own by its hash."""
        found: str | None = await self._pool.fetchval(
            "SELECT id FROM upload WHERE owner IS NULL AND sha256 = $1", sha256
        )
        return found

    async def enter_own(self, upload: str, name: str, length: int, digests: Digests) -> bool:
        """Write the row of a document of the hall's own; False if the same bytes have one."""
        return (
            await self._pool.fetchval(
                _ENTER_OWN, upload, name, length, digests.sha256(), digests.root()
            )
            is not None
        )

    def _check_quota(self, uploads: int, total: int) -> None:
        if uploads >= self._limits.uploads:
            message = f"your organisation has {uploads} uploads under way; hand in or remove some"
            raise QuotaExceededError(message, maximum=self._limits.uploads)
        if total > self._limits.under_way:
            message = f"your organisation's uploads under way would have {total} bytes; "
            message += f"at most {self._limits.under_way} are taken: hand in or remove some"
            raise QuotaExceededError(message, maximum=self._limits.under_way)
