"""Settings: from the environment, each with a default that suits one machine.

A wrong value names the variable, what is wrong and what to do. Addresses that hold a password
are never repeated in an error or a log.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bidhall.errors import BidhallError
from bidhall.local.folder import sockets_place

__all__ = ["VARIABLES", "Settings", "SettingsError", "load_settings"]

# What each variable means; an empty one counts as not set. docs/operations.md has the same table.
VARIABLES = {
    "BIDHALL_DATA": "folder for everything the hall keeps; default var, in the folder it starts in",
    "DATABASE_URL": "PostgreSQL 18 to use instead of the one that comes along (postgresql://...)",
    "REDIS_URL": "Valkey or Redis to use instead of the one that comes along (redis://, unix://)",
    "BIDHALL_HOST": "address to listen on; default 127.0.0.1",
    "PORT": "port to listen on, 0 for any free one; default 8000",
    "BIDHALL_ORIGIN": "name of the record in its checkpoints; default bidhall.local/record",
    "BIDHALL_WORKERS": "number of worker processes; default 1",
    "BIDHALL_PUBLIC_URL": "address of the hall as browsers see it, behind a proxy (https://...)",
}

_ORIGIN = re.compile(r"[A-Za-z0-9.-]+(?:/[A-Za-z0-9._-]+)*")
_HOST = re.compile(r"[A-Za-z0-9._:-]+")
_MOST_WORKERS = 64
_MOST_PORT = 65535


class SettingsError(BidhallError):
    """A setting has a value that cannot be used."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What one hall runs with."""

    data: Path = Path("var")
    database_url: str = field(default="", repr=False)
    redis_url: str = field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    origin: str = "bidhall.local/record"
    workers: int = 1
    public_url: str = ""

    @property
    def operator_socket(self) -> Path:
        """Tell where the operator's key process listens."""
        return sockets_place(self.data) / "operator.sock"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: naming the variable and what to do.
    """
    source = os.environ if environment is None else environment
    given = {name: source[name].strip() for name in VARIABLES if source.get(name, "").strip()}
    default = Settings()
    return Settings(
        data=Path(given.get("BIDHALL_DATA", str(default.data))).expanduser().absolute(),
        database_url=_url(given, "DATABASE_URL", ("postgresql://", "postgres://")),
        redis_url=_url(given, "REDIS_URL", ("redis://", "rediss://", "unix://")),
        host=_name(given, "BIDHALL_HOST", _HOST, default.host, "127.0.0.1, 0.0.0.0 or ::1"),
        port=_whole(given, "PORT", default.port, 0, _MOST_PORT),
        origin=_name(given, "BIDHALL_ORIGIN", _ORIGIN, default.origin, "bids.example.org/record"),
        workers=_whole(given, "BIDHALL_WORKERS", default.workers, 1, _MOST_WORKERS),
        public_url=_url(given, "BIDHALL_PUBLIC_URL", ("http://", "https://")).rstrip("/"),
    )


def _name(
    given: Mapping[str, str], name: str, form: re.Pattern[str], default: str, example: str
) -> str:
    value = given.get(name, default)
    if not form.fullmatch(value):
        message = f"{name} is {value!a}; write something like {example}"
        raise SettingsError(message)
    return value


def _url(given: Mapping[str, str], name: str, starts: tuple[str, ...]) -> str:
    value = given.get(name, "")
    if value and not value.startswith(starts):
        message = f"{name} must begin with {' or '.join(starts)} (its value is not shown)"
        raise SettingsError(message)
    return value


def _whole(given: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    value = given.get(name, str(default))
    if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
        message = f"{name} is {value!a}; it must be a whole number from {low} to {high}"
        raise SettingsError(message)
    return int(value)
