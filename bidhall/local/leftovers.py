"""Servers of a hall that was killed and that still live in the folder which is ours now."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable
from pathlib import Path

import psutil
import structlog

from bidhall.local.errors import FolderError

__all__ = ["end_leftovers"]

_log = structlog.get_logger(__name__)
# Each step is harsher; all of them leave a database that recovers.
_STEPS = ((signal.SIGINT, 8.0), (signal.SIGQUIT, 4.0), (signal.SIGKILL, 4.0))


def end_leftovers(home: Path, program: str) -> None:
    """End every process called ``program`` that works in ``home``.

    Both servers make their data folder their working folder, their children too. A process is
    held by its number and the time it began, so that a number used again is never mistaken for it.
    The caller holds the folder's lock: whatever is found has lost its hall. Blocks while it waits.

    Raises:
        FolderError: one of them does not end.
    """
    for step, patience in _STEPS:
        left = list(_living_in(home, program))
        if not left:
            return
        _log.warning(
            "ending a server left over from before",
            program=program,
            pids=[one.pid for one in left],
            signal=step.name,
        )
        for one in left:
            _send(one, step)
        _wait(home, program, patience)
    if left := list(_living_in(home, program)):
        message = f"process {left[0].pid} ({program}) still uses {home} and cannot be ended; end it"
        raise FolderError(message)


def _wait(home: Path, program: str, patience: float) -> None:
    # Looked for again rather than waited for by number: where nobody collects the dead, a number
    # stays taken, but a dead process works in no folder any more.
    end = time.monotonic() + patience
    while time.monotonic() < end and any(_living_in(home, program)):
        time.sleep(0.05)


def _living_in(home: Path, program: str) -> Iterable[psutil.Process]:
    for one in psutil.process_iter():
        try:
            if one.name() == program and one.cwd() == str(home):
                yield one
        except psutil.Error:
            continue


def _send(process: psutil.Process, what: signal.Signals) -> None:
    try:
        process.send_signal(what)
    except psutil.Error:
        return
