"""Price methods: named pure functions that a bidder can compute before bidding.

``METHODS`` holds them by name; ``evaluation.price_terms`` declares their parameters. Computation is
exact to the last step, which rounds the score half up to two decimals. A bid above the ceiling is
rejected (Reg 51 (5)): it gets no score and takes no part in the base.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from evaluation.errors import AmountInvalidError, PriceInvalidError
from evaluation.means import mean, trimmed
from evaluation.money import decimal_text, exact, fraction_text, round_half_up
from evaluation.price_terms import DeviationTerms, LowPriceTerms, Terms, read_terms

__all__ = [
    "ABOVE_CEILING",
    "METHODS",
    "Base",
    "PriceResult",
    "PriceRow",
    "score_prices",
    "validate_parameters",
]

ABOVE_CEILING: Final = "above-ceiling"
"""Why a bid is excluded here; pages translate it."""

_CENTS = 100
_SHOWN_PLACES = 6


@dataclass(frozen=True, slots=True)
class Base:
    """The price others are measured by: exact ``yuan``, how it came about, who was trimmed off."""

    yuan: Fraction
    formula: str
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One bid's price score in points, with the working as text.

    ``terms`` names each intermediate figure to 6 decimals; ``formula`` is the last line.
    """

    price: Decimal
    score: Decimal
    formula: str
    terms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PriceResult:
    """The price scores of a lot; ``base`` is None when no price is valid."""

    method: str
    weight: Decimal
    base: Base | None
    rows: Mapping[str, PriceRow]
    excluded: Mapping[str, str]

    def canonical(self) -> dict[str, Any]:
        """Give the working as JSON without numbers: yuan and points are text."""
        base = self.base
        return {
            "method": self.method,
            "weight": decimal_text(self.weight),
            "base": decimal_text(base.yuan) if base else "",
            "base_exact": fraction_text(base.yuan) if base else "",
            "base_formula": base.formula if base else "",
            "dropped": list(base.dropped) if base else [],
            "rows": [
                {
                    "bid": bid,
                    "price": decimal_text(row.price),
                    "score": decimal_text(row.score),
                    "formula": row.formula,
                    "terms": dict(row.terms),
                }
                for bid, row in sorted(self.rows.items())
            ],
            "excluded": dict(sorted(self.excluded.items())),
        }


Prices = Mapping[str, Fraction]
Method = Callable[[Any, Prices, Fraction], tuple[Base, Mapping[str, PriceRow]]]


def validate_parameters(price: Mapping[str, Any]) -> Terms:
    """Check a price method's declared parameters and return them.

    Raises:
        PriceTermsInvalidError: naming the parameter.
    """
    return read_terms(price)


def score_prices(
    price: Mapping[str, Any], prices: Mapping[str, Decimal], ceiling: Decimal
) -> PriceResult:
    """Score the ``prices`` (yuan by bid) by the method that the lot declares.

    ``prices`` holds the bids that are still in: a bid rejected for another reason is left out by
    the caller. The order of ``prices`` has no influence.

    Raises:
        PriceTermsInvalidError: the parameters do not hold.
        PriceInvalidError: a price or the ceiling is a float, not above zero, or not in whole fen.
    """
    terms = read_terms(price)
    limit = _yuan("the ceiling", ceiling)
    read = {bid: _yuan(f"the price of {bid}", prices[bid]) for bid in sorted(prices)}
    valid = {bid: yuan for bid, yuan in read.items() if yuan <= limit}
    excluded = {bid: ABOVE_CEILING for bid in read if bid not in valid}
    method, weight = str(price["method"]), round_half_up(terms.weight)
    if not valid:
        return PriceResult(method, weight, None, {}, excluded)
    base, rows = METHODS[method](terms, valid, limit)
    return PriceResult(method, weight, base, rows, excluded)


def _yuan(what: str, value: object) -> Fraction:
    try:
        yuan = exact(value)
    except AmountInvalidError as error:
        message = f"{what}: {error}"
        raise PriceInvalidError(message, **error.params) from error
    if yuan <= 0 or _CENTS % yuan.denominator:
        message = f"{what} is {value}; it must be above zero with at most 2 decimals"
        raise PriceInvalidError(message, value=str(value)[:40])
    return yuan


def _low_price_first(
    terms: LowPriceTerms, prices: Prices, ceiling: Fraction
) -> tuple[Base, Mapping[str, PriceRow]]:
    # D87 55: the lowest valid price is the base and gets full points; extremes are never trimmed.
    del ceiling
    lowest = min(prices.values())
    weight = decimal_text(terms.weight)
    rows = {}
    for bid, yuan in prices.items():
        points = lowest / yuan * terms.weight
        rows[bid] = PriceRow(
            round_half_up(yuan),
            round_half_up(points),
            f"{decimal_text(lowest)} / {decimal_text(yuan)} * {weight} = {_near(points)}",
            {"quotient": _near(lowest / yuan), "points": _near(points)},
        )
    return Base(lowest, f"lowest = {decimal_text(lowest)}"), rows


def _deviation(
    terms: DeviationTerms, prices: Prices, ceiling: Fraction
) -> tuple[Base, Mapping[str, PriceRow]]:
    base = _deviation_base(terms, prices, ceiling)
    return base, {bid: _deviation_row(terms, yuan, base.yuan) for bid, yuan in prices.items()}


def _deviation_base(terms: DeviationTerms, prices: Prices, ceiling: Fraction) -> Base:
    values = list(prices.values())
    average = mean(values, terms.trim)
    kept = ", ".join(decimal_text(one) for one in trimmed(values, terms.trim))
    formula, yuan = f"mean({kept})", average
    if terms.base == "ceiling-mix":
        yuan = ceiling * terms.ratio + average * (1 - terms.ratio)
        part, rest = decimal_text(terms.ratio, 4), decimal_text(1 - terms.ratio, 4)
        formula = f"{decimal_text(ceiling)} * {part} + {formula} * {rest}"
    if terms.coefficient != 1:
        yuan *= terms.coefficient
        formula = f"({formula}) * {decimal_text(terms.coefficient, 4)}"
    order = sorted(prices, key=lambda bid: (prices[bid], bid))
    stay = set(order[terms.trim.kept(len(order))])
    dropped = tuple(bid for bid in order if bid not in stay)
    return Base(yuan, f"{formula} = {_near(yuan)}", dropped)


def _deviation_row(terms: DeviationTerms, yuan: Fraction, base: Fraction) -> PriceRow:
    percent = (yuan - base) / base * 100
    size = abs(percent)
    # A started step counts whole: 1.01 % with a step of 1.00 % is 2.00 %.
    counted = -(-size // terms.step) * terms.step if terms.step else size
    rate = terms.above if percent > 0 else terms.below
    deduction = counted * rate
    points = max(terms.weight - deduction, Fraction(0))
    floor = "" if deduction <= terms.weight else ", not below 0"
    figures = f"{decimal_text(terms.weight)} - {_near(counted)} * {decimal_text(rate)}"
    return PriceRow(
        round_half_up(yuan),
        round_half_up(points),
        f"{figures} = {_near(points)}{floor}",
        {
            "percent": _near(percent),
            "counted": _near(counted),
            "rate": decimal_text(rate),
            "deduction": _near(deduction),
            "points": _near(points),
        },
    )


def _near(value: Fraction) -> str:
    # For reading along only: no figure shown here is used again.
    return decimal_text(value, _SHOWN_PLACES)


METHODS: Final[Mapping[str, Method]] = {
    "low-price-first": _low_price_first,
    "deviation": _deviation,
}
