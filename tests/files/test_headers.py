"""Reading hostile headers: whatever is sent, it is understood or refused, never both."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from bidhall.files import headers
from bidhall.files.errors import HeaderInvalidError, MediaTypeError, VersionError


def of(*pairs: tuple[str, str]) -> Headers:
    """Make headers as a server would."""
    return Headers(raw=[(name.lower().encode(), value.encode("latin-1")) for name, value in pairs])


def named(name: bytes) -> Headers:
    """Make the metadata of a file with this name."""
    return of(("Upload-Metadata", "filename " + base64.b64encode(name).decode()))


@pytest.mark.parametrize(
    "value", ["", "-1", "+1", "1.0", "0x10", "1e3", "\u0661", "1" * 16, "1 2", "NaN"]
)
def test_a_number_that_is_none_is_refused(value: str) -> None:
    raw = value.encode("utf-8").decode("latin-1")
    with pytest.raises(HeaderInvalidError, match="whole number"):
        headers.whole(of(("Upload-Length", raw)), "Upload-Length")


def test_a_header_sent_twice_is_refused() -> None:
    with pytest.raises(HeaderInvalidError, match="2 times"):
        headers.length(of(("Upload-Length", "5"), ("Upload-Length", "6")))


@pytest.mark.parametrize("value", ["0.2.2", "1.0", "", "1.0.0, 1.0.0"])
def test_another_tus_version_is_refused(value: str) -> None:
    with pytest.raises(VersionError):
        headers.version(of(("Tus-Resumable", value)))
    with pytest.raises(VersionError):
        headers.version(of())


@pytest.mark.parametrize("name", ["Upload-Defer-Length", "Upload-Concat"])
def test_extensions_not_offered_are_refused(name: str) -> None:
    with pytest.raises(HeaderInvalidError, match="not offered"):
        headers.length(of(("Upload-Length", "5"), (name, "1")))


def test_a_piece_needs_its_type_and_offset() -> None:
    assert headers.piece(of(("Content-Type", headers.PIECE_TYPE), ("Upload-Offset", "7"))) == 7
    with pytest.raises(MediaTypeError):
        headers.piece(of(("Content-Type", "application/octet-stream"), ("Upload-Offset", "7")))
    with pytest.raises(HeaderInvalidError, match="missing"):
        headers.piece(of(("Content-Type", headers.PIECE_TYPE)))


def test_a_checksum_is_read() -> None:
    digest = hashlib.sha256(b"x").digest()
    value = "sha256 " + base64.b64encode(digest).decode()
    assert headers.checksum(of(("Upload-Checksum", value))) == digest
    assert headers.checksum(of()) is None


@pytest.mark.parametrize(
    "value", ["", "sha1 AAAA", "sha256", "sha256 AAAA", "sha256 !!!!", "SHA256 x"]
)
def test_another_checksum_is_refused(value: str) -> None:
    with pytest.raises(HeaderInvalidError, match="sha256"):
        headers.checksum(of(("Upload-Checksum", value)))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("施工组织设计.bhe", "施工组织设计.bhe"),
        ("../../etc/passwd", "passwd"),
        ("C:\\bids\\a.bhe", "a.bhe"),
        ("", ""),
    ],
)
def test_a_name_is_kept_without_its_path(sent: str, kept: str) -> None:
    assert headers.file_name(named(sent.encode())) == kept


@pytest.mark.parametrize(
    "name", [b"\xff\xfe", b"a\x00b", "a\u202eb".encode(), b"..", b"a" * 256, b"a\nb"]
)
def test_a_name_that_is_not_plain_text_is_refused(name: bytes) -> None:
    with pytest.raises(HeaderInvalidError) as caught:
        headers.file_name(named(name))
    assert caught.value.code == "bad-file-name"


@pytest.mark.parametrize(
    "value", ["filename ???", "a b c", "a YQ==,a YQ==", "ä YQ==", ",", "a YQ==,"]
)
def test_malformed_metadata_is_refused(value: str) -> None:
    with pytest.raises(HeaderInvalidError):
        headers.file_name(of(("Upload-Metadata", value)))


def test_metadata_has_a_limit() -> None:
    with pytest.raises(HeaderInvalidError, match="4096"):
        headers.file_name(of(("Upload-Metadata", "k " + "A" * 4096)))


@given(st.text(st.characters(max_codepoint=255), max_size=300))
def test_any_metadata_is_read_or_refused(value: str) -> None:
    try:
        name = headers.file_name(of(("Upload-Metadata", value)))
    except HeaderInvalidError:
        return
    assert "/" not in name
    assert len(name) <= 255


@pytest.mark.parametrize("meant", ["GET", "PUT", "patch", "POST", "OPTIONS"])
def test_only_tus_methods_can_be_meant(meant: str) -> None:
    with pytest.raises(HeaderInvalidError):
        headers.method("POST", of(("X-HTTP-Method-Override", meant)))


def test_a_meant_method_counts_for_post_only() -> None:
    override = of(("X-HTTP-Method-Override", "PATCH"))
    assert headers.method("POST", override) == "PATCH"
    assert headers.method("HEAD", override) == "HEAD"
