"""Secrets of people at rest: sealed under a key that lies in the data folder, not in the database.

AES-256-GCM; the person's id is bound in, so that a row copied to another person does not open.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bidhall.accounts.errors import KeyFileError
from bidhall.durable import write_aside

__all__ = ["Vault", "load_vault_key"]

_KEY: Final = 32
_NONCE: Final = 12
_PURPOSE: Final = b"bidhall/totp/v1 "


def load_vault_key(path: Path) -> bytes:
    """Read the key (32 bytes), making it where there is none.

    Raises:
        KeyFileError: the file is there but is no key; it is never replaced, for then nobody's
            second factor would open any more.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        key = b""
    if len(key) != _KEY:
        raise KeyFileError(f"{path} is not a key (64 hex digits); put the right file back")
    return key


def _make(path: Path) -> None:
    # Workers start at the same time: the link is made once, and all read what it points to.
    aside = path.with_name(f".{path.name}.{os.getpid()}.made")
    write_aside(aside, os.urandom(_KEY).hex().encode())
    try:
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        aside.unlink()


class Vault:
    """Seals and opens short secrets of people."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, person: str, secret: str) -> bytes:
        """Seal a secret of ``person``."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), _PURPOSE + person.encode())

    def open(self, person: str, sealed: bytes) -> str:
        """Open a sealed secret of ``person``.

        Raises:
            KeyFileError: sealed under another key, or for another person.
        """
        try:
            plain = self._cipher.decrypt(
                sealed[:_NONCE], sealed[_NONCE:], _PURPOSE + person.encode()
            )
        except (InvalidTag, ValueError) as error:
            message = f"the second factor of {person} does not open with this data folder's key"
            raise KeyFileError(message) from error
        return plain.decode()
