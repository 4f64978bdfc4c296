"""A server killed in the middle of an upload: nothing confirmed is lost, the rest can be sent."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from bidhall.files.writing import CHECKPOINT

pytestmark = pytest.mark.asyncio
ROOT = Path(__file__).parents[2]
TUS = {"Tus-Resumable": "1.0.0", "x-person": "alice"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}
MIB = 1 << 20
BLOCK = bytes(range(256)) * 4096


@dataclass
class Server:
    """A running server and how to reach it."""

    process: asyncio.subprocess.Process
    url: str


@asynccontextmanager
async def serving(dsn: str, folder: Path) -> AsyncIterator[Server]:
    """Run a server in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.files.serve", dsn, str(folder),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), 20))
        yield Server(process, f"http://127.0.0.1:{port}")
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def offset_of(client: httpx.AsyncClient, url: str) -> int:
    """Ask where to go on."""
    return int((await client.head(url, headers=TUS)).headers["upload-offset"])


async def test_kill_9_in_the_middle_of_a_piece(
    dsn: str, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    blocks = 3 * CHECKPOINT // MIB
    length = blocks * MIB
    stuck = asyncio.Event()

    async def breaks_off() -> AsyncIterator[bytes]:
        for _ in range(2 * CHECKPOINT // MIB + 5):
            yield BLOCK
        await stuck.wait()

    async with serving(dsn, tmp_path) as server, httpx.AsyncClient(timeout=30) as client:
        made = await client.post(
            f"{server.url}/files", headers={**TUS, "Upload-Length": str(length)}
        )
        path = made.headers["location"]
        headers = {**PIECE, "Upload-Offset": "0"}
        sending = asyncio.create_task(
            client.patch(server.url + path, content=breaks_off(), headers=headers)
        )
        while (await pool.fetchval("SELECT received FROM upload")) < CHECKPOINT:
            await asyncio.sleep(0.01)
        server.process.send_signal(signal.SIGKILL)
        await server.process.wait()
        with pytest.raises(httpx.HTTPError):
            await sending

    confirmed = await pool.fetchval("SELECT received FROM upload")
    assert CHECKPOINT <= confirmed < length
    async with serving(dsn, tmp_path) as server, httpx.AsyncClient(timeout=30) as client:
        url = server.url + path
        assert await offset_of(client, url) == confirmed
        rest = (BLOCK * blocks)[confirmed:]
        answer = await client.patch(
            url, content=rest, headers={**PIECE, "Upload-Offset": str(confirmed)}
        )
        assert answer.status_code == 204
        again = await client.head(url, headers=TUS)
        assert int(again.headers["upload-offset"]) == length
    expected = hashlib.sha256()
    for _ in range(blocks):
        expected.update(BLOCK)
    assert await pool.fetchval("SELECT sha256 FROM upload") == expected.hexdigest()


async def test_a_cut_connection_keeps_what_came_and_frees_the_upload(
    dsn: str, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    del pool
    async with serving(dsn, tmp_path) as server, httpx.AsyncClient(timeout=30) as client:
        made = await client.post(
            f"{server.url}/files", headers={**TUS, "Upload-Length": str(4 * MIB)}
        )
        url = server.url + made.headers["location"]
        host, port = server.url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        lines = [
            f"PATCH {made.headers['location']} HTTP/1.1", "Host: hall", "Content-Length: 4194304",
            "Upload-Offset: 0", *(f"{name}: {value}" for name, value in PIECE.items()), "", "",
        ]  # fmt: skip
        writer.write("\r\n".join(lines).encode() + BLOCK + BLOCK[:1000])
        await writer.drain()
        await asyncio.sleep(0.3)
        busy = await client.patch(url, content=b"", headers={**PIECE, "Upload-Offset": "0"})
        assert busy.status_code == 423
        writer.transport.abort()
        async with asyncio.timeout(5):
            while await offset_of(client, url) != MIB + 1000:
                await asyncio.sleep(0.05)
        rest = (BLOCK * 4)[MIB + 1000 :]
        answer = await client.patch(
            url, content=rest, headers={**PIECE, "Upload-Offset": str(MIB + 1000)}
        )
        assert answer.status_code == 204


async def test_memory_does_not_grow_with_the_file(
    dsn: str, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    del pool

    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield BLOCK

    async with serving(dsn, tmp_path) as server, httpx.AsyncClient(timeout=60) as client:
        memory = psutil.Process(server.process.pid)
        made = await client.post(
            f"{server.url}/files", headers={**TUS, "Upload-Length": str(200 * MIB)}
        )
        before = memory.memory_info().rss
        answer = await client.patch(
            server.url + made.headers["location"], content=blocks(),
            headers={**PIECE, "Upload-Offset": "0"},
        )  # fmt: skip
        assert answer.status_code == 204
        assert memory.memory_info().rss - before < 32 * MIB
