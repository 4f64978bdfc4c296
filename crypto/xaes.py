"""XAES-256-GCM: AES-256-GCM with a 24-byte nonce. Source: C2SP XAES-256-GCM."""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto.errors import CiphertextAlteredError

__all__ = ["NONCE_SIZE", "TAG_SIZE", "open_", "seal"]

KEY_SIZE: Final = 32
NONCE_SIZE: Final = 24
TAG_SIZE: Final = 16


def _derive(key: bytes, nonce: bytes) -> AESGCM:
    if len(key) != KEY_SIZE or len(nonce) != NONCE_SIZE:
        message = f"XAES-256-GCM takes a key of {KEY_SIZE} and a nonce of {NONCE_SIZE} bytes"
        raise ValueError(message)
    # ECB is the bare block cipher here: the derivation is defined on single blocks.
    block = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - single blocks
    first = int.from_bytes(block.update(bytes(16)), "big")
    subkey = (first << 1) & ((1 << 128) - 1)
    if first >> 127:
        subkey ^= 0x87
    derived = b""
    for counter in (1, 2):
        one = int.from_bytes(bytes([0, counter, 0x58, 0]) + nonce[:12], "big") ^ subkey
        derived += block.update(one.to_bytes(16, "big"))
    return AESGCM(derived)


def seal(key: bytes, nonce: bytes, plaintext: bytes, associated: bytes = b"") -> bytes:
    """Encrypt; gives ciphertext and 16-byte tag."""
    return _derive(key, nonce).encrypt(nonce[12:], plaintext, associated)


def open_(key: bytes, nonce: bytes, ciphertext: bytes, associated: bytes = b"") -> bytes:
    """Decrypt.

    Raises:
        CiphertextAlteredError: the tag does not verify.
    """
    try:
        return _derive(key, nonce).decrypt(nonce[12:], ciphertext, associated)
    except InvalidTag as error:
        raise CiphertextAlteredError("the tag does not verify") from error
