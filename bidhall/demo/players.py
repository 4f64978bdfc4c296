"""Players: people of the cast, each with a client of its own, acting as anyone could."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pyotp

from bidhall.client.errors import HallRefusedError
from bidhall.client.keystore import KeyStore
from bidhall.client.room import RoomMember, join
from bidhall.client.visitor import Visitor

__all__ = ["Credentials", "Player", "Troupe"]

_STEP = 30


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What a person signs in with."""

    account: str
    password: str
    totp_secret: str
    person: str


class Player:
    """One person, signed in, with a device key in memory."""

    def __init__(self, base: str, credentials: Credentials) -> None:
        """Prepare; ``enter`` signs in."""
        self.credentials = credentials
        self.visitor = Visitor(base)
        self.store = KeyStore(None, "", {"v": 1, "shares": {}, "ceremonies": {}})
        self._rooms = AsyncExitStack()

    @property
    def id(self) -> str:
        """Give the person's id."""
        return self.credentials.person

    async def enter(self) -> Player:
        """Sign in and enrol the device; a code that was just used is waited out, as a person would."""
        one = self.credentials
        for _ in range(3):
            try:
                code = pyotp.TOTP(one.totp_secret).now()
                await self.visitor.sign_in(one.account, one.password, code)
                break
            except HallRefusedError as error:
                if error.code != "code-refused":
                    raise
                await asyncio.sleep(_STEP - time.time() % _STEP + 0.2)
        await self.visitor.enrol_device(self.store.device())
        return self

    async def refresh(self) -> None:
        """Give a fresh second factor, waiting for the next code where this one was used."""
        for _ in range(3):
            code = pyotp.TOTP(self.credentials.totp_secret).now()
            try:
                await self.visitor.give_code(code)
            except HallRefusedError as error:
                if error.code != "code-refused":
                    raise
                await asyncio.sleep(_STEP - time.time() % _STEP + 0.2)
            else:
                return

    async def room(self, stream: str) -> RoomMember:
        """Be in a room from now on."""
        return await self._rooms.enter_async_context(join(self.visitor, stream))

    async def leave(self) -> None:
        """Leave all rooms and close."""
        await self._rooms.aclose()
        await self.visitor.__aexit__(None, None, None)


class Troupe:
    """All players of a hall; each enters when first called."""

    def __init__(self, base: str, credentials: Mapping[str, Credentials]) -> None:
        """Know everyone's credentials."""
        self.base, self._credentials = base, credentials
        self._players: dict[str, Player] = {}
        self._calls: dict[str, asyncio.Lock] = {}

    def id_of(self, key: str) -> str:
        """Give a person's id."""
        return self._credentials[key].person

    async def call(self, key: str) -> Player:
        """Give a player, signed in."""
        async with self._calls.setdefault(key, asyncio.Lock()):
            if key not in self._players:
                self._players[key] = await Player(self.base, self._credentials[key]).enter()
        return self._players[key]

    async def dismiss(self) -> None:
        """Send everyone home."""
        await asyncio.gather(*(one.leave() for one in self._players.values()))


@asynccontextmanager
async def spectator(base: str, stream: str) -> AsyncIterator[RoomMember]:
    """Watch a public room without signing in."""
    async with Visitor(base) as visitor, join(visitor, stream) as room:
        yield room


def latest(room: RoomMember, kind: str) -> dict[str, Any]:
    """Give the body of the last event of a kind."""
    return dict(room.find(kind)[-1])
