"""A score sheet means the same in the expert's browser and in the hall: faults, what is sent, the sum."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from playwright.async_api import Page

from evaluation.criteria import parse_lot, read_sheet
from evaluation.errors import EvaluationError

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CODES = {
    "score-malformed": "malformed",
    "score-out-of-range": "range",
    "score-off-step": "step",
}
TEXTS = (
    "0", "0.0", "0.00", "8", "8.6", "8.60", "8.65", "08", "8.", ".5", "8.600", "-1", "1e1", "+1",
    "12", "12.0", "12.01", "100", "100.01", "999", "8,6", "八", "7.25", "4.79", "4.80", "7.19",
)  # fmt: skip
BEYOND = {"100.01", "999"}
CRITERIA: list[dict[str, Any]] = [
    {
        "id": "a",
        "name": "一",
        "name_en": "A",
        "maximum": "12.00",
        "step": "0.10",
        "objective": False,
    },
    {
        "id": "b",
        "name": "二",
        "name_en": "B",
        "maximum": "8.00",
        "step": "0.25",
        "objective": False,
    },
    {
        "id": "c",
        "name": "三",
        "name_en": "C",
        "maximum": "10.00",
        "step": "5.00",
        "objective": True,
    },
    {
        "id": "d",
        "name": "四",
        "name_en": "D",
        "maximum": "0.99",
        "step": "0.33",
        "objective": False,
    },
]
LOT: dict[str, Any] = {
    "lot": "1", "name": "标段", "name_en": "Lot", "ceiling": "1000000.00", "criteria": CRITERIA,
    "price": {"method": "low-price-first", "weight": "69.01"},
}  # fmt: skip
CALL = "async ([name, given]) => (await import('/scripts/evaluation/sheet.js'))[name](...given)"


def _refused(scores: Any, comments: Any, *, complete: bool) -> list[tuple[str, str]]:
    try:
        read_sheet(parse_lot(LOT), ["bid-a"], scores, comments, complete=complete)
    except EvaluationError as error:
        violations: Any = error.params["violations"]
        return [(one["code"], one["criterion"]) for one in violations]
    return []


async def test_a_score_is_wrong_in_the_page_where_it_is_wrong_in_the_hall(at: Page) -> None:
    for criterion in CRITERIA:
        for text in TEXTS:
            seen = await at.evaluate(CALL, ["scoreFault", [criterion, text]])
            found = _refused({"bid-a": {criterion["id"]: text}}, {}, complete=False)
            expected = [(seen["code"], criterion["id"])] if seen else []
            # Above 100 the hall calls it no score at all; a person is told the maximum all the same.
            told = [("range" if text in BEYOND else CODES[code], where) for code, where in found]
            assert told == expected, (criterion, text)


async def test_reasons_are_asked_for_below_the_same_limit(at: Page) -> None:
    for criterion in CRITERIA:
        steps = int(Decimal(str(criterion["maximum"])) / Decimal(str(criterion["step"])))
        for step in range(steps + 1):
            points = f"{Decimal(str(criterion['step'])) * step:.2f}"
            asked = await at.evaluate(CALL, ["reasonMissing", [criterion, points, " \u3000"]])
            found = _refused({"bid-a": {criterion["id"]: points}}, {}, complete=True)
            assert asked == (("comment-missing", criterion["id"]) in found), (criterion, points)


async def test_what_is_sent_is_recorded_as_it_is(at: Page) -> None:
    entries = {
        "scores": {"bid-a": {"a": "7.5", "b": "8.6", "c": "5", "d": "0.66"}},
        "comments": {"bid-a": {"a": "\u3000间距\t不一致\u202e ", "b": "  "}},
    }
    sent = await at.evaluate(CALL, ["sheetBody", [LOT, ["bid-a"], entries]])
    assert sent == {
        "lot": "1",
        "scores": {"bid-a": {"a": "7.50", "c": "5.00", "d": "0.66"}},
        "comments": {"bid-a": {"a": "间距 不一致"}},
    }
    recorded = read_sheet(
        parse_lot(LOT), ["bid-a"], sent["scores"], sent["comments"], complete=False
    ).canonical()
    assert (recorded["scores"], recorded["comments"]) == (sent["scores"], sent["comments"])
    shown = await at.evaluate(CALL, ["progress", [CRITERIA, entries, "bid-a"]])
    assert shown["total"] == recorded["totals"]["bid-a"] == "13.16"
    assert (shown["faults"], shown["missing"], shown["complete"]) == (1, 0, False)


async def test_what_comes_back_from_the_hall_never_takes_away_what_was_typed(at: Page) -> None:
    entries = {"scores": {"bid-a": {"a": "7.5", "b": "8.6"}}, "comments": {"bid-a": {"a": "间距 "}}}
    sent = await at.evaluate(CALL, ["sheetBody", [LOT, ["bid-a"], entries]])
    recorded = read_sheet(
        parse_lot(LOT), ["bid-a"], sent["scores"], sent["comments"], complete=False
    ).canonical()
    assert await at.evaluate(CALL, ["sameSheet", [recorded, sent]])
    recorded["scores"]["bid-a"]["a"] = "7.40"
    assert not await at.evaluate(CALL, ["sameSheet", [recorded, sent]])
    kept = await at.evaluate(CALL, ["faulty", [LOT, ["bid-a"], entries]])
    assert kept == [["bid-a", "b", "8.6"]]
