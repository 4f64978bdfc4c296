"""Handlers: a case as its viewer may see it, commands to it, and what proves it.

Everything here passes the case's own ``visible``: what a viewer does not see as an event, it cannot
fetch as a receipt, a document or a file either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from bidhall.accounts import pool
from bidhall.accounts.authorise import may_watch
from bidhall.accounts.errors import SignInNeededError
from bidhall.api.door import hall_of, person_of, session_of
from bidhall.api.errors import json_response
from bidhall.api.parse import read_command, stream_of, whole_number, words
from bidhall.api.pieces import Piece, send_piece
from bidhall.cases import case_of, committee
from bidhall.cases.case import Event, stamp
from bidhall.cases.errors import NotFoundError, WrongPhaseError
from bidhall.desk import seen_whole, visible_events
from bidhall.machines.opener import opened_path

__all__ = ["command", "committee_names", "document", "evidence", "opened_file", "receipt", "show"]

_BIDDING: Final = frozenset({"BidSubmitted", "BidReplaced", "BidWithdrawn"})
_PAPERS: Final = {
    "OpeningRecordFiled": "opening-record.pdf",
    "ReportFiled": "evaluation-report.pdf",
}


@dataclass(frozen=True, slots=True)
class _Seen:
    """A case as one viewer sees it: the events, each with the body it is shown with."""

    state: Any
    events: list[Event]
    shown: list[tuple[Event, Mapping[str, Any]]]


async def _seen(request: Request) -> _Seen:
    stream, hall = stream_of(request), hall_of(request)
    case = case_of(stream)
    state, head = await hall.streams.state(stream)
    if head == 0:
        message = f"there is no case {stream!a}; check the address"
        raise NotFoundError(message, code="no-such-case", stream=stream)
    audience = may_watch(case, state, await person_of(request))
    events = await hall.streams.events(stream)
    return _Seen(state, events, visible_events(case, stream, events, audience))


async def show(request: Request) -> Response:
    """``GET /api/cases/{stream}``: the events its viewer may see, after number ``after``."""
    after = whole_number(request, "after", default=0)
    stream, person = stream_of(request), await person_of(request)
    return json_response(await hall_of(request).desk.snapshot(stream, person, after))


async def command(request: Request) -> Response:
    """``POST /api/cases/{stream}/commands``: do something; repeating it with its id is harmless.

    The answer has no number: the stream's own would tell how much lies hidden before it.
    """
    session = await session_of(request)
    if session is None:
        raise SignInNeededError("a command needs a person; sign in first")
    raw = await read_command(request)
    reply = await hall_of(request).desk.perform(raw, session.person, session)
    return json_response({"at": stamp(reply.at), "repeated": reply.repeated})


async def evidence(request: Request) -> Response:
    """``GET /api/cases/{stream}/evidence``: receipts of the events of some ``kinds``."""
    kinds, stream = words(request, "kinds"), stream_of(request)
    person = await person_of(request)
    receipts = await hall_of(request).desk.evidence(stream, person, kinds)
    return json_response({"receipts": receipts})


async def receipt(request: Request) -> Response:
    """``GET /api/receipts/{stream}/{item}``: the receipt of an event seen whole.

    ``item`` is the event's number as its viewer counts, or a bid: then its last event is meant.
    """
    seen, item = await _seen(request), str(request.path_params["item"])
    case, person = case_of(stream_of(request)), await person_of(request)
    found: Event | None = None
    for number, (event, body) in enumerate(seen.shown, 1):
        whole = seen_whole(case, event, body, person)
        if whole and (str(number) == item or (event.kind in _BIDDING and body["bid"] == item)):
            found = event
    if found is None:
        message = f"you see no event or bid {item[:80]!a} as a whole here, so there is no receipt"
        raise NotFoundError(message, code="no-such-event")
    return json_response(await hall_of(request).log.receipt(found.stream, found.seq))


async def document(request: Request) -> Response:
    """``GET /api/cases/{stream}/documents/{name}``: a tender document, or a filed paper."""
    seen, name = await _seen(request), str(request.path_params["name"])
    found = _attached(seen, name) or _paper(seen, name)
    if found is None:
        message = f"there is no document {name[:120]!a} here, or it is not published"
        raise NotFoundError(message, code="no-such-document", name=name[:120])
    path = await hall_of(request).files.finished(found["file"])
    return send_piece(request, Piece(path, 0, found["size"], name, found["sha256"]))


def _attached(seen: _Seen, name: str) -> Mapping[str, Any] | None:
    published = {
        one["sha256"]
        for event, body in seen.shown
        if event.kind == "TenderPublished"
        for one in body["manifest"]["documents"]
        if one["name"] == name
    }
    shown = {event.seq for event, _ in seen.shown}
    attached = (
        event
        for event in reversed(seen.events)
        if event.kind == "DocumentAttached" and event.body["name"] == name
    )
    return next(
        (one.body for one in attached if one.seq in shown or one.body["sha256"] in published), None
    )


def _paper(seen: _Seen, name: str) -> Mapping[str, Any] | None:
    for event, body in seen.shown:
        if _PAPERS.get(event.kind) == name and "file" in body:
            return body
    return None


async def opened_file(request: Request) -> Response:
    """``GET /api/cases/{stream}/bids/{bid}/files/{number}``: a file of a bid's opened part."""
    number = int(request.path_params["number"])
    seen, bid = await _seen(request), str(request.path_params["bid"])
    for event, body in seen.shown:
        if event.kind == "FilesOpened" and body.get("bid") == bid:
            files = body.get("files", ())
            if 1 <= number <= len(files):
                one = files[number - 1]
                path = opened_path(hall_of(request), event.body["bid"])
                piece = Piece(path, one["offset"], one["size"], one["name"], one["sha256"])
                return send_piece(request, piece)
    message = f"there is no opened file {number} of {bid[:80]!a} for you"
    raise NotFoundError(message, code="no-such-file")


async def committee_names(request: Request) -> Response:
    """``GET /api/cases/{stream}/committee``: who sat where; names only once the result is out."""
    stream, hall = stream_of(request), hall_of(request)
    case = case_of(stream)
    state, _ = await hall.streams.state(stream)
    if not isinstance(state, committee.State):
        raise NotFoundError(f"{stream} has no committee", code="no-such-case", stream=stream)
    if not case.disclosed(state):
        message = "the names of the experts are secret until the report is filed"
        raise WrongPhaseError(message, code="names-secret")
    seats = sorted(state.seats.values(), key=lambda one: one.seat)
    async with hall.pool.acquire() as connection:
        names = await pool.names(connection, [one.expert for one in seats])
    shown = [
        {"seat": one.seat, "county": one.county, "speciality": one.speciality,
         "name": names.get(one.expert, "")}
        for one in seats
    ]  # fmt: skip
    return json_response({"seats": shown})
