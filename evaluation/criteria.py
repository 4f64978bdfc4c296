"""Score sheets: one expert's scores for one lot, checked against the published criteria."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from evaluation.errors import (
    AmountInvalidError,
    CommentInvalidError,
    CommentMissingError,
    ScoreMalformedError,
    ScoreMissingError,
    ScoreOffStepError,
    ScoreOutOfRangeError,
    SheetInvalidError,
    SheetShapeError,
    UnknownBidError,
    UnknownCriterionError,
    ViolationError,
)
from evaluation.lots import Criterion, Lot, parse_lot
from evaluation.money import parse_score, round_half_up

__all__ = [
    "DEFAULT_SHEET_POLICY",
    "Criterion",
    "Lot",
    "Sheet",
    "SheetPolicy",
    "parse_lot",
    "read_sheet",
    "score_violation",
]


@dataclass(frozen=True, slots=True)
class SheetPolicy:
    """What a sheet owes beyond its scores.

    ``comment_below``: a score under this part of the maximum needs a written reason before the
    sheet is locked; 0 asks for none. ``comment_most``: characters. Both are the house's practice,
    not a rule of law.
    """

    comment_below: Decimal = Decimal("0.60")
    comment_most: int = 2000


DEFAULT_SHEET_POLICY: Final = SheetPolicy()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A checked sheet: bid -> criterion -> points, and the reasons beside them."""

    lot: str
    scores: Mapping[str, Mapping[str, Decimal]]
    comments: Mapping[str, Mapping[str, str]]

    def totals(self) -> dict[str, Decimal]:
        """Add up each bid's points; of a draft, those entered so far."""
        return {
            bid: sum(given.values(), Decimal("0.00")) for bid, given in sorted(self.scores.items())
        }

    def canonical(self) -> dict[str, Any]:
        """Give the form that is recorded: sorted, scores with two decimals, totals included."""
        return {
            "lot": self.lot,
            "scores": {
                bid: {name: f"{points:.2f}" for name, points in sorted(given.items())}
                for bid, given in sorted(self.scores.items())
            },
            "comments": {
                bid: dict(sorted(texts.items())) for bid, texts in sorted(self.comments.items())
            },
            "totals": {bid: f"{total:.2f}" for bid, total in self.totals().items()},
        }


def read_sheet(  # noqa: PLR0913 - a sheet is made of exactly these parts
    lot: Lot,
    bids: Sequence[str],
    scores: object,
    comments: object,
    *,
    complete: bool,
    policy: SheetPolicy = DEFAULT_SHEET_POLICY,
) -> Sheet:
    """Check ``{bid: {criterion: "8.60"}}`` and ``{bid: {criterion: text}}`` and return the sheet.

    A draft (``complete=False``) may have gaps and lack comments; what it has must be right. Empty
    comments are dropped.

    Raises:
        SheetInvalidError: with every violation, in the order of ``bids`` and of the criteria.
    """
    violations: list[ViolationError] = []
    table = _table("scores", scores, lot, bids, violations)
    texts = _table("comments", comments, lot, bids, violations)
    read_scores: dict[str, dict[str, Decimal]] = {}
    read_comments: dict[str, dict[str, str]] = {}
    for bid, criterion in ((bid, one) for bid in bids for one in lot.criteria):
        comment = _comment(bid, criterion, texts.get(bid, {}), policy, violations)
        if comment:
            read_comments.setdefault(bid, {})[criterion.id] = comment
        points = _points(bid, criterion, table.get(bid, {}), violations, complete=complete)
        if points is None:
            continue
        read_scores.setdefault(bid, {})[criterion.id] = points
        limit = round_half_up(Fraction(criterion.maximum) * Fraction(policy.comment_below))
        if complete and not comment and points < limit:
            violations.append(CommentMissingError(bid, criterion.id, points, limit))
    if violations:
        raise SheetInvalidError(violations)
    return Sheet(lot.lot, read_scores, read_comments)


def score_violation(criterion: Criterion, points: Decimal, bid: str) -> ViolationError | None:
    """Tell what is wrong with a well-formed score, if anything: its range, then its step."""
    if points > criterion.maximum:
        return ScoreOutOfRangeError(criterion.id, points, criterion.maximum, bid=bid)
    steps = Fraction(points) / Fraction(criterion.step)
    if steps.denominator != 1:
        below = criterion.step * (steps.numerator // steps.denominator)
        return ScoreOffStepError(criterion.id, points, criterion.step, below, bid=bid)
    return None


def _table(
    part: str, value: object, lot: Lot, bids: Sequence[str], violations: list[ViolationError]
) -> dict[str, Mapping[str, Any]]:
    if not isinstance(value, Mapping):
        violations.append(SheetShapeError(part, value))
        return {}
    violations += (UnknownBidError(bid) for bid in value if bid not in bids)
    table: dict[str, Mapping[str, Any]] = {}
    for bid in (one for one in bids if one in value):
        if not isinstance(value[bid], Mapping):
            violations.append(SheetShapeError(f"{part} of {bid}", value[bid]))
            continue
        table[bid] = value[bid]
        violations += _foreign(lot, bid, value[bid])
    return table


def _foreign(lot: Lot, bid: str, given: Mapping[Any, Any]) -> Iterator[ViolationError]:
    known = {one.id for one in lot.criteria}
    return (UnknownCriterionError(bid, name) for name in given if name not in known)


def _points(
    bid: str,
    criterion: Criterion,
    given: Mapping[str, Any],
    violations: list[ViolationError],
    *,
    complete: bool,
) -> Decimal | None:
    if criterion.id not in given:
        if complete:
            violations.append(ScoreMissingError(bid, criterion.id, criterion.maximum))
        return None
    value = given[criterion.id]
    try:
        points = parse_score(value)
    except AmountInvalidError:
        violations.append(_malformed(bid, criterion, value))
        return None
    violation = score_violation(criterion, points, bid)
    if violation:
        violations.append(violation)
        return None
    return points


def _malformed(bid: str, criterion: Criterion, value: object) -> ViolationError:
    return ScoreMalformedError(criterion.id, value, criterion.maximum, bid=bid)


def _comment(
    bid: str,
    criterion: Criterion,
    given: Mapping[str, Any],
    policy: SheetPolicy,
    violations: list[ViolationError],
) -> str:
    text = given.get(criterion.id, "")
    # A reason may have line breaks; other control characters and marks that reorder text may not.
    plain = isinstance(text, str) and text.replace("\n", "").isprintable()
    if not isinstance(text, str) or not plain or len(text) > policy.comment_most:
        violations.append(CommentInvalidError(bid, criterion.id, policy.comment_most))
        return ""
    return text.strip()
