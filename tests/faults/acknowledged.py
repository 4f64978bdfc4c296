"""What the hall has promised, written down at its clients: every command that was answered with ok."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest

from bidhall.cases.case import stamp
from bidhall.client.room import RoomMember
from bidhall.client.visitor import Visitor
from bidhall.ids import new_id

__all__ = ["Acknowledged", "Kept", "kept_record", "watching"]

# What may happen once for each of these parts of its body in one stream, whatever was sent twice.
_ONCE: Mapping[str, tuple[str, ...]] = {
    "OpeningConvened": (), "ShareReleased": ("stage", "index"), "KeyRecovered": ("stage",),
    "OperatorKeyReleased": (), "BidOpened": ("bid",), "DecryptionCompleted": (),
    "BidsAnnounced": (), "BidConfirmed": ("bid",), "OpeningEnded": (), "OpeningRecordFiled": (),
    "EvaluationConvened": (), "RosterCommitted": (), "DrawMade": (), "ExpertSignedIn": ("seat",),
    "PledgeSigned": ("seat",), "FilesReleased": (), "FilesOpened": ("bid",),
    "ScoringStarted": (), "SheetLocked": ("seat", "lot"), "SheetsRevealed": ("lot",),
    "LotRanked": ("lot",), "ReportSigned": ("seat",), "EvaluationCompleted": (), "ReportFiled": (),
    "TenderPublished": (), "BidSubmitted": ("bid",), "TenderClosed": (),
}  # fmt: skip


@dataclass
class Acknowledged:
    """Commands that were answered with ok: id -> (stream, kind, the time the answer names)."""

    commands: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def of(self, stream: str) -> dict[str, tuple[str, str]]:
        """Those of a stream: id -> (kind, time)."""
        return {
            name: (kind, at) for name, (where, kind, at) in self.commands.items() if where == stream
        }


@contextmanager
def watching(patch: pytest.MonkeyPatch) -> Iterator[Acknowledged]:
    """Look over the shoulder of every client of this process while the block runs."""
    seen = Acknowledged()
    form, command, reply = Visitor.form, Visitor.command, RoomMember._reply

    def noted_form(self: Visitor, stream: str, kind: str, body: Any, **more: Any) -> Any:
        made = form(self, stream, kind, body, **more)
        seen.kinds[made["id"]] = kind
        return made

    async def noted_command(
        self: Visitor, stream: str, kind: str, body: Any = None, **more: Any
    ) -> Any:
        more["id_"] = more.get("id_") or new_id("cmd")
        answer = await command(self, stream, kind, body, **more)
        seen.commands[more["id_"]] = (stream, kind, answer["at"])
        return answer

    def noted_reply(self: RoomMember, frame: dict[str, Any]) -> None:
        if frame["ok"]:
            kind = seen.kinds[frame["id"]]
            seen.commands.setdefault(frame["id"], (self.stream, kind, frame["result"]["at"]))
        reply(self, frame)

    patch.setattr(Visitor, "form", noted_form)
    patch.setattr(Visitor, "command", noted_command)
    patch.setattr(RoomMember, "_reply", noted_reply)
    yield seen


@dataclass(frozen=True)
class Kept:
    """The record as it lies in the database."""

    rows: list[Any]
    size: int

    def stream(self, stream: str) -> list[Any]:
        """The events of a stream in order."""
        return [one for one in self.rows if one["stream"] == stream]

    def missing(self, promised: Acknowledged, stream: str) -> list[str]:
        """List acknowledged commands that are not there, or not at the time that was answered."""
        found = {one["command_id"]: stamp(one["at"]) for one in self.stream(stream)}
        return [
            f"{kind} {name}: answered {at}, found {found.get(name)}"
            for name, (kind, at) in promised.of(stream).items()
            if found.get(name) != at
        ]

    def doubled(self, stream: str) -> list[str]:
        """List what is there more than once."""
        rows = self.stream(stream)
        commands = Counter((one["command_id"], one["ordinal"]) for one in rows)
        facts = Counter(
            (one["kind"], *(one["body"][name] for name in _ONCE[one["kind"]]))
            for one in rows
            if one["kind"] in _ONCE
        )
        return [str(one) for one, count in [*commands.items(), *facts.items()] if count > 1]

    def gaps(self) -> list[str]:
        """List streams, commands and the log itself where a number is left out."""
        streams = sorted({one["stream"] for one in self.rows})
        found = [
            stream
            for stream in streams
            if [one["seq"] for one in self.stream(stream)]
            != list(range(1, len(self.stream(stream)) + 1))
        ]
        ordinals: dict[tuple[str, str], list[int]] = {}
        for one in self.rows:
            ordinals.setdefault((one["stream"], one["command_id"]), []).append(one["ordinal"])
        found += [str(name) for name, each in ordinals.items() if each != list(range(len(each)))]
        if sorted(one["log_index"] for one in self.rows) != list(range(self.size)):
            found.append(f"the log of {self.size}")
        return found


async def kept_record(database_url: str) -> Kept:
    """Read all events, once every one of them has its place in the signed log."""
    connection = await asyncpg.connect(database_url)
    try:
        for _ in range(200):
            waiting = await connection.fetchval(
                "SELECT count(*) FROM event WHERE log_index IS NULL"
            )
            size = await connection.fetchval("SELECT max(size) FROM checkpoint")
            rows = await connection.fetch("SELECT * FROM event ORDER BY stream, seq")
            if not waiting and size == len(rows):
                return Kept([{**one, "body": json.loads(one["body"])} for one in rows], size)
            await asyncio.sleep(0.05)
    finally:
        await connection.close()
    raise AssertionError("events wait for their place in the log")
