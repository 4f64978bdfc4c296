"""Processes of a measurement: started, pinned to a core, spoken to by lines, ended."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

__all__ = ["Process", "cores", "running"]

ROOT = Path(__file__).parents[1]
_START = 60.0
_LINE = 1 << 22


def cores() -> tuple[set[int], set[int]]:
    """Give the core of what is measured and those of all the rest; the same one if there is one."""
    found = sorted(os.sched_getaffinity(0))
    return {found[0]}, set(found[1:]) or {found[0]}


class Process:
    """A child that answers lines with lines."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        """Talk to ``child``."""
        self._child = child

    @property
    def pid(self) -> int:
        """Give the process id."""
        return self._child.pid

    async def line(self, within: float = _START) -> str:
        """Wait for the next line.

        Raises:
            RuntimeError: the process ended instead.
        """
        assert self._child.stdout is not None
        line = await asyncio.wait_for(self._child.stdout.readline(), within)
        if not line:
            message = f"process {self.pid} ended unexpectedly"
            raise RuntimeError(message)
        return line.decode().strip()

    async def ask(self, within: float = 300.0, **question: Any) -> Any:
        """Send a question as a line of JSON and give the answer."""
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(question).encode() + b"\n")
        await self._child.stdin.drain()
        return json.loads(await self.line(within))


@asynccontextmanager
async def running(
    command: Sequence[str], *, on: set[int], keep: int | None = None
) -> AsyncIterator[Process]:
    """Run ``command`` (a module and arguments where it begins with "-m") on some cores.

    ``keep`` is a file descriptor that stays open in it.
    """
    whole = [sys.executable, *command] if command[0] == "-m" else list(command)
    child = await asyncio.create_subprocess_exec(
        *whole, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        limit=_LINE, pass_fds=() if keep is None else (keep,),
    )  # fmt: skip
    os.sched_setaffinity(child.pid, on)
    try:
        yield Process(child)
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(child.wait(), 3)
        except TimeoutError:
            child.kill()
            await child.wait()
