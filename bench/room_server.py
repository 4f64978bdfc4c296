"""What is measured: rooms over the real record. ``python -m bench.room_server DSN``; prints its port.

Sessions are held in memory here: looking one up happens once a connection, and is not what the
rooms' measurements are about. Everything after that is the hall's own: protocol, writer,
PostgreSQL, the case's rules and ``visible``, fan-out.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette

from bench.room_case import case_of
from bidhall.cases.case import Command, Person
from bidhall.cases.errors import ForbiddenError
from bidhall.desk import RawCommand
from bidhall.record.streams import Streams
from bidhall.record.writer import Reply, Writer
from bidhall.rooms.protocol import Limits
from bidhall.rooms.rooms import Rooms
from bidhall.rooms.settings import Settings
from bidhall.rooms.socket import room_route
from bidhall.rooms.transport import server_options
from bidhall.store.pool import open_pool


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in."""

    person: Person


class Sessions:
    """A session for every token."""

    async def find(self, token: str) -> Session | None:
        """Give the session of a token."""
        return Session(
            Person(f"per-{token}", token, organisation="org-a", roles=frozenset({"member"}))
        )


async def main(dsn: str, loop: str) -> None:
    """Serve until killed."""
    pool = await open_pool(dsn, size=4)
    streams = Streams(pool, case_of)
    writer = Writer(pool, streams, case_of)

    async def perform(raw: RawCommand, person: Person, session: Any) -> Reply:
        del session
        case = case_of(raw.stream)
        state, _ = await streams.state(raw.stream)
        if not case.COMMANDS[raw.kind].roles & case.roles(state, person):
            message = f"{raw.kind} is not for you"
            raise ForbiddenError(message)
        return await writer.submit(Command(raw.id, raw.stream, raw.kind, raw.body), person)

    settings = Settings(limits=Limits(burst=10**9), commands_at_once=64)
    rooms = Rooms(streams, case_of, None, perform, Sessions(), settings=settings)
    writer.publish = rooms.publish
    writer.start()
    await rooms.start()
    app = Starlette(routes=[room_route(rooms)])
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="warning", loop=loop, backlog=4096,
        lifespan="off", **server_options(),
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await serving


if __name__ == "__main__":
    if sys.argv[2] == "uvloop":
        import uvloop

        uvloop.run(main(sys.argv[1], "uvloop"))
    else:
        asyncio.run(main(sys.argv[1], "none"))
