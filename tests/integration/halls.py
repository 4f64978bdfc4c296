"""A whole hall in a process of its own, to be watched from outside, killed and started again."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bidhall.demo.players import Credentials, Troupe
from bidhall.demo.seed import seed_cast
from bidhall.local import running_services
from bidhall.local.folder import sockets_place
from bidhall.settings import load_settings

__all__ = ["HallProcess", "Staged", "staged"]

ROOT = Path(__file__).parents[2]
_STARTING = 60.0
# What a process of a hall is, by a word of its command line.
_KINDS = {
    "worker": "bidhall.cli worker",
    "operator": "bidhall.cli operator",
    "valkey": "valkey",
    "postgres": "/postgres -D",
}


@dataclass
class HallProcess:
    """``bidhall serve`` on a data folder; its output goes to files beside it."""

    folder: Path
    workers: int = 1
    port: int = 0
    address: str = ""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def data(self) -> Path:
        """Everything the hall keeps."""
        return self.folder / "hall"

    @property
    def logs(self) -> list[Path]:
        """What it said on both of its outputs."""
        return [self.folder / "out.log", self.folder / "err.log"]

    def environment(self) -> dict[str, str]:
        """The settings it runs with."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("BIDHALL_")}
        kept = {k: v for k, v in kept.items() if k not in {"DATABASE_URL", "REDIS_URL", "PORT"}}
        return {
            **kept,
            "BIDHALL_DATA": str(self.data),
            "BIDHALL_WORKERS": str(self.workers),
            "BIDHALL_ORIGIN": "attacked.example/record",
            "PORT": str(self.port),
        }

    async def start(self) -> None:
        """Start it, at the same port as before, and wait until it answers."""
        out, err = self.logs
        before = out.stat().st_size if out.exists() else 0
        self.process = self._spawn()
        async with asyncio.timeout(_STARTING):
            while "http://" not in (text := out.read_bytes()[before:].decode()):
                assert self.process.poll() is None, err.read_text()[-2000:]
                await asyncio.sleep(0.05)
        self.address = text.split("Bidhall: ")[1].strip()
        self.port = int(self.address.rsplit(":", 1)[1])

    def _spawn(self) -> subprocess.Popen[bytes]:
        out, err = self.logs
        with out.open("ab") as told, err.open("ab") as logged:
            return subprocess.Popen(
                [sys.executable, "-m", "bidhall.cli", "serve"],
                stdin=subprocess.DEVNULL, stdout=told, stderr=logged, cwd=ROOT,
                env=self.environment(), start_new_session=True,
            )  # fmt: skip

    def family(self) -> list[psutil.Process]:
        """The hall's process and all below it."""
        assert self.process is not None
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def pids(self, kind: str) -> list[int]:
        """The processes of a kind: worker, operator, postgres (its postmaster), valkey."""
        assert self.process is not None
        found = []
        for one in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                if _KINDS[kind] in " ".join(one.cmdline()):
                    found.append(one.pid)
        return found

    def kill(self, kind: str, place: int = 0) -> int:
        """``kill -9`` one of its processes."""
        pid = self.pids(kind)[place]
        os.kill(pid, signal.SIGKILL)
        return pid

    def kill_whole(self) -> list[psutil.Process]:
        """``kill -9`` the hall's own process; gives what ran below it."""
        assert self.process is not None
        below = self.family()[1:]
        self.process.kill()
        self.process.wait()
        return below

    async def stop(self) -> None:
        """End it in order, whatever state it is in."""
        if self.process is None or self.process.poll() is not None:
            return
        below = self.family()
        self.process.terminate()
        try:
            await asyncio.to_thread(self.process.wait, 40)
        finally:
            for one in below:
                with suppress(psutil.NoSuchProcess):
                    one.kill()

    @property
    def database_url(self) -> str:
        """Where its PostgreSQL answers."""
        found = running_services(self.data)
        assert found is not None
        return found.database_url

    @property
    def redis_url(self) -> str:
        """Where its Valkey answers."""
        found = running_services(self.data)
        assert found is not None
        return found.redis_url


@dataclass
class Staged:
    """A running hall and everybody who may act in it."""

    hall: HallProcess
    troupe: Troupe
    credentials: Mapping[str, Credentials]
    files: Path


@asynccontextmanager
async def staged(workers: int) -> AsyncIterator[Staged]:
    """Run a hall with the demonstration's cast entered, on a folder that goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="bidhall-hall-") as folder:
        # A long path, as deep folders give: sockets must lie elsewhere then, and be found there.
        hall = HallProcess(Path(folder) / "a-folder-deep-below-others" / ("d" * 60), workers)
        hall.folder.mkdir(parents=True)
        files = Path(folder) / "outside"
        files.mkdir()
        await hall.start()
        try:
            settings = load_settings(
                {"BIDHALL_DATA": str(hall.data), "DATABASE_URL": hall.database_url}
            )
            credentials = await seed_cast(settings)
            troupe = Troupe(hall.address, credentials)
            try:
                yield Staged(hall, troupe, credentials, files)
            finally:
                await troupe.dismiss()
        finally:
            await hall.stop()
            shutil.rmtree(sockets_place(hall.data), ignore_errors=True)
