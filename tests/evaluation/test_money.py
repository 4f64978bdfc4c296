"""Amounts: read strictly, rounded half up, written in words."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import AmountInvalidError
from evaluation.money import (
    MONEY_MAXIMUM,
    decimal_text,
    exact,
    fraction_text,
    parse_money,
    parse_number,
    parse_score,
    rmb_words,
    round_half_up,
)


def test_money_is_read_exactly() -> None:
    assert parse_money("45873216.58") == Decimal("45873216.58")
    assert parse_money("0.01") == Decimal("0.01")
    assert parse_money("9999999999999.99") == MONEY_MAXIMUM


@pytest.mark.parametrize(
    "text",
    [
        "45873216.5", "45873216", "45873216.580", "45,873,216.58", "+1.00", "-1.00", "01.00", ".50",
        "1e3", "1.00 ", " 1.00", "1.00\n", "", "NaN", "Infinity",
        "\u0661\u0662.\u0660\u0660", "\uff11.\uff10\uff10", "0.00",
        "10000000000000.00", 1.5, 100, None, True, Decimal("1.00"), b"1.00", ["1.00"],
    ],
)  # fmt: skip
def test_money_of_another_shape_is_refused(text: object) -> None:
    with pytest.raises(AmountInvalidError) as caught:
        parse_money(text)
    assert caught.value.code == "amount-invalid"


def test_money_above_a_given_maximum_is_refused_with_the_bounds() -> None:
    with pytest.raises(AmountInvalidError, match=r"enter 0\.01 to 100\.00 yuan"):
        parse_money("100.01", maximum=Decimal("100.00"))


@pytest.mark.parametrize(
    ("text", "points"), [("8", "8.00"), ("8.6", "8.60"), ("0", "0.00"), ("100.00", "100.00")]
)
def test_points_may_be_written_short(text: str, points: str) -> None:
    assert str(parse_score(text)) == points


@pytest.mark.parametrize("text", ["8.605", "-1", "100.01", "08", "8.", "", 8.6, 8, None, "8,6"])
def test_points_of_another_shape_are_refused(text: object) -> None:
    with pytest.raises(AmountInvalidError, match=r"enter 0\.00 to 100\.00"):
        parse_score(text)


def test_a_hostile_value_is_shown_short_and_clean() -> None:
    with pytest.raises(AmountInvalidError) as caught:
        parse_number("9\x1b[31m" + "9" * 500, "ratio", low=Decimal(0), high=Decimal(1))
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (Fraction("3.745"), "3.75"),
        (Fraction("3.7449999999999999999999999999999999999999"), "3.74"),
        (Fraction("2.675"), "2.68"),
        (Fraction(-5, 1000), "-0.01"),
        (Fraction(-4, 1000), "0.00"),
        (Fraction(2, 3), "0.67"),
        (Fraction(0), "0.00"),
    ],
)
def test_halves_go_away_from_zero(value: Fraction, rounded: str) -> None:
    assert str(round_half_up(value)) == rounded


def test_rounding_ignores_the_decimal_context() -> None:
    with localcontext() as context:
        context.prec, context.rounding = 3, ROUND_DOWN
        assert decimal_text(Fraction("45873216.585")) == "45873216.59"
        assert decimal_text(MONEY_MAXIMUM) == "9999999999999.99"


@given(st.fractions(min_value=-(10**9), max_value=10**9))
def test_rounding_is_never_off_by_more_than_half_a_cent(value: Fraction) -> None:
    rounded = Fraction(round_half_up(value))
    assert abs(rounded - value) <= Fraction(1, 200)
    assert round_half_up(-value) == -round_half_up(value)


def test_a_fraction_is_written_exactly() -> None:
    assert fraction_text(Fraction(43, 5)) == "8.60"
    assert fraction_text(Fraction(1283, 300)) == "1283/300"


@pytest.mark.parametrize("value", [1.5, 3, "1.50", Decimal("NaN"), Decimal("Infinity"), None])
def test_only_finite_decimals_are_exact(value: object) -> None:
    with pytest.raises(AmountInvalidError, match="pass a Decimal read from text"):
        exact(value)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("46780150.00", "肆仟陆佰柒拾捌万零壹佰伍拾元整"),
        ("17862405.30", "壹仟柒佰捌拾陆万贰仟肆佰零伍元叁角"),
        ("45873216.58", "肆仟伍佰捌拾柒万叁仟贰佰壹拾陆元伍角捌分"),
        ("1409.50", "壹仟肆佰零玖元伍角"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("107000.53", "壹拾万柒仟元伍角叁分"),
        ("10.00", "壹拾元整"),
        ("100001.00", "壹拾万零壹元整"),
        ("100000000.00", "壹亿元整"),
        ("100005000.00", "壹亿零伍仟元整"),
        ("1000000001.00", "壹拾亿零壹元整"),
        ("100500000000.00", "壹仟零伍亿元整"),
        ("1000000000000.00", "壹万亿元整"),
        ("1234500000000.00", "壹万贰仟叁佰肆拾伍亿元整"),
        ("1000003450000.00", "壹万亿零叁佰肆拾伍万元整"),
        ("1000050000000.00", "壹万亿零伍仟万元整"),
        ("1000500000000.00", "壹万零伍亿元整"),
        ("9999999999999.99", "玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        ("0.50", "伍角"),
        ("0.05", "伍分"),
        ("1.05", "壹元零伍分"),
        ("0.00", "零元整"),
    ],
)
def test_words(amount: str, words: str) -> None:
    assert rmb_words(Decimal(amount)) == f"人民币{words}"


@pytest.mark.parametrize("value", ["-1.00", "1.005", "10000000000000.00"])
def test_words_of_what_is_no_amount_are_refused(value: str) -> None:
    with pytest.raises(AmountInvalidError):
        rmb_words(Decimal(value))


def _value(words: str) -> Decimal:
    """Read words back by another route: a running section, as a person reads aloud."""
    digits, places = "零壹贰叁肆伍陆柒捌玖", {"拾": 10, "佰": 100, "仟": 1000}
    total = section = digit = cents = 0
    for one in words.removeprefix("人民币").removesuffix("整"):
        if one in digits:
            digit = digits.index(one)
        elif one in places:
            section, digit = section + digit * places[one], 0
        elif one in "万亿":
            if one == "亿":
                total, section, digit = (total + section + digit) * 10**8, 0, 0
            else:
                total, section, digit = total + (section + digit) * 10**4, 0, 0
        elif one == "元":
            total, section, digit = total + section + digit, 0, 0
        else:
            cents, digit = cents + digit * (10 if one == "角" else 1), 0
    return Decimal(total) + Decimal(cents) / 100


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_words_read_back_to_the_amount(cents: int) -> None:
    amount = Decimal(cents) / 100
    words = rmb_words(amount)
    assert _value(words) == amount
    assert "零零" not in words
