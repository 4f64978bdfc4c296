"""Means: plain, or trimmed of the highest and lowest when there are enough values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

__all__ = ["NO_TRIM", "TRIM_RULE", "Trim", "mean", "read_trim", "trimmed"]

_MOST = 50
TRIM_RULE: Final = f"drop 1 to {_MOST} and from 2 x drop + 1 to 1000, whole numbers"


@dataclass(frozen=True, slots=True)
class Trim:
    """Leave out ``drop`` values at each end, if there are at least ``at_least`` values."""

    drop: int
    at_least: int

    def kept(self, count: int) -> slice:
        """Tell which of ``count`` sorted values stay."""
        return slice(self.drop, count - self.drop) if count >= self.at_least else slice(0, count)


NO_TRIM: Final = Trim(0, 1)


def read_trim(terms: Mapping[str, Any]) -> Trim | None:
    """Read ``drop`` and ``from``; None when they are not as `TRIM_RULE` says.

    ``from`` above twice ``drop`` guarantees that something is left.
    """
    drop, least = terms.get("drop"), terms.get("from")
    if type(drop) is not int or type(least) is not int:
        return None
    return Trim(drop, least) if 1 <= drop <= _MOST and 2 * drop < least <= 1000 else None  # noqa: PLR2004 - the rule's own bound


def trimmed(values: Sequence[Fraction], trim: Trim) -> list[Fraction]:
    """Sort the values and leave out those the trim drops."""
    return sorted(values)[trim.kept(len(values))]


def mean(values: Sequence[Fraction], trim: Trim = NO_TRIM) -> Fraction:
    """Average what the trim leaves; exact.

    Raises:
        ZeroDivisionError: there are no values.
    """
    kept = trimmed(values, trim)
    return sum(kept, Fraction(0)) / len(kept)
