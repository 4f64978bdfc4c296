"""The descriptor: what the record holds of a sealed stage, and how whoever stores one checks it.

Source: docs/spec/envelope.md, "Context", "Descriptor" and "Checking a descriptor".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from crypto import canonical, payload, signatures, stanzas
from crypto.errors import CryptoError, DescriptorInvalidError

SUITE: Final = "bidhall-1"
CONTEXT_LABEL: Final = b"bidhall/seal/v1"
DESCRIPTOR_TYPE: Final = "bidhall/descriptor/v1"
MAX_SEQ: Final = 2**32 - 1
MAX_ID_BYTES: Final = 64
_MEMBERS: Final = frozenset(
    {"v", "suite", "manifest", "lot", "stage", "bidder", "bidder_key", "seq", "nonce"}
    | {"stanza_t", "stanza_o", "commitments", "size", "root"}
)
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})+", re.ASCII)


def _refuse(code: str, message: str) -> DescriptorInvalidError:
    return DescriptorInvalidError(message, code=code)


@dataclass(frozen=True, slots=True)
class Context:
    """The one place an envelope belongs to; `manifest` is H_M, `seq` counts replacements from 1."""

    manifest: bytes
    lot: str
    stage: str
    bidder: str
    bidder_key: bytes
    seq: int
    nonce: bytes
    suite: str = SUITE

    def __post_init__(self) -> None:
        """Refuse fields that cannot be in a context.

        Raises:
            DescriptorInvalidError: `unknown-suite` or `malformed-descriptor`.
        """
        if self.suite != SUITE:
            raise _refuse(
                "unknown-suite", f"suite {self.suite[:40]!r} is not known here; this is {SUITE}"
            )
        for name, octets, size in (
            ("manifest", self.manifest, 32),
            ("bidder_key", self.bidder_key, stanzas.TENDER_KEY_SIZE),
            ("nonce", self.nonce, 32),
        ):
            if len(octets) != size:
                raise _refuse("malformed-descriptor", f"{name} has {size} bytes, not {len(octets)}")
        for name, text in (("lot", self.lot), ("bidder", self.bidder)):
            if not 1 <= len(text.encode(errors="surrogatepass")) <= MAX_ID_BYTES:
                raise _refuse(
                    "malformed-descriptor", f"{name} has 1 to {MAX_ID_BYTES} bytes: {text[:80]!a}"
                )
        if self.stage not in payload.STAGES:
            raise _refuse(
                "malformed-descriptor", f"stage is one of {payload.STAGES}, not {self.stage[:40]!a}"
            )
        if not 1 <= self.seq <= MAX_SEQ:
            raise _refuse("malformed-descriptor", f"seq is 1 to {MAX_SEQ}, not {self.seq}")

    def digest(self) -> bytes:
        """Return `ctx`, the 32 bytes that bind every part of the envelope to this context."""
        framed = canonical.frame(
            CONTEXT_LABEL,
            self.suite.encode(),
            self.manifest,
            self.lot.encode(),
            self.stage.encode(),
            self.bidder.encode(),
            self.bidder_key,
            self.seq.to_bytes(8, "big"),
            self.nonce,
        )
        return hashlib.sha256(framed).digest()


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A sealed stage as the record holds it; `size` and `root` are those of the ciphertext."""

    context: Context
    stanza_t: bytes
    stanza_o: bytes
    commitment_t: bytes
    commitment_o: bytes
    size: int
    root: bytes

    def to_json(self) -> dict[str, Any]:
        """Return the members as the specification names them."""
        context = self.context
        return {
            "v": 1,
            "suite": context.suite,
            "manifest": context.manifest.hex(),
            "lot": context.lot,
            "stage": context.stage,
            "bidder": context.bidder,
            "bidder_key": context.bidder_key.hex(),
            "seq": context.seq,
            "nonce": context.nonce.hex(),
            "stanza_t": base64.b64encode(self.stanza_t).decode(),
            "stanza_o": base64.b64encode(self.stanza_o).decode(),
            "commitments": {"t": self.commitment_t.hex(), "o": self.commitment_o.hex()},
            "size": self.size,
            "root": self.root.hex(),
        }

    def digest(self) -> bytes:
        """Return the descriptor hash, 32 bytes."""
        return hashlib.sha256(canonical.encode(self.to_json())).digest()

    def signed_bytes(self) -> bytes:
        """Return the bytes that the bidder's device key signs (ECDSA P-256, SHA-256)."""
        return canonical.encode({"v": 1, "type": DESCRIPTOR_TYPE, "descriptor": self.to_json()})


def parse_descriptor(value: object) -> Descriptor:
    """Read a descriptor's JSON members.

    Raises:
        DescriptorInvalidError: `malformed-descriptor`, `unknown-version`, `unknown-suite` or
        `illegal-size`.
    """
    if not isinstance(value, Mapping):
        raise _refuse("malformed-descriptor", "a descriptor is an object")
    if value.get("v") != 1 or isinstance(value["v"], bool):
        raise _refuse(
            "unknown-version",
            f"descriptor version {str(value.get('v'))[:20]} is not known here; this is 1",
        )
    if set(value) != _MEMBERS:
        odd = sorted(str(name)[:40] for name in set(value) ^ _MEMBERS)
        raise _refuse("malformed-descriptor", f"members missing or not known: {odd[:20]}")
    commitments = value["commitments"]
    if not isinstance(commitments, Mapping) or set(commitments) != {"t", "o"}:
        raise _refuse("malformed-descriptor", "commitments has the members t and o")
    size = _integer(value, "size")
    if not payload.is_ciphertext_size(size):
        raise _refuse(
            "illegal-size", f"no sealed stage has {size} bytes; seal the files before sending them"
        )
    return Descriptor(
        context=_parse_context(value),
        stanza_t=_base64(value, "stanza_t", stanzas.STANZA_T_SIZE),
        stanza_o=_base64(value, "stanza_o", stanzas.STANZA_O_SIZE),
        commitment_t=_hex(commitments, "t", 32),
        commitment_o=_hex(commitments, "o", 32),
        size=size,
        root=_hex(value, "root", 32),
    )


def _parse_context(value: Mapping[str, Any]) -> Context:
    return Context(
        suite=_text(value, "suite"),
        manifest=_hex(value, "manifest", 32),
        lot=_text(value, "lot"),
        stage=_text(value, "stage"),
        bidder=_text(value, "bidder"),
        bidder_key=_hex(value, "bidder_key", 33),
        seq=_integer(value, "seq"),
        nonce=_hex(value, "nonce", 32),
    )


def _text(value: Mapping[str, Any], name: str) -> str:
    if not isinstance(value[name], str):
        raise _refuse("malformed-descriptor", f"{name} is a string")
    return str(value[name])


def _integer(value: Mapping[str, Any], name: str) -> int:
    number = value[name]
    if not isinstance(number, int) or isinstance(number, bool):
        raise _refuse("malformed-descriptor", f"{name} is an integer")
    return number


def _hex(value: Mapping[str, Any], name: str, size: int) -> bytes:
    text = value[name]
    if not isinstance(text, str) or len(text) != 2 * size or not _HEX.fullmatch(text):
        raise _refuse("malformed-descriptor", f"{name} is {size} bytes in lower-case hex")
    return bytes.fromhex(text)


def _base64(value: Mapping[str, Any], name: str, size: int) -> bytes:
    text = value[name]
    try:
        octets = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        octets = b""
    # The second comparison refuses a text whose unused last bits are set: one blob, one spelling.
    if len(octets) != size or base64.b64encode(octets).decode() != text:
        raise _refuse("malformed-descriptor", f"{name} is {size} bytes in padded base64")
    return octets


@dataclass(frozen=True, slots=True)
class Expected:
    """What a descriptor must agree with, `None` for anything; `size`, `root` of the stored bytes."""

    manifest: bytes
    lot: str
    bidder: str
    bidder_key: bytes
    stage: str | None = None
    seq: int | None = None
    size: int | None = None
    root: bytes | None = None


def check_descriptor(value: object, signature: str | None, expected: Expected) -> Descriptor:
    """Check a descriptor (its JSON members) and its signature (hex) before anything is answered.

    Raises:
        DescriptorInvalidError: with the code of the failing step of the specification.
    """
    descriptor = parse_descriptor(value)
    _check_context(descriptor.context, expected)
    check_signature(descriptor, signature)
    if expected.size is not None and expected.size != descriptor.size:
        raise _refuse(
            "wrong-size", f"the descriptor says {descriptor.size} bytes, stored are {expected.size}"
        )
    if expected.root is not None and not hmac.compare_digest(expected.root, descriptor.root):
        found, stored = descriptor.root.hex(), expected.root.hex()
        message = f"the descriptor says root {found}, the stored bytes have {stored}"
        raise _refuse("wrong-root", message)
    return descriptor


def _check_context(context: Context, expected: Expected) -> None:
    for code, found, wanted in (
        ("wrong-manifest", context.manifest.hex(), expected.manifest.hex()),
        ("wrong-lot", context.lot, expected.lot),
        ("wrong-stage", context.stage, expected.stage),
        ("wrong-bidder", context.bidder, expected.bidder),
        ("wrong-bidder-key", context.bidder_key.hex(), expected.bidder_key.hex()),
        ("wrong-seq", context.seq, expected.seq),
    ):
        if wanted is not None and found != wanted:
            what = code.removeprefix("wrong-")
            raise _refuse(
                code, f"sealed for {what} {found!a}, but {wanted!a} is expected; seal again"
            )


def check_signature(descriptor: Descriptor, signature: str | None) -> None:
    """Check the bidder's signature (128 hex digits) over the descriptor.

    Raises:
        DescriptorInvalidError: `unsigned` or `wrong-signature`.
    """
    if not signature:
        raise _refuse(
            "unsigned", "the descriptor has no signature; sign it with the bidder's device key"
        )
    if len(signature) != 2 * signatures.SIGNATURE_SIZE or not _HEX.fullmatch(signature):
        raise _refuse("wrong-signature", "a signature is 64 bytes r || s in lower-case hex")
    try:
        signatures.verify(
            descriptor.context.bidder_key, descriptor.signed_bytes(), bytes.fromhex(signature)
        )
    except CryptoError as error:
        key = descriptor.context.bidder_key.hex()
        message = f"the signature is not by key {key} over this descriptor"
        raise _refuse("wrong-signature", message) from error
