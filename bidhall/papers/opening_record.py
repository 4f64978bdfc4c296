"""The opening record: what was announced, confirmed and objected to, as one paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from bidhall.cases.case import Event, instant
from bidhall.cases.opening import State
from bidhall.papers.press import press

__all__ = ["set_opening_record"]

BEIJING = timezone(timedelta(hours=8), "北京时间")
_NO_PRICE = "—"


def local(at: datetime) -> str:
    """Write an instant as people in the hall read it."""
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S} 北京时间"


def grouped(money: str) -> str:
    """Write "45873216.58" as "45,873,216.58"; the digits stay digits of a string."""
    whole, _, cents = money.partition(".")
    return f"{int(whole):,}.{cents}" if whole.isdigit() else money


def set_opening_record(state: State, events: Sequence[Event]) -> bytes:
    """Set the PDF from the state and the stream of an ended session."""
    convened = next(one for one in events if one.kind == "OpeningConvened").body
    chairs = [one.body["name"] for one in events if one.kind == "ChairTaken"]
    ended = next(
        (one for one in events if one.kind in {"OpeningEnded", "LotNotOpened"}), events[-1]
    )
    short = {one.body["lot"]: one.body for one in events if one.kind == "LotNotOpened"}
    data: dict[str, Any] = {
        "tender": convened["tender"],
        "title": convened["title"],
        "tenderee": convened["tenderee"],
        "closes_at": local(instant(convened["closes_at"])),
        "opens_at": local(instant(convened["opens_at"])),
        "host": "、".join(chairs) or _NO_PRICE,
        "custodians": [
            convened["custodians"][index - 1]["name"]
            for index in sorted(state.custody.released.get("form", {}))
        ],
        "threshold": convened["threshold"],
        "total_custodians": len(convened["custodians"]),
        "manifest_hash": convened["manifest_hash"],
        "lots": [_lot(state, lot, short.get(lot["lot"])) for lot in convened["lots"]],
        "objections": [
            {"bidder": one["bidder_name"], "text": one["text"], "answer": one.get("answer", "")}
            for one in state.objections.values()
        ],
        "remark": ended.body.get("remark", ""),
    }
    return press("opening", data, ended.at)


def _lot(state: State, lot: Any, short: Any) -> dict[str, Any]:
    note = ""
    if short is not None:
        note = f"投标人 {short['count']} 家，少于 {short['minimum']} 家，不开标，重新招标（实施条例第四十四条）。"
    bids = [one for one in state.bids.values() if one.lot == lot["lot"]]
    rows = []
    for place, one in enumerate(bids, 1):
        form = one.form or {}
        rows.append({
            "place": place, "bidder": one.bidder_name, "void": one.void, "fault": one.fault,
            "price": grouped(form["price"]) if form else _NO_PRICE,
            "days": str(form.get("duration_days", _NO_PRICE)),
            "confirmed": "已确认" if one.confirmed_at else "未提异议，视为认可",
        })  # fmt: skip
    return {"lot": lot["lot"], "name": lot["name"], "note": note, "bids": rows}
