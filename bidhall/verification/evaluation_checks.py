"""Checks of the evaluation: the draw, the sheets, the ranking, the signatures, the papers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from bidhall.cases import evaluation as case
from bidhall.cases import scoring
from bidhall.cases.committee import State, draw_committee
from bidhall.facts.roster import roster_root
from bidhall.verification.bundle import Bundle, digest_of
from bidhall.verification.outcome import CheckFailedError, require
from bidhall.verification.signed_commands import device_keys

__all__ = ["EVALUATION_CHECKS"]

_BY_SEAT = frozenset(
    {"ExpertSignedIn", "PledgeSigned", "ExpertRecused", "SheetLocked", "ReportSigned"}
)


def draw(bundle: Bundle) -> dict[str, object]:
    """The committee follows from the committed roster and the released lot key."""
    events = bundle.events("eva")
    state = case.initial(f"eva-{bundle.tender.split('-', 1)[1]}")
    for event in events:
        if event.kind == "DrawMade":
            released = bytes.fromhex(state.custody.recovered["lot"])
            root = roster_root(state.roster)
            require(root == state.roster_root, "the roster has root {found}, committed was {wanted}",
                    found=root, wanted=state.roster_root)  # fmt: skip
            again = draw_committee(state, released)
            require(again == dict(event.body), "the draw, made again, gives other seats")
            return {"seats": len(event.body["seats"]), "roster": len(state.roster)}
        state = case.evolve(state, event)
    return {"seats": 0}


def sheets(bundle: Bundle) -> dict[str, object]:
    """Each sheet was locked and signed by the expert of its seat, and revealed unchanged."""
    state: State = case.initial("eva")
    devices = device_keys(bundle)
    count = 0
    for event in bundle.events("eva"):
        if event.kind in _BY_SEAT:
            holder = state.seats[event.body["seat"]].expert
            require(holder == event.actor, "{kind} of seat {seat} comes from another person",
                    kind=event.kind, seat=event.body["seat"])  # fmt: skip
        if event.kind == "SheetLocked":
            seat = state.seats[event.body["seat"]]
            signed = event.signed or {}
            person, _ = devices.get(signed.get("device", ""), ("", b""))
            require(seat.expert == event.actor == person,
                    "the sheet of seat {seat} for lot {lot} is not signed by its expert",
                    seat=seat.seat, lot=event.body["lot"])  # fmt: skip
            body = signed["body"]
            given = scoring.read_again(state, body)
            require(given == event.body["sheet"], "the recorded sheet of seat {seat} for lot {lot} "
                    "is not the one that was signed", seat=seat.seat, lot=event.body["lot"])  # fmt: skip
            count += 1
        if event.kind == "SheetsRevealed":
            locked = state.locked[event.body["lot"]]
            told = {one["seat"]: one["sheet"] for one in event.body["sheets"]}
            require(told == dict(locked) and set(told) == set(state.seats),
                    "lot {lot} was revealed otherwise than it was locked", lot=event.body["lot"])  # fmt: skip
        state = case.evolve(state, event)
    return {"sheets": count}


def ranking(bundle: Bundle) -> dict[str, object]:
    """Price scores, totals and ranks, computed again in decimal, are those recorded."""
    state: State = case.initial("eva")
    opening = bundle.state("ope")
    count = 0
    events = bundle.events("eva")
    for event in events:
        if event.kind == "EvaluationConvened":
            _check_terms(event.body, bundle.state("ten").manifest)
            _check_prices(event.body, opening)
        if event.kind == "LotRanked":
            again = _ranked(state, event.body["lot"])
            require(again == event.body["report"], "lot {lot}, ranked again, comes out otherwise",
                    lot=event.body["lot"])  # fmt: skip
            count += 1
        state = case.evolve(state, event)
    if events:
        require(set(state.signatures) == set(state.seats), "the report is not signed by every seat")
        wanted = scoring.report_hash(replace(state))
        for one in events:
            if one.kind == "ReportSigned":
                require((one.signed or {})["body"]["report_hash"] == wanted,
                        "seat {seat} signed another report", seat=one.body["seat"])  # fmt: skip
    return {"lots": count, "signatures": len(state.signatures)}


def _check_terms(body: Any, manifest: Any) -> None:
    used = {one["lot"] for one in body["bids"]}
    lots = [one for one in manifest["lots"] if one["lot"] in used]
    require(body["lots"] == lots, "lots are evaluated by other terms than the manifest's")
    for name in ("tender", "threshold", "custodians", "hosts", "keys", "draw"):
        require(body[name] == manifest[name],
                "the evaluation was convened with another {name} than the manifest's", name=name)  # fmt: skip


def _check_prices(body: Any, opening: Any) -> None:
    wanted = {one.bid for one in opening.bids.values() if one.form is not None}
    found = [one["bid"] for one in body["bids"]]
    require(sorted(found) == sorted(wanted), "other bids are evaluated than were opened")
    for one in body["bids"]:
        form = opening.bids[one["bid"]].form
        require(form is not None and Decimal(form["price"]) == Decimal(one["price"]),
                "{bid} is evaluated at another price than it was opened with", bid=one["bid"])  # fmt: skip


def _ranked(state: State, number: str) -> dict[str, Any]:
    lot = next(one for one in state.lots if one["lot"] == number)
    return scoring.report_of(state, lot, state.locked[number])


def papers(bundle: Bundle) -> dict[str, object]:
    """The papers and documents in the bundle are those whose hashes were recorded."""
    count = 0
    for prefix, kind in (("ope", "OpeningRecordFiled"), ("eva", "ReportFiled")):
        for event in bundle.events(prefix):
            if event.kind == kind:
                count += _check_file(bundle, event.body["file"], event.body["sha256"])
    for event in bundle.events("ten"):
        if event.kind == "DocumentAttached":
            count += _check_file(bundle, event.body["file"], event.body["sha256"])
    return {"papers": count}


def _check_file(bundle: Bundle, upload: str, wanted: str) -> int:
    if not bundle.has(upload):
        raise CheckFailedError("paper {upload} is missing from the bundle", upload=upload)
    found = digest_of(bundle.pieces(upload))
    require(found == wanted, "paper {upload} has SHA-256 {found}, recorded is {wanted}",
            upload=upload, found=found, wanted=wanted)  # fmt: skip
    return 1


EVALUATION_CHECKS = {"draw": draw, "sheets": sheets, "ranking": ranking, "papers": papers}
