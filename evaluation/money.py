"""Yuan and points: read strictly from text, kept exact, rounded once, written back.

A float never enters: ``0.1 + 0.2`` is no amount. Rounding is half up to two decimals, which is
what a bidder with pencil and paper does.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Final

from evaluation.errors import AmountInvalidError, shown

__all__ = [
    "MONEY_MAXIMUM",
    "SCORE_MAXIMUM",
    "decimal_text",
    "exact",
    "fraction_text",
    "parse_money",
    "parse_number",
    "parse_score",
    "rmb_words",
    "round_half_up",
]

MONEY_MAXIMUM: Final = Decimal("9999999999999.99")
"""Yuan. Thirteen digits before the point, as the manifest allows."""
SCORE_MAXIMUM: Final = Decimal("100.00")

_MONEY: Final = re.compile(r"(?:0|[1-9][0-9]{0,12})\.[0-9]{2}")
_NUMBER: Final = re.compile(r"(?:0|[1-9][0-9]{0,12})(?:\.([0-9]{1,6}))?")


def parse_money(text: object, *, maximum: Decimal = MONEY_MAXIMUM) -> Decimal:
    """Read yuan written like ``45873216.58``: two decimals, above zero, no separators.

    Raises:
        AmountInvalidError: anything else, a float or an integer included.
    """
    if not isinstance(text, str) or not _MONEY.fullmatch(text):
        message = f"{shown(text)} is not an amount; write yuan with two decimals, like 45873216.58"
        raise AmountInvalidError(message, value=str(text)[:40], expected="45873216.58")
    value = Decimal(text)
    if not 0 < value <= maximum:
        message = f"{text} is out of bounds; enter 0.01 to {maximum:.2f} yuan"
        raise AmountInvalidError(message, value=text, low="0.01", high=f"{maximum:.2f}")
    return value


def parse_score(text: object) -> Decimal:
    """Read points like ``8.60``, ``8.6`` or ``8``; the result has two decimals.

    Raises:
        AmountInvalidError: no text, negative, above 100 or with more than two decimals.
    """
    return parse_number(text, "score", low=Decimal(0), high=SCORE_MAXIMUM)


def parse_number(
    text: object, name: str, *, low: Decimal, high: Decimal, places: int = 2
) -> Decimal:
    """Read a plain decimal with at most ``places`` decimals between ``low`` and ``high``.

    The result has exactly ``places`` decimals.

    Raises:
        AmountInvalidError: naming ``name`` and the bounds.
    """
    bounds = f"{low:.{places}f} to {high:.{places}f}"
    found = _NUMBER.fullmatch(text) if isinstance(text, str) else None
    if found is None or len(found[1] or "") > places or not low <= Decimal(found[0]) <= high:
        message = (
            f"{shown(text)} is not a {name}; "
            f"enter {bounds} as text with at most {places} decimals, like {low:.{places}f}"
        )
        raise AmountInvalidError(
            message, field=name, value=str(text)[:40],
            low=f"{low:.{places}f}", high=f"{high:.{places}f}",
        )  # fmt: skip
    return round_half_up(Fraction(found[0]), places)


def exact(value: object) -> Fraction:
    """Turn a finite `Decimal` into the fraction it is.

    Raises:
        AmountInvalidError: a float or any other type; NaN or infinity.
    """
    if not isinstance(value, Decimal) or not value.is_finite():
        message = f"{shown(value)} is not exact; pass a Decimal read from text"
        raise AmountInvalidError(message, value=str(value)[:40])
    return Fraction(value)


def round_half_up(value: Fraction, places: int = 2) -> Decimal:
    """Round to ``places`` decimals, halves away from zero; independent of the decimal context."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    digits = tuple(int(one) for one in str(whole))
    return Decimal((int(value < 0 and whole > 0), digits, -places))


def decimal_text(value: Decimal | Fraction, places: int = 2) -> str:
    """Write with exactly ``places`` decimals, rounded half up: ``8.60``."""
    return f"{round_half_up(Fraction(value), places):f}"


def fraction_text(value: Fraction) -> str:
    """Write exactly: ``8.60`` where two decimals suffice, else a fraction like ``1283/300``."""
    if 100 % value.denominator == 0:
        return decimal_text(value)
    return f"{value.numerator}/{value.denominator}"


_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("仟", "佰", "拾", "")
_GROUPS: Final = ("万亿", "亿", "万", "")


def rmb_words(value: Decimal) -> str:
    """Write yuan in the capital characters of contracts: 人民币肆仟陆佰柒拾捌万零壹佰伍拾元整.

    One 零 stands for any run of zeros inside; 整 closes an amount that ends at the yuan. Source:
    支付结算办法, annex 1.

    Raises:
        AmountInvalidError: not a Decimal, negative, above `MONEY_MAXIMUM`, or with more than two
            decimals.
    """
    amount = exact(value)
    if not 0 <= amount <= MONEY_MAXIMUM or 100 % amount.denominator:
        message = f"{value} cannot be written in words; enter 0.00 to {MONEY_MAXIMUM} yuan"
        raise AmountInvalidError(message, value=str(value)[:40])
    yuan, cents = divmod(int(amount * 100), 100)
    if not yuan and cents:
        return "人民币" + _cents_words(cents, after_yuan=False)
    return f"人民币{_yuan_words(yuan)}元{_cents_words(cents, after_yuan=True) or '整'}"


def _yuan_words(yuan: int) -> str:
    if not yuan:
        return _DIGITS[0]
    digits = f"{yuan:016d}"
    words = ""
    for start, unit in zip(range(0, 16, 4), _GROUPS, strict=True):
        group = digits[start : start + 4]
        if group == "0000":
            continue
        # A gap above this group is one 零, however long: this group starts with zero, or the whole
        # group before it was zero.
        gap = group[0] == "0" or digits[start - 4 : start] == "0000"
        words += (_DIGITS[0] if words and gap else "") + _group_words(group) + unit
    return words.replace("万亿", "万", 1) if "万亿" in words and _has_yi(digits) else words


def _has_yi(digits: str) -> bool:
    # 12345 亿 is read 壹万贰仟叁佰肆拾伍亿: the unit 亿 is said once, after its last group.
    return digits[4:8] != "0000"


def _group_words(group: str) -> str:
    words, zero = "", False
    for digit, place in zip(group, _PLACES, strict=True):
        if digit == "0":
            zero = True
            continue
        words += (_DIGITS[0] if words and zero else "") + _DIGITS[int(digit)] + place
        zero = False
    return words


def _cents_words(cents: int, *, after_yuan: bool) -> str:
    jiao, fen = divmod(cents, 10)
    words = f"{_DIGITS[jiao]}角" if jiao else ""
    if fen:
        words += (_DIGITS[0] if after_yuan and not jiao else "") + f"{_DIGITS[fen]}分"
    return words
