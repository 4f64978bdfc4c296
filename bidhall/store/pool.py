"""The pool of connections to PostgreSQL.

Bodies of events are ``bytea``: the canonical JSON that was hashed, byte for byte. No column is
``jsonb``, so no codec is set and nothing depends on how PostgreSQL would write JSON again.
"""

from __future__ import annotations

import asyncpg

__all__ = ["open_pool"]


async def open_pool(dsn: str, *, size: int = 10) -> asyncpg.Pool:
    """Open a pool; connections are made as they are needed, and remade after the server was away.

    A connection goes back as it is, but for an open transaction, which is rolled back: this saves
    a round trip each time. So nothing may leave anything in a session of the pool (``SET``,
    ``LISTEN``, session locks); who needs that opens a connection of its own.
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        command_timeout=60,
        reset=_leave,
        server_settings={"application_name": "bidhall", "jit": "off", "timezone": "UTC"},
    )


async def _leave(connection: asyncpg.Connection) -> None:
    del connection
