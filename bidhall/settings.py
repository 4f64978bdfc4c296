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

__all__ = ["VARIABLES", "Settings", "SettingsError", "load_settings"]

VARIABLES = {
    "BIDHALL_DATA": "folder for everything the hall keeps; default ./var",
    "DATABASE_URL": "PostgreSQL to use instead of the embedded one (postgresql://...)",
    "REDIS_URL": "Valkey or Redis to use instead of the embedded one (redis:// or unix://)",
    "BIDHALL_HOST": "address to listen on; default 127.0.0.1",
    "PORT": "port to listen on, 0 for any free one; default 8000",
    "BIDHALL_ORIGIN": "name of the record, as its checkpoints carry it; default bidhall.local/record",
    "BIDHALL_WORKERS": "number of worker processes; default 1",
    "BIDHALL_PUBLIC_URL": "address of the hall as browsers see it, behind a proxy (https://...)",
}

_ORIGIN = re.compile(r"[A-Za-z0-9.-]+(?:/[A-Za-z0-9._-]+)*")
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
        return self.data / "run" / "operator.sock"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: naming the variable and what to do.
    """
    given = os.environ if environment is None else environment
    origin = given.get("BIDHALL_ORIGIN", "bidhall.local/record")
    if not _ORIGIN.fullmatch(origin):
        message = f"BIDHALL_ORIGIN is {origin!a}; write a name such as bids.example.org/record"
        raise SettingsError(message)
    return Settings(
        data=Path(given.get("BIDHALL_DATA", "var")).expanduser().absolute(),
        database_url=_url(given, "DATABASE_URL", ("postgresql://", "postgres://")),
        redis_url=_url(given, "REDIS_URL", ("redis://", "rediss://", "unix://")),
        host=given.get("BIDHALL_HOST", "127.0.0.1"),
        port=_whole(given, "PORT", 8000, 0, _MOST_PORT),
        origin=origin,
        workers=_whole(given, "BIDHALL_WORKERS", 1, 1, _MOST_WORKERS),
        public_url=_url(given, "BIDHALL_PUBLIC_URL", ("http://", "https://")).rstrip("/"),
    )


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
