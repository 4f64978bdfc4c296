"""Asking services whether they answer, and halls in processes of their own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import psutil
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bidhall.local import (
    Services,
)

ROOT = Path(__file__).parents[2]

# A hall that starts, says its children's numbers, and waits to be killed.
HALL = """
import asyncio, sys
from pathlib import Path
from bidhall.local import local_services, user, postgres, valkey
if "alone" in sys.argv:  # as on a system where the kernel does not tell children
    postgres.until_we_die = valkey.until_we_die = lambda signal: ()
async def main():
    async with local_services(Path(sys.argv[1])) as services:
        print(services.pids()["PostgreSQL"], services.pids()["Valkey"], flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


async def sql(found: Services, statement: str) -> object:
    connection = await asyncpg.connect(found.database_url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def ping(found: Services) -> object:
    client: Redis = Redis.from_url(found.redis_url)
    try:
        return bool(await client.ping())
    finally:
        await client.aclose()


async def until(ask: Callable[[], Awaitable[object]], limit: float = 20.0) -> object:
    """Ask again until there is an answer, as a client of a restarting server does."""
    async with asyncio.timeout(limit):
        while True:
            try:
                if answer := await ask():
                    return answer
            except (OSError, asyncpg.PostgresError, RedisError):
                pass
            await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    """Tell whether a process lives; one that only waits to be collected does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def ended(*pids: int) -> bool:
    async def all_gone() -> bool:
        return not any(alive(pid) for pid in pids)

    return bool(await until(all_gone))


async def killed_hall(folder: Path, *words: str) -> list[int]:
    """Start a hall in a process of its own and kill it; gives its children's numbers."""
    hall = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HALL, str(folder), *words, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert hall.stdout is not None
    pids = [int(word) for word in (await hall.stdout.readline()).split()]
    assert len(pids) == 2
    hall.kill()
    await hall.wait()
    return pids
