"""A server with nothing but uploads, to be killed: ``python -m tests.files.serve DSN FOLDER``.

Prints its port on the first line. Everyone is the person of the header ``x-person``.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import asyncpg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request

from bidhall.cases.case import Person
from bidhall.files.store import FileLimits, FileStore
from bidhall.files.tus import tus_routes


async def person_of(request: Request) -> Person | None:
    """Believe the header."""
    name = request.headers.get("x-person")
    return Person(f"per-{name}", name, organisation=f"org-{name}") if name else None


async def main(dsn: str, folder: str) -> None:
    """Serve until killed."""
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=4)
    store = FileStore(pool, Path(folder), limits=FileLimits(reserve=0))
    app = Starlette(routes=tus_routes(store, person_of))
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await serving


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
