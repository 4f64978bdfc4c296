"""A lot as the manifest declares it: criteria, the price's weight, how sheets are combined."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NoReturn

from evaluation.errors import AmountInvalidError, LotInvalidError, shown
from evaluation.means import NO_TRIM, TRIM_RULE, Trim, read_trim
from evaluation.money import SCORE_MAXIMUM, parse_money, parse_number, round_half_up
from evaluation.prices import validate_parameters

__all__ = ["Criterion", "Lot", "parse_lot"]

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_CRITERIA_MOST: Final = 100
_NAME_MOST: Final = 200
_TRIMMED: Final = "trimmed-mean"
_SMALLEST: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Criterion:
    """What is scored: from 0 to ``maximum`` points, in multiples of ``step``.

    ``objective``: a fact that leaves no room for judgement, so all experts should agree (D87 64).
    """

    id: str
    name: str
    name_en: str
    maximum: Decimal
    step: Decimal
    objective: bool

    def declared(self) -> dict[str, Any]:
        """Give the criterion as the manifest writes it."""
        return {
            "id": self.id,
            "name": self.name,
            "name_en": self.name_en,
            "maximum": f"{self.maximum:.2f}",
            "step": f"{self.step:.2f}",
            "objective": self.objective,
        }


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot. ``ceiling`` in yuan; ``price``: the method with its parameters, as declared.

    ``trim``: how many of the highest and lowest totals are left out when sheets are combined;
    `NO_TRIM` is the plain mean (D87 55).
    """

    lot: str
    name: str
    name_en: str
    ceiling: Decimal
    criteria: tuple[Criterion, ...]
    price: Mapping[str, Any]
    trim: Trim = NO_TRIM

    def criterion(self, wanted: str) -> Criterion | None:
        """Find a criterion by its id."""
        return next((one for one in self.criteria if one.id == wanted), None)

    @property
    def technical_weight(self) -> Decimal:
        """Points of all criteria together."""
        return sum((one.maximum for one in self.criteria), Decimal("0.00"))


def parse_lot(lot: Mapping[str, Any]) -> Lot:
    """Read a lot of the manifest.

    The maxima of the criteria and the price's weight must add up to 100.00, and each step must
    divide its maximum. An optional ``combination`` is ``{"method": "mean"}`` or ``{"method":
    "trimmed-mean", "drop": 1, "from": 7}``.

    Raises:
        LotInvalidError: naming what is wrong and what it must be.
        PriceTermsInvalidError: the price method's parameters do not hold.
    """
    number = _text(lot, "lot", most=20)
    criteria = _criteria(lot.get("criteria"))
    price = lot.get("price")
    terms = validate_parameters(price if isinstance(price, Mapping) else {})
    parsed = Lot(
        lot=number,
        name=_text(lot, "name"),
        name_en=_text(lot, "name_en", empty=True),
        ceiling=_ceiling(lot),
        criteria=criteria,
        price=dict(price or {}),
        trim=_combination(lot.get("combination", {"method": "mean"})),
    )
    weight = round_half_up(terms.weight)
    total = parsed.technical_weight + weight
    if total != SCORE_MAXIMUM:
        message = (
            f"lot {number}: the criteria give {parsed.technical_weight:.2f} and the price "
            f"{weight:.2f} points, together {total:.2f}; they must add up to 100.00"
        )
        raise LotInvalidError(message, field="criteria", total=f"{total:.2f}", expected="100.00")
    return parsed


def _criteria(items: object) -> tuple[Criterion, ...]:
    if (
        not isinstance(items, Sequence) or isinstance(items, str)
        or not 1 <= len(items) <= _CRITERIA_MOST
    ):  # fmt: skip
        _refuse("criteria", items, f"a list of 1 to {_CRITERIA_MOST} criteria")
    criteria = tuple(_criterion(one) for one in items)
    names = [one.id for one in criteria]
    twice = sorted({one for one in names if names.count(one) > 1})
    if twice:
        _refuse("criteria", twice[0], "named once; number the criteria apart")
    return criteria


def _criterion(item: object) -> Criterion:
    if not isinstance(item, Mapping):
        _refuse("criteria", item, "a list of objects")
    extra = sorted(
        set(item) - {"id", "name", "name_en", "maximum", "step", "objective"}, key=str
    )  # fmt: skip
    if extra:
        _refuse(str(extra[0]), item[extra[0]], "absent from a criterion")
    name = item.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        _refuse("id", name, "1 to 32 letters, digits, dots or hyphens, like c1")
    maximum = _points(item, "maximum", name)
    step = _points(item, "step", name)
    if Fraction(maximum) % Fraction(step):
        message = (
            f"criterion {name}: the step {step:.2f} does not divide the maximum {maximum:.2f}; "
            "full points could not be given"
        )
        raise LotInvalidError(
            message, field="step", criterion=name, step=f"{step:.2f}", maximum=f"{maximum:.2f}"
        )
    objective = item.get("objective", False)
    if not isinstance(objective, bool):
        _refuse("objective", objective, "true or false")
    return Criterion(
        name, _text(item, "name"), _text(item, "name_en", empty=True), maximum, step, objective
    )


def _points(item: Mapping[str, Any], field: str, criterion: str) -> Decimal:
    try:
        return parse_number(item.get(field), field, low=_SMALLEST, high=SCORE_MAXIMUM)
    except AmountInvalidError as error:
        message = f"criterion {criterion}: {error}"
        raise LotInvalidError(message, **{**error.params, "criterion": criterion}) from error


def _ceiling(lot: Mapping[str, Any]) -> Decimal:
    try:
        return parse_money(lot.get("ceiling"))
    except AmountInvalidError as error:
        message = f"ceiling: {error}"
        raise LotInvalidError(message, **{**error.params, "field": "ceiling"}) from error


def _combination(value: object) -> Trim:
    if value == {"method": "mean"}:
        return NO_TRIM
    given = value if isinstance(value, Mapping) else {}
    trim = read_trim(given)
    if trim is None or set(given) != {"method", "drop", "from"} or given["method"] != _TRIMMED:
        _refuse("combination", value, f'{{"method": "mean"}} or "{_TRIMMED}" with {TRIM_RULE}')
    return trim


def _text(
    item: Mapping[str, Any], field: str, *, most: int = _NAME_MOST, empty: bool = False
) -> str:
    value = item.get(field, "" if empty else None)
    if (
        not isinstance(value, str) or len(value) > most or not value.isprintable()
        or not (empty or value.strip())
    ):  # fmt: skip
        _refuse(field, value, f"a text of at most {most} printable characters")
    return value


def _refuse(field: str, value: object, expected: str) -> NoReturn:
    message = f"{field[:40]} is {shown(value)}; it must be {expected}"
    raise LotInvalidError(message, field=field[:40], value=str(value)[:40], expected=expected)
