"""From sheets and prices to ranks: mean of the totals, price points, ties, candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Any, Final

from evaluation.errors import SheetsMissingError
from evaluation.means import NO_TRIM, Trim, mean
from evaluation.money import decimal_text, exact, fraction_text, round_half_up
from evaluation.prices import PriceResult

__all__ = ["Flag", "Ranking", "RankingPolicy", "Row", "Technical", "combine", "rank"]


@dataclass(frozen=True, slots=True)
class RankingPolicy:
    """``candidates``: at most so many are named (Reg 53).

    ``minimum_valid``: with fewer valid bids the committee may reject all (Law 42, D87 44).
    """

    candidates: int = 3
    minimum_valid: int = 3


DEFAULT_RANKING_POLICY: Final = RankingPolicy()


@dataclass(frozen=True, slots=True)
class Technical:
    """A bid's technical points: each seat's total, their exact mean, the rounded score."""

    totals: Mapping[int, Decimal]
    mean: Fraction
    score: Decimal
    spread: Decimal

    def canonical(self, bid: str) -> dict[str, Any]:
        """Give it as JSON without numbers."""
        return {
            "bid": bid,
            "totals": {str(seat): decimal_text(one) for seat, one in sorted(self.totals.items())},
            "mean": decimal_text(self.score),
            "mean_exact": fraction_text(self.mean),
            "spread": decimal_text(self.spread),
        }


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the ranked table; points and yuan with two decimals."""

    bid: str
    rank: int
    tied: bool
    price: Decimal
    technical: Decimal
    price_score: Decimal
    total: Decimal

    def canonical(self) -> dict[str, Any]:
        """Give it as JSON; only the rank is a number."""
        return {
            "bid": self.bid,
            "rejected": "",
            "rank": self.rank,
            "tied": self.tied,
            "price": decimal_text(self.price),
            "technical": decimal_text(self.technical),
            "price_score": decimal_text(self.price_score),
            "total": decimal_text(self.total),
        }


@dataclass(frozen=True, slots=True)
class Flag:
    """What a reader must know about the ranking.

    ``few-valid``; ``decided-by-price`` and ``decided-by-technical``: equal totals, told apart;
    ``tied``: nothing tells them apart; ``candidates-undecided``: a tie does not fit among the
    candidates, so the committee decides.
    """

    code: str
    bids: tuple[str, ...]

    def canonical(self) -> dict[str, Any]:
        """Give it as JSON."""
        return {"code": self.code, "bids": list(self.bids)}


@dataclass(frozen=True, slots=True)
class Ranking:
    """The ranked table of a lot, its candidates in order, and what is to be known about it."""

    rows: tuple[Row, ...]
    candidates: tuple[str, ...]
    flags: tuple[Flag, ...]


Key = Callable[[str], tuple[Decimal, Decimal, Fraction]]


def combine(
    totals: Mapping[int, Mapping[str, Decimal]], bids: Sequence[str], trim: Trim = NO_TRIM
) -> dict[str, Technical]:
    """Average the seats' totals per bid (D87 55), trimmed if the tender documents say so.

    ``totals``: seat -> bid -> points.

    Raises:
        SheetsMissingError: no seat, or a seat without a total for one of ``bids``.
    """
    if not totals:
        message = "no score sheet is in; lock at least one before ranking"
        raise SheetsMissingError(message)
    combined = {}
    for bid in sorted(bids):
        missing = [seat for seat, given in sorted(totals.items()) if bid not in given]
        if missing:
            message = f"seat {missing[0]} has no total for {bid}; its sheet must be complete"
            raise SheetsMissingError(message, seat=missing[0], bid=bid)
        given = {seat: totals[seat][bid] for seat in sorted(totals)}
        average = mean([exact(one) for one in given.values()], trim)
        spread = max(given.values()) - min(given.values())
        combined[bid] = Technical(given, average, round_half_up(average), spread)
    return combined


def rank(
    technical: Mapping[str, Technical],
    prices: PriceResult,
    policy: RankingPolicy = DEFAULT_RANKING_POLICY,
) -> Ranking:
    """Rank the bids that have a price score.

    Total = rounded technical score + rounded price score, so the printed table adds up. Equal
    totals: the lower price goes first, then the higher exact technical mean (D87 57); bids that
    are still equal share a rank, and the next rank is left out (1, 2, 2, 4).
    """
    scored = {bid: technical[bid].score + row.score for bid, row in prices.rows.items()}

    def key(bid: str) -> tuple[Decimal, Decimal, Fraction]:
        return -scored[bid], prices.rows[bid].price, -technical[bid].mean

    # The id only makes the order of what is equal reproducible; it decides no rank.
    order = sorted(scored, key=lambda bid: (*key(bid), bid))
    rows: list[Row] = []
    groups = [tuple(group) for _, group in groupby(order, key)]
    for group in groups:
        place = len(rows) + 1
        for bid in group:
            price = prices.rows[bid]
            rows.append(
                Row(bid, place, len(group) > 1, price.price, technical[bid].score, price.score,
                    scored[bid])
            )  # fmt: skip
    candidates, undecided = _candidates(groups, policy.candidates)
    flags = (
        *((Flag("few-valid", tuple(order)),) if len(order) < policy.minimum_valid else ()),
        *_decided(groups, key),
        *(Flag("tied", group) for group in groups if len(group) > 1),
        *((Flag("candidates-undecided", undecided),) if undecided else ()),
    )
    return Ranking(tuple(rows), candidates, flags)


def _candidates(
    groups: Sequence[tuple[str, ...]], most: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Take whole groups while they fit; a tie across the limit is for the committee to decide."""
    named: tuple[str, ...] = ()
    for group in groups:
        if len(named) == most:
            break
        if len(named) + len(group) > most:
            return named, group
        named += group
    return named, ()


def _decided(groups: Sequence[tuple[str, ...]], key: Key) -> list[Flag]:
    flags = []
    for before, after in pairwise(groups):
        first, second = key(before[0]), key(after[0])
        if first[0] == second[0]:
            by = "price" if first[1] != second[1] else "technical"
            flags.append(Flag(f"decided-by-{by}", before + after))
    return flags
