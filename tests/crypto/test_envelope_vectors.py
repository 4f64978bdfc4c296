"""The vectors of envelopes, which the JavaScript tests read too."""

from __future__ import annotations

import base64
import io
import runpy
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from crypto import canonical, descriptor, envelope, stanzas
from crypto.envelope import Secrets
from crypto.errors import EnvelopeError
from tests.crypto.envelopes import compressed

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "envelope"


def read_vector(path: Path) -> tuple[dict[str, str], list[str], str]:
    """Return the values, the edits and the base64 of a vector."""
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    lines = [line.split(": ", 1) for line in head.splitlines()]
    return (
        {name: value for name, value in lines if name != "edit"},
        [v for n, v in lines if n == "edit"],
        body,
    )


def vector_ciphertext(values: dict[str, str], edits: list[str], body: str) -> bytes:
    """Return the ciphertext a vector means."""
    if values["body"] != "self":
        body = read_vector(VECTORS / f"{values['body']}.txt")[2]
    ciphertext = bytearray(base64.b64decode(body))
    for edit in edits:
        match edit.split():
            case ["flip", at, mask]:
                ciphertext[int(at)] ^= int(mask, 16)
            case ["cut", length]:
                del ciphertext[int(length) :]
            case ["append", more]:
                ciphertext += bytes.fromhex(more)
            case other:
                raise AssertionError(other)
    return bytes(ciphertext)


def open_vector(values: dict[str, str], ciphertext: bytes) -> envelope.Opened:
    """Open a vector as the specification says."""
    found = descriptor.parse_descriptor(canonical.decode(values["descriptor"].encode()))
    secrets = Secrets(bytes.fromhex(values["k-t"]), bytes.fromhex(values["k-o"]))
    result = envelope.open_(found, secrets, io.BytesIO(ciphertext), None)
    ctx = found.context.digest()
    tender = ec.derive_private_key(int(values["tender-private-key"], 16), ec.SECP256R1())
    operator = stanzas.operator_private_key(bytes.fromhex(values["operator-seed"]))
    assert compressed(tender).hex() == values["tender-public-key"]
    k_t = stanzas.unseal_t(found.stanza_t, tender, ctx)
    k_o = stanzas.unseal_o(found.stanza_o, operator, ctx)
    assert (k_t, k_o) == (secrets.k_t, secrets.k_o)
    return result


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*.txt")), ids=lambda path: path.stem)
def test_vector(path: Path) -> None:
    values, edits, body = read_vector(path)
    found = descriptor.parse_descriptor(canonical.decode(values["descriptor"].encode()))
    descriptor.check_signature(found, values["signature"])
    assert found.context.digest().hex() == values["ctx"]
    ciphertext = vector_ciphertext(values, edits, body)
    if values["expect"] != "ok":
        with pytest.raises(EnvelopeError) as caught:
            open_vector(values, ciphertext)
        assert caught.value.code == values["expect"]
        return
    result = open_vector(values, ciphertext)
    secrets = Secrets(bytes.fromhex(values["k-t"]), bytes.fromhex(values["k-o"]))
    assert envelope.content_key(secrets, found.context.digest()).hex() == values["cek"]
    assert found.digest().hex() == values["descriptor-hash"]
    assert result.header.to_bytes().decode() == values["header"]
    assert str(result.content_size) == values["content-size"]
    assert result.plaintext_root.hex() == values["plaintext-root"]


def test_the_vectors_cover_every_outcome() -> None:
    outcomes = [read_vector(path)[0]["expect"] for path in VECTORS.glob("*.txt")]
    assert set(outcomes) == {
        "ok", "wrong-context", "wrong-key", "wrong-stanza", "truncated", "too-long", "altered", "wrong-root",
        "malformed-payload", "malformed-padding",
    }  # fmt: skip
    assert len(outcomes) > 25


def test_the_vectors_are_those_that_the_generator_makes() -> None:
    path = VECTORS.parent / "generate_envelope.py"
    made = runpy.run_path(str(path))["vectors"]()
    assert {f"{one.name}.txt": one.text() for one in made} == {
        path.name: path.read_text(encoding="utf-8") for path in VECTORS.glob("*.txt")
    }
