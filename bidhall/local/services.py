"""Starting, watching and stopping the services of one hall."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from bidhall.local.errors import StartError
from bidhall.local.folder import claim, notice, sockets_folder
from bidhall.local.postgres import database_answers, plan_postgres, postgres_url
from bidhall.local.supervisor import Child, Plan
from bidhall.local.valkey import plan_valkey, valkey_answers, valkey_url

__all__ = ["Services", "local_services", "running_services"]

_STARTING = 60.0  # seconds; recovery after a crash can take long, death is noticed sooner
_GIVE_UP = 5  # deaths in a row
_GIVEN = 10.0  # seconds for a server given by its URL


@dataclass(frozen=True, slots=True)
class Services:
    """Where the services answer.

    ``pids`` tells the process numbers of those we run, by the names ``PostgreSQL`` and ``Valkey``
    (0 between two lives), for tests that kill them.
    """

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    pids: Callable[[], dict[str, int]] = field(default=dict, repr=False)


def running_services(folder: Path) -> Services | None:
    """Find the services of the hall that uses the folder now; None when no hall does.

    An address is empty while the hall starts, or where its service was given by a URL.
    """
    told = notice(folder.resolve())
    if not told.get("pid"):
        return None
    return Services(str(told.get("database_url", "")), str(told.get("redis_url", "")))


@asynccontextmanager
async def local_services(
    folder: Path, *, database_url: str = "", redis_url: str = ""
) -> AsyncIterator[Services]:
    """Run what is not given by a URL, with its data under ``folder``, until the block ends.

    The children belong to the thread that starts them: they end when it does.

    Raises:
        LocalServiceError: a wheel, the folder, or a service is the problem; the message says which.
    """
    folder = await asyncio.to_thread(folder.resolve)
    with claim(folder) as held:
        children: list[Child] = []
        try:
            ours = await _start(folder, children, database=not database_url, redis=not redis_url)
            if database_url:
                await _given("DATABASE_URL", lambda: _connects(database_url))
            if redis_url:
                await _given("REDIS_URL", lambda: valkey_answers(redis_url))
            # Only ours: an address that was given may hold a password, and is known without us.
            held.announce(database_url=ours.database_url, redis_url=ours.redis_url)
            yield Services(
                database_url or ours.database_url,
                redis_url or ours.redis_url,
                lambda: {one.name: one.pid for one in children},
            )
        finally:
            await asyncio.gather(*(one.stop() for one in children))


async def _start(folder: Path, children: list[Child], *, database: bool, redis: bool) -> Services:
    """Start both before waiting for either; what was started is in ``children`` at any time."""
    waits: list[tuple[Child, Callable[[], Awaitable[str]]]] = []
    database_url = redis_url = ""
    sockets = sockets_folder(folder) if database or redis else folder
    if redis:
        plan = await asyncio.to_thread(plan_valkey, folder, sockets)
        redis_url = valkey_url(sockets)
        waits.append((_keep(plan, children), lambda: valkey_answers(redis_url)))
    if database:
        plan, place = await asyncio.to_thread(plan_postgres, folder, sockets)
        database_url = postgres_url(place)
        waits.append((_keep(plan, children), lambda: database_answers(place)))
    for child, ask in waits:
        await _answering(child, ask)
    return Services(database_url, redis_url)


def _keep(plan: Plan, children: list[Child]) -> Child:
    child = Child(plan)
    children.append(child)
    child.start()
    return child


async def _answering(child: Child, ask: Callable[[], Awaitable[str]]) -> None:
    clock = asyncio.get_running_loop().time
    end = clock() + _STARTING
    while reason := await ask():
        if child.failures >= _GIVE_UP or clock() > end:
            message = f"{child.name} does not start ({reason}); its log ends:\n{child.tail()}"
            raise StartError(message)
        await asyncio.sleep(0.01)


async def _given(variable: str, ask: Callable[[], Awaitable[str]]) -> None:
    clock = asyncio.get_running_loop().time
    end = clock() + _GIVEN
    while reason := await ask():
        if clock() > end:
            message = f"the server of {variable} does not answer ({reason}); start it, or unset {variable} to use the one that comes with the hall"  # noqa: E501 - one sentence
            raise StartError(message)
        await asyncio.sleep(0.25)


async def _connects(url: str) -> str:
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except ValueError:  # its message may repeat the address
        return "the address cannot be read"
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return str(error) or type(error).__name__
    await connection.close()
    return ""
