"""Hints between workers over Valkey. Losing them costs delay, never an event.

Every message is sealed with AES-256-GCM under a key the workers share: what passes through
Valkey is neither readable there nor can it be forged there. Sending never waits: a bounded
queue, the oldest hint thrown away first. The store stays the truth, and polling it finds what a
lost hint would have told.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from redis.asyncio import Redis
from redis.exceptions import RedisError

__all__ = ["Bus", "ValkeyBus"]

CHANNEL: Final = b"bidhall:rooms:1"
KEY_SIZE: Final = 32
_NONCE_SIZE: Final = 12
_WAITING: Final = 4096
_PAUSES: Final = (0.05, 0.1, 0.25, 0.5)
_SILENCE: Final = 5.0
_SILENCES: Final = 2

log = logging.getLogger(__name__)


class Bus(Protocol):
    """A way to tell the other workers something, best effort."""

    async def start(self, receive: Callable[[bytes], None]) -> None:
        """Listen from now on."""
        ...

    def send(self, message: bytes) -> None:
        """Tell the others, without waiting."""
        ...

    async def close(self) -> None:
        """Stop."""
        ...


class ValkeyBus:
    """One channel, two connections, both made again whenever they break."""

    def __init__(self, url: str, key: bytes, *, channel: bytes = CHANNEL) -> None:
        """Take the server's ``url`` and the workers' ``key`` (32 random bytes)."""
        if len(key) != KEY_SIZE:
            message = f"the bus key has {len(key)} bytes; it must have {KEY_SIZE}"
            raise ValueError(message)
        self._url = url
        self._cipher = AESGCM(key)
        self._channel = channel
        self._queue: deque[bytes] = deque(maxlen=_WAITING)
        self._awake = asyncio.Event()
        self._listening = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._receive: Callable[[bytes], None] = lambda _: None

    async def start(self, receive: Callable[[bytes], None]) -> None:
        """Listen from now on; wait for the first subscription, but not long."""
        self._receive = receive
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._forever(self._listen)),
            loop.create_task(self._forever(self._speak)),
        ]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._listening.wait(), 1.0)

    @property
    def connected(self) -> bool:
        """Say whether hints of others arrive at present."""
        return self._listening.is_set()

    def send(self, message: bytes) -> None:
        """Queue ``message`` for all other workers."""
        nonce = os.urandom(_NONCE_SIZE)
        self._queue.append(nonce + self._cipher.encrypt(nonce, message, self._channel))
        self._awake.set()

    def waiting(self) -> list[bytes]:
        """List the sealed messages that have not left yet."""
        return list(self._queue)

    async def close(self) -> None:
        """Stop listening and speaking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def open(self, sealed: bytes) -> bytes | None:
        """Open a message from the channel; None if it is not from one of our workers."""
        try:
            nonce, rest = sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:]
            return self._cipher.decrypt(nonce, rest, self._channel)
        except (InvalidTag, ValueError):
            log.warning("the bus carried a message that no worker of ours sealed; ignored")
            return None

    async def _forever(self, work: Callable[[Redis], Any]) -> None:
        failures = 0
        while True:
            client = Redis.from_url(self._url, socket_connect_timeout=1.0)
            try:
                await work(client)
                failures = 0
            except (RedisError, OSError, TimeoutError) as error:
                if not failures:
                    log.warning("no bus to the other workers, polling only: %s", error)
                failures += 1
            except Exception:
                log.exception("the bus failed; polling only until it is back")
                failures += 1
            finally:
                with contextlib.suppress(RedisError, OSError):
                    await client.aclose()
            await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES)) - 1])

    async def _listen(self, client: Redis) -> None:
        try:
            async with client.pubsub() as channel:
                await channel.subscribe(self._channel)
                silent = 0
                while silent < _SILENCES:
                    message = await channel.get_message(timeout=_SILENCE)
                    if message is None:
                        silent += 1
                        await channel.ping()  # its answer is a message too
                        continue
                    silent = 0
                    self._take(message)
            message = f"nothing came for {_SILENCE * _SILENCES:g} s, not even answers"
            raise TimeoutError(message)
        finally:
            self._listening.clear()

    def _take(self, message: Mapping[str, Any]) -> None:
        self._listening.set()
        if message["type"] == "message":
            opened = self.open(message["data"])
            if opened is not None:
                self._receive(opened)

    async def _speak(self, client: Redis) -> None:
        await client.ping()
        while True:
            await self._awake.wait()
            self._awake.clear()
            while self._queue:
                # Taken out before it is sent: after a failure it may have arrived or not, and a
                # hint that comes twice or never does no harm.
                await client.publish(self._channel, self._queue.popleft())
