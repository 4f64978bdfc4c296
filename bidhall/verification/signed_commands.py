"""Check of the device signatures: who sent what, and that the record says the same as was signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bidhall.cases.case import SYSTEM_ACTORS, Event
from bidhall.verification.bundle import Bundle
from bidhall.verification.outcome import CheckFailedError, require
from crypto import signatures
from crypto.errors import CryptoError

__all__ = ["device_keys", "signed_commands"]

# The event a signed command makes first -> the command, and what of its body the event repeats. What
# follows in the same step carries the same signature. Scores of a sheet and the hash of a report are
# compared where they are understood, in evaluation_checks.
_SIGNED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "CustodianJoined": ("JoinCeremony", ("static_key",)),
    "RoundOneSubmitted": ("SubmitRoundOne", ("messages",)),
    "TranscriptSigned": ("SignTranscript", ("signatures",)),
    "TenderPublished": ("PublishTender", ()),
    "BidSubmitted": ("SubmitBid", ("bid", "lot", "stages")),
    "BidReplaced": ("ReplaceBid", ("bid", "lot", "stages")),
    "BidWithdrawn": ("WithdrawBid", ("bid", "reason")),
    "ShareReleased": ("ReleaseShare", ("stage", "share", "checkpoint")),
    "BidConfirmed": ("ConfirmBid", ("bid",)),
    "OpeningEnded": ("EndOpening", ("remark",)),
    "PledgeSigned": ("SignPledge", ()),
    "SheetLocked": ("LockSheet", ("lot",)),
    "ReportSigned": ("SignReport", ("dissent",)),
}
_MAY_BE_ABSENT = frozenset({"reason", "remark", "dissent"})


def device_keys(bundle: Bundle) -> Mapping[str, tuple[str, bytes]]:
    """Give person and public key of each device whose enrolment is disclosed."""
    return {
        one.body["device"]: (one.body["person"], bytes.fromhex(one.body["public_key"]))
        for one in bundle.events("registry") if one.kind == "DeviceEnrolled"
    }  # fmt: skip


def signed_commands(bundle: Bundle) -> dict[str, object]:
    """Every command of legal weight is signed by a device of the person who sent it."""
    devices = device_keys(bundle)
    done = 0
    for stream, entries in bundle.streams.items():
        answered: dict[str, Mapping[str, Any]] = {}
        for event in (one.event for one in entries if one.event is not None):
            if event.kind in _SIGNED:
                require(event.signed is not None and event.actor not in SYSTEM_ACTORS,
                        "{stream} {seq} {kind} is not signed",
                        stream=stream, seq=event.seq, kind=event.kind)  # fmt: skip
                require(event.command not in answered, "{stream} {seq} repeats a signed command",
                        stream=stream, seq=event.seq)  # fmt: skip
                answered[event.command] = event.signed or {}
                _check(event, devices)
                done += 1
            elif event.signed is not None:
                require(answered.get(event.command) == event.signed,
                        "{kind} carries a signature it should not have", kind=event.kind)  # fmt: skip
    return {"signatures": done}


def _check(event: Event, devices: Mapping[str, tuple[str, bytes]]) -> None:
    signed = event.signed or {}
    device, body = signed["device"], dict(signed["body"])
    where = {"stream": event.stream, "seq": event.seq}
    require(device in devices, "the key of {device} that signed {stream} {seq} is missing",
            device=device, **where)  # fmt: skip
    person, key = devices[device]
    require(
        person == event.actor, "{stream} {seq} is signed by a device of another person", **where
    )
    kind, repeated = _SIGNED[event.kind]
    message = signatures.command_message(event.command, event.stream, kind, body)
    try:
        signatures.verify(key, message, bytes.fromhex(signed["signature"]))
    except (CryptoError, ValueError) as error:
        raise CheckFailedError("the signature of {stream} {seq} {kind} does not verify",
                               kind=event.kind, **where) from error  # fmt: skip
    for name in repeated:
        meant = body.get(name, "") if name in _MAY_BE_ABSENT else body[name]
        require(_ordered(name, event.body[name]) == _ordered(name, meant),
                "{stream} {seq} {kind} says another {name} than was signed",
                kind=event.kind, name=name, **where)  # fmt: skip
    for stage in event.body["stages"] if "stages" in repeated else ():
        require(stage["descriptor"]["bidder_key"] == key.hex(),
                "the {stage} envelope of {stream} {seq} is of another key than its sender's",
                stage=stage["stage"], **where)  # fmt: skip


def _ordered(name: str, value: Any) -> Any:
    """Put stages in one order: a bidder may send them in any."""
    if name != "stages" or not isinstance(value, Sequence):
        return value
    return sorted(value, key=lambda one: str(one["stage"]))
