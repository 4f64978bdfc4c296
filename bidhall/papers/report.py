"""The evaluation report as one paper, from the ranked lots and the signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bidhall.cases import scoring
from bidhall.cases.case import Event
from bidhall.cases.committee import State
from bidhall.papers.opening_record import grouped
from bidhall.papers.press import press

__all__ = ["set_report"]


def set_report(state: State, events: Sequence[Event]) -> bytes:
    """Set the PDF of a signed evaluation."""
    signed = next(one for one in events if one.kind == "EvaluationCompleted")
    data: dict[str, Any] = {
        "tender": state.tender,
        "title": state.title,
        "report_hash": scoring.report_hash(state),
        "seats": [{"seat": one.seat, "county": one.county} for one in state.seats.values()],
        "lots": [_lot(state, lot) for lot in state.lots],
        "signatures": [
            {"seat": seat, "dissent": dissent} for seat, dissent in sorted(state.signatures.items())
        ],
    }
    return press("report", data, signed.at)


def _lot(state: State, lot: Mapping[str, Any]) -> dict[str, Any]:
    report = state.reports[lot["lot"]]
    return {
        "lot": lot["lot"],
        "name": lot["name"],
        "rows": [_row(state, one) for one in report["rows"]],
        "candidates": [state.bids[bid]["bidder_name"] for bid in report["candidates"]],
        "codes": [state.codes[bid] for bid in report["scored"]],
        "sheets": [
            {"seat": one["seat"], "totals": [one["totals"][bid] for bid in report["scored"]]}
            for one in report["sheets"]
        ],
        "findings": [one["text"] for one in report["findings"]],
    }


def _row(state: State, row: Mapping[str, Any]) -> dict[str, str]:
    bid = state.bids[row["bid"]]
    return {
        "rank": str(row.get("rank") or "—"), "bidder": bid["bidder_name"],
        "rejected": str(row.get("rejected", "")), "price": grouped(bid["price"]),
        "technical": str(row.get("technical", "—")), "price_score": str(row.get("price_score", "—")),
        "total": str(row.get("total", "—")),
    }  # fmt: skip
