"""``bidhall export``: write the record bundle of a tender.

Only streams whose case says it may be disclosed leave whole; drafts of score sheets are withheld, their
leaves alone are given. A crash leaves a file aside, never a half bundle under the wanted name.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bidhall.cases import case_of
from bidhall.cases.case import Event, canonical_event
from bidhall.cases.errors import WrongPhaseError
from bidhall.verification.archive import ArchiveWriter
from bidhall.verification.bundle import BUNDLE_TYPE
from crypto import canonical

if TYPE_CHECKING:
    from bidhall.hall import Hall
    from bidhall.record.log import Leaf

__all__ = ["export"]

WITHHELD = frozenset({"SheetSaved"})
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class _Line:
    """One entry of a stream with its place in the record."""

    event: Event
    leaf: Leaf

    def text(self) -> bytes:
        if self.event.kind in WITHHELD:
            return canonical.encode(
                {"index": self.leaf.index, "seq": self.event.seq, "leaf": self.leaf.data.hex()}
            )
        return canonical.encode({
            "index": self.leaf.index, "salt": self.leaf.salt.hex(),
            "event": canonical_event(self.event),
        })  # fmt: skip


async def export(hall: Hall, tender: str, out: Path, *, files: bool = False) -> dict[str, Any]:
    """Write the bundle of ``tender`` to ``out``; ``files`` adds the sealed technical parts.

    Raises:
        WrongPhaseError: the opening has not ended, so nothing may leave yet.
    """
    streams = await _streams(hall, tender)
    signers = {
        event.signed["device"]
        for events in streams.values() for event in events if event.signed is not None
    }  # fmt: skip
    streams["registry"] = [
        one for one in await hall.streams.events("registry")
        if one.kind == "DeviceEnrolled" and one.body["device"] in signers
    ]  # fmt: skip
    lines = {stream: await _lines(hall, events) for stream, events in streams.items()}
    note, checkpoint = await hall.log.latest_checkpoint()
    indexes = sorted(one.leaf.index for part in lines.values() for one in part)
    proof = await hall.log.multiproof(indexes, checkpoint.size)
    texts: dict[str, bytes] = {
        f"events/{stream}": b"\n".join(one.text() for one in part) + b"\n"
        for stream, part in lines.items()
    }
    texts["checkpoint"] = note.encode()
    texts["proof"] = b"".join(proof)
    uploads = {
        f"files/{one}": await hall.files.finished(one) for one in _uploads(streams, files=files)
    }
    about = {
        "v": 1, "type": BUNDLE_TYPE, "tender": tender, "origin": hall.log.origin,
        "vkey": hall.log.vkey,
    }  # fmt: skip
    await asyncio.to_thread(_write, out, about, texts, uploads)
    return {"tender": tender, "record": str(out), "events": len(indexes), "files": len(uploads)}


async def _streams(hall: Hall, tender: str) -> dict[str, list[Event]]:
    state, _ = await hall.streams.state(tender)
    number = tender.split("-", 1)[1]
    found: dict[str, list[Event]] = {}
    for stream in (tender, f"ope-{number}", f"eva-{number}"):
        own, head = await hall.streams.state(stream)
        if head and case_of(stream).disclosed(own):
            found[stream] = await hall.streams.events(stream)
    if f"ope-{number}" not in found:
        message = "the opening session has not ended; the record can leave afterwards"
        raise WrongPhaseError(message, code="not-disclosed")
    ceremony = state.manifest["ceremony"]
    found[ceremony] = await hall.streams.events(ceremony)
    return found


async def _lines(hall: Hall, events: Sequence[Event]) -> list[_Line]:
    if not events:
        return []
    leaves = await hall.log.leaves(events[0].stream, [one.seq for one in events])
    return [_Line(event, leaf) for event, leaf in zip(events, leaves, strict=True)]


def _uploads(streams: Mapping[str, Iterable[Event]], *, files: bool) -> set[str]:
    wanted: set[str] = set()
    for event in (one for events in streams.values() for one in events):
        if event.kind in {"BidSubmitted", "BidReplaced"}:
            wanted |= {
                stage["upload"]
                for stage in event.body["stages"]
                if files or stage["stage"] == "form"
            }
        elif event.kind in {"DocumentAttached", "OpeningRecordFiled", "ReportFiled"}:
            wanted.add(event.body["file"])
    return wanted


def _write(
    out: Path, about: Mapping[str, Any], texts: Mapping[str, bytes], uploads: Mapping[str, Path]
) -> None:
    hashes = {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()}
    for name, path in uploads.items():
        with path.open("rb") as file:
            hashes[name] = hashlib.file_digest(file, "sha256").hexdigest()
    texts = {**texts, "bundle.json": canonical.encode({**about, "files": hashes})}
    aside = out.with_name(f".{out.name}.new")
    with aside.open("w+b") as file:
        writer = ArchiveWriter(file)
        for name in sorted([*texts, *uploads]):
            writer.add(name, texts[name] if name in texts else _pieces(uploads[name]))
        writer.close()
    aside.replace(out)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
