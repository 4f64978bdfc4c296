"""One worker with the real record, bus and rooms: ``python -m tests.rooms.worker DSN REDIS KEY``.

REDIS "-" means no bus. Prints its port on the first line. Tokens are names, as in the memory
tests; commands go straight to the real writer.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import uvicorn
from starlette.applications import Starlette

from bidhall.cases.case import Command, Person
from bidhall.desk import RawCommand
from bidhall.record.streams import Streams
from bidhall.record.writer import Reply, Writer
from bidhall.rooms.bus import ValkeyBus
from bidhall.rooms.rooms import Rooms
from bidhall.rooms.settings import Settings
from bidhall.rooms.socket import room_route
from bidhall.rooms.transport import server_options
from bidhall.store.pool import open_pool
from tests.rooms.memory import Sessions, case_of


async def main(dsn: str, redis: str, key: str, poll: str) -> None:
    """Serve until killed."""
    pool = await open_pool(dsn, size=6)
    streams = Streams(pool, case_of)
    writer = Writer(pool, streams, case_of)

    async def perform(raw: RawCommand, person: Person, session: Any) -> Reply:
        del session
        return await writer.submit(Command(raw.id, raw.stream, raw.kind, raw.body), person)

    bus = None if redis == "-" else ValkeyBus(redis, bytes.fromhex(key))
    settings = Settings(poll=float(poll), presence=0.02, heartbeat=0.2, anonymous_per_address=5000)
    rooms = Rooms(streams, case_of, bus, perform, Sessions(), settings=settings)
    writer.publish = rooms.publish
    writer.start()
    await rooms.start()
    app = Starlette(routes=[room_route(rooms)])
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=2,
        **server_options(),
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await serving


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
