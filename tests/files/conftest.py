"""A database of its own with the table ``upload``, and a store in a folder of its own."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest_asyncio

from bidhall.cases.case import Person
from bidhall.files.store import FileLimits, FileStore

MIGRATION = Path(__file__).parents[2] / "bidhall/store/migrations/0020_upload.sql"
ALICE = Person("per-alice", "Alice", organisation="org-a", roles=frozenset({"bidder"}))
BRUNO = Person("per-bruno", "Bruno", organisation="org-b", roles=frozenset({"bidder"}))
SMALL = FileLimits(file=8 << 20, overhead=1 << 20, under_way=20 << 20, uploads=5, reserve=0)


def other_database(dsn: str, name: str) -> str:
    """Give the address of another database on the same server."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


@pytest_asyncio.fixture
async def dsn(database_url: str) -> AsyncIterator[str]:
    """A fresh database with the migration of the files, dropped afterwards."""
    name = f"files_{secrets.token_hex(6)}"
    admin = await asyncpg.connect(database_url)
    await admin.execute(f"CREATE DATABASE {name}")
    address = other_database(database_url, name)
    connection = await asyncpg.connect(address)
    await connection.execute(MIGRATION.read_text().split("-- migrate:down")[0])
    await connection.close()
    yield address
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest_asyncio.fixture
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool on the fresh database."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=8) as made:
        yield made


@pytest_asyncio.fixture
async def store(pool: asyncpg.Pool, tmp_path: Path) -> AsyncIterator[FileStore]:
    """A store with small limits."""
    made = FileStore(pool, tmp_path / "files", limits=SMALL)
    yield made
    made.close()
