"""A person's own keys, in one file under a passphrase, on the person's own machine.

The file is age-encrypted JSON (scrypt passphrase). What it holds never leaves in the clear:
the device key, the ceremony's state between rounds, the shares, and the last checkpoint seen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from bidhall.client.errors import KeyStoreError
from bidhall.durable import write_aside
from bidhall.ids import new_id
from crypto import passphrase, signatures
from crypto.errors import RecoveryInvalidError

__all__ = ["Device", "KeyStore"]


@dataclass(frozen=True, slots=True, repr=False)
class Device:
    """A device key: signs commands of legal weight."""

    id: str
    key: ec.EllipticCurvePrivateKey

    @property
    def public_key(self) -> bytes:
        """Give the compressed point, 33 bytes."""
        return signatures.compress(self.key.public_key())

    def sign(self, message: bytes) -> str:
        """Sign; raw r||s in hex."""
        return signatures.sign(self.key, message).hex()


class KeyStore:
    """The store at ``path``; nothing is written until ``save``."""

    def __init__(self, path: Path | None, secret: str, data: dict[str, Any]) -> None:
        """Hold opened data; use ``open`` to make one. Without path it lives in memory alone."""
        self._path, self._secret, self.data = path, secret, data

    @classmethod
    def open(cls, path: Path | None, secret: str) -> KeyStore:
        """Open the store, or begin an empty one where there is no file.

        Raises:
            KeyStoreError: wrong passphrase, or not a key store.
        """
        if path is None or not path.exists():
            return cls(path, secret, {"v": 1, "shares": {}, "ceremonies": {}})
        try:
            return cls(path, secret, json.loads(passphrase.unlock(path.read_bytes(), secret)))
        except (RecoveryInvalidError, ValueError) as error:
            message = f"{path}: {error}"
            raise KeyStoreError(message) from error

    def save(self) -> None:
        """Write the store; after a crash the file is the old one or the new one, whole."""
        if self._path is not None:
            sealed = passphrase.lock(json.dumps(self.data).encode(), self._secret)
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_aside(self._path, sealed, mode=0o600)

    def device(self) -> Device:
        """Give the device key, making it the first time."""
        if "device" not in self.data:
            key = ec.generate_private_key(ec.SECP256R1())
            scalar = key.private_numbers().private_value.to_bytes(32, "big").hex()
            self.data["device"] = {"id": new_id("dev"), "key": scalar}
            self.save()
        form = self.data["device"]
        return Device(form["id"], ec.derive_private_key(int(form["key"], 16), ec.SECP256R1()))
