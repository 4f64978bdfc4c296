"""Wiring: one worker, from settings to an ASGI application. The only place that knows all parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from bidhall.accounts.devices import Devices
from bidhall.accounts.people import People
from bidhall.accounts.sessions import Sessions
from bidhall.api.errors import handlers
from bidhall.api.routes import person_of, routes
from bidhall.api.security import SecurityMiddleware
from bidhall.cases import case_of
from bidhall.desk import Desk
from bidhall.facts import gatherer
from bidhall.files.store import FileStore
from bidhall.files.tus import tus_routes
from bidhall.hall import Hall
from bidhall.machines.leader import lead
from bidhall.machines.machines import LOCK as MACHINES_LOCK
from bidhall.machines.machines import Machines
from bidhall.operator.client import OperatorClient
from bidhall.record.keys import load_log_key
from bidhall.record.log import Log
from bidhall.record.sequencer import Sequencer
from bidhall.record.streams import Streams
from bidhall.record.writer import Writer
from bidhall.rooms.bus import ValkeyBus
from bidhall.rooms.rooms import Rooms
from bidhall.rooms.socket import room_route
from bidhall.settings import Settings
from bidhall.store.lists import write_lists
from bidhall.store.pool import open_pool
from bidhall.wiring import bus_key
from crypto.notes import verifier_key

__all__ = ["make_app", "open_hall"]


@asynccontextmanager
async def open_hall(settings: Settings) -> AsyncIterator[Hall]:
    """Build the parts of a worker (no server, no machines), and take them down in order."""
    pool = await open_pool(settings.database_url)
    valkey = Redis.from_url(settings.redis_url) if settings.redis_url else None
    key = load_log_key(settings.data / "keys" / "record.key")
    streams = Streams(pool, case_of)
    writer = Writer(pool, streams, case_of, read_tables=write_lists)
    log = Log(pool, settings.origin, verifier_key(settings.origin, key))
    files = FileStore(pool, settings.data / "files")
    sessions, devices = Sessions(pool), Devices(streams)
    people = People(pool, valkey, settings.data / "keys" / "accounts.key")
    hall = Hall(
        settings=settings, pool=pool, valkey=valkey, streams=streams, writer=writer, log=log,
        files=files, people=people, sessions=sessions, devices=devices,
        operator=OperatorClient(settings.operator_socket),
    )  # fmt: skip
    hall.desk = Desk(streams, writer, devices, log, gatherer(hall))
    bus = ValkeyBus(settings.redis_url, bus_key(settings.data)) if settings.redis_url else None
    hall.rooms = Rooms(streams, case_of, bus, hall.desk.perform, sessions)
    writer.publish = hall.rooms.publish
    writer.start()
    await hall.rooms.start()
    try:
        yield hall
    finally:
        await hall.rooms.close()
        await writer.close()
        files.close()
        if valkey is not None:
            await valkey.aclose()
        await pool.close()


def make_app(settings: Settings) -> Starlette:
    """Make the application of one worker; everything opens when its lifespan begins."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with open_hall(settings) as hall:
            app.state.hall = hall
            app.router.routes[:0] = _live_routes(hall)
            async with _background(hall):
                yield

    middleware = [Middleware(SecurityMiddleware, public_url=settings.public_url)]
    return Starlette(
        routes=routes(), lifespan=lifespan, exception_handlers=handlers(), middleware=middleware
    )


def _live_routes(hall: Hall) -> Sequence[BaseRoute]:
    origins = [hall.settings.public_url] if hall.settings.public_url else []
    return [*tus_routes(hall.files, person_of), room_route(hall.rooms, origins)]


@asynccontextmanager
async def _background(hall: Hall) -> AsyncIterator[None]:
    settings = hall.settings
    key = load_log_key(settings.data / "keys" / "record.key")
    sequencer = Sequencer(settings.database_url, settings.origin, key)
    machines = Machines(hall)
    work: list[asyncio.Task[Any]] = [
        asyncio.create_task(sequencer.run(), name="sequencer"),
        asyncio.create_task(
            lead(settings.database_url, MACHINES_LOCK, machines.run), name="machines"
        ),
    ]
    try:
        yield
    finally:
        for task in work:
            task.cancel()
        for task in work:
            with suppress(asyncio.CancelledError):
                await task
