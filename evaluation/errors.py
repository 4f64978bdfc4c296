"""The errors of the evaluation's rules.

Each has a stable ``code``, a message for people that says which value was wrong and what to enter
instead, and ``params`` that fill a translation. ``params`` hold text, whole numbers and lists only.

::

    EvaluationError
    ├── AmountInvalidError          not an amount: a float, a wrong shape, out of bounds
    ├── LotInvalidError             a lot of the manifest: criteria, weights, steps
    ├── PriceTermsInvalidError      a price method's declared parameters
    ├── PriceInvalidError           a price that cannot be scored
    ├── SheetInvalidError           a score sheet; ``violations`` holds every one of these:
    ├── ViolationError
    │   ├── SheetShapeError         not an object of the documented shape
    │   ├── UnknownBidError         a bid that is not scored in this lot
    │   ├── UnknownCriterionError   a criterion the lot does not have
    │   ├── ScoreMissingError       no score, and the sheet is to be complete
    │   ├── ScoreMalformedError     not a number of points with at most 2 decimals
    │   ├── ScoreOutOfRangeError    above the criterion's maximum
    │   ├── ScoreOffStepError       not a multiple of the criterion's step
    │   ├── CommentMissingError     a low score without a reason
    │   └── CommentInvalidError     too long, or with control characters
    ├── SheetsMissingError          nothing to rank: no sheet at all
    ├── CommitteeSizeError          too few, an even number, or too few experts
    ├── QuotaInvalidError           the seats asked of a stratum
    ├── PoolTooSmallError           fewer experts than seats
    ├── NoSubstituteError           nobody left to take an emptied seat
    └── IdentityInvalidError        a code of an organisation, county or speciality
        ├── UsccInvalidError
        ├── CountyUnknownError
        └── SpecialityInvalidError
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar

__all__ = [
    "AmountInvalidError",
    "CommentInvalidError",
    "CommentMissingError",
    "CommitteeSizeError",
    "CountyUnknownError",
    "EvaluationError",
    "IdentityInvalidError",
    "LotInvalidError",
    "NoSubstituteError",
    "PoolTooSmallError",
    "PriceInvalidError",
    "PriceTermsInvalidError",
    "QuotaInvalidError",
    "ScoreMalformedError",
    "ScoreMissingError",
    "ScoreOffStepError",
    "ScoreOutOfRangeError",
    "SheetInvalidError",
    "SheetShapeError",
    "SheetsMissingError",
    "SpecialityInvalidError",
    "UnknownBidError",
    "UnknownCriterionError",
    "UsccInvalidError",
    "ViolationError",
    "shown",
]

_SHOWN = 40
_LISTED = 20


def shown(value: object) -> str:
    """Write a foreign value for a message: short, in quotes, without control characters."""
    text = value if isinstance(value, str) else f"{value!r} ({type(value).__name__})"
    clean = "".join(one if one.isprintable() else "?" for one in text[:_SHOWN])
    clean += "…" if len(text) > _SHOWN else ""
    return f'"{clean}"' if isinstance(value, str) else clean


class EvaluationError(Exception):
    """A rule of the evaluation was broken; the base of this package's errors."""

    code: ClassVar[str] = "evaluation"

    def __init__(self, message: str, **params: object) -> None:
        """Keep ``message`` for people and ``params`` for a translation."""
        super().__init__(message)
        self.message = message
        self.params = params


class AmountInvalidError(EvaluationError):
    """Not an amount of yuan or points as the rules write it."""

    code = "amount-invalid"


class LotInvalidError(EvaluationError):
    """A lot's criteria, weights or steps do not hold together."""

    code = "lot-invalid"


class PriceTermsInvalidError(EvaluationError):
    """A price method is unknown, or one of its parameters is missing, foreign or impossible."""

    code = "price-terms-invalid"


class PriceInvalidError(EvaluationError):
    """A price cannot be scored: a float, more than 2 decimals, not above zero."""

    code = "price-invalid"


class ViolationError(EvaluationError):
    """One thing wrong with a score sheet."""

    code = "violation"

    def listed(self) -> dict[str, object]:
        """Give the violation as data."""
        return {"code": self.code, "message": self.message, **self.params}


class SheetInvalidError(EvaluationError):
    """A score sheet breaks rules; all of the violations are listed, not only the first."""

    code = "sheet-invalid"

    def __init__(self, violations: Sequence[ViolationError]) -> None:
        """List ``violations``; the message spells out the first twenty."""
        self.violations = tuple(violations)
        count = len(self.violations)
        spelt = "; ".join(one.message for one in self.violations[:_LISTED])
        more = f"; and {count - _LISTED} more" if count > _LISTED else ""
        what = "1 entry of the sheet is" if count == 1 else f"{count} entries of the sheet are"
        super().__init__(
            f"{what} not valid: {spelt}{more}", violations=[one.listed() for one in self.violations]
        )


class SheetShapeError(ViolationError):
    """A part of the sheet is not an object of the documented shape."""

    code = "sheet-shape"

    def __init__(self, part: str, value: object) -> None:
        """Name the ``part`` that has the wrong type."""
        kind = type(value).__name__
        super().__init__(f"{part} is a {kind}; it must be an object", part=part, given=kind)


class UnknownBidError(ViolationError):
    """The sheet names a bid that is not scored in this lot."""

    code = "unknown-bid"

    def __init__(self, bid: object) -> None:
        """Name the foreign ``bid``."""
        super().__init__(
            f"{shown(bid)} is not among the bids of this lot; remove it", bid=str(bid)[:_SHOWN]
        )


class UnknownCriterionError(ViolationError):
    """The sheet names a criterion that the lot does not have (Reg 49)."""

    code = "unknown-criterion"

    def __init__(self, bid: str, criterion: object) -> None:
        """Name the foreign ``criterion``."""
        super().__init__(
            f"{shown(criterion)} is not a criterion of this lot; only the published ones count",
            bid=bid, criterion=str(criterion)[:_SHOWN],
        )  # fmt: skip


class ScoreMissingError(ViolationError):
    """A criterion has no score and the sheet is to be locked."""

    code = "score-missing"

    def __init__(self, bid: str, criterion: str, maximum: Decimal) -> None:
        """Name the gap."""
        super().__init__(
            f"criterion {criterion} has no score for {bid}; enter 0.00 to {maximum:.2f}",
            bid=bid, criterion=criterion, maximum=f"{maximum:.2f}",
        )  # fmt: skip


class ScoreMalformedError(ViolationError):
    """A score is not written as points with at most two decimals."""

    code = "score-malformed"

    def __init__(self, criterion: str, value: object, maximum: Decimal, *, bid: str = "") -> None:
        """Name the value that is no score."""
        super().__init__(
            f"{shown(value)} is not a score for criterion {criterion}; "
            f"enter 0.00 to {maximum:.2f} as text with at most 2 decimals",
            bid=bid, criterion=criterion, value=str(value)[:_SHOWN], maximum=f"{maximum:.2f}",
        )  # fmt: skip


class ScoreOutOfRangeError(ViolationError):
    """A score is above what its criterion gives (D87 64)."""

    code = "score-out-of-range"

    def __init__(self, criterion: str, value: Decimal, maximum: Decimal, *, bid: str = "") -> None:
        """Name the score and its limit."""
        super().__init__(
            f"{value:.2f} is above the maximum {maximum:.2f} of criterion {criterion}; "
            f"enter 0.00 to {maximum:.2f}",
            bid=bid, criterion=criterion, value=f"{value:.2f}", maximum=f"{maximum:.2f}",
        )  # fmt: skip


class ScoreOffStepError(ViolationError):
    """A score lies between two steps of its criterion."""

    code = "score-off-step"

    def __init__(
        self, criterion: str, value: Decimal, step: Decimal, below: Decimal, *, bid: str = ""
    ) -> None:
        """Name the score and the two scores next to it; ``below`` is the lower one."""
        above = below + step
        super().__init__(
            f"{value:.2f} is not a multiple of the step {step:.2f} of criterion {criterion}; "
            f"enter {below:.2f} or {above:.2f}",
            bid=bid, criterion=criterion, value=f"{value:.2f}", step=f"{step:.2f}",
            below=f"{below:.2f}", above=f"{above:.2f}",
        )  # fmt: skip


class CommentMissingError(ViolationError):
    """A low score stands without a reason."""

    code = "comment-missing"

    def __init__(self, bid: str, criterion: str, value: Decimal, limit: Decimal) -> None:
        """Name the score; below ``limit`` points a reason is asked for."""
        super().__init__(
            f"{value:.2f} for criterion {criterion} of {bid} is below {limit:.2f}; "
            "write the reason beside it",
            bid=bid, criterion=criterion, value=f"{value:.2f}", limit=f"{limit:.2f}",
        )  # fmt: skip


class CommentInvalidError(ViolationError):
    """A comment is no text, too long, or holds control characters."""

    code = "comment-invalid"

    def __init__(self, bid: str, criterion: str, maximum: int) -> None:
        """Name the place; ``maximum`` is in characters."""
        super().__init__(
            f"the comment on criterion {criterion} of {bid} must be a text of at most {maximum} "
            "characters without control characters",
            bid=bid, criterion=criterion, maximum=maximum,
        )  # fmt: skip


class SheetsMissingError(EvaluationError):
    """There is no sheet at all, so nothing can be ranked."""

    code = "sheets-missing"


class CommitteeSizeError(EvaluationError):
    """A committee is too small, of even number, or has too few experts (Law 37, D87 47)."""

    code = "committee-size"


class QuotaInvalidError(EvaluationError):
    """The seats asked of a stratum have the wrong shape."""

    code = "quota-invalid"


class PoolTooSmallError(EvaluationError):
    """A stratum has fewer experts than seats."""

    code = "pool-too-small"


class NoSubstituteError(EvaluationError):
    """No substitute of the same stratum is left; the draw must be made again."""

    code = "no-substitute"


class IdentityInvalidError(EvaluationError):
    """A code of an organisation, a county or a speciality is wrong."""

    code = "identity-invalid"


class UsccInvalidError(IdentityInvalidError):
    """Not a unified social credit code (GB 32100-2015)."""

    code = "uscc-invalid"


class CountyUnknownError(IdentityInvalidError):
    """Not a county of Dali prefecture (GB/T 2260)."""

    code = "county-unknown"


class SpecialityInvalidError(IdentityInvalidError):
    """Not a speciality code of the expert classification."""

    code = "speciality-invalid"
