"""Where a member's frames go out: a sink that never waits, and how full it is.

``transport.py`` has the fast one, straight into uvicorn's transport; `QueueOutlet` here works
under any ASGI server.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Protocol

__all__ = ["Outlet", "QueueOutlet"]

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Outlet(Protocol):
    """The sending half of one connection."""

    def write(self, payloads: Sequence[bytes], frames: bytes) -> int:
        """Send ``payloads``, given ready framed as well; return the bytes still waiting."""
        ...

    async def drained(self) -> None:
        """Wait until few bytes are waiting, or the connection is gone."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Close with a code after what was written; cut off if that takes too long."""
        ...


class QueueOutlet:
    """Frames on their way through ASGI ``send``, one task per connection while there are any."""

    LOW_WATER = 65_536

    def __init__(self, send: Send, *, grace: float = 5.0) -> None:
        """Send through ``send``; a close frame that cannot leave in ``grace`` s is given up."""
        self._send = send
        self._grace = grace
        self._queue: deque[bytes] = deque()
        self._waiting = 0
        self._closing: tuple[int, str] | None = None
        self._pump: asyncio.Task[None] | None = None
        self._low = asyncio.Event()
        self._low.set()
        self._gone = False

    def write(self, payloads: Sequence[bytes], frames: bytes) -> int:
        """Queue ``payloads``; return the bytes still waiting."""
        del frames
        if self._gone or self._closing:
            return 0
        self._queue.extend(payloads)
        self._waiting += sum(map(len, payloads))
        if self._waiting > self.LOW_WATER:
            self._low.clear()
        self._start()
        return self._waiting

    async def drained(self) -> None:
        """Wait until few bytes are waiting, or the connection is gone."""
        await self._low.wait()

    def close(self, code: int, reason: str) -> None:
        """Close with a code after what was written; cut off if that takes too long."""
        if self._gone or self._closing:
            return
        self._closing = (code, reason)
        self._start()
        asyncio.get_running_loop().call_later(self._grace, self._give_up)

    async def finish(self) -> None:
        """Wait for what is on its way; called when the connection's handler ends."""
        if self._pump is not None:
            await asyncio.wait([self._pump])

    def _start(self) -> None:
        if self._pump is None or self._pump.done():
            self._pump = asyncio.get_running_loop().create_task(self._run())

    def _give_up(self) -> None:
        if self._pump is not None and not self._pump.done():
            self._pump.cancel()
        self._lose()

    def _lose(self) -> None:
        self._gone = True
        self._queue.clear()
        self._waiting = 0
        self._low.set()

    async def _run(self) -> None:
        try:
            while self._queue:
                payload = self._queue.popleft()
                await self._send({"type": "websocket.send", "text": payload.decode()})
                self._waiting -= len(payload)
                if self._waiting <= self.LOW_WATER:
                    self._low.set()
            if self._closing:
                code, reason = self._closing
                await self._send({"type": "websocket.close", "code": code, "reason": reason})
                self._lose()
        except (OSError, RuntimeError):
            # Servers say "the peer is gone" in one of these two ways; the reading half ends too.
            self._lose()
