"""Telling a bidder who uploads an unsealed file, before anything is stored.

Source: docs/spec/envelope.md, "Checking a descriptor", step 6; D20, article 26. A ciphertext begins
with a random salt: the chance that one is taken for plaintext here is below 2^-23 for the
signatures and nil for text.
"""

from __future__ import annotations

from typing import Final

from crypto.payload import is_ciphertext_size

HEAD_SIZE: Final = 512
"""How many of the first bytes a caller should hand in."""
MIN_TEXT: Final = 32
"""Fewer printable bytes than this may be the chance beginning of a ciphertext."""

_SIGNATURES: Final = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff\xe0", "a JPEG image"),
    (b"\xff\xd8\xff\xe1", "a JPEG image"),
    (b"\xff\xd8\xff\xdb", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x1f\x8b\x08\x00", "a gzip archive"),
    (b"\x1f\x8b\x08\x08", "a gzip archive"),
    (b"BZh9", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"AC10", "a DWG drawing"),
    (b"{\\rtf", "an RTF document"),
    (b"\xef\xbb\xbf", "a text file"),
    (b"age-encryption.org/", "an age file, such as a recovery file"),
    (b"bidhall-bid/v1\n", "a whole sealed bid file; hand it in with `bidhall bid submit`"),
)
_OFFSET_SIGNATURES: Final = (
    (257, b"ustar", "a tar archive"),
    (4, b"ftyp", "a video or HEIC image"),
)


def looks_like_plaintext(head: bytes, size: int) -> str | None:
    """Say what a file with these first bytes and size looks like; `None` if it may be sealed."""
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    for offset, signature, kind in _OFFSET_SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return kind
    if _is_text(head[:HEAD_SIZE]):
        return "a text file"
    if not is_ciphertext_size(size):
        return f"a file that was not sealed: no sealed file has {size} bytes"
    return None


def _is_text(head: bytes) -> bool:
    """Tell whether `MIN_TEXT` bytes or more are all printable UTF-8; the last character may be cut off."""
    if len(head) < MIN_TEXT:
        return False
    for cut in range(4):
        try:
            text = head[: len(head) - cut].decode()
        except UnicodeDecodeError:
            continue
        return all(character.isprintable() or character in "\t\r\n\f" for character in text)
    return False
