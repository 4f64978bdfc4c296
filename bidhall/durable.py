"""Files that are either whole or absent, whatever happens in between."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["sync_folder", "write_aside"]


def write_aside(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Write a small file so that after a crash ``path`` holds the old content or the new, whole."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: a rename is lost without it when the power fails."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
