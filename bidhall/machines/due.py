"""What the machines owe: taken when its time has come, removed when it is done."""

from __future__ import annotations

import asyncpg

from bidhall.cases.case import Due

__all__ = ["done", "take"]


async def take(pool: asyncpg.Pool, *, limit: int = 100) -> list[tuple[str, Due]]:
    """List what is owed now by the database's clock, as (source stream, due)."""
    rows = await pool.fetch(
        "SELECT source, actor, kind, at, stream, key FROM due"
        " WHERE at <= clock_timestamp() ORDER BY at LIMIT $1",
        limit,
    )
    return [
        (row["source"], Due(row["actor"], row["kind"], row["at"], row["stream"], row["key"]))
        for row in rows
    ]


async def done(pool: asyncpg.Pool, source: str, due: Due) -> None:
    """Strike what was done; a crash before this repeats it, which command ids make harmless."""
    await pool.execute(
        "DELETE FROM due WHERE source = $1 AND actor = $2 AND kind = $3 AND stream = $4"
        " AND key = $5 AND at = $6",
        source, due.actor, due.kind, due.stream, due.key, due.at,
    )  # fmt: skip
