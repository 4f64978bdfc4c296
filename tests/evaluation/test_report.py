"""The report: everything in it is text or a count, and follows from the record."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from evaluation.criteria import read_sheet
from evaluation.errors import PriceInvalidError, SheetInvalidError, SheetsMissingError
from evaluation.report import evaluation_report, lot_report
from tests.evaluation.sample import BIDS, LOT, scores

PRICES = {"bid-a": Decimal("800.00"), "bid-b": Decimal("900.00"), "bid-c": Decimal("1000.01")}


def _sheet(*points: str, bids: tuple[str, ...] = BIDS) -> dict[str, Any]:
    comments = {bid: {"c1": "理由", "c3": "理由", "c4": "理由"} for bid in bids}
    return read_sheet(LOT, bids, scores(*points), comments, complete=True).canonical()


def _sheets() -> dict[int, dict[str, Any]]:
    return {
        1: _sheet("40.00 8.00 2.00", "30.00 8.00 1.50", "45.00 8.00 2.00"),
        2: _sheet("41.00 8.00 2.00", "31.00 8.00 1.50", "45.00 8.00 2.00"),
        3: _sheet("40.00 8.00 1.80", "30.50 8.00 1.50", "45.00 8.00 2.00"),
    }


def _walk(value: Any) -> None:
    if isinstance(value, dict):
        assert all(isinstance(key, str) for key in value)
        for one in value.values():
            _walk(one)
    elif isinstance(value, list):
        for one in value:
            _walk(one)
    else:
        assert type(value) in {str, int, bool}


def test_the_report_is_plain_data_without_fractions_of_numbers() -> None:
    report = lot_report(LOT, PRICES, _sheets(), {})
    _walk(report)
    assert json.loads(json.dumps(report)) == report


def _ranked(report: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(row["bid"], row["rank"], row["total"]) for row in report["rows"] if "rank" in row]


def _rejected(report: dict[str, Any]) -> list[dict[str, str]]:
    return [row for row in report["rows"] if row["rejected"]]


def test_everything_in_it_follows_from_the_record() -> None:
    report = lot_report(LOT, PRICES, _sheets(), {})
    # bid-a: (50 + 51 + 49.8) / 3 = 50.2666...; bid-b: (39.5 + 40.5 + 40) / 3 = 40
    assert [(one["bid"], one["mean"], one["mean_exact"]) for one in report["technical"]] == [
        ("bid-a", "50.27", "754/15"), ("bid-b", "40.00", "40.00"), ("bid-c", "55.00", "55.00"),
    ]  # fmt: skip
    assert _ranked(report) == [("bid-a", 1, "90.27"), ("bid-b", 2, "75.56")]
    assert _rejected(report) == [
        {"bid": "bid-c", "rejected": "above-ceiling", "price": "1000.01"}
    ]  # fmt: skip
    assert report["rows"][-1] == _rejected(report)[0]
    assert report["scored"] == ["bid-a", "bid-b", "bid-c"]
    assert report["candidates"] == ["bid-a", "bid-b"]
    assert report["flags"] == [{"code": "few-valid", "bids": ["bid-a", "bid-b"]}]
    assert [one["findings"] for one in report["checks"]] == [0, 0, 0, 0]
    assert [one["seat"] for one in report["sheets"]] == [1, 2, 3]
    assert report["price"]["parameters"] == dict(LOT.price)


def test_a_rejected_bid_counts_nothing_scored_or_not() -> None:
    report = lot_report(LOT, PRICES, _sheets(), {"bid-a": "资格不符", "bid-z": "未解密"})
    assert [one[0] for one in _ranked(report)] == ["bid-b"]
    assert report["rows"][0]["price_score"] == "40.00"
    assert [(one["bid"], one["rejected"], one["price"]) for one in _rejected(report)] == [
        ("bid-a", "资格不符", "800.00"), ("bid-c", "above-ceiling", "1000.01"),
        ("bid-z", "未解密", ""),
    ]  # fmt: skip
    assert report["scored"] == ["bid-b", "bid-c"]
    assert "bid-a" in report["sheets"][0]["scores"]


def test_the_order_of_the_record_does_not_show() -> None:
    first = lot_report(LOT, PRICES, _sheets(), {})
    turned = lot_report(
        LOT, dict(reversed(PRICES.items())), dict(reversed(_sheets().items())), {}
    )  # fmt: skip
    assert json.dumps(turned) == json.dumps(first)


def test_questions_call_bids_by_the_names_given() -> None:
    sheets = _sheets()
    sheets[3] = _sheet("40.00 6.00 2.00", "30.00 8.00 1.50", "45.00 8.00 2.00")
    (found,) = lot_report(LOT, PRICES, sheets, {}, names={"bid-a": "K3"})["findings"]
    assert found["code"] == "objective-differs"
    assert "K3" in found["text"]


def test_a_faulty_record_is_refused_not_ranked() -> None:
    sheets = _sheets()
    sheets[2]["scores"]["bid-a"]["c1"] = "50.50"
    with pytest.raises(SheetInvalidError, match="above the maximum"):
        lot_report(LOT, PRICES, sheets, {})
    sheets = _sheets()
    del sheets[2]["scores"]["bid-b"]["c4"]
    with pytest.raises(SheetInvalidError, match="no score"):
        lot_report(LOT, PRICES, sheets, {})
    with pytest.raises(SheetsMissingError):
        lot_report(LOT, PRICES, {}, {})
    with pytest.raises(PriceInvalidError):
        lot_report(LOT, {**PRICES, "bid-a": 800.0}, _sheets(), {})  # type: ignore[dict-item]


def test_a_forged_total_changes_no_rank_and_is_found() -> None:
    sheets = _sheets()
    sheets[1]["totals"]["bid-b"] = "60.00"
    report = lot_report(LOT, PRICES, sheets, {})
    assert _ranked(report) == [("bid-a", 1, "90.27"), ("bid-b", 2, "75.56")]
    assert [one["code"] for one in report["findings"]] == ["sum-differs"]


def test_comments_are_not_asked_of_the_past() -> None:
    sheets = {seat: {**one, "comments": {}} for seat, one in _sheets().items()}
    sheets[1] = {
        "lot": "1", "scores": scores("0.00 8.00 2.00", "0.00 8.00 1.50", "0.00 8.00 2.00"),
        "comments": {}, "totals": {"bid-a": "10.00", "bid-b": "9.50", "bid-c": "10.00"},
    }  # fmt: skip
    assert lot_report(LOT, PRICES, sheets, {})["rows"]


def test_a_lot_in_which_every_bid_is_rejected_has_a_report() -> None:
    report = lot_report(LOT, PRICES, _sheets(), dict.fromkeys(PRICES, "实质性不响应"))
    assert _ranked(report) == report["technical"] == report["candidates"] == []
    assert len(_rejected(report)) == 3
    assert report["price"]["base"] == ""


def test_the_whole_report_lists_dissent_and_who_did_not_sign() -> None:
    lots = [lot_report(LOT, PRICES, _sheets(), {})]
    seats = [{"seat": seat, "county": "532901", "speciality": "A08"} for seat in (3, 1, 2)]
    report = evaluation_report(lots, seats, {2: "不同意第一名", 1: ""}, report_hash="ab" * 32)
    _walk(report)
    assert [one["seat"] for one in report["seats"]] == [1, 2, 3]
    assert report["signatures"] == [
        {"seat": 1, "dissent": ""}, {"seat": 2, "dissent": "不同意第一名"},
    ]  # fmt: skip
    assert report["dissents"] == [{"seat": 2, "text": "不同意第一名"}]
    assert report["unsigned"] == [3]
    assert report["lots"] == lots
