"""Score sheets of an evaluation: saved, locked, revealed together, ranked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from bidhall.cases import fields
from bidhall.cases.case import Body, Command, Event, Happening
from bidhall.cases.committee import Phase, Seat, State
from bidhall.cases.errors import ConflictError, InvalidCommandError
from crypto import canonical
from evaluation.criteria import parse_lot, read_sheet
from evaluation.errors import EvaluationError
from evaluation.report import lot_report

__all__ = ["evolve", "read_again", "report_hash", "report_of", "take_sheet"]


def take_sheet(state: State, command: Command, seat: Seat) -> tuple[Happening, ...]:
    """Save a draft, or lock a complete sheet; the last lock of a lot reveals and ranks it.

    Raises:
        InvalidCommandError: a score is out of range, off its step or, when locking, missing.
        ConflictError: the seat has locked this lot before.
    """
    fields.only(command.body, "lot", "scores", "comments")
    lot = _lot(state, command.body)
    number = lot["lot"]
    if seat.seat in state.locked.get(number, {}):
        message = f"your sheet for lot {number} is locked; nothing in it can change"
        raise ConflictError(message, code="locked-already", lot=number)
    locking = command.kind == "LockSheet"
    sheet = _read(state, lot, command.body, complete=locking)
    body = {"seat": seat.seat, "lot": number, "sheet": sheet}
    if not locking:
        return (Happening("SheetSaved", body),)
    locked = Happening("SheetLocked", body)
    sheets = {**state.locked.get(number, {}), seat.seat: sheet}
    if len(sheets) < len(state.seats):
        return (locked,)
    revealed = [{"seat": place, "sheet": one} for place, one in sorted(sheets.items())]
    report = report_of(state, lot, sheets)
    return (
        locked,
        Happening("SheetsRevealed", {"lot": number, "sheets": revealed}),
        Happening("LotRanked", {"lot": number, "report": report}),
    )


def _lot(state: State, body: Body) -> Body:
    wanted = fields.text(body, "lot", maximum=20)
    for lot in state.lots:
        if lot["lot"] == wanted:
            return lot
    message = f"lot {wanted!a} is not evaluated here"
    raise InvalidCommandError(message, code="no-such-lot", lot=wanted)


def scored_bids(state: State, lot: str) -> list[str]:
    """List the bids of a lot that can be scored: opened, and their files opened too."""
    return [
        bid for bid, one in sorted(state.bids.items())
        if one["lot"] == lot and not state.files.get(bid, {}).get("reason")
    ]  # fmt: skip


def _read(state: State, lot: Body, body: Body, *, complete: bool) -> dict[str, Any]:
    try:
        sheet = read_sheet(
            parse_lot(lot), scored_bids(state, lot["lot"]), body.get("scores", {}),
            body.get("comments", {}), complete=complete,
        )  # fmt: skip
    except EvaluationError as error:
        raise InvalidCommandError(str(error), code=error.code, **error.params) from error
    return sheet.canonical()


def read_again(state: State, body: Body) -> dict[str, Any]:
    """Read a signed lock command as it was read then: the sheet it gave."""
    return _read(state, _lot(state, body), body, complete=True)


def report_of(state: State, lot: Body, sheets: Mapping[int, Body]) -> dict[str, Any]:
    """Rank a lot from its locked sheets and opened prices."""
    number = lot["lot"]
    prices = {bid: Decimal(state.bids[bid]["price"]) for bid in scored_bids(state, number)}
    rejected = {
        bid: state.files[bid]["reason"] for bid, one in state.bids.items()
        if one["lot"] == number and state.files.get(bid, {}).get("reason")
    }  # fmt: skip
    return lot_report(parse_lot(lot), prices, sheets, rejected)


def report_hash(state: State) -> str:
    """Hash what the members sign: every lot's report, hex."""
    return canonical.digest([state.reports[lot] for lot in sorted(state.reports)]).hex()


def evolve(state: State, event: Event) -> State:
    """Apply one event about sheets."""
    body = event.body
    lot = body["lot"]
    match event.kind:
        case "SheetSaved":
            return replace(state, drafts=_with(state.drafts, lot, body["seat"], body["sheet"]))
        case "SheetLocked":
            return replace(state, locked=_with(state.locked, lot, body["seat"], body["sheet"]))
        case "SheetsRevealed":
            return replace(state, revealed=state.revealed | {lot})
        case _:
            reports = {**state.reports, lot: body["report"]}
            done = len(reports) == len(state.lots)
            return replace(state, reports=reports, phase=Phase.RANKED if done else state.phase)


def _with(
    table: Mapping[str, Mapping[int, Body]], lot: str, seat: int, sheet: Body
) -> Mapping[str, Mapping[int, Body]]:
    return {**table, lot: {**table.get(lot, {}), seat: sheet}}
