"""The declared parameters of a price method, read from the manifest.

::

    {"method": "low-price-first", "weight": "40.00"}

    {"method": "deviation", "weight": "40.00",
     "base": "mean" | "trimmed-mean" | "ceiling-mix",
     "drop": 1, "from": 7,           trimmed-mean, and optional for ceiling-mix
     "ratio": "0.50",                ceiling-mix: the ceiling's part of the base
     "coefficient": "0.9800",        optional; multiplies the base
     "above": "1.00", "below": "0.50",  points off per 1 % above and below the base
     "counting": "exact" | "started",   started: each started step counts as a whole one
     "step": "1.00"}                 percent, with "started" only
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NoReturn

from evaluation.errors import AmountInvalidError, PriceTermsInvalidError, shown
from evaluation.means import NO_TRIM, TRIM_RULE, Trim, read_trim
from evaluation.money import parse_number

__all__ = ["DeviationTerms", "LowPriceTerms", "Terms", "read_terms"]

_ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class LowPriceTerms:
    """Parameters of ``low-price-first`` (D87 55); ``weight`` in points."""

    weight: Fraction


@dataclass(frozen=True, slots=True)
class DeviationTerms:
    """Parameters of ``deviation``.

    ``above`` and ``below``: points per percent; ``step``: percent, 0 when counting exactly;
    ``ratio``: the ceiling's part of the base, 0 to 1.
    """

    weight: Fraction
    base: str
    trim: Trim
    ratio: Fraction
    coefficient: Fraction
    above: Fraction
    below: Fraction
    step: Fraction


Terms = LowPriceTerms | DeviationTerms

_LOW: Final = frozenset({"method", "weight"})
_DEVIATION: Final = _LOW | {
    "base", "drop", "from", "ratio", "coefficient", "above", "below", "counting", "step",
}  # fmt: skip


def read_terms(price: Mapping[str, Any]) -> Terms:
    """Read and check a price method's declared parameters.

    Raises:
        PriceTermsInvalidError: naming the parameter, its value and what it must be.
    """
    if not isinstance(price, Mapping):
        _refuse("price", price, "an object")
    if _choice(price, "method", "low-price-first", "deviation") == "deviation":
        _only(price, _DEVIATION)
        return _deviation(price)
    _only(price, _LOW)
    return LowPriceTerms(_number(price, "weight", high=Decimal(100)))


def _deviation(price: Mapping[str, Any]) -> DeviationTerms:
    base = _choice(price, "base", "mean", "trimmed-mean", "ceiling-mix")
    counting = _choice(price, "counting", "exact", "started")
    mixed, started = base == "ceiling-mix", counting == "started"
    _belongs(price, "ratio", "base ceiling-mix", wanted=mixed)
    _belongs(price, "step", "counting started", wanted=started)
    for name in ("drop", "from"):
        _belongs(price, name, "base trimmed-mean or ceiling-mix", wanted=base != "mean")
    coefficient = price.get("coefficient", "1")
    return DeviationTerms(
        weight=_number(price, "weight", high=Decimal(100)),
        base=base,
        trim=_trim(price, needed=base == "trimmed-mean"),
        ratio=_number(price, "ratio", high=_ONE, places=4) if mixed else Fraction(0),
        coefficient=_number(
            {"coefficient": coefficient}, "coefficient",
            low=Decimal("0.5"), high=Decimal("1.5"), places=4,
        ),
        above=_number(price, "above", high=Decimal(100)),
        below=_number(price, "below", high=Decimal(100)),
        step=_number(price, "step", low=Decimal("0.01"), high=Decimal(100)) if started
        else Fraction(0),
    )  # fmt: skip


def _trim(price: Mapping[str, Any], *, needed: bool) -> Trim:
    if not needed and "drop" not in price and "from" not in price:
        return NO_TRIM
    trim = read_trim(price)
    if trim is None:
        given = f"drop {price.get('drop')!r}, from {price.get('from')!r}"
        _refuse("drop", given, TRIM_RULE)
    return trim


def _number(
    price: Mapping[str, Any],
    name: str,
    *,
    low: Decimal = Decimal(0),
    high: Decimal,
    places: int = 2,
) -> Fraction:
    try:
        return Fraction(parse_number(price.get(name), name, low=low, high=high, places=places))
    except AmountInvalidError:
        bounds = f"a text from {low:.{places}f} to {high:.{places}f}"
        _refuse(name, price.get(name), bounds)


def _choice(price: Mapping[str, Any], name: str, *allowed: str) -> str:
    value = price.get(name)
    if not isinstance(value, str) or value not in allowed:
        _refuse(name, value, " or ".join(allowed))
    return value


def _belongs(price: Mapping[str, Any], name: str, to: str, *, wanted: bool) -> None:
    # A parameter that changes nothing would mislead the bidder who reads it.
    if name in price and not wanted:
        _refuse(name, price[name], f"absent; it belongs to {to}")


def _only(price: Mapping[str, Any], known: frozenset[str]) -> None:
    extra = sorted(set(price) - known)
    if extra:
        _refuse(extra[0], price[extra[0]], f"absent (known: {', '.join(sorted(known))})")


def _refuse(name: str, value: object, expected: str) -> NoReturn:
    message = f"price parameter {name[:40]} is {shown(value)}; it must be {expected}"
    raise PriceTermsInvalidError(message, field=name[:40], value=str(value)[:40], expected=expected)
