"""Descriptors: what a server accepts, and the code of each refusal."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from crypto import canonical, descriptor, payload, signatures
from crypto.descriptor import Context, Descriptor, Expected
from crypto.errors import CryptoError, DescriptorInvalidError

BIDDER = ec.derive_private_key(0xB1D, ec.SECP256R1())
KEY = signatures.compress(BIDDER.public_key())
CONTEXT = Context(b"\x01" * 32, "1", "form", "org-a", KEY, 1, b"\x02" * 32)
GOOD = Descriptor(
    CONTEXT,
    b"\x03" * 113,
    b"\x04" * 1168,
    b"\x05" * 32,
    b"\x06" * 32,
    payload.ciphertext_size(65_536),
    b"\x07" * 32,
)
SIGNATURE = signatures.sign(BIDDER, GOOD.signed_bytes()).hex()
EXPECTED = Expected(CONTEXT.manifest, "1", "org-a", KEY, "form", 1, GOOD.size, GOOD.root)


def refusal(value: object, signature: str | None = SIGNATURE, expected: Expected = EXPECTED) -> str:
    """Return the code a descriptor is refused with."""
    with pytest.raises(DescriptorInvalidError) as caught:
        descriptor.check_descriptor(value, signature, expected)
    return caught.value.code


def changed(**changes: Any) -> dict[str, Any]:
    """The good descriptor's JSON, changed."""
    return {**GOOD.to_json(), **changes}


def test_a_good_descriptor_is_accepted() -> None:
    assert descriptor.check_descriptor(GOOD.to_json(), SIGNATURE, EXPECTED) == GOOD
    assert GOOD.digest() == canonical.digest(GOOD.to_json())
    assert (
        descriptor.check_descriptor(
            GOOD.to_json(), SIGNATURE, Expected(CONTEXT.manifest, "1", "org-a", KEY)
        )
        == GOOD
    )


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("manifest", b"\x09" * 32, "wrong-manifest"), ("lot", "2", "wrong-lot"), ("bidder", "org-b", "wrong-bidder"),
        ("bidder_key", b"\x02" * 33, "wrong-bidder-key"), ("stage", "technical", "wrong-stage"),
        ("seq", 2, "wrong-seq"), ("size", GOOD.size + 1, "wrong-size"), ("root", b"\x09" * 32, "wrong-root"),
    ],
)  # fmt: skip
def test_what_does_not_agree_has_its_own_code(field: str, value: Any, code: str) -> None:
    expected = {name: getattr(EXPECTED, name) for name in Expected.__dataclass_fields__}
    assert refusal(GOOD.to_json(), expected=Expected(**{**expected, field: value})) == code


@pytest.mark.parametrize("signature", [None, ""])
def test_an_unsigned_descriptor_is_refused(signature: str | None) -> None:
    assert refusal(GOOD.to_json(), signature) == "unsigned"


@pytest.mark.parametrize(
    "signature",
    ["00" * 64, SIGNATURE.upper(), SIGNATURE[:-2], SIGNATURE + "00", "zz" * 64, SIGNATURE[64:] + SIGNATURE[:64],
     signatures.sign(ec.derive_private_key(7, ec.SECP256R1()), GOOD.signed_bytes()).hex(),
     signatures.sign(BIDDER, canonical.encode(GOOD.to_json())).hex()],
    ids=["zeros", "upper case", "short", "long", "not hex", "s before r", "another key", "another message"],
)  # fmt: skip
def test_a_wrong_signature_is_refused(signature: str) -> None:
    assert refusal(GOOD.to_json(), signature) == "wrong-signature"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "malformed-descriptor"), ([], "malformed-descriptor"), ({}, "unknown-version"),
        (changed(v=2), "unknown-version"), (changed(v=True), "unknown-version"), (changed(v="1"), "unknown-version"),
        (changed(suite="bidhall-2"), "unknown-suite"), (changed(suite=1), "malformed-descriptor"),
        (changed(more=1), "malformed-descriptor"),
        ({name: item for name, item in changed().items() if name != "root"}, "malformed-descriptor"),
        (changed(size=GOOD.size + 1), "illegal-size"), (changed(size=65_536), "illegal-size"),
        (changed(size=-1), "illegal-size"), (changed(size="65672"), "malformed-descriptor"),
        (changed(size=True), "malformed-descriptor"),
        (changed(root="07" * 31), "malformed-descriptor"), (changed(root="AB" * 32), "malformed-descriptor"),
        (changed(manifest=1), "malformed-descriptor"), (changed(nonce=""), "malformed-descriptor"),
        (changed(bidder_key="02" * 32), "malformed-descriptor"),
        (changed(seq=0), "malformed-descriptor"), (changed(seq=2**32), "malformed-descriptor"),
        (changed(seq=True), "malformed-descriptor"), (changed(seq="1"), "malformed-descriptor"),
        (changed(stage="lot"), "malformed-descriptor"), (changed(stage="commercial"), "malformed-descriptor"),
        (changed(lot=""), "malformed-descriptor"), (changed(lot="工" * 22), "malformed-descriptor"),
        (changed(lot=1), "malformed-descriptor"), (changed(bidder="x" * 65), "malformed-descriptor"),
        (changed(stanza_t=GOOD.to_json()["stanza_o"]), "malformed-descriptor"),
        (changed(stanza_o=GOOD.to_json()["stanza_t"]), "malformed-descriptor"),
        (changed(stanza_t=GOOD.to_json()["stanza_t"] + "\n"), "malformed-descriptor"),
        (changed(stanza_t="A" * 150 + "B="), "malformed-descriptor"), (changed(stanza_t=1), "malformed-descriptor"),
        (changed(commitments=None), "malformed-descriptor"),
        (changed(commitments={"t": "05" * 32}), "malformed-descriptor"),
        (changed(commitments={"t": "05" * 32, "o": "06" * 31}), "malformed-descriptor"),
        (changed(commitments={"t": "05" * 32, "o": "06" * 32, "x": ""}), "malformed-descriptor"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_other_shapes_are_refused(value: object, code: str) -> None:
    assert refusal(value) == code


def test_base64_has_one_spelling() -> None:
    octets = base64.b64decode("A" * 150 + "B=")
    assert base64.b64encode(octets).decode() == "A" * 151 + "="
    assert descriptor.parse_descriptor(changed(stanza_t="A" * 151 + "=")).stanza_t == octets


@given(st.data())
def test_every_changed_bit_of_a_signed_descriptor_is_refused(data: st.DataObject) -> None:
    octets = bytearray(canonical.encode(GOOD.to_json()))
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        value = canonical.decode(bytes(octets))
    except CryptoError:
        return
    with pytest.raises(DescriptorInvalidError):
        descriptor.check_descriptor(value, SIGNATURE, EXPECTED)


def test_the_signed_bytes_say_what_they_are() -> None:
    assert canonical.decode(GOOD.signed_bytes()) == {
        "v": 1, "type": "bidhall/descriptor/v1", "descriptor": GOOD.to_json(),
    }  # fmt: skip
