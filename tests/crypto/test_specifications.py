"""The worked examples in docs/spec are computed again from their own bytes."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto import (
    canonical,
    envelope,
    merkle,
    notes,
    payload,
    proof,
    receipt,
    records,
    stanzas,
    tiles,
)
from crypto.descriptor import Context, check_signature, parse_descriptor

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "docs" / "spec"


def blocks(page: str) -> dict[str, str]:
    """The fenced blocks of a page by the last word of their info string."""
    text = (SPEC / page).read_text(encoding="utf-8")
    return dict(re.findall(r"^```\w+ (\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))


def values(page: str) -> dict[str, str]:
    """The named values of a page."""
    return dict(line.split(": ", 1) for line in blocks(page)["values"].splitlines())


def test_the_record_example() -> None:
    parts, given = blocks("record.md"), values("record.md")
    event = parts["event"].removesuffix("\n").encode()
    assert records.event_bytes(records.parse_event(event)) == event
    leaf = records.leaf_data(bytes.fromhex(given["salt"]), event)
    assert leaf.hex() == given["leaf data"]
    assert merkle.leaf_hash(leaf).hex() == given["leaf hash"]
    leaves = [leaf, b"\x01" * 32, b"\x02" * 32]
    growth = tiles.grow(0, leaves, dict[str, bytes]().__getitem__)
    assert growth.root.hex() == given["root"]
    assert {path: len(data) for path, data in growth.tiles} == {
        "tile/entries/000.p/3": 102,
        "tile/0/000.p/3": 96,
    }
    origin = "record.bidhall.example"
    checkpoint, found = notes.open_cosigned(
        parts["checkpoint"], origin, given["log"], [given["witness"]]
    )
    assert (checkpoint.size, checkpoint.root) == (3, growth.root)
    assert [one.name for one in found] == ["witness.example/w1"]
    shown = proof.verify_proof(
        parts["proof"], leaf, origin, given["log"], witnesses=[given["witness"]], quorum=1
    )
    assert shown.checkpoint == checkpoint
    assert str(proof.parse_proof(parts["proof"])) == parts["proof"]


def test_the_receipt_example() -> None:
    text = blocks("receipt.md")["receipt"].removesuffix("\n").encode()
    value = canonical.decode(text)
    given = values("record.md")
    shown = receipt.verify(
        value, "record.bidhall.example", given["log"], witnesses=[given["witness"]], quorum=1
    )
    assert canonical.encode(shown.event) + b"\n" == blocks("record.md")["event"].encode()
    assert receipt.make(shown.event, bytes.fromhex(value["salt"]), value["proof"]) == value


def test_the_envelope_example() -> None:
    """From the page's own numbers, by hand where that is short."""
    given = values("envelope.md")
    octets = {
        name: bytes.fromhex(text)
        for name, text in given.items()
        if re.fullmatch(r"(?:[0-9a-f]{2}){32,}", text)
    }
    fields = [
        b"bidhall/seal/v1", b"bidhall-1", octets["manifest"], b"1", b"form", b"org-aaaaaaaaaaaaaaaaaaaaaaaaaa",
        octets["bidder key"], (1).to_bytes(8, "big"), octets["nonce"],
    ]  # fmt: skip
    ctx = hashlib.sha256(
        b"".join(len(field).to_bytes(8, "big") + field for field in fields)
    ).digest()
    assert ctx == octets["ctx"]
    cek = HKDF(SHA256(), 32, salt=ctx, info=b"cek").derive(octets["k_T"] + octets["k_O"])
    assert (
        cek
        == octets["CEK"]
        == envelope.content_key(envelope.Secrets(octets["k_T"], octets["k_O"]), ctx)
    )
    for leg, key in (("t", "k_T"), ("o", "k_O")):
        assert (
            hashlib.sha256(b"bidhall/key/v1" + ctx + octets[key]).digest()
            == octets[f"commitment {leg}"]
        )
        assert stanzas.commitment(octets[key], ctx) == octets[f"commitment {leg}"]
    header = given["header"].encode()
    content = len(header).to_bytes(4, "big") + header
    assert str(len(content)) == given["content size"]
    assert hashlib.sha256(b"\x00" + content).digest() == octets["plaintext root"]
    assert payload.ciphertext_size(payload.bucket(len(content))) == int(given["ciphertext size"])


def test_the_envelope_example_is_the_vector() -> None:
    given = values("envelope.md")
    vector = (ROOT / "tests" / "vectors" / "envelope" / "form-ok.txt").read_text(encoding="utf-8")
    head, _, body = vector.partition("\n\n")
    lines = dict(line.split(": ", 1) for line in head.splitlines())
    found = parse_descriptor(canonical.decode(lines["descriptor"].encode()))
    check_signature(found, given["signature"])
    hasher = merkle.RootHasher()
    hasher.update(base64.b64decode(body))
    assert hasher.digest().hex() == given["ciphertext root"] == found.root.hex()
    assert found.digest().hex() == given["descriptor hash"]
    assert found.context == Context(
        bytes.fromhex(given["manifest"]), "1", "form", "org-aaaaaaaaaaaaaaaaaaaaaaaaaa",
        bytes.fromhex(given["bidder key"]), 1, bytes.fromhex(given["nonce"]),
    )  # fmt: skip


@pytest.mark.parametrize("page", ["envelope.md", "receipt.md"])
def test_every_code_a_page_names_is_raised_somewhere(page: str) -> None:
    text = (SPEC / page).read_text(encoding="utf-8")
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "crypto").glob("*.py"))
    steps = "\n".join(line for line in text.splitlines() if re.match(r"\d\. |   ", line))
    codes = set(re.findall(r"`([a-z]+(?:-[a-z]+)+|truncated|altered|unsigned)`", steps))
    assert len(codes) >= 4
    assert {code for code in codes if f'"{code}"' not in source} == set()
