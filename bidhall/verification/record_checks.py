"""Checks of the record itself: files, checkpoint, inclusion, order, signatures."""

from __future__ import annotations

from collections.abc import Mapping

from bidhall.cases import KINDS
from bidhall.cases.case import SYSTEM_ACTORS
from bidhall.verification.bundle import Bundle, digest_of
from bidhall.verification.outcome import CheckFailedError, require
from crypto import canonical, merkle, multiproof, signatures
from crypto.errors import CryptoError
from crypto.notes import open_checkpoint

__all__ = ["RECORD_CHECKS"]

_NOT_FILES = frozenset({"bundle.json"})


def files(bundle: Bundle) -> dict[str, object]:
    """Every file of the bundle is there, no other, each with the hash the description names."""
    present = set(bundle.archive.entries) - _NOT_FILES
    missing = sorted(set(bundle.files) - present)
    extra = sorted(present - set(bundle.files))
    require(not missing, "missing from the bundle: {names}", names=", ".join(missing))
    require(not extra, "not described by bundle.json: {names}", names=", ".join(extra))
    for name, wanted in bundle.files.items():
        found = digest_of(bundle.archive.pieces(name))
        require(found == wanted, "{name} has SHA-256 {found}, described is {wanted}",
                name=name, found=found, wanted=wanted)  # fmt: skip
    return {"files": len(bundle.files)}


def checkpoint(bundle: Bundle) -> dict[str, object]:
    """The checkpoint is signed by the record's key."""
    opened = open_checkpoint(bundle.checkpoint, bundle.origin, bundle.vkey)
    return {"size": opened.size, "root": opened.root.hex()}


def inclusion(bundle: Bundle) -> dict[str, object]:
    """Every event, disclosed or withheld, is in the tree the checkpoint signs."""
    opened = open_checkpoint(bundle.checkpoint, bundle.origin, bundle.vkey)
    leaves: dict[int, bytes] = {}
    for entries in bundle.streams.values():
        for one in entries:
            require(one.index not in leaves, "two events claim place {index} of the record",
                    index=one.index)  # fmt: skip
            leaves[one.index] = merkle.leaf_hash(one.leaf)
    root = multiproof.root_from(leaves, opened.size, bundle.proof)
    require(root == opened.root,
            "the events give root {found}, the signed checkpoint has {wanted}: an event, its salt "
            "or its place was changed", found=root.hex(), wanted=opened.root.hex())  # fmt: skip
    return {"events": len(leaves)}


def order(bundle: Bundle) -> dict[str, object]:
    """Each stream is complete and in order, and belongs to this tender."""
    number = bundle.tender.split("-", 1)[-1]
    for stream, entries in bundle.streams.items():
        prefix, _, rest = stream.partition("-")
        known = prefix in {case.PREFIX for case in KINDS.values()}
        require(known, "{stream} is not a stream of this tender", stream=stream)
        if prefix in {"ten", "ope", "eva"}:
            require(rest == number, "{stream} is of another tender", stream=stream)
            wanted = list(range(1, len(entries) + 1))
            require([one.seq for one in entries] == wanted,
                    "{stream} has gaps or its events are out of order", stream=stream)  # fmt: skip
        disclosed = [one for one in entries if one.event is not None]
        for one in disclosed:
            require(one.event is not None and one.event.stream == stream,
                    "an event of {other} lies in {stream}",
                    other=one.event.stream if one.event else "", stream=stream)  # fmt: skip
        times = [one.event.at for one in disclosed if one.event]
        require(times == sorted(times), "times in {stream} run backwards", stream=stream)
        withheld = len(entries) - len(disclosed)
        require(not withheld or prefix == "eva", "events of {stream} are withheld", stream=stream)
    require(f"ten-{number}" in bundle.streams, "the tender's own events are missing")
    return {"streams": len(bundle.streams)}


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
    for entries in bundle.streams.values():
        answered: set[str] = set()
        for one in entries:
            event = one.event
            if event is None or event.actor in SYSTEM_ACTORS or event.command in answered:
                continue
            if event.signed is None:
                require(event.kind not in SIGNED_KINDS, "{stream} {seq} {kind} is not signed",
                        stream=event.stream, seq=event.seq, kind=event.kind)  # fmt: skip
                continue
            answered.add(event.command)
            device = event.signed["device"]
            require(device in devices, "the key of {device} that signed {stream} {seq} is missing",
                    device=device, stream=event.stream, seq=event.seq)  # fmt: skip
            person, key = devices[device]
            require(person == event.actor, "{stream} {seq} is signed by a device of another person",
                    stream=event.stream, seq=event.seq)  # fmt: skip
            message = signatures.command_message(
                event.command, event.stream, _command_kind(event.kind), dict(event.signed["body"])
            )
            try:
                signatures.verify(key, message, bytes.fromhex(event.signed["signature"]))
            except (CryptoError, ValueError) as error:
                raise CheckFailedError(
                    "the signature of {stream} {seq} {kind} does not verify",
                    stream=event.stream, seq=event.seq, kind=event.kind,
                ) from error  # fmt: skip
            done += 1
    return {"signatures": done}


# The event a signed command makes first -> the command. What follows in the same step carries no
# signature of its own, only the same command id.
SIGNED_KINDS = {
    "CustodianJoined": "JoinCeremony",
    "RoundOneSubmitted": "SubmitRoundOne",
    "TranscriptSigned": "SignTranscript",
    "TenderPublished": "PublishTender",
    "BidSubmitted": "SubmitBid",
    "BidReplaced": "ReplaceBid",
    "BidWithdrawn": "WithdrawBid",
    "ShareReleased": "ReleaseShare",
    "BidConfirmed": "ConfirmBid",
    "OpeningEnded": "EndOpening",
    "PledgeSigned": "SignPledge",
    "SheetLocked": "LockSheet",
    "ReportSigned": "SignReport",
}


def _command_kind(event_kind: str) -> str:
    if event_kind not in SIGNED_KINDS:
        raise CheckFailedError("{kind} carries a signature it should not have", kind=event_kind)
    return SIGNED_KINDS[event_kind]


def manifest(bundle: Bundle) -> dict[str, object]:
    """The manifest has the hash it was recorded with, and names this record."""
    state = bundle.state("ten")
    require(bool(state.manifest), "the tender was never published")
    found = canonical.digest(state.manifest).hex()
    require(found == state.manifest_hash, "the manifest has hash {found}, recorded is {wanted}",
            found=found, wanted=state.manifest_hash)  # fmt: skip
    require(state.manifest["tender"] == bundle.tender, "the manifest is of another tender")
    require(state.manifest["origin"] == bundle.origin, "the manifest names another record")
    return {"manifest": found}


RECORD_CHECKS = {
    "files": files,
    "checkpoint": checkpoint,
    "inclusion": inclusion,
    "order": order,
    "signed-commands": signed_commands,
    "manifest": manifest,
}
