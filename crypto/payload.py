"""What an envelope holds: a header, files, and zeros up to a size bucket.

Source: docs/spec/envelope.md, "Plaintext". The parser takes nothing on trust: what t custodians and
the operator open was written by a bidder who wishes, perhaps, that the opening fail.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crypto import canonical
from crypto.errors import CryptoError, PayloadInvalidError

LENGTH_SIZE: Final = 4
MAX_HEADER: Final = 1 << 20
MAX_CONTENT: Final = 1 << 40
MIN_BUCKET: Final = 1 << 16
CHUNK: Final = 16 * 1024
TAG: Final = 16
OVERHEAD: Final = 56
MAX_FILES: Final = 1000
MAX_TERMS: Final = 100
MAX_TERM_BYTES: Final = 4096
MAX_DAYS: Final = 100_000
MAX_NAME_BYTES: Final = 255
MAX_LOT_BYTES: Final = 64
STAGES: Final = ("form", "technical")

_PRICE: Final = re.compile(r"(?:0|[1-9][0-9]{0,17})\.[0-9]{2}", re.ASCII)
_TERM: Final = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_TYPE: Final = re.compile(
    r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}", re.ASCII
)
_FORBIDDEN: Final = re.compile(
    "[/\\\\\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
_DAYS: Final = frozenset({"duration_days", "valid_days"})

Form = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a technical stage: its name, its size in bytes, its media type."""

    name: str
    size: int
    type: str


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a payload: a form, or a list of files."""

    stage: str
    lot: str
    form: Form | None
    files: tuple[FileEntry, ...]

    def to_bytes(self) -> bytes:
        """Encode as canonical JSON, after the same checks that a reader makes.

        Raises:
            PayloadInvalidError: a value that no reader would accept.
        """
        files = [{"name": f.name, "size": f.size, "type": f.type} for f in self.files]
        value: dict[str, Any] = {"v": 1, "stage": self.stage, "lot": self.lot, "files": files}
        if self.form is not None:
            value["form"] = dict(self.form)
        try:
            encoded = canonical.encode(value)
        except CryptoError as error:
            raise PayloadInvalidError(str(error)) from error
        _parse(value)
        return _checked_length(encoded)

    def offsets(self) -> tuple[int, ...]:
        """Return where each file begins in the content, in bytes."""
        at = LENGTH_SIZE + len(self.to_bytes())
        starts = []
        for entry in self.files:
            starts.append(at)
            at += entry.size
        return tuple(starts)

    def content_size(self) -> int:
        """Return the size of length, header and files together, in bytes.

        Raises:
            PayloadInvalidError: more than `MAX_CONTENT`.
        """
        size = LENGTH_SIZE + len(self.to_bytes()) + sum(entry.size for entry in self.files)
        if size > MAX_CONTENT:
            message = f"a stage holds at most {MAX_CONTENT} bytes, this one has {size}"
            raise PayloadInvalidError(message)
        return size


def form_header(lot: str, form: Form) -> Header:
    """Return the header of a form stage (prices and key terms) for one lot."""
    return Header("form", lot, dict(form), ())


def technical_header(lot: str, files: Sequence[FileEntry]) -> Header:
    """Return the header of a technical stage (files, in the order of their bytes) for one lot."""
    return Header("technical", lot, None, tuple(files))


def parse_header(encoded: bytes) -> Header:
    """Read a header's canonical JSON.

    Raises:
        PayloadInvalidError: anything but what docs/spec/envelope.md allows.
    """
    _checked_length(encoded)
    try:
        value = canonical.decode(encoded)
    except CryptoError as error:
        message = f"the header is not canonical JSON: {error}"
        raise PayloadInvalidError(message) from error
    header = _parse(value)
    header.content_size()
    return header


def _checked_length(encoded: bytes) -> bytes:
    if not 0 < len(encoded) <= MAX_HEADER:
        message = f"a header has 1 to {MAX_HEADER} bytes, this one {len(encoded)}"
        raise PayloadInvalidError(message)
    return encoded


def _parse(value: object) -> Header:
    if not isinstance(value, dict) or value.get("v") != 1 or isinstance(value["v"], bool):
        message = 'the header is not an object with "v": 1'
        raise PayloadInvalidError(message)
    stage, lot = value.get("stage"), value.get("lot")
    if (
        stage not in STAGES
        or not isinstance(lot, str)
        or not 1 <= len(lot.encode()) <= MAX_LOT_BYTES
    ):
        message = f"the header names no stage or lot: {str(stage)[:20]!r}, {str(lot)[:64]!r}"
        raise PayloadInvalidError(message)
    wanted = {"v", "stage", "lot", "files"} | ({"form"} if stage == "form" else set())
    if set(value) != wanted:
        message = (
            f"a header of stage {stage} has the members {sorted(wanted)}, not {sorted(value)[:20]}"
        )
        raise PayloadInvalidError(message)
    files = _parse_files(value["files"], stage)
    form = _parse_form(value["form"]) if stage == "form" else None
    return Header(stage, lot, form, files)


def _parse_files(value: object, stage: str) -> tuple[FileEntry, ...]:
    low, high = (0, 0) if stage == "form" else (1, MAX_FILES)
    if not isinstance(value, list) or not low <= len(value) <= high:
        message = f"a header of stage {stage} lists {low} to {high} files"
        raise PayloadInvalidError(message)
    files = tuple(_parse_file(item) for item in value)
    if len({entry.name for entry in files}) != len(files):
        message = "two files have the same name"
        raise PayloadInvalidError(message)
    return files


def _parse_file(item: object) -> FileEntry:
    if not isinstance(item, dict) or set(item) != {"name", "size", "type"}:
        message = "a file has the members name, size and type"
        raise PayloadInvalidError(message)
    name, size, media = item["name"], item["size"], item["type"]
    if not isinstance(name, str) or not is_file_name(name):
        message = f"not a name for a file: {str(name)[:80]!a}"
        raise PayloadInvalidError(message)
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MAX_CONTENT:
        message = f"not a size for file {name!r}: {str(size)[:40]}"
        raise PayloadInvalidError(message)
    if not isinstance(media, str) or not _TYPE.fullmatch(media):
        message = f"not a media type for file {name!r}: {str(media)[:80]!a}"
        raise PayloadInvalidError(message)
    return FileEntry(name, size, media)


def is_file_name(name: str) -> bool:
    """Tell whether a name is safe to write and to show: no path or control, 1 to 255 bytes."""
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        return False
    if not 1 <= length <= MAX_NAME_BYTES or name in {".", ".."} or _FORBIDDEN.search(name):
        return False
    return not (name.startswith(" ") or name.endswith(" "))


def _parse_form(value: object) -> Form:
    if not isinstance(value, dict) or not 1 <= len(value) <= MAX_TERMS:
        message = f"a form has 1 to {MAX_TERMS} members"
        raise PayloadInvalidError(message)
    price = value.get("price")
    if not isinstance(price, str) or not _PRICE.fullmatch(price):
        message = "the form's price is not a decimal string with two decimals such as 45873216.58"
        raise PayloadInvalidError(message)
    for name, term in value.items():
        if not _is_term(name, term):
            message = f"the form's {str(name)[:64]!a} is not a string, or not days as an integer"
            raise PayloadInvalidError(message)
    return value


def _is_term(name: str, term: object) -> bool:
    if name in _DAYS:
        return isinstance(term, int) and not isinstance(term, bool) and 0 <= term <= MAX_DAYS
    return (
        isinstance(term, str)
        and _TERM.fullmatch(name) is not None
        and len(term.encode()) <= MAX_TERM_BYTES
    )


def bucket(size: int) -> int:
    """Return the padded size for a content of `size` bytes: Padmé, and at least `MIN_BUCKET`.

    Padmé (Nikitin et al., "Reducing metadata leakage from encrypted files and communication with
    PURBs", PETS 2019, 4.4) keeps as many leading bits of a length as its exponent has bits, and
    rounds up.
    """
    if size <= MIN_BUCKET:
        return MIN_BUCKET
    exponent = size.bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return -(-size // step) * step


def ciphertext_size(plaintext: int) -> int:
    """Return the length of the Cobblestone-256 ciphertext of `plaintext` bytes."""
    return OVERHEAD + plaintext + TAG * (plaintext // CHUNK + 1)


def is_ciphertext_size(size: int) -> bool:
    """Tell whether some bucket gives a ciphertext of exactly `size` bytes."""
    body = size - OVERHEAD
    if body < TAG:
        return False
    plaintext = body - TAG * (body // (CHUNK + TAG) + 1)
    return (
        MIN_BUCKET <= plaintext <= MAX_CONTENT
        and bucket(plaintext) == plaintext
        and ciphertext_size(plaintext) == size
    )
