"""Price methods: worked by hand, then properties."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import PriceInvalidError, PriceTermsInvalidError
from evaluation.prices import PriceResult, score_prices, validate_parameters

LOW = {"method": "low-price-first", "weight": "40.00"}
DEVIATION = {
    "method": "deviation", "weight": "40.00", "base": "mean",
    "above": "1.00", "below": "0.50", "counting": "exact",
}  # fmt: skip


def _scored(price: dict[str, Any], *prices: str, ceiling: str = "1000.00") -> PriceResult:
    yuan = {f"bid-{place}": Decimal(one) for place, one in enumerate(prices)}
    return score_prices(price, yuan, Decimal(ceiling))


def _points(result: PriceResult) -> list[str]:
    return [str(row.score) for _, row in sorted(result.rows.items())]


def test_low_price_first_by_hand() -> None:
    # 80/80, 80/100, 80/90, 80/160 of 30 points; 26.666... rounds up
    result = _scored({**LOW, "weight": "30.00"}, "80.00", "100.00", "90.00", "160.00")
    assert _points(result) == ["30.00", "24.00", "26.67", "15.00"]
    assert result.rows["bid-2"].formula == "80.00 / 90.00 * 30.00 = 26.666667"
    assert result.base is not None
    assert result.base.formula == "lowest = 80.00"


def test_a_half_cent_rounds_up_where_bankers_rounding_would_not() -> None:
    # 100 / 800 * 29.96 = 3.745
    assert _points(_scored({**LOW, "weight": "29.96"}, "100.00", "800.00"))[1] == "3.75"


def test_the_lowest_price_is_never_trimmed_however_low() -> None:
    # 1 / 900 * 40 = 0.0444...
    assert _points(_scored(LOW, "0.01", "900.00", "9.00")) == ["40.00", "0.00", "0.04"]


def test_deviation_counts_exactly() -> None:
    # base 100; 10 % below costs 10 x 0.50, 10 % above 10 x 1.00
    result = _scored(DEVIATION, "90.00", "100.00", "110.00")
    assert _points(result) == ["35.00", "40.00", "30.00"]
    assert result.base is not None
    assert result.base.formula == "mean(90.00, 100.00, 110.00) = 100.000000"
    assert dict(result.rows["bid-0"].terms) == {
        "percent": "-10.000000", "counted": "10.000000", "rate": "0.50",
        "deduction": "5.000000", "points": "35.000000",
    }  # fmt: skip


def test_a_started_percent_counts_whole() -> None:
    started = {**DEVIATION, "counting": "started", "step": "1.00"}
    prices = ("98.50", "100.00", "101.50", "99.00", "101.00")
    assert _points(_scored(started, *prices)) == ["39.00", "40.00", "38.00", "39.50", "39.00"]
    assert _points(_scored(DEVIATION, *prices)) == ["39.25", "40.00", "38.50", "39.50", "39.00"]
    half = {**started, "step": "0.50"}
    # 1.2 % is three started steps of 0.5 %: 1.5 % counted
    assert _points(_scored(half, "98.80", "101.20")) == ["39.25", "38.50"]


def test_trimmed_mean_needs_enough_bids() -> None:
    trimmed = {**DEVIATION, "base": "trimmed-mean", "drop": 1, "from": 5}
    prices = ("60.00", "98.00", "100.00", "102.00", "200.00")
    result = _scored(trimmed, *prices)
    assert result.canonical()["base"] == "100.00"
    assert result.canonical()["dropped"] == ["bid-0", "bid-4"]
    # those left out of the base are scored: 40 % below x 0.50; 100 % above x 1.00, not below 0
    assert _points(result) == ["20.00", "39.00", "40.00", "38.00", "0.00"]
    few = _scored({**trimmed, "from": 6}, *prices)
    assert few.canonical()["base"] == "112.00"
    assert few.canonical()["dropped"] == []


def test_ceiling_mix_and_coefficient() -> None:
    mix = {**DEVIATION, "base": "ceiling-mix", "ratio": "0.50", "coefficient": "0.98"}
    result = _scored(mix, "90.00", "110.00", "100.00", ceiling="120.00")
    # (120 x 0.5 + 100 x 0.5) x 0.98 = 107.8
    written = result.canonical()
    assert (written["base"], written["base_exact"]) == ("107.80", "107.80")
    assert written["base_formula"] == (
        "(120.00 * 0.5000 + mean(90.00, 100.00, 110.00) * 0.5000) * 0.9800 = 107.800000"
    )
    # 110: 2.2/107.8 = 2.0408 % above; 100: 7.8/107.8 = 7.2356 % below, half a point each
    assert _points(result)[1:] == ["37.96", "36.38"]


def test_an_endless_base_is_kept_exactly() -> None:
    result = _scored(DEVIATION, "100.00", "100.00", "100.01")
    assert result.canonical()["base"] == "100.00"
    assert result.canonical()["base_exact"] == "30001/300"
    assert _points(result)[2] == "39.99"


def test_a_bid_above_the_ceiling_is_out_of_everything() -> None:
    result = _scored(DEVIATION, "90.00", "110.00", "120.01", "120.00", ceiling="120.00")
    assert result.excluded == {"bid-2": "above-ceiling"}
    assert sorted(result.rows) == ["bid-0", "bid-1", "bid-3"]
    assert result.canonical()["base_exact"] == "320/3"


def test_no_valid_price_gives_no_base() -> None:
    result = _scored(LOW, "120.01", ceiling="120.00")
    assert result.base is None
    assert result.canonical()["base"] == ""
    assert not result.rows


def test_one_bid_alone_gets_full_points() -> None:
    for price in (LOW, DEVIATION):
        assert _points(_scored(price, "77.77")) == ["40.00"]


@pytest.mark.parametrize("value", [1.5, 100, "100.00", Decimal(0), Decimal("-1.00"),
                                   Decimal("1.005"), Decimal("NaN")])  # fmt: skip
def test_a_price_that_is_not_exact_yuan_is_refused(value: Any) -> None:
    with pytest.raises(PriceInvalidError, match="the price of bid-x"):
        score_prices(LOW, {"bid-x": value}, Decimal("100.00"))


def test_a_float_ceiling_is_refused() -> None:
    with pytest.raises(PriceInvalidError, match="the ceiling"):
        score_prices(LOW, {}, 100.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"method": "cheapest"}, "method"),
        ({"method": None}, "method"),
        ({"weight": 40}, "weight"),
        ({"weight": "100.01"}, "weight"),
        ({"base": "median"}, "base"),
        ({"base": ["mean"]}, "base"),
        ({"above": "1.005"}, "above"),
        ({"below": 0.5}, "below"),
        ({"below": "-0.50"}, "below"),
        ({"counting": "rounded"}, "counting"),
        ({"step": "1.00"}, "step"),
        ({"counting": "started"}, "step"),
        ({"counting": "started", "step": "0.00"}, "step"),
        ({"ratio": "0.50"}, "ratio"),
        ({"base": "ceiling-mix"}, "ratio"),
        ({"base": "ceiling-mix", "ratio": "1.01"}, "ratio"),
        ({"base": "ceiling-mix", "ratio": "0.50", "drop": 1}, "drop"),
        ({"drop": 1, "from": 5}, "drop"),
        ({"base": "trimmed-mean"}, "drop"),
        ({"base": "trimmed-mean", "drop": 2, "from": 4}, "drop"),
        ({"base": "trimmed-mean", "drop": True, "from": 5}, "drop"),
        ({"base": "trimmed-mean", "drop": "1", "from": 5}, "drop"),
        ({"coefficient": "0.49"}, "coefficient"),
        ({"coefficient": 0.98}, "coefficient"),
        ({"bonus": "1.00"}, "bonus"),
    ],
)
def test_parameters_that_do_not_hold_are_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(PriceTermsInvalidError) as caught:
        validate_parameters({**DEVIATION, **change})
    assert caught.value.params["field"] == field


def test_low_price_first_takes_no_other_parameter() -> None:
    with pytest.raises(PriceTermsInvalidError, match="above"):
        validate_parameters({**LOW, "above": "1.00"})


def test_a_missing_weight_is_named() -> None:
    with pytest.raises(PriceTermsInvalidError, match="weight is None"):
        validate_parameters({"method": "low-price-first"})


yuan = st.integers(1, 10**12).map(lambda cents: Decimal(cents).scaleb(-2))
tables = st.dictionaries(st.from_regex(r"\Abid-[a-z]{1,4}\Z"), yuan, min_size=1, max_size=12)
points = st.integers(0, 10000).map(lambda cents: f"{cents / 100:.2f}")


@st.composite
def methods(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.booleans()):
        return {"method": "low-price-first", "weight": draw(points)}
    price: dict[str, Any] = {
        "method": "deviation", "weight": draw(points), "above": draw(points), "below": draw(points),
        "base": draw(st.sampled_from(["mean", "trimmed-mean", "ceiling-mix"])),
        "counting": draw(st.sampled_from(["exact", "started"])),
    }  # fmt: skip
    if price["base"] == "trimmed-mean":
        price["drop"] = draw(st.integers(1, 3))
        price["from"] = 2 * price["drop"] + draw(st.integers(1, 4))
    if price["base"] == "ceiling-mix":
        price["ratio"] = draw(st.sampled_from(["0", "0.3", "0.5555", "1"]))
    if price["counting"] == "started":
        price["step"] = draw(st.sampled_from(["0.10", "1.00", "3.00"]))
    if draw(st.booleans()):
        price["coefficient"] = draw(st.sampled_from(["0.95", "1", "1.0333"]))
    return price


@given(methods(), tables, yuan, st.randoms(use_true_random=False))
def test_order_never_matters(
    price: dict[str, Any],
    prices: dict[str, Decimal],
    ceiling: Decimal,
    random: Any,
) -> None:
    shuffled = list(prices.items())
    random.shuffle(shuffled)
    first = score_prices(price, prices, ceiling).canonical()
    assert score_prices(price, dict(shuffled), ceiling).canonical() == first


@given(methods(), tables, yuan)
def test_scores_lie_within_the_weight_and_nobody_is_lost(
    price: dict[str, Any], prices: dict[str, Decimal], ceiling: Decimal
) -> None:
    result = score_prices(price, prices, ceiling)
    assert all(0 <= row.score <= Decimal(price["weight"]) for row in result.rows.values())
    assert set(result.rows) | set(result.excluded) == set(prices)
    assert set(result.excluded) == {bid for bid, one in prices.items() if one > ceiling}


@given(points, tables, yuan)
def test_a_lower_price_never_scores_less(
    weight: str, prices: dict[str, Decimal], ceiling: Decimal
) -> None:
    rows = score_prices({**LOW, "weight": weight}, prices, ceiling).rows.values()
    ordered = sorted(rows, key=lambda row: row.price)
    assert [row.score for row in ordered] == sorted((row.score for row in rows), reverse=True)
    if ordered:
        assert ordered[0].score == Decimal(weight)


@given(methods(), tables, yuan)
def test_on_either_side_of_the_base_farther_never_scores_more(
    price: dict[str, Any], prices: dict[str, Decimal], ceiling: Decimal
) -> None:
    result = score_prices(price, prices, ceiling)
    if result.base is None:
        return
    base = result.base.yuan
    rows = sorted(result.rows.values(), key=lambda row: abs(Fraction(row.price) - base))
    for side in (
        [row.score for row in rows if row.price >= base],
        [row.score for row in rows if row.price <= base],
    ):
        assert side == sorted(side, reverse=True)
