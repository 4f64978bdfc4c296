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
async def fresh_database() -> AsyncIterator[str]:
    """Give the address of a migrated database that is dropped afterwards."""
    given = os.environ.get("DATABASE_URL", "")
    with tempfile.TemporaryDirectory(prefix="bidhall-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        async with local_services(Path(folder), database_url=given, redis_url="unused") as services:
            name = f"bench_{secrets.token_hex(6)}"
            admin = await asyncpg.connect(services.database_url)
            await admin.execute(f"CREATE DATABASE {name}")
            address = urlunsplit(urlsplit(services.database_url)._replace(path=f"/{name}"))
            await migrate(address)
            try:
                yield address
            finally:
                await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
                await admin.close()
