"""The four checks before signing (D87 64): sums, range, objective items, outlying scores.

They read the sheets as they were recorded, not as this code would have written them, so that a
fault in the record is found too. A finding is a lead, worded as a question: it names a harmless
explanation and leaves the decision to a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from evaluation.criteria import Criterion, Lot, score_violation
from evaluation.errors import AmountInvalidError
from evaluation.means import mean
from evaluation.money import decimal_text, parse_number, parse_score
from evaluation.questions import QUESTIONS

__all__ = ["CHECKS", "Finding", "Thresholds", "run_checks"]

CHECKS: Final = ("sums", "range", "objective", "outlying")

Sheets = Mapping[int, Mapping[str, Any]]
"""Seat -> the sheet's recorded form (`evaluation.criteria.Sheet.canonical`)."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """``outlying``: part of the others' mean beyond which a total is outlying (more than, not at).

    ``seats``: fewer seats than this and nothing is called outlying. Both are practice, not law.
    """

    outlying: Decimal = Decimal("0.10")
    seats: int = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One lead. ``seats``: whose scores are asked about; ``params`` fill the question."""

    check: str
    code: str
    bid: str
    seats: tuple[int, ...]
    criterion: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    def listed(self, names: Mapping[str, str]) -> dict[str, Any]:
        """Give the finding as data; ``names`` says how a bid is called in the question."""
        english, chinese = QUESTIONS[self.code]
        params = {
            **self.params,
            "bid": names.get(self.bid, self.bid),
            "seat": ", ".join(str(one) for one in self.seats),
            "criterion": self.criterion,
        }
        return {
            "check": self.check,
            "code": self.code,
            "bid": self.bid,
            "criterion": self.criterion,
            "seats": list(self.seats),
            "params": dict(self.params),
            "text": chinese.format(**params),
            "text_en": english.format(**params),
        }


def run_checks(
    lot: Lot, sheets: Sheets, bids: Sequence[str], thresholds: Thresholds | None = None
) -> tuple[Finding, ...]:
    """Run all four checks over the sheets of a lot, in the order of `CHECKS`."""
    limits = thresholds or Thresholds()
    return (
        *_sums(lot, sheets, bids),
        *_range(lot, sheets, bids),
        *_objective(lot, sheets, bids),
        *_outlying(lot, sheets, bids, limits),
    )


def _raw(sheet: Mapping[str, Any], bid: str, criterion: Criterion) -> str:
    return str(sheet["scores"].get(bid, {}).get(criterion.id, ""))


def _points(sheet: Mapping[str, Any], bid: str, criterion: Criterion) -> Decimal | None:
    try:
        return parse_score(_raw(sheet, bid, criterion))
    except AmountInvalidError:
        return None


def _sum(lot: Lot, sheet: Mapping[str, Any], bid: str) -> Decimal:
    # What is no number counts nothing here; the range check asks about it.
    found = (_points(sheet, bid, one) for one in lot.criteria)
    return sum((one for one in found if one is not None), Decimal("0.00"))


def _stated(sheet: Mapping[str, Any], bid: str) -> Decimal | None:
    try:
        total = sheet["totals"].get(bid)
        # Totals of a faulty sheet may lie above 100; they are compared, not judged.
        return parse_number(total, "total", low=Decimal(0), high=Decimal(100_000))
    except AmountInvalidError:
        return None


def _sums(lot: Lot, sheets: Sheets, bids: Sequence[str]) -> Iterator[Finding]:
    for seat, sheet in sorted(sheets.items()):
        for bid in bids:
            stated, computed = _stated(sheet, bid), _sum(lot, sheet, bid)
            if stated != computed:
                written = str(sheet["totals"].get(bid, "nothing"))[:20]
                params = {"stated": written, "computed": decimal_text(computed)}
                yield Finding("sums", "sum-differs", bid, (seat,), params=params)


def _range(lot: Lot, sheets: Sheets, bids: Sequence[str]) -> Iterator[Finding]:
    for seat, sheet in sorted(sheets.items()):
        for bid, criterion in ((bid, one) for bid in bids for one in lot.criteria):
            points = _points(sheet, bid, criterion)
            if points is not None and score_violation(criterion, points, bid) is None:
                continue
            params = {
                "value": _raw(sheet, bid, criterion)[:20] or "nothing",
                "maximum": decimal_text(criterion.maximum),
                "step": decimal_text(criterion.step),
            }
            yield Finding("range", "out-of-range", bid, (seat,), criterion.id, params)


def _objective(lot: Lot, sheets: Sheets, bids: Sequence[str]) -> Iterator[Finding]:
    for criterion in (one for one in lot.criteria if one.objective):
        for bid in bids:
            given = {seat: _raw(sheet, bid, criterion) for seat, sheet in sorted(sheets.items())}
            if len(set(given.values())) < 2:  # noqa: PLR2004 - all agree
                continue
            listed = ", ".join(f"{seat}: {value}" for seat, value in given.items())
            seats = _minority(given)
            params = {"given": listed}
            yield Finding("objective", "objective-differs", bid, seats, criterion.id, params)


def _minority(given: Mapping[int, str]) -> tuple[int, ...]:
    # Those who differ from the one most frequent score; without such a score, everyone is asked.
    (value, most), *rest = Counter(given.values()).most_common()
    if rest and rest[0][1] == most:
        return tuple(given)
    return tuple(seat for seat, one in given.items() if one != value)


def _outlying(
    lot: Lot, sheets: Sheets, bids: Sequence[str], limits: Thresholds
) -> Iterator[Finding]:
    if len(sheets) < max(limits.seats, 2):
        return
    for bid in bids:
        totals = {seat: Fraction(_sum(lot, one, bid)) for seat, one in sorted(sheets.items())}
        for seat, total in totals.items():
            others = mean([one for place, one in totals.items() if place != seat])
            apart = total - others
            if abs(apart) <= others * Fraction(limits.outlying):
                continue
            params = {
                "total": decimal_text(total),
                "others": decimal_text(others),
                "percent": decimal_text(abs(apart) / others * 100) if others else "100.00",
            }
            code = "outlying-high" if apart > 0 else "outlying-low"
            yield Finding("outlying", code, bid, (seat,), params=params)
