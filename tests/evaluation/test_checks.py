"""The four checks before signing: each finds what it should and nothing else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from evaluation.checks import Finding, Thresholds, run_checks
from tests.evaluation.sample import BIDS, LOT, recorded

GOOD = ("40.00 8.00 2.00/50.00", "30.00 6.00 1.50/37.50", "45.00 8.00 2.00/55.00")


def _sheets(*others: tuple[str, ...]) -> dict[int, dict[str, Any]]:
    sheets = [recorded(*GOOD) for _ in range(5 - len(others))]
    return dict(enumerate([*sheets, *(recorded(*one) for one in others)], 1))


def _found(*others: tuple[str, ...], thresholds: Thresholds | None = None) -> list[Finding]:
    return list(run_checks(LOT, _sheets(*others), BIDS, thresholds))


def test_sheets_that_agree_raise_no_question() -> None:
    assert _found() == []


def test_a_wrong_total_is_asked_about() -> None:
    (found,) = _found(("40.00 8.00 2.00/49.50", *GOOD[1:]))
    assert (found.check, found.code, found.bid, found.seats) == (
        "sums", "sum-differs", "bid-a", (5,),
    )  # fmt: skip
    assert found.params == {"stated": "49.50", "computed": "50.00"}


def test_a_missing_total_is_asked_about() -> None:
    sheets = _sheets()
    del sheets[2]["totals"]["bid-b"]
    (found,) = run_checks(LOT, sheets, BIDS)
    assert (found.code, found.seats, found.params["stated"]) == ("sum-differs", (2,), "nothing")


def test_a_score_out_of_range_off_step_or_missing_is_asked_about() -> None:
    for value in ("50.50", "40.25", "forty"):
        sheets = _sheets()
        sheets[3]["scores"]["bid-a"]["c1"] = value
        ranges = [one for one in run_checks(LOT, sheets, BIDS) if one.check == "range"]
        assert [(one.seats, one.criterion, one.params["value"]) for one in ranges] == [
            ((3,), "c1", value)
        ]
    sheets = _sheets()
    del sheets[3]["scores"]["bid-a"]
    ranges = [one for one in run_checks(LOT, sheets, BIDS) if one.check == "range"]
    assert [one.params["value"] for one in ranges] == ["nothing"] * 3


def test_the_minority_on_an_objective_criterion_is_asked() -> None:
    (found,) = _found(("40.00 6.00 2.00/48.00", *GOOD[1:]))
    assert (found.code, found.criterion, found.seats) == ("objective-differs", "c3", (5,))
    assert found.params["given"] == "1: 8.00, 2: 8.00, 3: 8.00, 4: 8.00, 5: 6.00"


def test_without_a_majority_everyone_is_asked() -> None:
    sheets = {1: recorded(*GOOD), 2: recorded("42.00 6.00 2.00/50.00", *GOOD[1:])}
    (found,) = run_checks(LOT, sheets, BIDS)
    assert found.seats == (1, 2)


def test_a_different_judgement_on_a_subjective_criterion_is_no_lead() -> None:
    assert _found(("42.00 8.00 2.00/52.00", *GOOD[1:])) == []


def test_outlying_means_more_than_the_threshold_not_at_it() -> None:
    # the others' mean for bid-a is 50.00: 55.00 is 10 % above and stays, 55.10 does not
    assert _found(("45.00 8.00 2.00/55.00", *GOOD[1:])) == []
    (high,) = _found(("45.50 8.00 2.00/55.50", *GOOD[1:]))
    assert (high.code, high.bid, high.seats) == ("outlying-high", "bid-a", (5,))
    assert high.params == {"total": "55.50", "others": "50.00", "percent": "11.00"}
    (low,) = _found(("34.50 8.00 2.00/44.50", *GOOD[1:]))
    assert (low.code, low.params["percent"]) == ("outlying-low", "11.00")


def test_the_threshold_and_the_least_seats_are_policy() -> None:
    one = ("42.00 8.00 2.00/52.00", *GOOD[1:])
    assert [f.code for f in _found(one, thresholds=Thresholds(Decimal("0.03")))] == [
        "outlying-high"
    ]
    assert _found(("20.00 8.00 2.00/30.00", *GOOD[1:]), thresholds=Thresholds(seats=6)) == []
    assert run_checks(LOT, {1: recorded(*GOOD)}, BIDS, Thresholds(seats=1)) == ()


def test_points_where_the_others_gave_none_are_outlying() -> None:
    zeros = "0.00 0.00 0.00/0.00"
    sheets = {seat: recorded(zeros, zeros, zeros) for seat in (1, 2)}
    sheets[3] = recorded("0.00 0.00 0.10/0.10", zeros, zeros)
    found = {one.seats: one for one in run_checks(LOT, sheets, BIDS)}
    assert (found[3,].code, found[3,].params["percent"]) == ("outlying-high", "100.00")
    # each of the others has nothing where the mean of the rest is 0.05
    assert (found[1,].code, found[1,].params["others"]) == ("outlying-low", "0.05")


def test_every_finding_is_a_question_with_a_harmless_reason() -> None:
    wrong = ("20.00 6.00 3.00/29.50", *GOOD[1:])
    listed = [one.listed({"bid-a": "K3"}) for one in _found(wrong)]
    assert {one["check"] for one in listed} == {"sums", "range", "objective", "outlying"}
    for one in listed:
        assert "K3" in one["text_en"]
        assert "bid-a" not in one["text"] + one["text_en"]
        assert one["text_en"].endswith("?")
        assert one["text"].endswith("？")
        assert one["bid"] == "bid-a"
