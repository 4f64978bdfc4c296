"""PostgreSQL for measurements: the one of ``DATABASE_URL``, else the embedded one, a fresh database."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from bidhall.local import local_services
from bidhall.store.migrate import migrate

__all__ = ["fresh_database"]


@asynccontextmanager
async def _server() -> AsyncIterator[str]:
    given = os.environ.get("DATABASE_URL", "")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="bidhall-bench-", ignore_cleanup_errors=True) as folder:
        async with local_services(Path(folder)) as services:
            yield services.database_url


@asynccontextmanager
async def fresh_database() -> AsyncIterator[str]:
    """Give the address of a migrated database that is dropped afterwards."""
    async with _server() as url:
        name = f"bench_{secrets.token_hex(6)}"
        admin = await asyncpg.connect(url)
        await admin.execute(f"CREATE DATABASE {name}")
        address = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        await migrate(address)
        try:
            yield address
        finally:
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
            await admin.close()
