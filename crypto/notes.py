"""Signed notes, checkpoints and cosignatures, as C2SP specifies them.

Sources: c2sp.org/signed-note@v1, c2sp.org/tlog-checkpoint@v1, c2sp.org/tlog-cosignature@v1
(Ed25519). The text of a note means nothing until `open_checkpoint` or `open_cosigned` has found a
valid signature by a key that the caller brought along.

Beyond the letter of those pages: base64 with unused bits set is refused, a tree of size 0 must have
the root of the empty tree, and a note is at most 1 MiB with at most 64 signatures.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from crypto.errors import NoteInvalidError
from crypto.merkle import EMPTY_ROOT, HASH_SIZE

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
MAX_NOTE: Final = 1 << 20
MAX_SIGNATURES: Final = 64
MAX_SIZE: Final = 2**63 - 1
PUBLIC_KEY_SIZE: Final = 32
KEY_ID_SIZE: Final = 4
TIMESTAMP_SIZE: Final = 8
_DASH: Final = "\u2014"
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key and its name; `type` is `ED25519` (logs) or `COSIGNATURE` (witnesses)."""

    name: str
    type: int
    public_key: bytes

    def __post_init__(self) -> None:
        """Refuse what cannot be a verifier key.

        Raises:
            NoteInvalidError: the name, type or key is not of its form.
        """
        check_key_name(self.name)
        if self.type not in {ED25519, COSIGNATURE} or len(self.public_key) != PUBLIC_KEY_SIZE:
            size = len(self.public_key)
            message = f"verifier key {self.name!a} is not Ed25519 (type {self.type}, {size} bytes)"
            raise NoteInvalidError(message)

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that, with the name, identify the key in a signature line."""
        return hashlib.sha256(
            self.name.encode() + b"\n" + bytes([self.type]) + self.public_key
        ).digest()[:KEY_ID_SIZE]

    def __str__(self) -> str:
        """Encode as a vkey."""
        material = base64.b64encode(bytes([self.type]) + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read a vkey.

        Raises:
            NoteInvalidError: it is not one, or its key id is not that of its key.
        """
        name, _, rest = vkey.partition("+")
        key_id, plus, encoded = rest.partition("+")
        if not plus:
            message = f"a verifier key is name+id+key, not {vkey[:100]!a}"
            raise NoteInvalidError(message)
        material = decode_base64(encoded, "verifier key")
        key = cls(name, material[0] if material else 0, material[1:])
        if key.key_id.hex() != key_id:
            message = f"verifier key {name!a} says id {key_id[:20]!a}, not {key.key_id.hex()}"
            raise NoteInvalidError(message)
        return key


def verifier_key(name: str, private_key: Ed25519PrivateKey, kind: int = ED25519) -> VerifierKey:
    """Return the verifier key that belongs to a private key used under `name`."""
    return VerifierKey(name, kind, private_key.public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: `blob` is what follows the key id."""

    name: str
    key_id: bytes
    blob: bytes

    def line(self) -> str:
        """Encode as a line with its newline."""
        return f"{_DASH} {self.name} {base64.b64encode(self.key_id + self.blob).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note: nothing in it is verified. `text` ends in a newline."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        """Encode as a signed note."""
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: origin, number of leaves, root (32 bytes), lines nobody vouches for."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be written as a checkpoint.

        Raises:
            NoteInvalidError: a field is not of its form.
        """
        lines = (self.origin, *self.extensions)
        if not all(lines) or any("\n" in line or _CONTROL.search(line) for line in lines):
            message = f"origin and extensions are lines of text, not empty: {self.origin!a}"
            raise NoteInvalidError(message)
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_SIZE:
            message = f"no checkpoint has size {self.size} and a root of {len(self.root)} bytes"
            raise NoteInvalidError(message)
        if self.size == 0 and self.root != EMPTY_ROOT:
            message = f"a log of no leaves has the root {EMPTY_ROOT.hex()}, not {self.root.hex()}"
            raise NoteInvalidError(message)

    def text(self) -> str:
        """Encode as the text of a note."""
        lines = (
            self.origin,
            str(self.size),
            base64.b64encode(self.root).decode(),
            *self.extensions,
        )
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A verified cosignature: who, and when in POSIX seconds by the witness's clock."""

    name: str
    timestamp: int


def check_key_name(name: str) -> None:
    """Check that a key name is not empty and has no space, control character or plus.

    Raises:
        NoteInvalidError: it is or has.
    """
    if (
        not name
        or "+" in name
        or _CONTROL.search(name)
        or any(character.isspace() for character in name)
    ):
        message = f"a key name is not empty and has no space or plus: {name[:100]!a}"
        raise NoteInvalidError(message)


def decode_base64(text: str, what: str) -> bytes:
    """Decode padded standard base64, in its one spelling.

    Raises:
        NoteInvalidError: it is not that.
    """
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        octets = b""
    if not octets or base64.b64encode(octets).decode() != text:
        message = f"not base64 in a {what}: {text[:60]!a}"
        raise NoteInvalidError(message)
    return octets


def parse_note(note: str) -> Note:
    """Take a signed note apart, without verifying anything.

    Raises:
        NoteInvalidError: it is not a signed note.
    """
    try:
        note.encode()
    except UnicodeEncodeError as error:
        raise NoteInvalidError("a note holds half of a surrogate pair") from error
    text, blank, rest = note.rpartition("\n\n")
    if not blank or not rest.endswith("\n") or len(note) > MAX_NOTE or _CONTROL.search(note):
        message = "not a signed note: text, an empty line, signature lines; no control characters"
        raise NoteInvalidError(message)
    lines = rest.removesuffix("\n").split("\n")
    if len(lines) > MAX_SIGNATURES:
        message = f"a note has at most {MAX_SIGNATURES} signatures, this one {len(lines)}"
        raise NoteInvalidError(message)
    return Note(text + "\n", tuple(_parse_line(line) for line in lines))


def _parse_line(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, space, encoded = rest.partition(" ")
    if dash != _DASH or not space or " " in encoded:
        message = f"not a signature line: {line[:100]!a}"
        raise NoteInvalidError(message)
    check_key_name(name)
    octets = decode_base64(encoded, "signature line")
    if len(octets) <= KEY_ID_SIZE:
        message = f"a signature by {name!a} has no signature"
        raise NoteInvalidError(message)
    return Signature(name, octets[:KEY_ID_SIZE], octets[KEY_ID_SIZE:])


def sign_note(text: str, name: str, private_key: Ed25519PrivateKey) -> Signature:
    """Sign the text of a note (it ends in a newline) with Ed25519."""
    key = verifier_key(name, private_key)
    return Signature(name, key.key_id, private_key.sign(text.encode()))


def sign_checkpoint(checkpoint: Checkpoint, name: str, private_key: Ed25519PrivateKey) -> str:
    """Return the checkpoint as a note signed by its log; `name` should be its origin."""
    text = checkpoint.text()
    return str(Note(text, (sign_note(text, name, private_key),)))


def cosign(note: str, name: str, private_key: Ed25519PrivateKey, timestamp: int) -> Signature:
    """Cosign a checkpoint as a witness at `timestamp` (POSIX seconds).

    The witness must have verified the log's signature and consistency with the last checkpoint it
    cosigned.

    Raises:
        NoteInvalidError: the note is not a checkpoint, or the time is out of range.
    """
    text = parse_note(note).text
    parse_checkpoint(text)
    if not 0 <= timestamp <= MAX_SIZE:
        message = f"a cosignature's time is 0 to 2^63 - 1, not {timestamp}"
        raise NoteInvalidError(message)
    key = verifier_key(name, private_key, COSIGNATURE)
    signature = private_key.sign(_cosigned_bytes(text, timestamp))
    return Signature(name, key.key_id, timestamp.to_bytes(8, "big") + signature)


def _cosigned_bytes(text: str, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def add_signatures(note: str, signatures: Iterable[Signature]) -> str:
    """Return the note with further signature lines; one that it has already is not repeated.

    Raises:
        NoteInvalidError: it is not a signed note.
    """
    parsed = parse_note(note)
    every = dict.fromkeys([*parsed.signatures, *signatures])
    return str(Note(parsed.text, tuple(every)))


def verify_signature(text: str, signature: Signature, key: VerifierKey) -> int | None:
    """Check one signature line over the text; return a cosignature's time, `None` for a signature.

    Raises:
        NoteInvalidError: it does not verify.
    """
    message, blob, timestamp = text.encode(), signature.blob, None
    if key.type == COSIGNATURE:
        timestamp = int.from_bytes(blob[:TIMESTAMP_SIZE], "big")
        message, blob = _cosigned_bytes(text, timestamp), blob[TIMESTAMP_SIZE:]
    try:
        if timestamp is not None and timestamp > MAX_SIZE:
            raise InvalidSignature
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(blob, message)
    except InvalidSignature:
        complaint = f"the signature by {key.name!a} (key {key.key_id.hex()}) does not verify"
        raise NoteInvalidError(complaint) from None
    return timestamp


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint note, signed by whom or not.

    Raises:
        NoteInvalidError: it is not a checkpoint.
    """
    match text.removesuffix("\n").split("\n"):
        case [origin, size, root, *more] if text.endswith("\n") and _DECIMAL.fullmatch(size):
            return Checkpoint(origin, int(size), decode_base64(root, "checkpoint"), tuple(more))
        case _:
            message = "not a checkpoint: origin, size and root, a line each"
            raise NoteInvalidError(message)


def open_checkpoint(note: str, origin: str, key: VerifierKey | str) -> Checkpoint:
    """Verify a checkpoint's signature by its log, and return it.

    `key` is the log's, parsed or as a vkey. Signatures by other keys are ignored.

    Raises:
        NoteInvalidError: not a checkpoint, of another origin, not signed by the log, or its
        signature does not verify.
    """
    return open_cosigned(note, origin, key)[0]


def open_cosigned(
    note: str, origin: str, key: VerifierKey | str, witnesses: Sequence[VerifierKey | str] = ()
) -> tuple[Checkpoint, tuple[Cosignature, ...]]:
    """Verify a checkpoint as `open_checkpoint` does, and every cosignature by a known witness.

    Each witness counts once, with its newest time. How many are enough is the caller's policy.

    Raises:
        NoteInvalidError: as `open_checkpoint`, or a known witness's signature does not verify.
    """
    log = _as_key(key)
    parsed = parse_note(note)
    checkpoint = parse_checkpoint(parsed.text)
    if checkpoint.origin != origin:
        message = f"the checkpoint is of log {checkpoint.origin!a}, not of {origin!a}"
        raise NoteInvalidError(message)
    if not [verify_signature(parsed.text, line, log) for line in _lines_by(parsed, log)]:
        message = f"the checkpoint is not signed by {log.name!a} (key {log.key_id.hex()})"
        raise NoteInvalidError(message)
    seen: dict[bytes, Cosignature] = {}
    for witness in map(_as_key, witnesses):
        times = [
            verify_signature(parsed.text, line, witness) or 0 for line in _lines_by(parsed, witness)
        ]
        if times and witness.type == COSIGNATURE:
            seen[witness.public_key] = Cosignature(witness.name, max(times))
    return checkpoint, tuple(seen.values())


def _as_key(key: VerifierKey | str) -> VerifierKey:
    return VerifierKey.parse(key) if isinstance(key, str) else key


def _lines_by(note: Note, key: VerifierKey) -> list[Signature]:
    return [line for line in note.signatures if (line.name, line.key_id) == (key.name, key.key_id)]
