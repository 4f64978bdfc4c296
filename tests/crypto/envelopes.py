"""A sealed form and sealed files with the keys that open them, for the tests of envelopes."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crypto import descriptor, envelope, payload, stanzas
from crypto.envelope import Sealed, StageKeys

TENDER = ec.derive_private_key(0x1234567, ec.SECP256R1())
SEED = b"\x05" * 32
FULL_CHUNK = payload.CHUNK + payload.TAG


def compressed(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key, 33 bytes."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


KEYS = StageKeys(compressed(TENDER), stanzas.operator_public_bytes(SEED))
FORM: dict[str, str | int] = {
    "price": "45873216.58",
    "duration_days": 420,
    "quality": "合格",
    "manager": "杨晓梅",
    "valid_days": 90,
}


def counted() -> Callable[[int], bytes]:
    """Bytes that differ at each call and are the same in each run."""
    calls = iter(range(1000))
    return lambda size: hashlib.shake_256(b"%d" % next(calls)).digest(size)


def context(stage: str = "form", nonce: bytes = b"\x09" * 32) -> descriptor.Context:
    """A context in one tender."""
    return descriptor.Context(b"\x01" * 32, "1", stage, "org-a", compressed(TENDER), 1, nonce)


def sealed_form() -> tuple[Sealed, bytes]:
    """A sealed form and its ciphertext."""
    out = io.BytesIO()
    sealed = envelope.seal(context(), KEYS, payload.form_header("1", FORM), [], out, counted())
    return sealed, out.getvalue()


def sealed_files(*files: bytes) -> tuple[Sealed, bytes]:
    """Sealed files and their ciphertext."""
    header = payload.technical_header(
        "1",
        [
            payload.FileEntry(f"{at}.pdf", len(data), "application/pdf")
            for at, data in enumerate(files)
        ],
    )
    out = io.BytesIO()
    sources = [io.BytesIO(data) for data in files]
    sealed = envelope.seal(context("technical"), KEYS, header, sources, out, counted())
    return sealed, out.getvalue()


FORM_SEALED, FORM_BYTES = sealed_form()
FILES_SEALED, FILES_BYTES = sealed_files(os.urandom(100_000), b"", os.urandom(17))


def opened(sealed: Sealed, ciphertext: bytes, **options: Any) -> tuple[envelope.Opened, bytes]:
    """Open and return the content too."""
    out = io.BytesIO()
    result = envelope.open_(
        sealed.descriptor, sealed.secrets, io.BytesIO(ciphertext), out, **options
    )
    return result, out.getvalue()


def flipped(data: bytes, at: int, bit: int) -> bytes:
    """The bytes with one bit changed."""
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
