"""The parts of the record over a database of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from bidhall.record.streams import Streams
from bidhall.record.writer import Writer
from bidhall.store.pool import open_pool
from tests.record import ledger


@pytest_asyncio.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database_url)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def streams(pool: asyncpg.Pool) -> Streams:
    return Streams(pool, ledger.case_of)


@pytest_asyncio.fixture
async def writer(pool: asyncpg.Pool, streams: Streams) -> AsyncIterator[Writer]:
    made = Writer(pool, streams, ledger.case_of)
    made.start()
    yield made
    await made.close()
