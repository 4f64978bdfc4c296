"""Ranking: means, sums, ties, candidates."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import AmountInvalidError, SheetsMissingError
from evaluation.means import Trim
from evaluation.prices import score_prices
from evaluation.ranking import Ranking, RankingPolicy, Technical, combine, rank

LIMITS = RankingPolicy()
LOW = {"method": "low-price-first", "weight": "40.00"}


def _totals(**given: str) -> dict[int, dict[str, Decimal]]:
    """``a="46 45.5"`` -> seat -> bid -> points."""
    columns = {bid: [Decimal(one) for one in text.split()] for bid, text in given.items()}
    seats = len(next(iter(columns.values())))
    return {
        place + 1: {bid: points[place] for bid, points in columns.items()} for place in range(seats)
    }


def _technical(**means: str) -> dict[str, Technical]:
    return {
        bid: Technical({}, Fraction(mean), Decimal(f"{float(Fraction(mean)):.2f}"), Decimal(0))
        for bid, mean in means.items()
    }


def _rank(
    technical: dict[str, Technical], policy: RankingPolicy = LIMITS, /, **prices: str
) -> Ranking:
    yuan = {bid: Decimal(one) for bid, one in prices.items()}
    return rank(technical, score_prices(LOW, yuan, Decimal("1000.00")), policy)


def _flags(ranking: Ranking) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.code, one.bids) for one in ranking.flags]


def test_the_mean_is_exact_and_rounded_once() -> None:
    combined = combine(_totals(a="50.00 50.00 50.10", b="46 45.5 46.5"), ["a", "b"])
    assert combined["a"].mean == Fraction("150.1") / 3
    assert str(combined["a"].score) == "50.03"
    assert combined["a"].canonical("a") == {
        "bid": "a", "totals": {"1": "50.00", "2": "50.00", "3": "50.10"},
        "mean": "50.03", "mean_exact": "1501/30", "spread": "0.10",
    }  # fmt: skip
    assert combined["b"].canonical("b")["mean_exact"] == "46.00"


def test_the_trimmed_mean_drops_the_ends_if_there_are_enough_seats() -> None:
    totals = _totals(a="10 50 50 50 60")
    assert combine(totals, ["a"], Trim(1, 5))["a"].mean == 50
    assert combine(totals, ["a"], Trim(1, 6))["a"].mean == 44


def test_what_is_missing_is_named() -> None:
    with pytest.raises(SheetsMissingError, match="no score sheet"):
        combine({}, ["a"])
    with pytest.raises(SheetsMissingError, match="seat 2 has no total for b"):
        combine({1: {"b": Decimal(5)}, 2: {"a": Decimal(5)}}, ["b"])
    with pytest.raises(AmountInvalidError):
        combine({1: {"a": 5.5}}, ["a"])  # type: ignore[dict-item]


def test_the_printed_table_adds_up() -> None:
    # 50.0333... + 35.5555...: rounded apart 85.59; the exact sum 85.5888... agrees here
    ranking = _rank(
        {"a": Technical({}, Fraction("50.0333"), Decimal("50.03"), Decimal(0)),
         "b": Technical({}, Fraction(40), Decimal("40.00"), Decimal(0))},
        a="900.00", b="800.00",
    )  # fmt: skip
    assert [row.canonical() for row in ranking.rows] == [
        {"bid": "a", "rejected": "", "rank": 1, "tied": False, "price": "900.00", "technical": "50.03",
         "price_score": "35.56", "total": "85.59"},
        {"bid": "b", "rejected": "", "rank": 2, "tied": False, "price": "800.00", "technical": "40.00",
         "price_score": "40.00", "total": "80.00"},
    ]  # fmt: skip
    assert _flags(ranking) == [("few-valid", ("a", "b"))]


def test_equal_totals_the_lower_price_goes_first() -> None:
    ranking = _rank(_technical(a="54", b="46", c="10"), a="1000.00", b="800.00", c="900.00")
    assert [(row.bid, row.rank, str(row.total)) for row in ranking.rows] == [
        ("b", 1, "86.00"), ("a", 2, "86.00"), ("c", 3, "45.56"),
    ]  # fmt: skip
    assert _flags(ranking) == [("decided-by-price", ("b", "a"))]
    assert ranking.candidates == ("b", "a", "c")


def test_equal_totals_and_prices_the_higher_exact_mean_goes_first() -> None:
    ranking = _rank(_technical(a="50.001", b="50.004", c="50"), a="800.00", b="800.00", c="900.00")
    assert [row.bid for row in ranking.rows] == ["b", "a", "c"]
    assert [row.rank for row in ranking.rows] == [1, 2, 3]
    assert ranking.rows[0].total == ranking.rows[1].total
    assert _flags(ranking) == [("decided-by-technical", ("b", "a"))]


def test_equal_in_everything_shares_the_rank() -> None:
    ranking = _rank(
        _technical(a="50", b="55", c="50", d="10"), a="800.00", b="800.00", c="800.00", d="800.00"
    )
    assert [(row.bid, row.rank, row.tied) for row in ranking.rows] == [
        ("b", 1, False), ("a", 2, True), ("c", 2, True), ("d", 4, False),
    ]  # fmt: skip
    assert ranking.candidates == ("b", "a", "c")
    assert _flags(ranking) == [("tied", ("a", "c"))]


def test_a_tie_across_the_last_place_is_for_the_committee() -> None:
    same = dict.fromkeys("abcd", "800.00")
    ranking = _rank(_technical(a="55", b="54", c="50", d="50"), **same)
    assert ranking.candidates == ("a", "b")
    assert _flags(ranking) == [("tied", ("c", "d")), ("candidates-undecided", ("c", "d"))]
    everyone = _rank(_technical(a="50", b="50", c="50", d="50"), **same)
    assert everyone.candidates == ()
    assert [row.rank for row in everyone.rows] == [1, 1, 1, 1]


def test_the_limits_are_policy() -> None:
    ranking = _rank(
        _technical(a="50", b="40", c="30"), RankingPolicy(1, 4), a="8.00", b="8.00", c="8.00"
    )
    assert ranking.candidates == ("a",)
    assert _flags(ranking) == [("few-valid", ("a", "b", "c"))]


def test_without_a_valid_bid_there_is_no_rank() -> None:
    ranking = _rank(_technical(a="50"), a="1000.01")
    assert (ranking.rows, ranking.candidates) == ((), ())
    assert _flags(ranking) == [("few-valid", ())]


names = st.sampled_from([f"bid-{one}" for one in "abcdefgh"])
points = st.integers(0, 60).map(Decimal)
fields = st.dictionaries(
    names,
    st.tuples(st.lists(points, min_size=5, max_size=5), st.integers(1, 20).map(Decimal)),
    min_size=1,
)
Field = Mapping[str, tuple[list[Decimal], Decimal]]


def _field(drawn: Field, **change: Any) -> Ranking:
    seats = change.get("seats", range(5))
    totals = {
        seat: {bid: drawn[bid][0][column] for bid in drawn} for seat, column in enumerate(seats)
    }
    prices = score_prices(LOW, {bid: drawn[bid][1] for bid in drawn}, Decimal("15.00"))
    return rank(combine(totals, list(drawn), change.get("trim", Trim(0, 1))), prices)


@given(fields, st.permutations(range(5)), st.randoms(use_true_random=False))
def test_neither_the_order_of_bids_nor_of_seats_matters(
    drawn: Field,
    seats: list[int],
    random: Any,
) -> None:
    items = list(drawn.items())
    random.shuffle(items)
    for trim in (Trim(0, 1), Trim(1, 5)):
        assert _field(dict(items), seats=seats, trim=trim) == _field(drawn, trim=trim)


@given(fields)
def test_ranks_follow_totals_and_all_valid_bids_have_one(drawn: Field) -> None:
    ranking = _field(drawn)
    rows = ranking.rows
    assert {row.bid for row in rows} == {bid for bid, (_, price) in drawn.items() if price <= 15}
    assert all(row.total == row.technical + row.price_score <= 100 for row in rows)
    for row in rows:
        better = sum(one.total > row.total for one in rows)
        assert row.rank > better
        assert row.rank == 1 + sum(one.rank < row.rank for one in rows)
        assert row.tied == (sum(one.rank == row.rank for one in rows) > 1)
    assert len(ranking.candidates) <= 3
    assert list(ranking.candidates) == [row.bid for row in rows][: len(ranking.candidates)]


@given(fields, names, st.integers(0, 4))
def test_more_points_never_cost_a_rank(drawn: Field, bid: str, seat: int) -> None:
    if bid not in drawn or drawn[bid][1] > 15:
        return
    given_points, price = drawn[bid]
    raised = [one + (place == seat) for place, one in enumerate(given_points)]
    before = {row.bid: row.rank for row in _field(drawn).rows}
    after = {row.bid: row.rank for row in _field({**drawn, bid: (raised, price)}).rows}
    assert after[bid] <= before[bid]
