"""A store with a database and a folder of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from bidhall.cases.case import Person
from bidhall.files.store import FileLimits, FileStore

ALICE = Person("per-alice", "Alice", organisation="org-a", roles=frozenset({"bidder"}))
BRUNO = Person("per-bruno", "Bruno", organisation="org-b", roles=frozenset({"bidder"}))
SMALL = FileLimits(file=8 << 20, overhead=1 << 20, under_way=20 << 20, uploads=5, reserve=0)


@pytest.fixture
def dsn(database_url: str) -> str:
    """A migrated database of the test's own."""
    return database_url


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
