"""Receipts: an event, its salt and the proof that it is in the record.

Source: docs/spec/receipt.md. A receipt needs nobody's word but the log's signature: its holder
checks it offline.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crypto import canonical, records
from crypto.errors import CryptoError, ReceiptInvalidError
from crypto.notes import Checkpoint, Cosignature, VerifierKey
from crypto.proof import verify_proof

RECEIPT_TYPE: Final = "bidhall/receipt/v1"
_MEMBERS: Final = frozenset({"v", "type", "event", "salt", "proof", "time"})
_SALT: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ProvenReceipt:
    """What a verified receipt shows."""

    event: Mapping[str, Any]
    index: int
    checkpoint: Checkpoint
    cosignatures: tuple[Cosignature, ...]


def make(event: Mapping[str, Any], salt: bytes, proof: str) -> dict[str, Any]:
    """Return the receipt for an event whose leaf `proof` (a tlog-proof) shows, with its time.

    Raises:
        EventInvalidError: the event or the salt is not of its form.
    """
    records.leaf_data(salt, event)
    return {
        "v": 1,
        "type": RECEIPT_TYPE,
        "event": dict(event),
        "salt": salt.hex(),
        "proof": proof,
        "time": event["at"],
    }


def verify(  # noqa: PLR0913 - one receipt against a policy of five parts
    receipt: Mapping[str, Any],
    origin: str,
    vkey: VerifierKey | str,
    *,
    witnesses: Sequence[VerifierKey | str] = (),
    quorum: int = 0,
    descriptor_hashes: Collection[bytes] = (),
) -> ProvenReceipt:
    """Check that the record holds the receipt's event, and this is the bid with these descriptors.

    `descriptor_hashes` are those (32 bytes) that the bidder kept; none are needed for other events.

    Raises:
        ReceiptInvalidError: `malformed-receipt`, `wrong-time`, `wrong-bid`, or `not-in-record` with
        the reason.
    """
    event, salt = _parse(receipt)
    try:
        proved = verify_proof(
            receipt["proof"],
            records.leaf_data(salt, event),
            origin,
            vkey,
            witnesses=witnesses,
            quorum=quorum,
        )
    except CryptoError as error:
        message = f"the receipt does not show that its event is in the record: {error}"
        raise ReceiptInvalidError(message, code="not-in-record") from error
    _check_descriptors(event, descriptor_hashes)
    return ProvenReceipt(event, proved.index, proved.checkpoint, proved.cosignatures)


def _parse(receipt: Mapping[str, Any]) -> tuple[Mapping[str, Any], bytes]:
    if not isinstance(receipt, Mapping) or set(receipt) != _MEMBERS:
        message = f"a receipt is an object with the members {sorted(_MEMBERS)}"
        raise ReceiptInvalidError(message, code="malformed-receipt")
    if receipt["v"] != 1 or isinstance(receipt["v"], bool) or receipt["type"] != RECEIPT_TYPE:
        message = (
            f"not a receipt of version 1: {str(receipt['type'])[:40]!a}, {str(receipt['v'])[:10]}"
        )
        raise ReceiptInvalidError(message, code="malformed-receipt")
    event, salt, proof = receipt["event"], receipt["salt"], receipt["proof"]
    if not isinstance(salt, str) or not _SALT.fullmatch(salt) or not isinstance(proof, str):
        message = "a receipt's salt is 32 bytes in lower-case hex, its proof a text"
        raise ReceiptInvalidError(message, code="malformed-receipt")
    if not isinstance(event, Mapping):
        message = "a receipt's event is an object"
        raise ReceiptInvalidError(message, code="malformed-receipt")
    try:
        records.event_bytes(event)
    except CryptoError as error:
        raise ReceiptInvalidError(str(error), code="malformed-receipt") from error
    if receipt["time"] != event["at"]:
        message = f"the receipt says {str(receipt['time'])[:40]!a}, its event {event['at']}"
        raise ReceiptInvalidError(message, code="wrong-time")
    return event, bytes.fromhex(salt)


def _check_descriptors(event: Mapping[str, Any], wanted: Collection[bytes]) -> None:
    stages = event["body"].get("stages", [])
    found = [
        canonical.digest(stage["descriptor"])
        for stage in (stages if isinstance(stages, list) else [])
        if isinstance(stage, Mapping) and "descriptor" in stage
    ]
    for digest in wanted:
        if not any(hmac.compare_digest(digest, one) for one in found):
            message = f"the receipt is for another bid: no stage has descriptor hash {digest.hex()}"
            raise ReceiptInvalidError(message, code="wrong-bid")
