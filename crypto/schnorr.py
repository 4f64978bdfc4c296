"""Schnorr signatures of COCKTAIL(P-256, SHA-256): proofs of possession and the certificate.

Source: C2SP cocktail-dkg, "Schnorr Signature Scheme". Not for anything else: people sign with ECDSA.
"""

from __future__ import annotations

import hashlib
from typing import Final

from crypto import p256
from crypto.errors import PointInvalidError, SignatureInvalidError

__all__ = ["SIGNATURE_SIZE", "sign", "verify"]

SIGNATURE_SIZE: Final = p256.POINT_SIZE + p256.SCALAR_SIZE
_CHALLENGE: Final = b"COCKTAIL-DKG-P256-SHA256-H7"
_NONCE: Final = b"COCKTAIL-DKG-P256-SHA256-NONCE"


def _hash_to_scalar(data: bytes) -> int:
    wide = hashlib.sha256(b"\x01" + data).digest() + hashlib.sha256(b"\x02" + data).digest()[:16]
    return int.from_bytes(wide, "big") % p256.ORDER


def sign(secret: int, message: bytes) -> bytes:
    """Sign with a secret scalar; 65 bytes: R (33), z (32). Deterministic.

    Raises:
        SignatureInvalidError: the nonce came out as 0; give the session up and start a fresh one.
    """
    public = p256.public_of(secret)
    nonce = _hash_to_scalar(_NONCE + p256.scalar_bytes(secret) + message)
    if nonce == 0:
        raise SignatureInvalidError("the nonce is 0; this session cannot be signed")
    commitment = p256.public_of(nonce)
    challenge = _hash_to_scalar(_CHALLENGE + commitment + public + message)
    return commitment + p256.scalar_bytes(nonce + challenge * secret)


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Check a signature by a public key (33 bytes).

    Raises:
        SignatureInvalidError: malformed, or it does not verify.
    """
    try:
        if len(signature) != SIGNATURE_SIZE:
            raise PointInvalidError("a signature has 65 bytes")
        commitment = p256.decode(signature[: p256.POINT_SIZE])
        response = p256.scalar(signature[p256.POINT_SIZE :])
        key = p256.decode(public)
    except PointInvalidError as error:
        message_ = f"not a signature: {error}"
        raise SignatureInvalidError(message_) from error
    challenge = _hash_to_scalar(_CHALLENGE + signature[: p256.POINT_SIZE] + public + message)
    left = p256.decode(p256.public_of(response)) if response else None
    if left != p256.add(commitment, p256.multiply(challenge, key)):
        raise SignatureInvalidError("the signature does not verify")
