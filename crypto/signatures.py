"""Signatures of people: ECDSA P-256 with SHA-256, raw r || s (64 bytes), as WebCrypto gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crypto import canonical
from crypto.errors import PointInvalidError, SignatureInvalidError

__all__ = ["command_message", "compress", "decode_public_key", "sign", "verify"]

COMMAND_TYPE: Final = "bidhall/command/v1"
SIGNATURE_SIZE: Final = 64
PUBLIC_KEY_SIZE: Final = 33
_ALGORITHM: Final = ec.ECDSA(SHA256())


def command_message(id_: str, stream: str, kind: str, body: Mapping[str, Any]) -> bytes:
    """Give the bytes a device key signs for a command."""
    return canonical.encode(
        {"v": 1, "type": COMMAND_TYPE, "id": id_, "stream": stream, "kind": kind, "body": body}
    )


def sign(private_key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """Sign; gives r || s, 32 bytes each, big endian."""
    r, s = decode_dss_signature(private_key.sign(message, _ALGORITHM))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def verify(public_key: bytes, message: bytes, signature: bytes) -> None:
    """Check a signature (64 bytes) by a compressed public key (33 bytes).

    Raises:
        SignatureInvalidError: it does not verify.
        PointInvalidError: the key is not a point of P-256.
    """
    key = decode_public_key(public_key)
    if len(signature) != SIGNATURE_SIZE:
        message_ = f"a signature has {SIGNATURE_SIZE} bytes, not {len(signature)}"
        raise SignatureInvalidError(message_)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(encode_dss_signature(r, s), message, _ALGORITHM)
    except InvalidSignature as error:
        raise SignatureInvalidError("the signature does not verify") from error


def compress(public_key: ec.EllipticCurvePublicKey) -> bytes:
    """Encode a public key as a compressed SEC1 point, 33 bytes."""
    return public_key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def decode_public_key(data: bytes) -> ec.EllipticCurvePublicKey:
    """Decode a compressed SEC1 point.

    Raises:
        PointInvalidError: not 33 bytes, or not on the curve.
    """
    if len(data) != PUBLIC_KEY_SIZE:
        message = f"a compressed P-256 point has {PUBLIC_KEY_SIZE} bytes, not {len(data)}"
        raise PointInvalidError(message)
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)
    except ValueError as error:
        raise PointInvalidError("not a point of P-256") from error
