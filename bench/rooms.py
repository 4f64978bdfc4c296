"""Rooms against bare ``websockets.broadcast`` and Node ``ws``: deliveries a second, memory."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import psutil

from bench.outcome import NotHereError, Outcome, alternating
from bench.processes import Process, cores, running
from bench.room_case import case_of
from bench.services import fresh_database
from bidhall.cases.case import Command, Person
from bidhall.record.streams import Streams
from bidhall.record.writer import Writer
from bidhall.store.pool import open_pool

__all__ = ["burst", "memory", "node", "rooms"]

MEMBERS = 1000
SIZE = 200
ROUNDS = 7
LOOP = "asyncio"


async def _begin(dsn: str, stream: str) -> None:
    """Write the first event: one can join only what exists."""
    pool = await open_pool(dsn, size=2)
    writer = Writer(pool, Streams(pool, case_of), case_of)
    writer.start()
    person = Person("per-host", roles=frozenset({"member"}))
    await writer.submit(Command(secrets.token_hex(8), stream, "Seat", {}), person)
    await writer.close()
    await pool.close()


@asynccontextmanager
async def _servers(peer: list[str]) -> AsyncIterator[tuple[Process, int, Process, int, str]]:
    server_core, _ = cores()
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(fresh_database())
        stream = "bench-" + secrets.token_hex(4)
        await _begin(dsn, stream)
        ours = await stack.enter_async_context(
            running(["-m", "bench.room_server", dsn, LOOP], on=server_core)
        )
        theirs = await stack.enter_async_context(running(peer, on=server_core))
        yield ours, int(await ours.line()), theirs, int(await theirs.line()), stream


async def _compare(
    name: str, goal: float, *, flight: int, messages: int, peer: list[str]
) -> Outcome:
    _, load_cores = cores()
    loads: list[float] = []
    async with AsyncExitStack() as stack:
        _, port, _, peer_port, stream = await stack.enter_async_context(_servers(peer))
        mine, others = [
            await stack.enter_async_context(running(["-m", "bench.room_members"], on=load_cores))
            for _ in range(2)
        ]
        await mine.ask(do="connect", port=port, count=MEMBERS, path=f"/rooms/{stream}", rooms=True)
        await others.ask(do="connect", port=peer_port, count=MEMBERS, path="/", rooms=False)

        async def measure(members: Process) -> float:
            answer = await members.ask(do="run", messages=messages, flight=flight, size=SIZE)
            loads.append(answer["load"])
            return float(answer["deliveries"])

        ours, theirs = await alternating(ROUNDS, lambda: measure(mine), lambda: measure(others))
    raw = {
        "deliveries_per_second": [round(one) for one in ours],
        "peer_deliveries_per_second": [round(one) for one in theirs],
        "load_client_core_used": [round(one, 2) for one in loads],
        "members": MEMBERS, "in_flight": flight, "loop": LOOP,
    }  # fmt: skip
    return Outcome(name, goal, tuple(a / b for a, b in zip(ours, theirs, strict=True)), raw)


async def rooms() -> Outcome:
    """Measure one message in flight."""
    return await _compare("rooms", 1.5, flight=1, messages=60, peer=["-m", "bench.room_peer"])


async def burst() -> Outcome:
    """Measure eight in flight."""
    return await _compare("rooms-burst", 4, flight=8, messages=160, peer=["-m", "bench.room_peer"])


async def node() -> Outcome:
    """Measure one in flight, against Node ``ws``."""
    return await _compare("rooms-node", 1.2, flight=1, messages=60, peer=_node_peer())


def _node_peer() -> list[str]:
    node_, npm = shutil.which("node"), shutil.which("npm")
    if node_ is None or npm is None:
        raise NotHereError("rooms-node: needs node and npm, which are not here")
    folder = Path(tempfile.gettempdir()) / f"bidhall-bench-ws-{os.getuid()}"
    if not (folder / "node_modules/ws").exists():
        folder.mkdir(exist_ok=True)
        subprocess.run([npm, "install", "--silent", "--prefix", str(folder), "ws@8"], check=True)
    script = Path(__file__).with_name("room_peer.cjs")
    return ["env", f"NODE_PATH={folder / 'node_modules'}", node_, str(script)]


async def memory() -> Outcome:
    """Measure resident memory a connection."""
    _, load_cores = cores()
    ratios, raw = [], []
    for _ in range(5):
        grown: list[Any] = []
        async with AsyncExitStack() as stack:
            ours, port, theirs, peer_port, stream = await stack.enter_async_context(
                _servers(["-m", "bench.room_peer"])
            )
            for process, number, path, is_room in (
                (ours, port, f"/rooms/{stream}", True),
                (theirs, peer_port, "/", False),
            ):
                members = await stack.enter_async_context(
                    running(["-m", "bench.room_members"], on=load_cores)
                )
                warm = await stack.enter_async_context(
                    running(["-m", "bench.room_members"], on=load_cores)
                )
                await warm.ask(do="connect", port=number, count=20, path=path, rooms=is_room)
                before = psutil.Process(process.pid).memory_info().rss
                await members.ask(
                    do="connect", port=number, count=MEMBERS, path=path, rooms=is_room
                )
                grown.append((psutil.Process(process.pid).memory_info().rss - before) / MEMBERS)
        ratios.append(grown[0] / grown[1])
        raw.append({"bytes": round(grown[0]), "peer_bytes": round(grown[1])})
    return Outcome("rooms-memory", 1.6, tuple(ratios), {"per_connection": raw}, at_least=False)
