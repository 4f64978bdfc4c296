"""People and sessions on a real database and a real Valkey, with a light hash."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest_asyncio
from redis.asyncio import Redis

from bidhall.accounts.people import NewOrganisation, People
from bidhall.accounts.seed import Created, create_organisation, create_person
from bidhall.accounts.sessions import Sessions
from bidhall.store.pool import open_pool
from tests.accounts.made import PASSWORD, CountingHasher, uscc


@pytest_asyncio.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database_url, size=8)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def valkey(redis_url: str) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest_asyncio.fixture
async def people(pool: asyncpg.Pool, valkey: Redis, tmp_path: Path) -> AsyncIterator[People]:
    made = People(pool, valkey, tmp_path / "accounts.key", hasher=CountingHasher())
    yield made
    made.close()


@pytest_asyncio.fixture
async def sessions(pool: asyncpg.Pool) -> Sessions:
    return Sessions(pool)


@pytest_asyncio.fixture
async def organisation(people: People) -> str:
    new = NewOrganisation(uscc("91532901MA6K3T80"), "苍洱建工集团有限公司", "532901", "bidder")
    return await create_organisation(people, new)


@pytest_asyncio.fixture
async def alice(people: People, organisation: str) -> Created:
    return await create_person(
        people, account="alice", name="Alice", organisation=organisation, roles=["bidder"],
        password=PASSWORD,
    )  # fmt: skip


@pytest_asyncio.fixture
async def bruno(people: People, organisation: str) -> Created:
    """Without an authenticator so far."""
    return await create_person(
        people, account="bruno", name="Bruno", organisation=organisation, roles=["host"],
        password=PASSWORD, authenticator=False,
    )  # fmt: skip
