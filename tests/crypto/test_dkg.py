"""The key ceremony: the published vectors, and what a dishonest participant can try."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from crypto import dkg, p256
from crypto.errors import CeremonyError
from crypto.shares import check_share, recover_private_key

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "cocktail-dkg-p256-sha256.json"


def stream(seed: bytes) -> Any:
    """Give a repeatable source of bytes."""
    counter = 0

    def draw(count: int) -> bytes:
        nonlocal counter
        counter += 1
        return hashlib.shake_256(seed + counter.to_bytes(8, "big")).digest(count)

    return draw


def vectors() -> list[Any]:
    if not VECTORS.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason="no published vectors here"))]
    found = json.loads(VECTORS.read_text())["vectors"]
    return [
        pytest.param(one, id=f"{one['t']}-of-{one['n']}-{place}") for place, one in enumerate(found)
    ]


def message_of(part: dict[str, Any]) -> bytes:
    ciphertexts = [bytes.fromhex(one) for one in part["encrypted_shares"]]
    return (
        b"".join(bytes.fromhex(one) for one in part["vss_commitment"])
        + bytes.fromhex(part["pop"])
        + bytes.fromhex(part["ephemeral_public_key"])
        + b"".join(len(one).to_bytes(8, "big") + one for one in ciphertexts)
    )


@pytest.mark.parametrize("vector", vectors())
def test_published_vectors(vector: dict[str, Any]) -> None:
    keys = tuple(bytes.fromhex(one) for one in vector["config"]["static_public_keys"])
    context = dkg.session_context(bytes.fromhex(vector["session_tag"]), keys)
    assert context.hex() == vector["context"]
    extension = bytes.fromhex(vector["extension"])
    session = dkg.Session(vector["t"], keys, context, extension)
    messages = [message_of(one) for one in vector["round1"]]
    outcome = dkg.public_outcome(session, messages)
    assert outcome.public_key.hex() == vector["group_public_key"]
    assert outcome.transcript_hash.hex() == vector["round3"]["transcript_hash"]
    signatures = []
    for place, secret in enumerate(vector["config"]["static_secret_keys"]):
        share = dkg.Participant(session, place + 1, bytes.fromhex(secret)).finish(messages)
        wanted = vector["round2"][place]
        assert share.secret.hex() == wanted["secret_share"]
        assert share.outcome.public_shares[place].hex() == wanted["verification_share"]
        assert share.signature.hex() == vector["round3"]["signatures"][place]["signature"]
        signatures.append(share.signature)
    dkg.verify_certificate(session, outcome, signatures)


def hold(count: int = 5, threshold: int = 3, name: bytes = b"one") -> Any:
    random = stream(name)
    secrets = [dkg.generate_static_key(random) for _ in range(count)]
    keys = tuple(dkg.static_public_key(one) for one in secrets)
    session = dkg.Session(threshold, keys, dkg.session_context(name, keys))
    people = [dkg.Participant(session, place, one) for place, one in enumerate(secrets, 1)]
    return session, people, [one.round_one(random) for one in people]


def test_any_three_of_five_make_the_same_key() -> None:
    session, people, messages = hold()
    shares = [one.finish(messages) for one in people]
    outcome = dkg.public_outcome(session, messages)
    assert {one.outcome.public_key for one in shares} == {outcome.public_key}
    for public, share in zip(outcome.public_shares, shares, strict=True):
        check_share(public, share.secret)
    by_index = {place: one.secret for place, one in enumerate(shares, 1)}
    for chosen in ((1, 2, 3), (1, 4, 5), (2, 3, 5)):
        key = recover_private_key({i: by_index[i] for i in chosen}, 3, outcome.public_key)
        value = key.private_numbers().private_value
        assert p256.public_of(value) == outcome.public_key


def test_a_wrong_share_blames_its_sender() -> None:
    session, people, messages = hold()
    random = stream(b"liar")
    coefficients = [7, 8, 9]
    honest = people[1].round_one_from(coefficients, 11)
    other = people[1].round_one_from([7, 8, 10], 11)
    # Commitments and proof of one polynomial, shares of another.
    start = 3 * 33 + 65 + 33
    messages[1] = honest[:start] + other[start:]
    del random, session
    with pytest.raises(CeremonyError) as caught:
        people[0].finish(messages)
    assert (caught.value.code, caught.value.blamed) == ("bad-share", 2)


def test_a_borrowed_commitment_has_no_proof() -> None:
    session, people, messages = hold()
    _, _, elsewhere = hold(name=b"two")
    messages[2] = elsewhere[2]
    for take in (people[0].finish, lambda given: dkg.public_outcome(session, given)):
        with pytest.raises(CeremonyError) as caught:
            take(messages)
        assert (caught.value.code, caught.value.blamed) == ("bad-proof", 3)


def test_an_altered_ciphertext_blames_its_sender() -> None:
    _, people, messages = hold()
    broken = bytearray(messages[3])
    broken[3 * 33 + 65 + 33 + 8] ^= 1
    messages[3] = bytes(broken)
    with pytest.raises(CeremonyError) as caught:
        people[0].finish(messages)
    assert (caught.value.code, caught.value.blamed) == ("bad-ciphertext", 4)


@pytest.mark.parametrize("cut", [0, 10, 200, -1])
def test_a_malformed_message_blames_its_sender(cut: int) -> None:
    _, people, messages = hold()
    messages[4] = messages[4][:cut]
    with pytest.raises(CeremonyError) as caught:
        people[0].finish(messages)
    assert (caught.value.code, caught.value.blamed) == ("malformed-message", 5)


def test_two_versions_of_a_message_break_the_certificate() -> None:
    session, people, messages = hold()
    second = [*messages]
    second[4] = people[4].round_one(stream(b"again"))
    signatures = [one.finish(messages).signature for one in people[:2]]
    signatures += [one.finish(second).signature for one in people[2:]]
    with pytest.raises(CeremonyError) as caught:
        dkg.verify_certificate(session, dkg.public_outcome(session, messages), signatures)
    assert (caught.value.code, caught.value.blamed) == ("bad-certificate", 3)


def test_setups_that_cannot_be() -> None:
    session, people, messages = hold()
    with pytest.raises(CeremonyError, match="cannot be"):
        dkg.Session(6, session.static_keys, b"")
    with pytest.raises(CeremonyError, match="same static key"):
        dkg.Session(2, session.static_keys[:1] * 2, b"")
    with pytest.raises(CeremonyError, match="does not belong"):
        dkg.Participant(session, 2, people[0].secret)
    with pytest.raises(CeremonyError, match="4 messages"):
        people[0].finish(messages[:4])
