"""Secrets that the workers of one hall share, made once in the data folder."""

from __future__ import annotations

import os
from pathlib import Path

from bidhall.durable import write_aside

__all__ = ["bus_key"]

_SIZE = 32


def bus_key(data: Path) -> bytes:
    """Give the key that seals notices between workers (32 bytes), making it the first time."""
    path = data / "keys" / "bus.key"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_aside(path, os.urandom(_SIZE).hex().encode())
    return bytes.fromhex(path.read_text())
