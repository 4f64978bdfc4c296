"""How often something may be tried: counted before it is tried, so that many at once count too.

Valkey counts; while it is away, PostgreSQL does. Keys are hashed: whatever a stranger types as an
account neither shows up nor collides.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bidhall.accounts.errors import TooManyAttemptsError

__all__ = ["Limit", "Throttle"]

_log = structlog.get_logger(__name__)

# One step in the server: a counter is never left without its end.
_COUNT: Final = """
local count = redis.call('INCR', KEYS[1])
local left = redis.call('TTL', KEYS[1])
if left < 0 then
  redis.call('EXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}
"""

_UNCOUNT: Final = """
if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then redis.call('DECR', KEYS[1]) end
return 0
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``times`` tries within ``window`` seconds for each key."""

    name: str
    times: int
    window: int


class Throttle:
    """Counts tries."""

    def __init__(self, pool: asyncpg.Pool, valkey: Redis | None) -> None:
        self._pool, self._valkey = pool, valkey

    async def hit(self, limit: Limit, *key: str) -> None:
        """Count one try.

        Raises:
            TooManyAttemptsError: it is one too many; nothing may be tried then.
        """
        name = _name(limit, key)
        count, left = await self._count(name, limit.window)
        if count > limit.times:
            raise TooManyAttemptsError(max(1, left))

    async def forget(self, limit: Limit, *key: str) -> None:
        """Begin to count anew, after a try that was right."""
        name = _name(limit, key)
        await self._tell_valkey("redis.call('DEL', KEYS[1])", name)
        await self._pool.execute("DELETE FROM throttle WHERE key = $1", name)

    async def forgive(self, limit: Limit, *key: str) -> None:
        """Take one try back, after it was right."""
        name = _name(limit, key)
        await self._tell_valkey(_UNCOUNT, name)
        await self._pool.execute(
            "UPDATE throttle SET count = count - 1 WHERE key = $1 AND count > 0", name
        )

    async def _tell_valkey(self, script: str, name: str) -> None:
        if self._valkey is not None:
            try:
                await self._valkey.eval(script, 1, name)
            except (RedisError, OSError):
                _log.warning("throttle: Valkey is away")

    async def _count(self, name: str, window: int) -> tuple[int, int]:
        if self._valkey is not None:
            try:
                answer: Any = await self._valkey.eval(_COUNT, 1, name, str(window))
                return int(answer[0]), int(answer[1])
            except (RedisError, OSError):
                _log.warning("throttle: Valkey is away, PostgreSQL counts")
        return await self._count_here(name, window)

    async def _count_here(self, name: str, window: int) -> tuple[int, int]:
        row = await self._pool.fetchrow(
            """
            INSERT INTO throttle AS t (key, count, ends_at)
            VALUES ($1, 1, clock_timestamp() + make_interval(secs => $2))
            ON CONFLICT (key) DO UPDATE SET
                count = CASE WHEN t.ends_at <= clock_timestamp() THEN 1 ELSE t.count + 1 END,
                ends_at = CASE WHEN t.ends_at <= clock_timestamp()
                          THEN EXCLUDED.ends_at ELSE t.ends_at END
            RETURNING count, ceil(extract(epoch FROM ends_at - clock_timestamp()))::int AS left
            """,
            name, window,
        )  # fmt: skip
        if row["count"] == 1:
            await self._pool.execute("DELETE FROM throttle WHERE ends_at < clock_timestamp()")
        return row["count"], row["left"]


def _name(limit: Limit, key: tuple[str, ...]) -> str:
    text = "\x00".join(key).encode(errors="replace")
    return f"bidhall:throttle:{limit.name}:{hashlib.sha256(text).hexdigest()[:32]}"
