"""Records and receipts: an event, its salted leaf, and a proof that its holder checks offline."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto import canonical, merkle, notes, proof, receipt, records, tiles
from crypto.errors import EventInvalidError, ReceiptInvalidError

ORIGIN = "bidhall.example/record"
LOG = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
LOG_KEY = str(notes.verifier_key(ORIGIN, LOG))
WITNESS = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
WITNESS_KEY = notes.verifier_key("w.example", WITNESS, notes.COSIGNATURE)
DESCRIPTOR = {"v": 1, "suite": "bidhall-1"}
EVENT: dict[str, Any] = {
    "v": 1, "stream": "ten-a", "seq": 7, "at": "2026-11-24T09:30:00.123Z", "kind": "BidSubmitted", "actor": "per-a",
    "command": "cmd-1", "body": {"bid": "bid-a", "lot": "1", "stages": [{"stage": "form", "descriptor": DESCRIPTOR}]},
}  # fmt: skip
SALT = b"\x05" * 32
INDEX = 300


def proof_of(leaf: bytes) -> str:
    """A proof of a leaf in a log of 301 leaves, cosigned by one witness."""
    store: dict[str, bytes] = {}
    growth = tiles.grow(0, [b"%032d" % at for at in range(INDEX)] + [leaf], store.__getitem__)
    store.update(growth.tiles)
    note = notes.sign_checkpoint(notes.Checkpoint(ORIGIN, growth.size, growth.root), ORIGIN, LOG)
    note = notes.add_signatures(note, [notes.cosign(note, "w.example", WITNESS, 1_795_512_601)])
    path = tiles.TileReader(store.__getitem__, growth.size).inclusion(INDEX, growth.size)
    return str(proof.LogProof(INDEX, tuple(path), note))


RECEIPT = receipt.make(EVENT, SALT, proof_of(records.leaf_data(SALT, EVENT)))


def refusal(value: Any, **options: Any) -> str:
    """Return the code a receipt is refused with."""
    with pytest.raises(ReceiptInvalidError) as caught:
        receipt.verify(value, ORIGIN, LOG_KEY, **options)
    return caught.value.code


def changed(**changes: Any) -> dict[str, Any]:
    """The receipt, changed."""
    return {**RECEIPT, **changes}


def test_a_leaf_is_the_salted_hash_of_the_canonical_event() -> None:
    encoded = canonical.encode(EVENT)
    assert records.event_bytes(EVENT) == encoded
    assert records.parse_event(encoded) == EVENT
    assert (
        records.leaf_data(SALT, EVENT)
        == records.leaf_data(SALT, encoded)
        == hashlib.sha256(SALT + encoded).digest()
    )
    assert records.leaf_data(bytes(32), EVENT) != records.leaf_data(SALT, EVENT)


@pytest.mark.parametrize("salt", [b"", bytes(31), bytes(33)])
def test_a_salt_has_32_bytes(salt: bytes) -> None:
    with pytest.raises(EventInvalidError):
        records.leaf_data(salt, EVENT)


@pytest.mark.parametrize(
    "change",
    [{"v": 2}, {"v": True}, {"seq": 0}, {"seq": "7"}, {"seq": True}, {"stream": ""}, {"kind": None},
     {"actor": 1}, {"command": None},
     {"at": "2026-11-24T09:30:00Z"}, {"at": "2026-11-24 09:30:00.123Z"}, {"at": 1}, {"body": []}, {"body": {"x": 1.5}},
     {"more": 1}, {"signed": None}, {"signed": {"body": {}}},
     {"signed": {"body": {}, "device": "d", "signature": "s", "x": 1}}],
    ids=str,
)  # fmt: skip
def test_what_is_not_an_event_has_no_leaf(change: dict[str, Any]) -> None:
    with pytest.raises(EventInvalidError):
        records.leaf_data(SALT, {**EVENT, **change})


@pytest.mark.parametrize("missing", sorted(EVENT))
def test_every_member_of_an_event_is_needed(missing: str) -> None:
    with pytest.raises(EventInvalidError):
        records.leaf_data(SALT, {name: item for name, item in EVENT.items() if name != missing})


@pytest.mark.parametrize("encoded", [b"", b"[]", b"{}", canonical.encode(EVENT) + b" ", b"\xff"])
def test_other_bytes_are_not_events(encoded: bytes) -> None:
    with pytest.raises(EventInvalidError):
        records.parse_event(encoded)


def test_a_signed_event_keeps_its_signature_in_the_leaf() -> None:
    signed = {**EVENT, "signed": {"body": {}, "device": "dev-a", "signature": "00" * 64}}
    assert records.leaf_data(SALT, signed) != records.leaf_data(SALT, EVENT)


def test_a_receipt_shows_its_event_and_checkpoint() -> None:
    shown = receipt.verify(RECEIPT, ORIGIN, LOG_KEY, witnesses=[WITNESS_KEY], quorum=1)
    assert shown.event == EVENT
    assert (shown.index, shown.checkpoint.size) == (INDEX, INDEX + 1)
    assert [one.timestamp for one in shown.cosignatures] == [1_795_512_601]
    assert canonical.decode(canonical.encode(RECEIPT)) == RECEIPT


def test_a_receipt_is_for_the_bid_with_its_descriptors() -> None:
    mine = canonical.digest(DESCRIPTOR)
    assert receipt.verify(RECEIPT, ORIGIN, LOG_KEY, descriptor_hashes=[mine]).event == EVENT
    assert refusal(RECEIPT, descriptor_hashes=[mine, bytes(32)]) == "wrong-bid"
    other = {**EVENT, "body": {"stages": "none"}}
    bare = receipt.make(other, SALT, proof_of(records.leaf_data(SALT, other)))
    assert receipt.verify(bare, ORIGIN, LOG_KEY).event == other
    with pytest.raises(ReceiptInvalidError, match="another bid"):
        receipt.verify(bare, ORIGIN, LOG_KEY, descriptor_hashes=[mine])


def test_a_receipt_without_enough_witnesses_is_refused() -> None:
    assert refusal(RECEIPT, witnesses=[WITNESS_KEY], quorum=2) == "not-in-record"
    assert refusal(RECEIPT, quorum=1) == "not-in-record"


@pytest.mark.parametrize(
    "path", [("event", "seq"), ("event", "actor"), ("event", "body", "lot"), ("event", "kind")]
)
def test_a_changed_event_is_not_in_the_record(path: tuple[str, ...]) -> None:
    value: Any = copy.deepcopy(RECEIPT)
    inner = value
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = 8 if path[-1] == "seq" else "other"
    assert refusal(value) == "not-in-record"


def test_a_changed_salt_or_proof_is_refused() -> None:
    assert refusal(changed(salt="06" * 32)) == "not-in-record"
    assert (
        refusal(changed(proof=RECEIPT["proof"].replace("index 300", "index 299")))
        == "not-in-record"
    )
    assert refusal(changed(proof=proof_of(bytes(32)))) == "not-in-record"
    assert refusal(changed(proof="")) == "not-in-record"


def test_a_receipt_of_another_log_is_refused() -> None:
    with pytest.raises(ReceiptInvalidError):
        receipt.verify(RECEIPT, "other.example", LOG_KEY)
    with pytest.raises(ReceiptInvalidError):
        receipt.verify(RECEIPT, ORIGIN, str(notes.verifier_key(ORIGIN, WITNESS)))


def test_a_receipt_with_another_time_than_its_event_is_refused() -> None:
    assert refusal(changed(time="2026-11-24T09:29:59.123Z")) == "wrong-time"


@pytest.mark.parametrize(
    "value",
    [None, [], {}, changed(v=2), changed(v=True), changed(type="bidhall/receipt/v2"), changed(more=1),
     changed(salt="05" * 31), changed(salt="0A" * 32), changed(salt=None),
     changed(proof=None), changed(event=None), changed(event={})],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_other_values_are_not_receipts(value: Any) -> None:
    assert refusal(value) == "malformed-receipt"


def test_the_only_event_of_a_log_has_a_receipt_too() -> None:
    leaf = records.leaf_data(SALT, EVENT)
    note = notes.sign_checkpoint(notes.Checkpoint(ORIGIN, 1, merkle.leaf_hash(leaf)), ORIGIN, LOG)
    alone = receipt.make(EVENT, SALT, str(proof.LogProof(0, (), note)))
    assert receipt.verify(alone, ORIGIN, LOG_KEY).index == 0
