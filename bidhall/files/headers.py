"""Reading the headers of tus 1.0: everything a client claims is hostile until it is read here."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from starlette.datastructures import Headers

from bidhall.files.errors import HeaderInvalidError, MediaTypeError, VersionError

__all__ = [
    "CHECKSUM_ALGORITHM",
    "TUS_VERSION",
    "checksum",
    "file_name",
    "length",
    "method",
    "one",
    "piece",
    "version",
    "whole",
]

TUS_VERSION: Final = "1.0.0"
CHECKSUM_ALGORITHM: Final = "sha256"
PIECE_TYPE: Final = "application/offset+octet-stream"

_WHOLE: Final = re.compile(r"[0-9]{1,15}")
_KEY: Final = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,64}")
_DIGEST: Final = 32
_METADATA_BYTES: Final = 4096
_NAME_CHARACTERS: Final = 255
# Control characters, and the marks that reorder text: a name must look like what it is.
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def one(headers: Headers, name: str) -> str | None:
    """Give the value of a header that may occur once.

    Raises:
        HeaderInvalidError: it occurs more than once; proxies disagree about which one counts.
    """
    values = headers.getlist(name)
    if len(values) > 1:
        message = f"{name} occurs {len(values)} times; send it once"
        raise HeaderInvalidError(message, header=name)
    return values[0].strip() if values else None


def whole(headers: Headers, name: str) -> int | None:
    """Read a whole number of bytes; None if the header is missing.

    Raises:
        HeaderInvalidError: it is no number of at most 15 digits.
    """
    value = one(headers, name)
    if value is None:
        return None
    if not _WHOLE.fullmatch(value):
        message = f"{name} is {value[:40]!a}; it must be a whole number of bytes"
        raise HeaderInvalidError(message, header=name)
    return int(value)


def method(declared: str, headers: Headers) -> str:
    """Give the method that is meant: some proxies let only GET and POST through."""
    meant = one(headers, "X-HTTP-Method-Override")
    if declared != "POST" or meant is None:
        return declared
    if meant not in {"HEAD", "PATCH", "DELETE"}:
        message = f"X-HTTP-Method-Override is {meant[:20]!a}; it may be HEAD, PATCH or DELETE"
        raise HeaderInvalidError(message, header="X-HTTP-Method-Override")
    return meant


def version(headers: Headers) -> None:
    """Check that the client speaks tus 1.0.

    A page of another origin cannot set this header without a preflight, which is never granted.

    Raises:
        VersionError: it does not.
    """
    value = one(headers, "Tus-Resumable")
    if value != TUS_VERSION:
        message = f"Tus-Resumable is {str(value)[:20]!a}; this server speaks {TUS_VERSION}"
        raise VersionError(message, version=TUS_VERSION)


def length(headers: Headers) -> int:
    """Read the length of a new upload.

    Raises:
        HeaderInvalidError: it is missing, deferred or no number.
    """
    if one(headers, "Upload-Defer-Length") is not None:
        message = "Upload-Defer-Length is not offered; send Upload-Length"
        raise HeaderInvalidError(message, header="Upload-Defer-Length")
    if one(headers, "Upload-Concat") is not None:
        message = "Upload-Concat is not offered; send the file as one upload"
        raise HeaderInvalidError(message, header="Upload-Concat")
    found = whole(headers, "Upload-Length")
    if found is None:
        message = "Upload-Length is missing; send the length of the file in bytes"
        raise HeaderInvalidError(message, header="Upload-Length")
    return found


def piece(headers: Headers) -> int:
    """Read the offset at which a piece claims to begin.

    Raises:
        MediaTypeError: the body is not declared as a piece.
        HeaderInvalidError: the offset is missing or no number.
    """
    declared = one(headers, "Content-Type")
    if declared != PIECE_TYPE:
        message = f"Content-Type is {str(declared)[:60]!a}; it must be {PIECE_TYPE}"
        raise MediaTypeError(message, expected=PIECE_TYPE)
    offset = whole(headers, "Upload-Offset")
    if offset is None:
        message = "Upload-Offset is missing; ask with HEAD where to go on"
        raise HeaderInvalidError(message, header="Upload-Offset")
    return offset


def checksum(headers: Headers) -> bytes | None:
    """Read the SHA-256 of a piece; None if the client sends none.

    Raises:
        HeaderInvalidError: another algorithm, or not 32 bytes in base64.
    """
    value = one(headers, "Upload-Checksum")
    if value is None:
        return None
    algorithm, _, encoded = value.partition(" ")
    digest = _decoded(encoded)
    if algorithm != CHECKSUM_ALGORITHM or digest is None or len(digest) != _DIGEST:
        message = f"Upload-Checksum must be {CHECKSUM_ALGORITHM!r}, a space, 32 bytes in base64"
        raise HeaderInvalidError(message, header="Upload-Checksum")
    return digest


def file_name(headers: Headers) -> str:
    """Read the file's name from Upload-Metadata, "" if there is none. It is never a path here.

    Raises:
        HeaderInvalidError: the header is malformed, or the name is too long or not plain text.
    """
    value = one(headers, "Upload-Metadata") or ""
    if len(value) > _METADATA_BYTES:
        message = f"Upload-Metadata has {len(value)} bytes; send at most {_METADATA_BYTES}"
        raise HeaderInvalidError(message, header="Upload-Metadata")
    pairs: dict[str, bytes] = {}
    for item in value.split(",") if value else ():
        key, _, encoded = item.strip().partition(" ")
        content = _decoded(encoded)
        if not _KEY.fullmatch(key) or key in pairs or content is None:
            message = "Upload-Metadata must be 'key base64' pairs with commas between, keys once"
            raise HeaderInvalidError(message, header="Upload-Metadata")
        pairs[key] = content
    return _name(pairs.get("filename", b""))


def _name(raw: bytes) -> str:
    try:
        name = raw.decode()
    except UnicodeDecodeError as error:
        message = "the file's name is not UTF-8"
        raise HeaderInvalidError(message, code="bad-file-name") from error
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    if len(name) > _NAME_CHARACTERS or _UNSAFE.search(name) or name in {".", ".."}:
        message = f"the file's name must be plain text of at most {_NAME_CHARACTERS} characters"
        raise HeaderInvalidError(message, code="bad-file-name")
    return name


def _decoded(encoded: str) -> bytes | None:
    try:
        return base64.b64decode(encoded.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return None
