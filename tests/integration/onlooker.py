"""One person at every door of the hall: all that this person can get to read, kept word for word."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from bidhall.client.visitor import Visitor
from bidhall.ids import new_id

__all__ = ["Seen", "Subject", "look"]

_LISTEN = 0.4
_KINDS = (
    (
        "TenderCreated TenderRevised KeysAssigned TenderPublished BidSubmitted BidReplaced BidWithdrawn "
        "TenderClosed / OpeningConvened ChairTaken ShareReleased KeyRecovered OperatorKeyReleased "
        "BidOpened DecryptionCompleted BidsAnnounced BidConfirmed OpeningEnded OpeningRecordFiled / "
        "EvaluationConvened RosterFiled RosterCommitted ShareReleased KeyRecovered DrawMade "
        "ExpertSignedIn PledgeSigned FilesReleased FilesOpened ScoringStarted SheetSaved SheetLocked "
        "SheetsRevealed LotRanked ReportSigned EvaluationCompleted ReportFiled Spoken / "
        "ConveneCeremony CustodianJoined CeremonyCompleted / DeviceEnrolled DeviceRevoked"
    )
    .replace(" / ", "/")
    .replace(" ", ",")
    .split("/")
)


@dataclass(frozen=True)
class Subject:
    """What is looked at: streams in the order of ``_KINDS``, bids, uploads, words to search for."""

    streams: tuple[str, str, str, str, str]
    bids: Sequence[str] = ()
    uploads: Sequence[str] = ()
    words: Sequence[str] = ()


@dataclass
class Seen:
    """What one person got: request -> answer, with what was asked for taken out of the answer."""

    who: str
    texts: dict[str, str] = field(default_factory=dict)

    def holding(self, marks: Iterable[str]) -> list[str]:
        """List ``request: mark`` wherever a mark stands; a number only where it stands alone."""
        return [
            f"{self.who} {what}: {mark}"
            for mark in marks
            for what, text in self.texts.items()
            if _stands(mark, text)
        ]

    def steady(self) -> dict[str, str]:
        """Give it without what changes by itself: times, who is in a room, proofs of a growing log."""
        return {
            what: _MOMENTS.sub("~", _PRESENCE.sub("", text))
            for what, text in self.texts.items()
            if not what.startswith("GET /record/") and "/api/me" not in what
        }


_PRESENCE = re.compile(r'\n[^\n]*"t":"presence"[^\n]*')
_MOMENTS = re.compile(r'"proof":"[^"]*"|"now":"[^"]*"|"reference":"[^"]*"|cmd-[a-z2-7]{26}')


def _stands(mark: str, text: str) -> bool:
    if re.fullmatch(r"[0-9.]+", mark):
        return re.search(rf"(?<![0-9.]){re.escape(mark)}(?![0-9])", text) is not None
    return mark in text or json.dumps(mark)[1:-1] in text


async def look(who: str, visitor: Visitor, subject: Subject) -> Seen:
    """Read everything that ``visitor`` may ask for."""
    seen = Seen(who)
    http = visitor._http
    for path in _paths(subject):
        answer = await http.get(path)
        seen.texts[f"GET {path}"] = _without(path, _text(answer))
    for upload in subject.uploads:
        answer = await http.head(f"/files/{upload}", headers={"Tus-Resumable": "1.0.0"})
        seen.texts[f"HEAD {upload}"] = f"{answer.status_code} {dict(answer.headers)}"
        del answer
    for stream, kind, body in _commands(subject):
        path = f"/api/cases/{stream}/commands"
        answer = await http.post(path, json={"id": new_id("cmd"), "kind": kind, "body": body})
        asked = f"{stream} {json.dumps(body)}"
        seen.texts[f"{kind} {asked}"] = _without(asked, f"{answer.status_code} {answer.text}")
        assert answer.status_code >= 400, (who, kind, answer.text)
    frames = await asyncio.gather(*(_room(visitor, one) for one in subject.streams))
    for stream, text in zip(subject.streams, frames, strict=True):
        seen.texts[f"room {stream}"] = text
    return seen


def _text(answer: httpx.Response) -> str:
    # Bytes as they are: a mark in a file is found as well as one in JSON.
    return f"{answer.status_code} " + answer.content.decode("utf-8", "replace")


def _without(asked: str, text: str) -> str:
    """Take out of an answer the ids that the request itself named: an echo tells nothing."""
    for one in re.findall(r"(?:bid|upl|ten|eva|ope|cer)-[a-z2-7]{26}", asked):
        text = text.replace(one, "~")
    return text


def _paths(subject: Subject) -> Iterable[str]:
    yield from (
        "/api/me",
        "/api/tenders",
        "/api/tenders?live=1",
        "/api/tenders?limit=1",
        "/api/desk",
    )
    yield from (f"/api/tenders?q={word}" for word in subject.words)
    yield from (f"/api/people?role={role}" for role in ("host", "custodian", "expert", "bidder"))
    for stream, kinds in zip(subject.streams, _KINDS, strict=True):
        yield f"/api/cases/{stream}"
        yield f"/api/cases/{stream}/evidence?kinds={kinds}"
        yield from (f"/api/receipts/{stream}/{number}" for number in (1, 9, 18))
    tender, opening, evaluation, _, _ = subject.streams
    yield f"/api/cases/{tender}?after=1"
    yield f"/api/cases/{evaluation}?after=9"
    yield f"/api/cases/{evaluation}/committee"
    for bid in subject.bids:
        yield from (f"/api/receipts/{one}/{bid}" for one in (tender, opening, evaluation))
    yield f"/api/cases/{opening}/documents/opening-record.pdf"
    yield f"/api/cases/{evaluation}/documents/evaluation-report.pdf"
    yield from (f"/api/cases/{subject.streams[2]}/bids/{bid}/files/1" for bid in subject.bids)
    yield from (f"/files/{upload}" for upload in subject.uploads)
    yield from ("/record/checkpoint", "/record/key", "/record/consistency?first=1&second=2")
    yield from ("/record/tile/entries/000.p/40", "/record/tile/0/000.p/40", "/record/tile/0/000")


def _commands(subject: Subject) -> Iterable[tuple[str, str, dict[str, Any]]]:
    """Commands that are refused whoever sends them; what matters is with which words."""
    tender, opening, evaluation, _, _ = subject.streams
    for bid in (*subject.bids[:2], "bid-" + "a" * 26):
        yield tender, "WithdrawBid", {"bid": bid}
        yield tender, "ReplaceBid", {"bid": bid, "lot": "1", "stages": []}
        yield opening, "ConfirmBid", {"bid": bid}
        for kind in ("SaveSheet", "LockSheet"):
            bad = {"lot": "1", "scores": {bid: {"1": "99.99"}}, "comments": {}}
            yield evaluation, kind, bad
    yield tender, "SubmitBid", {"bid": "bid-" + "b" * 26, "lot": "1", "stages": []}
    yield tender, "CloseTender", {}
    yield opening, "RaiseObjection", {"bid": "bid-" + "a" * 26, "text": ""}
    yield opening, "JudgeFault", {"bid": "bid-" + "a" * 26, "fault": "BIDDER", "reason": "x"}
    yield evaluation, "SignReport", {"report_hash": "00", "dissent": ""}
    yield evaluation, "ReleaseShare", {"stage": "lot", "share": "00" * 32, "checkpoint": {}}
    yield evaluation, "Speak", {"text": ""}
    yield evaluation, "RosterFiled", {}


async def _room(visitor: Visitor, stream: str) -> str:
    url = visitor.base.replace("http", "ws", 1) + f"/rooms/{stream}"
    headers = {"Authorization": f"Bearer {visitor.token}"} if visitor.token else {}
    frames: list[str] = []
    async with connect(url, additional_headers=headers, max_size=None, proxy=None) as link:
        await link.send('{"t":"join","v":1}')
        with suppress(TimeoutError, ConnectionClosed):
            async with asyncio.timeout(_LISTEN):
                while True:
                    frame = str(await link.recv())
                    # Who else is looking at this moment is in `presence`, and changes with it.
                    frames.append(re.sub(r'"listeners":[0-9]+', '"listeners":~', frame))
    return "\n".join(frames)
