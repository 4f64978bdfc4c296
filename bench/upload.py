"""Uploads against nginx: 32 files at once, hashed and on the disk, against PUT and fsync alone."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import socket
import tempfile
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncpg

from bench.outcome import NotHereError, Outcome, alternating
from bench.processes import Process, running
from bench.services import fresh_database

__all__ = ["upload"]

FILES = 32
SIZE = 16 << 20
ROUNDS = 5
WORKERS = 2

_NGINX = """
daemon off; worker_processes {workers}; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off; client_max_body_size 3g; client_body_buffer_size 1m;
    client_body_temp_path {folder}/temp; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{ listen 127.0.0.1:{port}; root {folder}/put; dav_methods PUT; }}
}}
{user}
"""


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@asynccontextmanager
async def _nginx(folder: Path) -> AsyncIterator[int]:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        raise NotHereError("upload: needs nginx, which is not here (apt-get install nginx-light)")
    port = _free_port()
    for name in ("temp", "put"):
        (folder / name).mkdir()
    # As root it would drop to a user who may not write here.
    user = "user root;" if os.getuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port, workers=WORKERS, user=user))
    async with running([program, "-p", str(folder), "-c", str(config)], on=_all()) as process:
        del process
        await _answers(port)
        yield port
        (folder / "stop").touch()


async def _answers(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise NotHereError(f"upload: nothing answers on port {port}")


def _all() -> set[int]:
    return os.sched_getaffinity(0)


@asynccontextmanager
async def _hall(dsn: str, folder: Path) -> AsyncIterator[int]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(256)
    listening.set_inheritable(True)
    number = str(listening.fileno())
    async with AsyncExitStack() as stack:
        for _ in range(WORKERS):
            command = ["-m", "bench.upload_server", dsn, str(folder), number]
            process = await stack.enter_async_context(
                running(command, on=_all(), keep=listening.fileno())
            )
            await process.line()
        yield listening.getsockname()[1]
    listening.close()


async def _clear(dsn: str, *folders: Path) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("TRUNCATE upload")
    await connection.close()
    for folder in folders:
        for path in [*folder.rglob("upl-*"), *folder.glob("put-*")]:
            path.unlink()
    os.sync()


async def upload() -> Outcome:
    """Measure bytes a second, everything included that makes an upload durable."""
    loads: list[float] = []
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bidhall-bench-")))
        data = folder / "data"
        data.write_bytes(os.urandom(SIZE))
        digest = hashlib.sha256(data.read_bytes()).digest()
        dsn = await stack.enter_async_context(fresh_database())
        hall = await stack.enter_async_context(_hall(dsn, folder / "files"))
        nginx = await stack.enter_async_context(_nginx(folder))
        load = await stack.enter_async_context(
            running(["-m", "bench.upload_load", str(data)], on=_all())
        )
        expected = f"sha-256=:{b64encode(digest).decode()}:"

        async def ours() -> float:
            return await _measure(load, loads, dsn, folder, way="tus", port=hall, extra=expected)

        async def theirs() -> float:
            put = str(folder / "put")
            return await _measure(load, loads, dsn, folder, way="put", port=nginx, extra=put)

        mine, other = await alternating(ROUNDS, ours, theirs)
    raw = {
        "megabytes_per_second": [round(one / 1e6) for one in mine],
        "nginx_megabytes_per_second": [round(one / 1e6) for one in other],
        "load_client_cores_used": [round(one, 2) for one in loads],
        "files": FILES, "file_bytes": SIZE, "workers_each": WORKERS,
    }  # fmt: skip
    return Outcome("upload", 0.8, tuple(a / b for a, b in zip(mine, other, strict=True)), raw)


async def _measure(  # noqa: PLR0913 - what is sent where
    load: Process, loads: list[float], dsn: str, folder: Path, *, way: str, port: int, extra: str
) -> float:
    await _clear(dsn, folder / "files", folder / "put")
    answer = await load.ask(way=way, port=port, extra=extra, files=FILES)
    loads.append(answer["load"])
    return float(answer["rate"])
