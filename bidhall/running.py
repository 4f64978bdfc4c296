"""A whole hall on one machine: services, migrations, key process, workers."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

import httpx

from bidhall.custody.checks import LogIdentity
from bidhall.errors import BidhallError
from bidhall.local import Services, local_services, running_services
from bidhall.local.folder import sockets_folder
from bidhall.local.user import until_we_die
from bidhall.operator.process import serve as serve_operator
from bidhall.record.keys import load_log_key
from bidhall.serve import environment, listen, workers
from bidhall.settings import Settings, load_settings
from bidhall.store.migrate import migrate
from crypto.notes import verifier_key

__all__ = ["Running", "connected", "on_signals", "run_hall", "run_operator", "serve_forever"]

_ANSWER = 30.0


@dataclass(frozen=True, slots=True)
class Running:
    """A running hall: its address, its services, and the pids of its workers."""

    address: str
    settings: Settings
    services: Services
    workers: list[int]


@asynccontextmanager
async def run_hall(settings: Settings) -> AsyncIterator[Running]:
    """Run a hall until the block ends; it answers when the block begins.

    Raises:
        BidhallError: a port, folder, wheel or the database is the problem; the message says which.
    """
    server = listen(settings.host, settings.port)
    try:
        async with local_services(
            settings.data, database_url=settings.database_url, redis_url=settings.redis_url
        ) as services:
            host, port = server.getsockname()[:2]
            settings = replace(
                settings,
                database_url=services.database_url,
                redis_url=services.redis_url,
                port=port,
            )
            load_log_key(settings.data / "keys" / "record.key")
            await migrate(settings.database_url)
            async with _operator(settings), workers(settings, server) as pids:
                address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
                await _until_it_answers(address)
                yield Running(address, settings, services, pids)
    finally:
        server.close()


async def _until_it_answers(address: str) -> None:
    end = asyncio.get_running_loop().time() + _ANSWER
    async with httpx.AsyncClient(trust_env=False) as client:
        while True:
            with suppress(httpx.TransportError):
                if (await client.get(f"{address}/api/time", timeout=2)).is_success:
                    return
            if asyncio.get_running_loop().time() > end:
                message = f"the hall does not answer at {address} after {_ANSWER:.0f} s; see its log above"
                raise BidhallError(message)
            await asyncio.sleep(0.02)


@asynccontextmanager
async def _operator(settings: Settings) -> AsyncIterator[None]:
    """Run the operator's key process beside the workers, started again when it dies."""
    sockets_folder(settings.data)

    async def keep() -> None:
        while True:
            process = await asyncio.create_subprocess_exec(
                *until_we_die("KILL"), sys.executable, "-m", "bidhall.cli", "operator",
                stdin=subprocess.DEVNULL, env=environment(settings),
            )  # fmt: skip
            try:
                await process.wait()
            except asyncio.CancelledError:
                process.terminate()
                await process.wait()
                raise
            await asyncio.sleep(0.3)

    task = asyncio.create_task(keep(), name="operator")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def run_operator(settings: Settings) -> None:
    """Be the operator's key process until told to stop."""
    key = load_log_key(settings.data / "keys" / "record.key")
    log = LogIdentity(settings.origin, str(verifier_key(settings.origin, key)))
    ready = asyncio.Event()
    task = asyncio.create_task(
        serve_operator(settings.data / "operator", settings.operator_socket, log, ready=ready)
    )
    on_signals(task.cancel)
    with suppress(asyncio.CancelledError):
        await task


async def serve_forever(settings: Settings) -> None:
    """Run a hall until told to stop, and say where it answers."""
    stop = asyncio.Event()
    on_signals(stop.set)
    async with run_hall(settings) as running:
        sys.stdout.write(f"竞标厅 Bidhall: {running.address}\n")
        sys.stdout.flush()
        await stop.wait()


def on_signals(act: Callable[[], object]) -> None:
    """Call ``act`` when this process is told to stop."""
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, act)


@asynccontextmanager
async def connected() -> AsyncIterator[Settings]:
    """Give settings with a database that answers: the given one, a running hall's, or our own."""
    settings = load_settings()
    if settings.database_url:
        yield settings
        return
    if running := running_services(settings.data):
        if not running.database_url:
            message = (
                "the hall in this folder uses a database of its own; set DATABASE_URL as for it"
            )
            raise BidhallError(message)
        yield replace(settings, database_url=running.database_url)
        return
    async with local_services(settings.data) as services:
        await migrate(services.database_url)
        yield replace(settings, database_url=services.database_url)
