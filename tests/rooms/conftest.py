"""A database of its own for the tests of rooms over the real record."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest_asyncio

from bidhall.store.migrate import migrate


@pytest_asyncio.fixture
async def dsn(database_url: str) -> AsyncIterator[str]:
    """A fresh, migrated database, dropped afterwards."""
    name = f"rooms_{secrets.token_hex(6)}"
    admin = await asyncpg.connect(database_url)
    await admin.execute(f"CREATE DATABASE {name}")
    address = urlunsplit(urlsplit(database_url)._replace(path=f"/{name}"))
    await migrate(address)
    yield address
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()
