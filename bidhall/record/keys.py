"""The record's own signing key: made at the first start, kept in one file only this user can read."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidhall.durable import write_aside
from bidhall.errors import BidhallError

__all__ = ["LogKeyError", "load_log_key"]

_SIZE = 32


class LogKeyError(BidhallError):
    """The file with the record's key cannot be read as one."""


def load_log_key(path: Path) -> Ed25519PrivateKey:
    """Read the key, making it where there is none.

    Raises:
        LogKeyError: the file is there but is no key; it is never replaced, for then every receipt
            given before would stop verifying.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_aside(path, Ed25519PrivateKey.generate().private_bytes_raw().hex().encode(), mode=0o600)
    try:
        seed = bytes.fromhex(path.read_text().strip())
    except ValueError:
        seed = b""
    if len(seed) != _SIZE:
        message = f"{path} is not the record's key (64 hex digits); put the right file back"
        raise LogKeyError(message)
    return Ed25519PrivateKey.from_private_bytes(seed)
