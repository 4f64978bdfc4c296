"""A member of a room, over its WebSocket: resumes after every cut, sends each command once.

The member holds the events of its audience in order; ``after`` its last sequence number it asks
for what it missed. Commands keep their id until they are answered, so resending is harmless.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from bidhall.client.errors import HallAwayError, HallRefusedError
from bidhall.client.visitor import Visitor

__all__ = ["RoomMember", "join"]

_FINAL_CLOSES = frozenset({4001, 4003, 4009})
# Not decided, or nobody knows: the same command may be sent again, its id makes that harmless.
_AGAIN = frozenset({"internal", "unavailable", "overloaded", "too-many-commands"})
_PATIENCE = 60.0


class RoomMember:
    """What one member knows of the room; use ``join`` to get one."""

    def __init__(self, visitor: Visitor, stream: str) -> None:
        """Prepare to join ``stream`` as ``visitor``."""
        self.visitor, self.stream = visitor, stream
        self.events: list[dict[str, Any]] = []
        self.audience = ""
        self.members: list[dict[str, Any]] = []
        self.joins = 0
        self._pending: dict[str, tuple[dict[str, Any], asyncio.Future[dict[str, Any]]]] = {}
        self._changed = asyncio.Condition()
        self._link: ClientConnection | None = None
        self._ended: Exception | None = None

    @property
    def seq(self) -> int:
        """Tell the last sequence number of this audience that arrived."""
        return int(self.events[-1]["seq"]) if self.events else 0

    def kinds(self) -> list[str]:
        """List the kinds of the events so far."""
        return [one["kind"] for one in self.events]

    def find(self, kind: str) -> list[dict[str, Any]]:
        """List the bodies of the events of a kind."""
        return [one["body"] for one in self.events if one["kind"] == kind]

    async def until(self, holds: Callable[[RoomMember], object], *, seconds: float = 60) -> None:
        """Wait until something holds of this member.

        Raises:
            HallAwayError: it did not within ``seconds``.
        """
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self._ended or holds(self))
        except TimeoutError as error:
            message = f"{self.stream}: waited {seconds:.0f} s in vain; so far {self.kinds()[-5:]}"
            raise HallAwayError(message) from error
        if self._ended and not holds(self):
            raise self._ended

    async def command(
        self, kind: str, body: dict[str, Any] | None = None, *, signed: bool = False
    ) -> dict[str, Any]:
        """Send a command over the socket and wait for its reply, across cuts.

        Raises:
            HallRefusedError: the hall said no.
        """
        form = {"t": "command", **self.visitor.form(self.stream, kind, body or {}, signed=signed)}
        pause = 0.1
        async with asyncio.timeout(_PATIENCE):
            while True:
                try:
                    return await self._ask(form)
                except HallRefusedError as error:
                    if error.code not in _AGAIN:
                        raise
                await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311 - jitter
                pause = min(pause * 1.7, 2.0)

    async def _ask(self, form: dict[str, Any]) -> dict[str, Any]:
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._pending[form["id"]] = (form, answer)
        if self._link is not None:
            with suppress(ConnectionClosed):
                await self._link.send(json.dumps(form))
        try:
            return await answer
        finally:
            self._pending.pop(form["id"], None)

    async def cut(self) -> None:
        """Lose the link, as a failing network does; the member comes back by itself."""
        if self._link is not None:
            self._link.transport.abort()

    async def run(self) -> None:
        """Keep the link until cancelled."""
        pause = 0.05
        while True:
            with suppress(OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                pause = 0.05 if await self._once() else pause
            self._link = None
            if self._ended:
                async with self._changed:
                    self._changed.notify_all()
                return
            await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311 - jitter
            pause = min(pause * 1.7, 2.0)

    async def _once(self) -> bool:
        url = self.visitor.base.replace("http", "ws", 1) + f"/rooms/{self.stream}"
        headers = {"Authorization": f"Bearer {self.visitor.token}"} if self.visitor.token else {}
        async with connect(
            url, additional_headers=headers, max_size=None, compression=None, proxy=None
        ) as link:
            await link.send(json.dumps({"t": "join", "v": 1, "after": self.seq}))
            self._link = link
            try:
                async for frame in link:
                    await self._take(json.loads(frame))
            except ConnectionClosed:
                pass
            if link.close_code in _FINAL_CLOSES:
                self._ended = HallRefusedError(
                    link.close_code or 0, {"code": "closed", "message": link.close_reason}
                )
            return True

    async def _take(self, frame: dict[str, Any]) -> None:
        match frame["t"]:
            case "joined":
                await self._joined(frame)
            case "event":
                if frame["seq"] == self.seq + 1:
                    self.events.append(frame)
            case "reply":
                self._reply(frame)
            case "presence":
                self.members = frame["members"]
            case _:
                return
        async with self._changed:
            self._changed.notify_all()

    async def _joined(self, frame: dict[str, Any]) -> None:
        if self.audience not in ("", frame["audience"]):
            self.events.clear()
        self.audience = frame["audience"]
        self.joins += 1
        for form, _ in list(self._pending.values()):
            if self._link is not None:
                await self._link.send(json.dumps(form))

    def _reply(self, frame: dict[str, Any]) -> None:
        _, answer = self._pending.get(frame["id"], ({}, None))
        if answer is None or answer.done():
            return
        if frame["ok"]:
            answer.set_result(frame["result"])
        else:
            answer.set_exception(HallRefusedError(0, frame["error"]))


@asynccontextmanager
async def join(visitor: Visitor, stream: str) -> AsyncIterator[RoomMember]:
    """Be a member of a room for a while."""
    member = RoomMember(visitor, stream)
    task = asyncio.create_task(member.run())
    try:
        await member.until(lambda one: one.joins)
        yield member
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
