"""Shares of a tender key: is this the committed one, and what do t of them make?"""

from __future__ import annotations

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric import ec

from crypto import p256
from crypto.errors import PointInvalidError, ShareInvalidError

__all__ = ["check_share", "recover_private_key"]


def check_share(public_share: bytes, share: bytes) -> None:
    """Check that a released share (32 bytes) is the one behind the public share Y_i (33 bytes).

    Raises:
        ShareInvalidError: it is not.
    """
    try:
        found = p256.public_of(p256.scalar(share))
    except PointInvalidError as error:
        raise ShareInvalidError("a share is a scalar of P-256, not 0") from error
    if found != public_share:
        raise ShareInvalidError("the share does not belong to its public share")


def recover_private_key(
    shares: Mapping[int, bytes], threshold: int, public_key: bytes
) -> ec.EllipticCurvePrivateKey:
    """Recover the private key from at least ``threshold`` valid shares (index from 1 -> 32 bytes).

    Any ``threshold`` of them give the same key; the first by index are taken.

    Raises:
        ShareInvalidError: too few, or what they make is not the key of ``public_key``.
    """
    chosen = sorted(shares)[:threshold]
    if len(chosen) < threshold or not chosen or chosen[0] < 1:
        message = f"{len(shares)} shares were given, {threshold} are needed"
        raise ShareInvalidError(message)
    secret = 0
    for index in chosen:
        top = bottom = 1
        for other in chosen:
            if other != index:
                top = top * other % p256.ORDER
                bottom = bottom * (other - index) % p256.ORDER
        weight = top * pow(bottom, -1, p256.ORDER)
        secret = (secret + p256.scalar(shares[index]) * weight) % p256.ORDER
    if secret == 0 or p256.public_of(secret) != public_key:
        raise ShareInvalidError("the shares do not make the private key of this public key")
    return ec.derive_private_key(secret, ec.SECP256R1())
