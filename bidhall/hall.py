"""Everything a worker has, in one place; built once by ``bidhall.app`` and handed on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import asyncpg
from redis.asyncio import Redis

if TYPE_CHECKING:
    from bidhall.accounts.devices import Devices
    from bidhall.accounts.people import People
    from bidhall.accounts.sessions import Sessions
    from bidhall.desk import Desk
    from bidhall.files.store import FileStore
    from bidhall.operator.client import OperatorClient
    from bidhall.record.log import Log
    from bidhall.record.streams import Streams
    from bidhall.record.writer import Writer
    from bidhall.rooms.rooms import Rooms
    from bidhall.settings import Settings

__all__ = ["Hall"]


@dataclass(slots=True)
class Hall:
    """The parts of one worker."""

    settings: Settings
    pool: asyncpg.Pool
    valkey: Redis | None
    streams: Streams
    writer: Writer
    log: Log
    files: FileStore
    people: People
    sessions: Sessions
    devices: Devices
    operator: OperatorClient
    desk: Desk = field(init=False)
    rooms: Rooms = field(init=False)
