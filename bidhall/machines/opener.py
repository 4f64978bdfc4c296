"""The opener: decrypts bids once their keys are in the record, and records what it found.

A crash in the middle loses nothing: each bid's result is a command of its own with a fixed id, and
the work is owed until all are recorded.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec

from bidhall.cases import committee, opening, tender
from bidhall.desk import RawCommand
from bidhall.opening_bids import NotOpenable, OpenedStage, open_stage

if TYPE_CHECKING:
    from bidhall.hall import Hall

__all__ = ["open_bids", "open_files", "opened_path"]

_AT_ONCE = 2


def _key(scalar: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int(scalar, 16), ec.SECP256R1())


def _stage(source: tender.State, bid: str, stage: str) -> Mapping[str, Any]:
    return next(one for one in source.bids[bid].stages if one["stage"] == stage)


async def open_bids(hall: Hall, stream: str) -> None:
    """Open the form of every bid that is not settled yet."""
    state, _ = await hall.streams.state(stream)
    source, _ = await hall.streams.state(state.tender)
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(bid: str) -> None:
        async with room:
            path = await hall.files.finished(_stage(source, bid, "form")["upload"])
            result = await asyncio.to_thread(_open_form, path, state, source, bid)
        await _record(hall, stream, bid, result, opened="RecordOpened", void="RecordVoid")

    async with asyncio.TaskGroup() as group:
        for bid, entry in state.bids.items():
            if not entry.settled:
                group.create_task(one(bid))


def _open_form(path: Path, state: opening.State, source: tender.State, bid: str) -> dict[str, Any]:
    stage = _stage(source, bid, "form")
    with path.open("rb") as file:
        result = open_stage(
            stage["descriptor"], _key(state.custody.recovered["form"]), file, None,
            operator_seed=state.operator["form"],
        )  # fmt: skip
    if isinstance(result, NotOpenable):
        return _void(result)
    return {"form": dict(result.header.form or {}), "plaintext_root": result.plaintext_root}


def _void(result: NotOpenable) -> dict[str, Any]:
    # Whose fault it is, a person judges with reasons; the machine only says what it saw.
    return {"reason": result.reason, "code": result.code, "fault": "UNKNOWN"}


async def open_files(hall: Hall, stream: str) -> None:
    """Open the technical part of every bid for the committee."""
    state, _ = await hall.streams.state(stream)
    source, _ = await hall.streams.state(state.tender)
    opened, _ = await hall.streams.state("ope-" + stream.split("-", 1)[1])
    key = _key(opened.custody.recovered["technical"])
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(bid: str) -> None:
        async with room:
            path = await hall.files.finished(_stage(source, bid, "technical")["upload"])
            target = opened_path(hall, bid)
            result = await asyncio.to_thread(_open_technical, path, target, state, source, bid, key)
        await _record(hall, stream, bid, result, opened="RecordFilesOpened", void="RecordFilesVoid")

    async with asyncio.TaskGroup() as group:
        for bid in set(state.bids) - set(state.files):
            group.create_task(one(bid))


def opened_path(hall: Hall, bid: str) -> Path:
    """Name the file that holds the opened technical part of a bid."""
    folder = hall.settings.data / "opened"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / bid


def _open_technical(  # noqa: PLR0913 - from where, to where, what, with which keys
    path: Path, target: Path, state: committee.State, source: tender.State, bid: str,
    key: ec.EllipticCurvePrivateKey,
) -> dict[str, Any]:  # fmt: skip
    stage = _stage(source, bid, "technical")
    aside = target.with_name(f".{target.name}.new")
    with path.open("rb") as file, aside.open("wb") as out:
        result = open_stage(stage["descriptor"], key, file, out, operator_secret=state.secrets[bid])
    if isinstance(result, NotOpenable):
        aside.unlink()
        return _void(result)
    # Only a whole, verified plaintext gets its name.
    aside.replace(target)
    return {"plaintext_root": result.plaintext_root, "files": _listing(target, result)}


def _listing(path: Path, result: OpenedStage) -> list[dict[str, Any]]:
    listing = []
    with path.open("rb") as file:
        for entry, offset in zip(result.header.files, result.offsets, strict=True):
            file.seek(offset)
            hasher, left = hashlib.sha256(), entry.size
            while left:
                piece = file.read(min(left, 1 << 20))
                hasher.update(piece)
                left -= len(piece)
            listing.append({
                "name": entry.name, "type": entry.type, "size": entry.size, "offset": offset,
                "sha256": hasher.hexdigest(),
            })  # fmt: skip
    return listing


async def _record(  # noqa: PLR0913 - from where, to where, what, with which keys
    hall: Hall, stream: str, bid: str, result: dict[str, Any], *, opened: str, void: str
) -> None:
    kind = void if "reason" in result else opened
    raw = RawCommand(f"cmd-{kind.lower()}-{bid}", stream, kind, {"bid": bid})
    await hall.desk.perform_as("opener", raw, result)
