"""One child process, started again whenever it dies, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

__all__ = ["Child", "Plan"]

_log = structlog.get_logger(__name__)
_PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)  # seconds before the first, second, ... new start
_STEADY = 10.0  # seconds after which a child that died had been running well
_PATIENCE = 10.0  # seconds for each step of stopping
_LOG_LIMIT = 4 << 20
_TAIL = 800


@dataclass(frozen=True, slots=True)
class Plan:
    """How to run a child, and how to ask it to stop: gently, then firmly."""

    name: str
    command: Sequence[str]
    log: Path
    stops: tuple[signal.Signals, ...]


class Child:
    """A process kept alive."""

    def __init__(self, plan: Plan) -> None:
        self.name = plan.name
        self.failures = 0  # deaths in a row, each soon after its start
        self._plan = plan
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """The process number now, 0 between two lives."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else 0

    def start(self) -> None:
        """Begin to keep it alive; returns at once."""
        self._trim_log()
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.name}")

    async def stop(self) -> None:
        """Ask it to end, ever more firmly, and wait until it has."""
        self._stopping.set()
        if self._keeper is None:
            return
        for step in (*self._plan.stops, signal.SIGKILL):
            with suppress(ProcessLookupError):
                if self._process is not None and self._process.returncode is None:
                    self._process.send_signal(step)
            if (await asyncio.wait({self._keeper}, timeout=_PATIENCE))[0]:
                break
        await self._keeper

    def tail(self) -> str:
        """Read the end of its log, for a message."""
        try:
            return self._plan.log.read_text(errors="replace")[-_TAIL:].strip()
        except OSError:
            return "(no log)"

    async def _keep(self) -> None:
        clock = asyncio.get_running_loop().time
        while not self._stopping.is_set():
            began = clock()
            status = await self._live()
            if self._stopping.is_set():
                return
            self.failures = 1 if clock() - began > _STEADY else self.failures + 1
            pause = _PAUSES[min(self.failures, len(_PAUSES)) - 1]
            _log.warning(
                "a local service died and is started again",
                service=self.name,
                status=status,
                pause=pause,
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _live(self) -> int | str:
        """One life, from start to end; gives its exit status or why it could not start."""
        try:
            with self._plan.log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *self._plan.command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    # A Ctrl-C in the terminal is for us, we stop the children in order.
                    start_new_session=True,
                    # Nothing of ours: our own environment may hold addresses with passwords.
                    env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
                )
        except OSError as error:
            return str(error)
        if self._stopping.is_set():  # told to stop while it began: nobody has signalled it yet
            self._process.send_signal(self._plan.stops[0])
        return await self._process.wait()

    def _trim_log(self) -> None:
        log = self._plan.log
        if log.exists() and log.stat().st_size > _LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
