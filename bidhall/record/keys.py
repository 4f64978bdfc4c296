"""The record's own signing key: made at the first start, in a file only this user can read."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidhall.durable import sync_folder, write_aside
from bidhall.record.errors import LogKeyError

__all__ = ["load_log_key"]

_SIZE = 32


def load_log_key(path: Path) -> Ed25519PrivateKey:
    """Read the key, making it where there is none.

    Raises:
        LogKeyError: the file is there but is no key; it is never replaced, for then every receipt
            given before would stop verifying.
    """
    if not path.exists():
        _make(path)
    try:
        seed = bytes.fromhex(path.read_text().strip())
    except (ValueError, OSError):
        seed = b""
    if len(seed) != _SIZE:
        message = f"{path} is not the record's key (64 hex digits); put the right file back"
        raise LogKeyError(message)
    return Ed25519PrivateKey.from_private_bytes(seed)


def _make(path: Path) -> None:
    """Put a new key at ``path`` unless another worker was faster: all must read the same one.

    A crash leaves no key, or a whole one, and at worst a file aside that nobody reads.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.made")
    write_aside(aside, Ed25519PrivateKey.generate().private_bytes_raw().hex().encode(), mode=0o600)
    try:
        with suppress(FileExistsError):
            os.link(aside, path)
    finally:
        aside.unlink()
    sync_folder(path.parent)
