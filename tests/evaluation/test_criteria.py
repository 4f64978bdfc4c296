"""Sheets: complete or draft, and every violation at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.criteria import Sheet, SheetPolicy, read_sheet
from evaluation.errors import ScoreOutOfRangeError, SheetInvalidError
from tests.evaluation.sample import BIDS, LOT, scores

FULL = scores("45.50 8.00 2.00", "40.00 8.00 1.50", "31.00 6.00 1.2")


def _read(given: object, comments: object = None, *, complete: bool = True) -> Sheet:
    texts = {} if comments is None else comments
    return read_sheet(LOT, BIDS, given, texts, complete=complete)


def _codes(given: object, comments: object = None, *, complete: bool = True) -> list[Any]:
    with pytest.raises(SheetInvalidError) as caught:
        _read(given, comments, complete=complete)
    listed = caught.value.params["violations"]
    assert isinstance(listed, list)
    assert [one.code for one in caught.value.violations] == [one["code"] for one in listed]
    return [(one["code"], one.get("bid", ""), one.get("criterion", "")) for one in listed]


def _with(bid: str, criterion: str, value: object) -> dict[str, object]:
    return {**FULL, bid: {**FULL[bid], criterion: value}}


def test_a_complete_sheet_is_read_and_written_back() -> None:
    sheet = _read(FULL, {"bid-a": {"c1": " 清楚，\n可行 ", "c3": "  "}, "bid-b": {}})
    written = sheet.canonical()
    assert written["lot"] == "1"
    assert written["scores"]["bid-c"] == {"c1": "31.00", "c3": "6.00", "c4": "1.20"}
    assert written["comments"] == {"bid-a": {"c1": "清楚，\n可行"}}
    assert written["totals"] == {"bid-a": "55.50", "bid-b": "49.50", "bid-c": "38.20"}
    assert _read(written["scores"], written["comments"]).canonical() == written


def test_the_order_of_what_is_sent_does_not_show() -> None:
    turned = {bid: dict(reversed(FULL[bid].items())) for bid in reversed(BIDS)}
    assert repr(_read(turned).canonical()) == repr(_read(FULL).canonical())


def test_a_draft_may_have_gaps_but_a_lock_may_not() -> None:
    draft = {"bid-a": {"c1": "10"}}
    assert _read(draft, complete=False).canonical()["totals"] == {"bid-a": "10.00"}
    assert _read({}, complete=False).canonical()["scores"] == {}
    assert _codes(draft) == [
        ("comment-missing", "bid-a", "c1"),
        ("score-missing", "bid-a", "c3"),
        ("score-missing", "bid-a", "c4"),
        *(("score-missing", bid, one) for bid in ("bid-b", "bid-c") for one in ("c1", "c3", "c4")),
    ]


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("8.60", "score-out-of-range"),
        ("10", "score-out-of-range"),
        ("7.00", "score-off-step"),
        ("-2.00", "score-malformed"),
        ("6.001", "score-malformed"),
        ("", "score-malformed"),
        (6, "score-malformed"),
        (6.0, "score-malformed"),
        (None, "score-malformed"),
        ("1e1", "score-malformed"),
        ("1000", "score-malformed"),
    ],
)
def test_a_wrong_score_is_refused_in_a_draft_too(
    value: object, code: str, *, complete: bool
) -> None:
    assert _codes(_with("bid-b", "c3", value), complete=complete) == [(code, "bid-b", "c3")]


def test_messages_say_what_to_enter() -> None:
    assert str(ScoreOutOfRangeError("3", Decimal("8.6"), Decimal(8))) == (
        "8.60 is above the maximum 8.00 of criterion 3; enter 0.00 to 8.00"
    )
    with pytest.raises(SheetInvalidError) as caught:
        _read(_with("bid-b", "c3", "7"))
    assert str(caught.value) == (
        "1 entry of the sheet is not valid: "
        "7.00 is not a multiple of the step 2.00 of criterion c3; enter 6.00 or 8.00"
    )


def test_all_violations_are_listed_not_only_the_first() -> None:
    wrong: dict[str, object] = {
        "bid-a": {"c1": "50.50", "c3": "3.00", "c4": "2", "c9": "1"},
        "bid-b": {"c1": "50"},
        "bid-x": {"c1": "1"},
        "bid-c": "all good",
    }
    assert _codes(wrong, {"bid-a": {"c1": 5}, "bid-y": {}}, complete=False) == [
        ("unknown-bid", "bid-x", ""),
        ("unknown-criterion", "bid-a", "c9"),
        ("sheet-shape", "", ""),
        ("unknown-bid", "bid-y", ""),
        ("comment-invalid", "bid-a", "c1"),
        ("score-out-of-range", "bid-a", "c1"),
        ("score-off-step", "bid-a", "c3"),
    ]


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_a_sheet_of_another_shape_is_refused(value: object) -> None:
    assert _codes(value, complete=False) == [("sheet-shape", "", "")]
    assert _codes({}, [], complete=False) == [("sheet-shape", "", "")]


def test_many_violations_make_a_message_of_bounded_length() -> None:
    many: dict[str, object] = {f"bid-{place}": {} for place in range(500)}
    with pytest.raises(SheetInvalidError, match="and 480 more") as caught:
        _read(many, complete=False)
    assert len(caught.value.violations) == 500
    assert len(str(caught.value)) < 2500


def test_a_low_score_needs_a_reason_before_the_lock() -> None:
    low = _with("bid-a", "c1", "29.50")
    assert _codes(low) == [("comment-missing", "bid-a", "c1")]
    assert _codes(low, {"bid-a": {"c1": " \n "}}) == [("comment-missing", "bid-a", "c1")]
    _read(low, complete=False)
    _read(low, {"bid-a": {"c1": "没有导排方案"}})
    _read(_with("bid-a", "c1", "30.00"))


def test_the_policy_decides_what_is_low() -> None:
    low = scores(*["0 0 0"] * 3)
    lenient = SheetPolicy(comment_below=Decimal(0))
    read_sheet(LOT, BIDS, low, {}, complete=True, policy=lenient)
    strict = SheetPolicy(comment_below=Decimal(1))
    with pytest.raises(SheetInvalidError) as caught:
        read_sheet(LOT, BIDS, FULL, {}, complete=True, policy=strict)
    assert len(caught.value.violations) == 6


@pytest.mark.parametrize("comment", [5, None, "a\x00b", "a\u202eb", "x" * 2001, ["x"]])
def test_a_comment_of_another_shape_is_refused(comment: object) -> None:
    assert _codes(FULL, {"bid-a": {"c1": comment}}) == [("comment-invalid", "bid-a", "c1")]


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*BIDS, "c1", "c3", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json, json, st.booleans())
def test_whatever_is_sent_is_read_or_refused_with_reasons(
    given_scores: object,
    comments: object,
    complete: bool,  # noqa: FBT001 - drawn
) -> None:
    refused: tuple[object, ...] = ("read",)
    try:
        sheet = read_sheet(LOT, BIDS, given_scores, comments, complete=complete)
    except SheetInvalidError as error:
        refused = error.violations
    else:
        assert sheet.canonical()["totals"].keys() == sheet.canonical()["scores"].keys()
    assert refused
