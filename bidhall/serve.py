"""Running workers: one socket, any number of processes behind it, each with its own parts."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import structlog
import uvicorn

from bidhall.app import make_app
from bidhall.errors import BidhallError
from bidhall.local.user import until_we_die
from bidhall.rooms.transport import RoomSocketProtocol
from bidhall.settings import Settings

__all__ = ["ListenError", "listen", "run_worker", "workers"]

_log = structlog.get_logger(__name__)
_BACKLOG = 4096
_GRACE = 10


class ListenError(BidhallError):
    """The address cannot be listened on."""


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket.

    Raises:
        ListenError: the port is taken or not allowed, and what to do.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.socket(family, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((host, port))
    except OSError as error:
        server.close()
        message = f"cannot listen on {host}:{port} ({error.strerror}); choose another with PORT, 0 for any"
        raise ListenError(message) from error
    server.listen(_BACKLOG)
    server.set_inheritable(True)
    return server


async def run_worker(settings: Settings, server: socket.socket) -> None:
    """Serve until told to stop (SIGTERM, SIGINT)."""
    config = uvicorn.Config(
        make_app(settings), loop="uvloop", http="httptools", ws=RoomSocketProtocol, lifespan="on",
        access_log=False, log_config=None, timeout_graceful_shutdown=_GRACE, proxy_headers=False,
        server_header=False, date_header=True, ws_per_message_deflate=False, backlog=_BACKLOG,
        ws_max_size=1 << 17,
    )  # fmt: skip
    await uvicorn.Server(config).serve(sockets=[server])


@asynccontextmanager
async def workers(settings: Settings, server: socket.socket) -> AsyncIterator[list[int]]:
    """Run ``settings.workers`` processes until the block ends; one that dies is started again.

    Gives the list of their pids, kept up to date.
    """
    pids: list[int] = [0] * settings.workers
    keepers = [
        asyncio.create_task(_keep(settings, server, pids, place)) for place in range(len(pids))
    ]
    try:
        yield pids
    finally:
        for keeper in keepers:
            keeper.cancel()
        for keeper in keepers:
            with suppress(asyncio.CancelledError):
                await keeper


async def _keep(settings: Settings, server: socket.socket, pids: list[int], place: int) -> None:
    while True:
        process = await asyncio.create_subprocess_exec(
            # One that outlived a killed hall would keep its port, and serve with its old settings.
            *until_we_die("KILL"), sys.executable, "-m", "bidhall.cli", "worker", str(server.fileno()),
            pass_fds=[server.fileno()], env=environment(settings), stdin=subprocess.DEVNULL,
        )  # fmt: skip
        pids[place] = process.pid
        try:
            status = await process.wait()
        except asyncio.CancelledError:
            process.send_signal(signal.SIGTERM)
            with suppress(TimeoutError):
                async with asyncio.timeout(_GRACE + 5):
                    await process.wait()
            if process.returncode is None:
                process.kill()
            raise
        _log.warning("worker died, starting another", place=place, status=status)
        await asyncio.sleep(0.2)


def environment(settings: Settings) -> Mapping[str, str]:
    """Give the environment of a worker: these settings, and nothing else of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BIDHALL_")}
    return {
        **kept,
        "BIDHALL_DATA": str(settings.data),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "BIDHALL_ORIGIN": settings.origin,
        "BIDHALL_PUBLIC_URL": settings.public_url,
    }
