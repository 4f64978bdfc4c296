"""The demonstration, played once for all tests that want a finished tender and its record."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["Demonstration", "command", "demonstration"]

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Demonstration:
    """What ``bidhall demo`` left: its folder, its exit status, what it said."""

    folder: Path
    status: int
    summary: dict[str, Any]
    told: str

    @property
    def record(self) -> Path:
        """The record bundle."""
        return self.folder / "record.zip"

    @property
    def receipts(self) -> list[Path]:
        """The receipts its bidders kept."""
        return sorted((self.folder / "sealed").glob("*.receipt.json"))


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command of ``bidhall`` in a process of its own, as a person would."""
    line = [sys.executable, "-m", "bidhall.cli", *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=240, cwd=ROOT)


@cache
def demonstration() -> Demonstration:
    """Play it; a second call gives the same. The folder goes when the tests end."""
    holder = tempfile.TemporaryDirectory(prefix="bidhall-demonstration-")
    atexit.register(holder.cleanup)
    folder = Path(holder.name) / "out"
    done = command("demo", "--fast", "--out", folder, "--json")
    summary = json.loads(done.stdout) if done.stdout.strip() else {}
    return Demonstration(folder, done.returncode, summary, done.stderr)
