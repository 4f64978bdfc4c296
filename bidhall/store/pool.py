"""The pool of connections to PostgreSQL."""

from __future__ import annotations

import asyncpg

__all__ = ["open_pool"]


async def open_pool(dsn: str, *, size: int = 10) -> asyncpg.Pool:
    """Open a pool; connections are made as they are needed, and remade after the server was away."""
    return await asyncpg.create_pool(
        dsn, min_size=1, max_size=size, command_timeout=60,
        server_settings={"application_name": "bidhall", "jit": "off", "timezone": "UTC"},
    )  # fmt: skip
