"""What a measurement gives, and how rounds are taken in turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

__all__ = ["NotHereError", "Outcome", "alternating"]


class NotHereError(Exception):
    """The measurement cannot be taken on this machine."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Ratios of all rounds; ``at_least`` says on which side of ``goal`` good lies."""

    name: str
    goal: float
    ratios: tuple[float, ...]
    raw: Mapping[str, Any] = field(default_factory=dict)
    at_least: bool = True

    @property
    def ratio(self) -> float:
        """Give the median."""
        return median(self.ratios)

    @property
    def reached(self) -> bool:
        """Say whether the goal is reached."""
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal

    @classmethod
    def of(cls, form: Mapping[str, Any]) -> Outcome:
        """Take the figures of a measurement that has a command of its own."""
        ratios = tuple(float(one["ratio"]) for one in form["raw"])
        better = form.get("better", "higher") == "higher"
        return cls(form["name"], form["goal"], ratios, {"rounds": form["raw"]}, at_least=better)

    def form(self) -> dict[str, Any]:
        """Give what ``--json`` prints."""
        return {
            "name": self.name,
            "ratio": round(self.ratio, 3),
            "min": round(min(self.ratios), 3),
            "max": round(max(self.ratios), 3),
            "goal": self.goal,
            "better": "higher" if self.at_least else "lower",
            "reached": self.reached,
            "rounds": len(self.ratios),
            "raw": dict(self.raw),
        }


async def alternating(
    rounds: int,
    ours: Callable[[], Awaitable[float]],
    theirs: Callable[[], Awaitable[float]],
) -> tuple[list[float], list[float]]:
    """Measure both in turn, the first one changing from round to round; one unmeasured round first."""
    await ours()
    await theirs()
    mine: list[float] = []
    other: list[float] = []
    for number in range(rounds):
        if number % 2:
            other.append(await theirs())
            mine.append(await ours())
        else:
            mine.append(await ours())
            other.append(await theirs())
    return mine, other
