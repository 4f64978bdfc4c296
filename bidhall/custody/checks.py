"""May this piece be released? The same checks for a custodian's share and the operator's key.

The holder trusts nobody's word: it holds the log's public key, its own clock, and the last
checkpoint it saw. There is no override; a refused release stays refused until the facts change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bidhall.cases.case import instant
from bidhall.errors import BidhallError
from crypto import canonical, merkle
from crypto.errors import CryptoError
from crypto.notes import Checkpoint
from crypto.receipt import verify as verify_receipt

__all__ = ["LogIdentity", "Release", "ReleaseRefusedError", "check_lot_release", "check_opening"]


class ReleaseRefusedError(BidhallError):
    """The facts do not allow the release; ``code`` says which check failed."""

    def __init__(self, code: str, message: str) -> None:
        """Name the failing check."""
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """Which record this holder believes: its origin and its verifier key."""

    origin: str
    vkey: str


@dataclass(frozen=True, slots=True)
class Release:
    """What was established: the manifest, and the checkpoint the release is bound to."""

    manifest: Mapping[str, Any]
    checkpoint: Checkpoint


def _require(holds: bool, code: str, message: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise ReleaseRefusedError(code, message)


def _proven(receipt: Mapping[str, Any], kind: str, log: LogIdentity) -> tuple[Any, Checkpoint]:
    try:
        proven = verify_receipt(receipt, origin=log.origin, vkey=log.vkey)
    except CryptoError as error:
        message = f"the proof of {kind} does not hold: {error}"
        raise ReleaseRefusedError("proof-invalid", message) from error
    event = proven.event
    _require(event["kind"] == kind, "wrong-event", f"expected {kind}, got {event['kind']}")
    return event, proven.checkpoint


def _check_extends(seen: Checkpoint | None, now: Checkpoint, consistency: Sequence[str]) -> None:
    if seen is None or (seen.size == now.size and seen.root == now.root):
        return
    _require(
        now.size > seen.size, "older-checkpoint",
        f"this holder has seen a record of {seen.size} entries; {now.size} is older or forked",
    )  # fmt: skip
    try:
        path = [bytes.fromhex(one) for one in consistency]
        merkle.verify_consistency(seen.size, now.size, seen.root, now.root, path)
    except (CryptoError, ValueError) as error:
        message = f"the record of {now.size} entries does not extend the one of {seen.size}"
        raise ReleaseRefusedError("forked-record", message) from error


def _published(
    evidence: Mapping[str, Any], log: LogIdentity, stage: str, public_key: str
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    event, _ = _proven(evidence["published"], "TenderPublished", log)
    manifest = event["body"]["manifest"]
    _require(
        canonical.digest(manifest).hex() == event["body"]["manifest_hash"],
        "wrong-manifest", "the manifest does not have the hash it was recorded with",
    )  # fmt: skip
    key = manifest["keys"].get(stage, {})
    _require(
        public_key in (key.get("public_key"), key.get("operator")), "wrong-key",
        f"this piece does not belong to the {stage} key of the tender",
    )  # fmt: skip
    return event, manifest


def check_opening(  # noqa: PLR0913 - each argument is one fact the holder brings or was given
    evidence: Mapping[str, Any],
    *,
    log: LogIdentity,
    stage: str,
    public_key: str,
    now: datetime,
    seen: Checkpoint | None,
    consistency: Sequence[str] = (),
) -> Release:
    """Check that bids are closed for good and the opening time has come by ``now``, one's own clock.

    ``evidence`` holds receipts: ``published`` (TenderPublished), ``closed`` (TenderClosed).

    Raises:
        ReleaseRefusedError: with the code of the first check that failed.
    """
    published, manifest = _published(evidence, log, stage, public_key)
    closed, checkpoint = _proven(evidence["closed"], "TenderClosed", log)
    _require(
        closed["stream"] == published["stream"] and closed["seq"] > published["seq"]
        and closed["body"]["manifest_hash"] == published["body"]["manifest_hash"],
        "wrong-close", "the close is not of this tender and manifest",
    )  # fmt: skip
    opens_at = instant(manifest["opens_at"])
    _require(
        now >= opens_at, "too-early",
        f"it is {now:%Y-%m-%d %H:%M:%S %Z} by this machine's clock; the opening is at {opens_at:%Y-%m-%d %H:%M:%S %Z}",
    )  # fmt: skip
    counts = closed["body"]["counts"]
    _require(
        any(count >= manifest["minimum_bids"] for count in counts.values()), "too-few-bids",
        f"no lot has {manifest['minimum_bids']} bids; nothing may be opened (Reg 44)",
    )  # fmt: skip
    _check_extends(seen, checkpoint, consistency)
    return Release(manifest, checkpoint)


def check_lot_release(
    evidence: Mapping[str, Any],
    *,
    log: LogIdentity,
    public_key: str,
    seen: Checkpoint | None,
    consistency: Sequence[str] = (),
) -> Release:
    """Check that the roster was committed before the lot key is let go, so that nobody can fit it.

    ``evidence`` holds receipts: ``published`` and ``rostered`` (RosterCommitted).

    Raises:
        ReleaseRefusedError: with the code of the first check that failed.
    """
    published, manifest = _published(evidence, log, "lot", public_key)
    rostered, checkpoint = _proven(evidence["rostered"], "RosterCommitted", log)
    _require(
        rostered["stream"].split("-", 1)[1] == published["stream"].split("-", 1)[1],
        "wrong-roster", "the roster is not of this tender's evaluation",
    )  # fmt: skip
    _check_extends(seen, checkpoint, consistency)
    return Release(manifest, checkpoint)
