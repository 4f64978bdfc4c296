"""Checks of the record itself: files, checkpoint, inclusion, order, manifest."""

from __future__ import annotations

from bidhall.cases import KINDS, case_of
from bidhall.verification.bundle import Bundle, digest_of
from bidhall.verification.outcome import require
from bidhall.verification.signed_commands import signed_commands
from crypto import canonical, merkle, multiproof
from crypto.notes import open_checkpoint

__all__ = ["RECEIVED", "RECORD_CHECKS"]

RECEIVED = frozenset({"BidSubmitted", "BidReplaced"})
PAPERS = frozenset({"DocumentAttached", "OpeningRecordFiled", "ReportFiled"})
_NOT_FILES = frozenset({"bundle.json"})
_WHOLE = ("ten", "ope", "eva", "cer")  # streams that leave whole, and only when they are finished


def files(bundle: Bundle) -> dict[str, object]:
    """Every file of the bundle is there, no other, each with the hash the description names."""
    present = set(bundle.archive.entries) - _NOT_FILES
    missing = sorted(set(bundle.files) - present)
    extra = sorted(present - set(bundle.files))
    require(not missing, "missing from the bundle: {names}", names=", ".join(missing))
    require(not extra, "not described by bundle.json: {names}", names=", ".join(extra))
    foreign = sorted(present - _belonging(bundle))
    require(not foreign, "belongs to nothing in the record: {names}", names=", ".join(foreign))
    for name, wanted in bundle.files.items():
        found = digest_of(bundle.archive.pieces(name))
        require(found == wanted, "{name} has SHA-256 {found}, described is {wanted}",
                name=name, found=found, wanted=wanted)  # fmt: skip
    return {"files": len(bundle.files)}


def _belonging(bundle: Bundle) -> set[str]:
    """Name every file a bundle of these events may hold."""
    named = {"checkpoint", "proof", *(f"events/{stream}" for stream in bundle.streams)}
    for entries in bundle.streams.values():
        for event in (one.event for one in entries if one.event is not None):
            stages = event.body.get("stages", ()) if event.kind in RECEIVED else ()
            named |= {f"files/{one['upload']}" for one in stages}
            if event.kind in PAPERS:
                named.add(f"files/{event.body['file']}")
    return named


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
        require(prefix not in {"ten", "ope", "eva"} or rest == number,
                "{stream} is of another tender", stream=stream)  # fmt: skip
        if prefix in _WHOLE:
            wanted = list(range(1, len(entries) + 1))
            require([one.seq for one in entries] == wanted,
                    "{stream} has gaps or its events are out of order", stream=stream)  # fmt: skip
        places = [one.index for one in entries]
        require(places == sorted(places), "{stream} is not in the order of the record",
                stream=stream)  # fmt: skip
        disclosed = [one for one in entries if one.event is not None]
        for one in disclosed:
            require(one.event is not None and one.event.stream == stream,
                    "an event of {other} lies in {stream}",
                    other=one.event.stream if one.event else "", stream=stream)  # fmt: skip
        times = [one.event.at for one in disclosed if one.event]
        require(times == sorted(times), "times in {stream} run backwards", stream=stream)
        withheld = len(entries) - len(disclosed)
        require(not withheld or prefix == "eva", "events of {stream} are withheld", stream=stream)
    for prefix in ("ten", "ope", "cer"):
        found = [one for one in bundle.streams if one.split("-", 1)[0] == prefix]
        require(len(found) == 1, "one stream {prefix}-... belongs here, found are {count}",
                prefix=prefix, count=len(found))  # fmt: skip
    _finished(bundle)
    return {"streams": len(bundle.streams)}


def _finished(bundle: Bundle) -> None:
    """Require the end of every stream: one cut short would hide what came last."""
    for stream in bundle.streams:
        prefix = stream.split("-", 1)[0]
        if prefix in _WHOLE:
            require(case_of(stream).disclosed(bundle.state(prefix)),
                    "{stream} ends too early; its last events are missing", stream=stream)  # fmt: skip


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
