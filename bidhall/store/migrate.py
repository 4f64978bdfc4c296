"""Migrations: numbered SQL files in dbmate's format, run once each, in order, under a lock."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import asyncpg

from bidhall.errors import BidhallError

__all__ = ["MigrationError", "migrate"]

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x62696468616C6C
_NAME = re.compile(r"\d{4}_[a-z0-9_]+\.sql")


class MigrationError(BidhallError):
    """A migration was changed after it ran, or the database is newer than this program."""


def _up(text: str) -> str:
    return text.split("-- migrate:up", 1)[1].split("-- migrate:down", 1)[0]


async def migrate(dsn: str) -> list[str]:
    """Bring the database up to date; gives the names of what was run.

    Several workers may start at once: the first takes the lock, the others wait and find nothing to
    do. Each file runs in a transaction of its own, so a crash leaves it undone, whole.

    Raises:
        MigrationError: a file that ran before has other content now, or one is unknown here.
    """
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migration"
            " (name text PRIMARY KEY, checksum text NOT NULL, at timestamptz DEFAULT now())"
        )
        rows = await connection.fetch("SELECT name, checksum FROM schema_migration")
        return await _run(connection, {row["name"]: row["checksum"] for row in rows})
    finally:
        await connection.close()


async def _run(connection: asyncpg.Connection, before: dict[str, str]) -> list[str]:
    files = sorted(path for path in _FOLDER.iterdir() if _NAME.fullmatch(path.name))
    unknown = set(before) - {path.name for path in files}
    if unknown:
        message = (
            f"the database has {min(unknown)}, which this program does not know; use a newer one"
        )
        raise MigrationError(message)
    ran = []
    for path in files:
        text = path.read_text()
        checksum = hashlib.sha256(text.encode()).hexdigest()
        if path.name in before:
            if before[path.name] != checksum:
                message = f"{path.name} was changed after it ran; write a new migration instead"
                raise MigrationError(message)
            continue
        async with connection.transaction():
            await connection.execute(_up(text))
            await connection.execute(
                "INSERT INTO schema_migration (name, checksum) VALUES ($1, $2)", path.name, checksum
            )
        ran.append(path.name)
    return ran
