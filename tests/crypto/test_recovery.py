"""Recovery files: what a bidder keeps to open its own bid.

Most tests read files made here by the letter of age-encryption.org/v1 with little work, because the
real ones cost seconds.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto import canonical, recovery
from crypto.descriptor import Context
from crypto.envelope import Secrets
from crypto.errors import RecoveryInvalidError

PASSPHRASE = "六个 words of a passphrase"
CONTEXT = Context(b"\x01" * 32, "1", "form", "org-a", bytes(33), 1, b"\x02" * 32)
KEPT = recovery.recovery_of("ten-a", [(CONTEXT, Secrets(b"\x03" * 32, b"\x04" * 32))])
VALUE = {
    "v": 1, "tender": "ten-a", "manifest": "01" * 32, "lot": "1", "bidder": "org-a", "seq": 1,
    "stages": [{"stage": "form", "nonce": "02" * 32, "k_t": "03" * 32, "k_o": "04" * 32}],
}  # fmt: skip


def age_file(plaintext: bytes, passphrase: str = PASSPHRASE) -> bytes:
    """An age file for a passphrase, with a work factor of 2^4 and a payload of one chunk."""
    file_key, salt, nonce = b"\x07" * 16, b"\x08" * 16, b"\x09" * 16
    wrap = hashlib.scrypt(
        passphrase.encode(), salt=b"age-encryption.org/v1/scrypt" + salt, n=16, r=8, p=1, dklen=32
    )
    body = ChaCha20Poly1305(wrap).encrypt(bytes(12), file_key, None)
    header = f"age-encryption.org/v1\n-> scrypt {unpadded(salt)} 4\n{unpadded(body)}\n---".encode()
    mac = hmac.digest(
        HKDF(SHA256(), 32, salt=b"", info=b"header").derive(file_key), header, "sha256"
    )
    stream = HKDF(SHA256(), 32, salt=nonce, info=b"payload").derive(file_key)
    chunk = ChaCha20Poly1305(stream).encrypt(bytes(11) + b"\x01", plaintext, None)
    return header + b" " + unpadded(mac).encode() + b"\n" + nonce + chunk


def unpadded(data: bytes) -> str:
    """Base64 as age writes it."""
    return base64.b64encode(data).decode().rstrip("=")


FILE = age_file(canonical.encode(VALUE))


def test_a_written_file_is_an_age_file_and_shows_nothing() -> None:
    file = recovery.encrypt(KEPT, PASSPHRASE)
    assert file.startswith(b"age-encryption.org/v1\n-> scrypt ")
    assert b"org-a" not in file
    assert recovery.decrypt(file, PASSPHRASE) == KEPT


def test_it_opens_with_its_passphrase_alone() -> None:
    assert recovery.decrypt(FILE, PASSPHRASE) == KEPT
    with pytest.raises(RecoveryInvalidError, match="passphrase is wrong"):
        recovery.decrypt(FILE, PASSPHRASE + "x")


def test_secrets_do_not_show() -> None:
    assert ("03" * 32) not in repr(KEPT)
    assert "\\x03" not in repr(KEPT)


@pytest.mark.parametrize(
    "damaged",
    [b"", FILE[:-1], FILE[:-1] + bytes([FILE[-1] ^ 1]), b"x" * 100, bytes(recovery.MAX_FILE + 1)],
    ids=["empty", "cut", "changed", "other", "huge"],
)
def test_a_damaged_file_is_refused(damaged: bytes) -> None:
    with pytest.raises(RecoveryInvalidError):
        recovery.decrypt(damaged, PASSPHRASE)


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(RecoveryInvalidError):
        recovery.encrypt(KEPT, "")


SECRET = "5" * 64
STAGE = {"stage": "form", "nonce": "02" * 32, "k_t": SECRET, "k_o": SECRET}


@pytest.mark.parametrize(
    "value",
    [[SECRET], {**VALUE, "v": 2}, {**VALUE, "more": SECRET}, {**VALUE, "seq": "1"}, {**VALUE, "manifest": SECRET[:-1]},
     {**VALUE, "stages": {}}, {**VALUE, "stages": [SECRET]}, {**VALUE, "stages": [{**STAGE, "k_o": SECRET[:-1]}]},
     {**VALUE, "stages": [{**STAGE, "more": ""}]}, {**VALUE, "lot": 1}],
)  # fmt: skip
def test_another_content_is_refused_without_being_quoted(value: object) -> None:
    with pytest.raises(RecoveryInvalidError) as caught:
        recovery.decrypt(age_file(canonical.encode(value)), PASSPHRASE)
    assert "555" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_is_not_canonical_is_refused() -> None:
    with pytest.raises(RecoveryInvalidError):
        recovery.decrypt(age_file(canonical.encode(VALUE) + b"\n"), PASSPHRASE)
