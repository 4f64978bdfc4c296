"""How long ``bidhall run`` takes to answer where everything is installed and was started before."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from bench.outcome import Outcome

__all__ = ["measure"]

ROUNDS = 5
GOAL = 2.0
_LONGEST = 120.0


async def _start(data: Path) -> float:
    program = Path(sys.executable).with_name("bidhall")
    began = time.perf_counter()
    child = await asyncio.create_subprocess_exec(
        str(program), "run", env={**os.environ, "BIDHALL_DATA": str(data), "PORT": "0"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert child.stdout is not None
        # The address is printed when the first page has answered.
        line = await asyncio.wait_for(child.stdout.readline(), _LONGEST)
        assert b"http://" in line
        return time.perf_counter() - began
    finally:
        child.send_signal(signal.SIGTERM)
        await asyncio.wait_for(child.communicate(), _LONGEST)


async def measure() -> Outcome:
    """Start it five times; the ratio is seconds against one second."""
    with tempfile.TemporaryDirectory(prefix="bidhall-start-", ignore_cleanup_errors=True) as folder:
        first = await _start(Path(folder))
        found = [await _start(Path(folder)) for _ in range(ROUNDS)]
    raw = {"first_seconds": round(first, 2), "seconds": [round(one, 2) for one in found]}
    return Outcome("start", GOAL, tuple(found), raw, at_least=False)
