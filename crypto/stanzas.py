"""Stanzas: the two content secrets of an envelope, each sealed to one public key with HPKE.

Source: docs/spec/envelope.md, "Keys"; RFC 9180; X-Wing as HPKE KEM 0x647a. The library draws the
ephemeral keys itself: HPKE in `cryptography` is single shot, takes `info` and no AAD, and cannot be
handed randomness.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x25519
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from crypto.errors import CommitmentMismatchError, DescriptorInvalidError, StanzaInvalidError

SECRET_SIZE: Final = 32
STANZA_T_SIZE: Final = 65 + SECRET_SIZE + 16
STANZA_O_SIZE: Final = 1120 + SECRET_SIZE + 16
TENDER_KEY_SIZE: Final = 33
OPERATOR_KEY_SIZE: Final = 1184 + 32
OPERATOR_SEED_SIZE: Final = 32

_TENDER_SUITE: Final = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_OPERATOR_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_COMMITMENT_LABEL: Final = b"bidhall/key/v1"


def load_tender_key(public_key: bytes) -> ec.EllipticCurvePublicKey:
    """Read a tender key: 33 bytes, compressed P-256 point.

    Raises:
        DescriptorInvalidError: `malformed-key`.
    """
    try:
        if len(public_key) != TENDER_KEY_SIZE:
            raise ValueError
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    except ValueError:
        message = f"not a compressed P-256 point: {public_key.hex()[:70]}"
        raise DescriptorInvalidError(message, code="malformed-key") from None


def load_operator_key(public_key: bytes) -> MLKEM768X25519PublicKey:
    """Read an operator key: 1,216 bytes, ML-KEM-768 encapsulation key || X25519 public key.

    Raises:
        DescriptorInvalidError: `malformed-key`.
    """
    try:
        return MLKEM768X25519PublicKey(
            mlkem.MLKEM768PublicKey.from_public_bytes(public_key[:1184]),
            x25519.X25519PublicKey.from_public_bytes(public_key[1184:]),
        )
    except ValueError:
        message = (
            f"not an X-Wing public key of {OPERATOR_KEY_SIZE} bytes, but {len(public_key)} bytes"
        )
        raise DescriptorInvalidError(message, code="malformed-key") from None


def _expand_operator_seed(seed: bytes) -> tuple[mlkem.MLKEM768PrivateKey, x25519.X25519PrivateKey]:
    """Expand an X-Wing seed with SHAKE256 (draft-connolly-cfrg-xwing-kem, 5.2)."""
    if len(seed) != OPERATOR_SEED_SIZE:
        message = f"an operator seed has {OPERATOR_SEED_SIZE} bytes, not {len(seed)}"
        raise DescriptorInvalidError(message, code="malformed-key")
    expanded = hashlib.shake_256(seed).digest(96)
    return (
        mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
        x25519.X25519PrivateKey.from_private_bytes(expanded[64:]),
    )


def operator_private_key(seed: bytes) -> MLKEM768X25519PrivateKey:
    """Return the operator's private key for its 32-byte seed.

    Raises:
        DescriptorInvalidError: `malformed-key`.
    """
    return MLKEM768X25519PrivateKey(*_expand_operator_seed(seed))


def operator_public_bytes(seed: bytes) -> bytes:
    """Return the operator key (1,216 bytes) that belongs to a 32-byte seed.

    Raises:
        DescriptorInvalidError: `malformed-key`.
    """
    lattice, curve = _expand_operator_seed(seed)
    return lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()


def seal_t(secret: bytes, tender_key: bytes, ctx: bytes) -> bytes:
    """Seal k_T (32 bytes) to the tender key (33 bytes): stanza T, 113 bytes.

    Raises:
        DescriptorInvalidError: `malformed-key`.
    """
    return _TENDER_SUITE.encrypt(secret, load_tender_key(tender_key), info=b"T" + ctx)


def seal_o(secret: bytes, operator_key: bytes, ctx: bytes) -> bytes:
    """Seal k_O (32 bytes) to the operator key (1,216 bytes): stanza O, 1,168 bytes.

    Raises:
        DescriptorInvalidError: `malformed-key`.
    """
    key = load_operator_key(operator_key)
    try:
        return _OPERATOR_SUITE.encrypt(secret, key, info=b"O" + ctx)
    except ValueError:
        message = "the X25519 half of the operator key is a point of small order"
        raise DescriptorInvalidError(message, code="malformed-key") from None


def unseal_t(stanza: bytes, tender_private_key: ec.EllipticCurvePrivateKey, ctx: bytes) -> bytes:
    """Open stanza T and return k_T.

    Raises:
        StanzaInvalidError: it was not sealed to this key in this context, or was altered.
    """
    try:
        secret = _TENDER_SUITE.decrypt(stanza, tender_private_key, info=b"T" + ctx)
    except (InvalidTag, ValueError):
        message = "stanza T does not open: sealed to another tender key or context, or altered"
        raise StanzaInvalidError(message) from None
    return _checked_size(secret, "T")


def unseal_o(stanza: bytes, operator_key: MLKEM768X25519PrivateKey, ctx: bytes) -> bytes:
    """Open stanza O and return k_O.

    Raises:
        StanzaInvalidError: it was not sealed to this key in this context, or was altered.
    """
    try:
        secret = _OPERATOR_SUITE.decrypt(stanza, operator_key, info=b"O" + ctx)
    except (InvalidTag, ValueError):
        message = "stanza O does not open: sealed to another operator key or context, or altered"
        raise StanzaInvalidError(message) from None
    return _checked_size(secret, "O")


def _checked_size(secret: bytes, leg: str) -> bytes:
    if len(secret) != SECRET_SIZE:
        message = f"stanza {leg} holds {len(secret)} bytes where a key of {SECRET_SIZE} belongs"
        raise StanzaInvalidError(message)
    return secret


def commitment(secret: bytes, ctx: bytes) -> bytes:
    """Commit to k_T or k_O: 32 bytes that anyone can check once the secret is released."""
    return hashlib.sha256(_COMMITMENT_LABEL + ctx + secret).digest()


def check_commitment(secret: bytes, ctx: bytes, expected: bytes, leg: str) -> None:
    """Check a released secret against its commitment; `leg` ("T" or "O") is for the message.

    Raises:
        CommitmentMismatchError: it is another secret, or one of another envelope.
    """
    if not hmac.compare_digest(commitment(secret, ctx), expected):
        message = f"the key of leg {leg} is not the one this envelope commits to ({expected.hex()})"
        raise CommitmentMismatchError(message)
