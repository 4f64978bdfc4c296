"""PostgreSQL from its wheel: how its data is made, how it is run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import asyncpg

from bidhall.local.errors import FolderError, StartError
from bidhall.local.leftovers import end_leftovers
from bidhall.local.programs import postgres_program, works
from bidhall.local.supervisor import Plan
from bidhall.local.user import Footing, footing, until_we_die

__all__ = ["DATABASE", "database_answers", "plan_postgres", "postgres_url"]

DATABASE = "bidhall"
_VERSION = "18"
_PORT = 5432  # part of the socket's name; nothing listens on it

# Durable before all else: a receipt is a promise. Small, because it shares a desk's machine.
_SETTINGS = {
    "listen_addresses": "",
    "port": str(_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "jit": "off",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "timezone": "UTC",
}


def plan_postgres(folder: Path, sockets: Path) -> tuple[Plan, Path]:
    """Get the data ready, end what a killed hall left, and say how to run the server.

    Gives the plan and the folder of its socket. Blocks for as long as ``initdb`` takes.

    Raises:
        LocalServiceError: the wheel, the folder or the user is the problem.
    """
    data = folder / "postgres"
    run_as = footing(data)
    if run_as.owner is not None:  # it needs a socket folder it may write, and only that one
        sockets.chmod(0o711)
        sockets = sockets / "postgres"
        sockets.mkdir(mode=0o700, exist_ok=True)
        run_as.give(sockets)
    server = _reachable(postgres_program("postgres"), folder, run_as)
    if data.exists():
        _check_version(data)
        end_leftovers(data, "postgres")
        _forget_stale_locks(data, sockets)
    else:
        _make_cluster(data, server.with_name("initdb"), run_as)
    options = [f"--{name}={value}" for name, value in _SETTINGS.items()]
    # The kernel forgets whom to signal when a process changes its user: that comes first.
    command = (*run_as.prefix, *until_we_die("INT"), str(server), "-D", str(data), "-k",
               str(sockets), *options)  # fmt: skip
    # SIGINT ends sessions and checkpoints; SIGQUIT leaves the rest to recovery.
    stops = (signal.SIGINT, signal.SIGQUIT)
    return Plan("PostgreSQL", command, folder / "postgres.log", stops), sockets


def postgres_url(sockets: Path, database: str = DATABASE) -> str:
    """Give the address of a database on the server whose socket is in this folder."""
    return f"postgresql://bidhall@/{database}?host={sockets}"


async def database_answers(sockets: Path) -> str:
    """Ask whether the server answers, and make our database once; gives what is wrong."""
    try:
        connection = await asyncpg.connect(postgres_url(sockets, "postgres"), timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        return str(error) or type(error).__name__
    try:
        known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE)
        if not known:
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return str(error) or type(error).__name__
    finally:
        await connection.close()
    return ""


def _reachable(program: Path, folder: Path, run_as: Footing) -> Path:
    """Copy the programs beside the data where the other user may not enter the installation."""
    if run_as.owner is None or not works([*run_as.prefix, str(program), "--version"]):
        return program
    source = program.parents[1]
    copy = folder / f"programs-{_VERSION}"
    if not copy.exists():
        aside = folder / f"programs-{_VERSION}.new"
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(source, aside, symlinks=True)
        aside.chmod(0o755)
        aside.rename(copy)
    return copy / "bin" / program.name


def _check_version(data: Path) -> None:
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except OSError as error:
        message = (
            f"{data} is no PostgreSQL folder (no PG_VERSION in it); move it away and start again"
        )
        raise FolderError(message) from error
    if found != _VERSION:
        message = f"{data} was made by PostgreSQL {found}, this is {_VERSION}; dump it with the old one first"
        raise FolderError(message)


def _make_cluster(data: Path, initdb: Path, run_as: Footing) -> None:
    # Made aside and renamed: an initdb that was cut off never passes for a database.
    aside = data.with_name("postgres.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    run_as.give(aside)
    # The wheel is built without ICU, so the locale is PostgreSQL's own.
    command = [*run_as.prefix, *until_we_die("KILL"), str(initdb), "-D", str(aside), "-U", "bidhall", "-A", "trust",
               "-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
               "--no-instructions"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")  # noqa: S603 - our own words
    if done.returncode:
        shutil.rmtree(aside, ignore_errors=True)
        why = done.stderr.strip()[-400:]
        message = f"PostgreSQL could not make its data in {data.parent}: {why}"
        raise StartError(message)
    aside.rename(data)


def _forget_stale_locks(data: Path, sockets: Path) -> None:
    """Remove lock files whose process number now belongs to somebody else.

    PostgreSQL takes any living process of that number for a server and refuses to start. Nothing
    called postgres lives in the folder any more (`end_leftovers`), and the folder is ours alone.
    """
    for lock in (data / "postmaster.pid", sockets / f".s.PGSQL.{_PORT}.lock"):
        try:
            pid = int(lock.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            continue
        if _lives(pid):
            lock.unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
