"""What is measured: uploads as the hall takes them. ``python -m bench.upload_server DSN FOLDER FD``.

The listening socket comes as a file descriptor, so that several workers share it. Everyone is
signed in as one person: looking a session up is one query a file, and not what is measured.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request

from bidhall.cases.case import Person
from bidhall.files.store import FileLimits, FileStore
from bidhall.files.tus import tus_routes
from bidhall.store.pool import open_pool

SOMEBODY = Person("per-bench", organisation="org-bench")


async def person_of(request: Request) -> Person:
    """Let everybody in."""
    del request
    return SOMEBODY


async def main(dsn: str, folder: str, descriptor: int) -> None:
    """Serve until killed."""
    pool = await open_pool(dsn, size=8)
    limits = FileLimits(under_way=1 << 50, uploads=1 << 20, reserve=0)
    store = FileStore(pool, Path(folder), limits=limits)
    app = Starlette(routes=tus_routes(store, person_of))
    config = uvicorn.Config(
        app, log_level="warning", loop="uvloop", http="httptools", lifespan="off", access_log=False
    )
    print("ready", flush=True)
    await uvicorn.Server(config).serve(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
