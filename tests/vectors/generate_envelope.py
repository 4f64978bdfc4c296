"""Write the envelope vectors in `tests/vectors/envelope/`, which the Python and the JavaScript tests read.

Run from the root of the repository: ``python tests/vectors/generate_envelope.py``. Everything
follows from fixed seeds but the HPKE stanzas, whose ephemeral keys the library draws itself: they
are taken over from the vectors that are there, as long as they still open. The Cobblestone
ciphertexts are made here, chunk by chunk, by the letter of C2SP chunked-encryption with AES-GCM and
HKDF-Expand alone, so that they also check the library's own implementation.

A vector is a text: lines ``name: value``, an empty line, then, where ``body`` is ``self``, base64
in lines of 76. Otherwise ``body`` names the vector whose ciphertext is meant. ``edit`` lines change
the ciphertext, in order: ``flip OFFSET MASK`` (exclusive or with a byte in hex), ``cut LENGTH``
(keep so many bytes), ``append HEX``.
"""

from __future__ import annotations

import base64
import hashlib
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crypto import canonical, merkle, payload, stanzas
from crypto.descriptor import Context, Descriptor
from crypto.errors import StanzaInvalidError

FOLDER: Final = Path(__file__).resolve().parent / "envelope"


def seeded(label: str, size: int = 32) -> bytes:
    """Bytes that follow from a label."""
    return hashlib.shake_256(b"bidhall envelope vectors: " + label.encode()).digest(size)


def private_key(label: str) -> ec.EllipticCurvePrivateKey:
    """A P-256 key that follows from a label."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    return ec.derive_private_key(
        int.from_bytes(seeded(label, 48), "big") % (order - 1) + 1, ec.SECP256R1()
    )


def compressed(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key, 33 bytes."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


TENDER: Final = private_key("tender key")
BIDDER: Final = private_key("bidder key")
OPERATOR_SEED: Final = seeded("operator seed")


def cobblestone(key: bytes, context: bytes, salt: bytes, message: bytes) -> bytes:
    """Encrypt by C2SP chunked-encryption with SHA-512 and AES-256-GCM."""
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + salt + context
    derived = HKDFExpand(SHA512(), 32 + 12 + 32, info).derive(key)
    aead, base, commitment = (
        AESGCM(derived[:32]),
        int.from_bytes(derived[32:44], "big"),
        derived[44:],
    )
    pieces = [salt, commitment]
    for chunk in range(len(message) // payload.CHUNK + 1):
        part = message[chunk * payload.CHUNK : (chunk + 1) * payload.CHUNK]
        pieces.append(aead.encrypt((base ^ chunk).to_bytes(12, "big"), part, None))
    return b"".join(pieces)


def root_of(data: bytes) -> bytes:
    """The root over 1 MiB leaves."""
    size = merkle.LEAF_BYTES
    return merkle.root(merkle.leaf_hash(data[at : at + size]) for at in range(0, len(data), size))


@dataclass(frozen=True)
class Made:
    """One envelope with everything that is secret about it."""

    context: Context
    k_t: bytes
    k_o: bytes
    descriptor: Descriptor
    content: bytes
    header: bytes
    ciphertext: bytes


@dataclass
class Vector:
    """One file to write."""

    name: str
    expect: str
    comment: str
    made: Made
    body: str = "self"
    edits: list[str] = field(default_factory=list)
    k_t: bytes | None = None
    k_o: bytes | None = None
    descriptor: Descriptor | None = None

    def text(self) -> str:
        """Write it out."""
        made, descriptor = self.made, self.descriptor or self.made.descriptor
        lines = [
            f"expect: {self.expect}",
            f"comment: {self.comment}",
            f"descriptor: {canonical.encode(descriptor.to_json()).decode()}",
            f"signature: {sign(descriptor).hex()}",
            f"tender-private-key: {TENDER.private_numbers().private_value:064x}",
            f"tender-public-key: {compressed(TENDER).hex()}",
            f"operator-seed: {OPERATOR_SEED.hex()}",
            f"ctx: {descriptor.context.digest().hex()}",
            f"k-t: {(self.k_t or made.k_t).hex()}",
            f"k-o: {(self.k_o or made.k_o).hex()}",
        ]
        if self.expect == "ok":
            lines += [
                f"cek: {cek(made.context.digest(), made.k_t, made.k_o).hex()}",
                f"descriptor-hash: {descriptor.digest().hex()}",
                f"header: {made.header.decode()}",
                f"content-size: {len(made.content)}",
                f"plaintext-root: {root_of(made.content).hex()}",
            ]
        lines += [f"body: {self.body}", *(f"edit: {edit}" for edit in self.edits)]
        text = "\n".join(lines) + "\n\n"
        if self.body == "self":
            encoded = base64.b64encode(made.ciphertext).decode()
            text += "".join(f"{encoded[at : at + 76]}\n" for at in range(0, len(encoded), 76))
        return text


def cek(ctx: bytes, k_t: bytes, k_o: bytes) -> bytes:
    """Derive the content key."""
    return HKDF(SHA256(), 32, salt=ctx, info=b"cek").derive(k_t + k_o)


def sign(descriptor: Descriptor) -> bytes:
    """Sign with the bidder's key, deterministically (RFC 6979)."""
    der = BIDDER.sign(descriptor.signed_bytes(), ec.ECDSA(SHA256(), deterministic_signing=True))
    r, s = utils.decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def make(name: str, stage: str, header: bytes, files: bytes, padding: bytes | None = None) -> Made:
    """Seal a header and file bytes, valid or not."""
    context = Context(
        manifest=seeded("manifest"), lot="1", stage=stage, bidder="org-aaaaaaaaaaaaaaaaaaaaaaaaaa",
        bidder_key=compressed(BIDDER), seq=1, nonce=seeded(f"{name} nonce"),
    )  # fmt: skip
    k_t, k_o, ctx = seeded(f"{name} k_T"), seeded(f"{name} k_O"), context.digest()
    content = len(header).to_bytes(4, "big") + header + files
    if padding is None:
        padding = bytes(payload.bucket(len(content)) - len(content))
    ciphertext = cobblestone(cek(ctx, k_t, k_o), ctx, seeded(f"{name} salt", 24), content + padding)
    stanza_t, stanza_o = kept_stanzas(name, k_t, k_o, ctx)
    descriptor = Descriptor(
        context, stanza_t, stanza_o, stanzas.commitment(k_t, ctx), stanzas.commitment(k_o, ctx), len(ciphertext),
        root_of(ciphertext),
    )  # fmt: skip
    return Made(context, k_t, k_o, descriptor, content, header, ciphertext)


def kept_stanzas(name: str, k_t: bytes, k_o: bytes, ctx: bytes) -> tuple[bytes, bytes]:
    """Take over the stanzas of the vector that is there, if they open; otherwise make new ones."""
    path = FOLDER / f"{name}.txt"
    if path.exists():
        lines = dict(line.split(": ", 1) for line in path.read_text().split("\n\n")[0].splitlines())
        old = canonical.decode(lines["descriptor"].encode())
        stanza_t, stanza_o = base64.b64decode(old["stanza_t"]), base64.b64decode(old["stanza_o"])
        try:
            opened = (
                stanzas.unseal_t(stanza_t, TENDER, ctx),
                stanzas.unseal_o(stanza_o, stanzas.operator_private_key(OPERATOR_SEED), ctx),
            )
        except StanzaInvalidError:
            opened = (b"", b"")
        if opened == (k_t, k_o):
            return stanza_t, stanza_o
    return (
        stanzas.seal_t(k_t, compressed(TENDER), ctx),
        stanzas.seal_o(k_o, stanzas.operator_public_bytes(OPERATOR_SEED), ctx),
    )


def file_bytes(size: int) -> bytes:
    """Bytes of a file."""
    return seeded("file", size)


FORM: Final = payload.form_header(
    "1",
    {
        "price": "45873216.58",
        "duration_days": 420,
        "quality": "合格",
        "manager": "杨晓梅",
        "valid_days": 90,
        "payment": "按月计量支付",
    },
)
FILES: Final = payload.technical_header(
    "1",
    [
        payload.FileEntry("施工组织设计.pdf", 20_001, "application/pdf"),
        payload.FileEntry("empty.txt", 0, "text/plain"),
        payload.FileEntry("plan.dwg", 1_030_000, "image/vnd.dwg"),
    ],
)


def vectors() -> list[Vector]:
    """Every vector, the good ones first."""
    form = make("form-ok", "form", FORM.to_bytes(), b"")
    files = make("technical-ok", "technical", FILES.to_bytes(), file_bytes(20_001 + 1_030_000))
    other = make("other-ok", "form", FORM.to_bytes(), b"")
    return [
        Vector("form-ok", "ok", "a form in the smallest bucket", form),
        Vector("other-ok", "ok", "the same form sealed again: nothing is alike", other),
        Vector(
            "technical-ok", "ok", "three files, one of them empty, in more than one leaf", files
        ),
        *_of_keys(form, other),
        *_of_bytes(form, files),
        *_of_payloads(),
    ]


def _of_keys(form: Made, other: Made) -> list[Vector]:
    def form_with(name: str, expect: str, comment: str, **changes: Any) -> Vector:
        return Vector(
            name, expect, comment, form, "form-ok", descriptor=replace(form.descriptor, **changes)
        )

    elsewhere = replace(form.context, lot="2")
    ctx = elsewhere.digest()
    moved = replace(
        form.descriptor, context=elsewhere, commitment_t=stanzas.commitment(form.k_t, ctx),
        commitment_o=stanzas.commitment(form.k_o, ctx),
    )  # fmt: skip
    return [
        Vector("key-t-wrong", "wrong-key", "a released k_T that is not the one committed to", form,
               "form-ok", k_t=other.k_t),
        Vector("key-o-wrong", "wrong-key", "a released k_O that is not the one committed to", form,
               "form-ok", k_o=other.k_o),
        Vector("keys-swapped", "wrong-key", "k_T and k_O in each other's place", form,
               "form-ok", k_t=form.k_o, k_o=form.k_t),
        form_with("stanza-t-foreign", "wrong-stanza", "stanza T of another envelope",
                  stanza_t=other.descriptor.stanza_t),
        form_with("stanza-o-foreign", "wrong-stanza", "stanza O of another envelope",
                  stanza_o=other.descriptor.stanza_o),
        form_with("context-nonce", "wrong-key", "the nonce changed: the commitments are of another context",
                  context=replace(form.context, nonce=seeded("another nonce"))),
        Vector("context-moved", "wrong-context", "commitments made anew for lot 2, the ciphertext left as it was", form,
               "form-ok", descriptor=moved),
        Vector("ciphertext-foreign", "wrong-context", "the ciphertext of another envelope, of the same length", other,
               "other-ok", descriptor=replace(form.descriptor, root=root_of(other.ciphertext)),
               k_t=form.k_t, k_o=form.k_o),
    ]  # fmt: skip


def _of_bytes(form: Made, files: Made) -> list[Vector]:
    full = payload.CHUNK + payload.TAG
    size = len(files.ciphertext)

    def edited(name: str, expect: str, comment: str, *edits: str, made: Made = files) -> Vector:
        return Vector(
            name, expect, comment, made, "technical-ok" if made is files else "form-ok", list(edits)
        )

    return [
        edited("flip-salt", "wrong-context", "a bit of the salt", "flip 3 01"),
        edited("flip-commitment", "wrong-context", "a bit of the Cobblestone commitment", "flip 40 80"),
        edited("flip-first-chunk", "altered", "the first byte after the commitment", "flip 56 01", made=form),
        edited("flip-tag", "altered", "a bit of the second chunk's tag", f"flip {56 + 2 * full - 1} 10"),
        edited("flip-padding", "altered", "a bit in the sealed padding",
               f"flip {len(form.ciphertext) - 40} 01", made=form),
        edited("flip-last-byte", "altered", "the last bit of all", f"flip {size - 1} 01"),
        edited("cut-one-byte", "truncated", "the last byte is missing", f"cut {size - 1}"),
        edited("cut-at-chunk", "truncated", "cut between two chunks", f"cut {56 + 3 * full}"),
        edited("cut-in-head", "truncated", "cut within the commitment", "cut 55"),
        edited("cut-to-nothing", "truncated", "nothing is left", "cut 0"),
        edited("append-byte", "too-long", "one byte too many", "append 00"),
        Vector("root-wrong", "wrong-root", "the ciphertext opens, but is not the recorded one", form, "form-ok",
               descriptor=replace(form.descriptor, root=seeded("another root"))),
    ]  # fmt: skip


def _of_payloads() -> list[Vector]:
    def form_of(
        name: str, expect: str, comment: str, header: bytes, padding: bytes | None = None
    ) -> Vector:
        return Vector(name, expect, comment, make(name, "form", header, b"", padding))

    good = FORM.to_bytes()
    spare = payload.MIN_BUCKET - 4 - len(good)
    path = good.replace(
        b'"files":[]', b'"files":[{"name":"../x","size":0,"type":"text/plain"}]'
    ).replace(b'"stage":"form"', b'"stage":"technical"')
    start, end = path.index(b'"form":'), path.index(b'"lot"')
    return [
        form_of("header-not-canonical", "malformed-payload", "a space in the header",
                good.replace(b'"v":1', b'"v": 1')),
        form_of("header-price", "malformed-payload", "a price with three decimals", good.replace(b"16.58", b"16.580")),
        form_of("header-lot", "wrong-context", "a header for another lot", good.replace(b'"lot":"1"', b'"lot":"2"')),
        Vector("header-path", "malformed-payload", "a file name with a path",
               make("header-path", "technical", path[:start] + path[end:], b"")),
        form_of("padding-not-zero", "malformed-padding", "the last byte of the padding is 1", good,
                bytes(spare - 1) + b"\x01"),
        form_of("padding-long", "malformed-padding", "a bucket larger than the content's", good, bytes(spare + 4096)),
    ]  # fmt: skip


def main() -> None:
    """Write all vectors and remove those that are no more."""
    FOLDER.mkdir(exist_ok=True)
    texts = {f"{vector.name}.txt": vector.text() for vector in vectors()}
    for path in FOLDER.glob("*.txt"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
