"""Telling an unsealed file from a sealed one."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import payload
from crypto.plaintext import looks_like_plaintext

SIZE = payload.ciphertext_size(payload.MIN_BUCKET)


def zipped() -> bytes:
    """A real ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "a")
    return out.getvalue()


def tarred() -> bytes:
    """A real tar archive, whose signature is far in."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        member = tarfile.TarInfo("\u6295\u6807.bin")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"\x00\x01\x02\x03"))
    return out.getvalue()


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "PDF"), (zipped(), "ZIP"), (gzip.compress(b"x" * 100), "gzip"),
        (tarred(), "tar"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "old Office"), (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG"), (b"Rar!\x1a\x07\x01\x00", "RAR"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "7z"),
        (b"\x00\x00\x00\x20ftypisom", "video"), ("投标报价：肆仟伍佰捌拾柒万元整".encode() * 20, "text"),
        (b'{"price":"45873216.58","quality":"good"}', "text"), (b"bidhall-bid/v1\n\x00\x00\x10\x00", "bid submit"),
        (b"age-encryption.org/v1\n-> scrypt", "recovery"),
    ],
)  # fmt: skip
def test_common_files_are_named(head: bytes, kind: str) -> None:
    found = looks_like_plaintext(head[:512], SIZE)
    assert found is not None
    assert kind in found


def test_a_length_that_no_envelope_has_is_told() -> None:
    head = hashlib.sha256(b"x").digest() * 16
    assert looks_like_plaintext(head, SIZE) is None
    assert str(SIZE + 1) in (looks_like_plaintext(head, SIZE + 1) or "")


@given(st.integers(0, 10_000))
def test_ciphertext_is_not_taken_for_plaintext(seed: int) -> None:
    head = hashlib.shake_256(b"%d" % seed).digest(512)
    assert looks_like_plaintext(head, SIZE) is None
