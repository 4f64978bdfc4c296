"""Trying again, bounded, while the hall restarts."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import httpx

from bidhall.client.errors import HallAwayError

__all__ = ["persist"]

_TRIES = 12
_BUSY = frozenset({502, 503, 504})


async def persist(send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Send, and send again with growing, jittered pauses (some 20 s in all).

    Raises:
        HallAwayError: no answer came in all that time.
    """
    pause = 0.1
    last = "no answer"
    for _ in range(_TRIES):
        try:
            response = await send()
        except httpx.TransportError as error:
            last = type(error).__name__
        else:
            if response.status_code not in _BUSY:
                return response
            last = f"status {response.status_code}"
        await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311 - jitter, not a secret
        pause = min(pause * 1.6, 4)
    message = f"the hall does not answer ({last}); check its address and try again"
    raise HallAwayError(message)
