"""A real uvicorn server with rooms over a store in memory, in the test's own loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect

from bidhall.desk import RawCommand
from bidhall.rooms.rooms import Rooms
from bidhall.rooms.settings import Settings
from bidhall.rooms.socket import room_route
from bidhall.rooms.transport import server_options
from tests.rooms.memory import STREAM, Desk, Sessions, Streams, case_of, person


class Served:
    """The server and how to talk to it."""

    def __init__(self, url: str, rooms: Rooms, desk: Desk, server: uvicorn.Server) -> None:
        self.url, self.rooms, self.desk, self.server = url, rooms, desk, server
        self.count = 0

    async def do(self, kind: str, actor: str = "host", **body: Any) -> None:
        """Perform a command behind the members' backs."""
        self.count += 1
        raw = RawCommand(f"d{self.count}", STREAM, kind, body)
        await self.desk.perform(raw, person(actor), None)

    def connect(self, name: str | None = None, stream: str = STREAM, **options: Any) -> connect:
        """Connect as somebody."""
        given = {"Authorization": f"Bearer {name}"} if name else {}
        headers = {**given, **options.pop("headers", {})}
        return connect(f"{self.url}/rooms/{stream}", additional_headers=headers, **options)


@asynccontextmanager
async def serving(*, direct: bool = True, **changes: Any) -> AsyncIterator[Served]:
    """Serve rooms with one open board; ``direct`` False: through plain ASGI."""
    streams = Streams()
    desk = Desk(streams)
    settings = Settings(**{"poll": 0.1, "presence": 0.02, **changes})
    rooms = Rooms(streams, case_of, None, desk.perform, Sessions(), settings=settings)
    desk.rooms.append(rooms)
    await rooms.start()
    options = server_options() if direct else {"ws": "websockets-sansio", "ws_max_size": 65536}
    app = Starlette(routes=[room_route(rooms)])
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=2, **options
    )
    server = uvicorn.Server(config)
    serving_ = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    served = Served(f"ws://127.0.0.1:{port}", rooms, desk, server)
    await served.do("Open")
    try:
        yield served
    finally:
        await rooms.close()
        server.should_exit = True
        await serving_


async def say(socket: ClientConnection, **frame: Any) -> None:
    """Send a frame."""
    await socket.send(json.dumps(frame))


async def join(socket: ClientConnection, after: int = 0, **more: Any) -> dict[str, Any]:
    """Join and give the answer."""
    await say(socket, t="join", v=1, after=after, **more)
    return await hear(socket, "joined")


async def hear(socket: ClientConnection, kind: str, within: float = 5.0) -> dict[str, Any]:
    """Wait for the next frame of a type."""
    async with asyncio.timeout(within):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv(decode=True))
            if frame["t"] == kind:
                return frame
