"""A child process kept alive, and stopped."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from bidhall.local import (
    supervisor,
)
from tests.local.asking import ended, until


async def test_a_child_that_always_dies_is_tried_ever_more_slowly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_PAUSES", (0.01, 0.02, 60.0))
    child = supervisor.Child(
        supervisor.Plan("Liar", ["/bin/sh", "-c", "echo no >&2; exit 3"], tmp_path / "log", ())
    )
    child.start()

    async def third_time() -> bool:
        return child.failures >= 3

    await until(third_time)
    assert child.pid == 0
    assert child.tail() == "no\nno\nno"
    async with asyncio.timeout(2):  # the long pause does not hold up the end
        await child.stop()


async def test_a_child_that_cannot_be_run_at_all_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_PAUSES", (0.01,))
    child = supervisor.Child(supervisor.Plan("None", ["/nowhere"], tmp_path / "log", ()))
    child.start()

    async def twice() -> bool:
        return child.failures >= 2

    await until(twice)
    await child.stop()
    assert child.tail() == ""


async def test_a_child_deaf_to_every_request_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_PATIENCE", 0.2)
    command = ["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]
    plan = supervisor.Plan("Deaf", command, tmp_path / "log", (signal.SIGTERM,))
    child = supervisor.Child(plan)
    child.start()

    async def ready() -> bool:
        return child.tail() == "ready"

    await until(ready)
    pid = child.pid
    await child.stop()
    assert await ended(pid)


def test_a_long_log_is_put_aside_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_LOG_LIMIT", 10)
    log = tmp_path / "server.log"
    log.write_text("more than ten letters")

    async def once() -> None:
        child = supervisor.Child(supervisor.Plan("Short", ["/bin/true"], log, (signal.SIGTERM,)))
        child.start()
        await asyncio.sleep(0)
        await child.stop()

    asyncio.run(once())
    assert (tmp_path / "server.log.1").read_text() == "more than ten letters"
