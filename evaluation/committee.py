"""The committee: how many, who must stay away, how seats are filled from a shuffled pool.

Numbers are defaults of a policy and carry the article they come from. The shuffle comes in as a
callable, so this module knows no randomness.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from evaluation.errors import (
    CommitteeSizeError,
    IdentityInvalidError,
    NoSubstituteError,
    PoolTooSmallError,
    QuotaInvalidError,
    shown,
)
from evaluation.identity import county_named, covers, parse_speciality

__all__ = [
    "PROCUREMENT_SIZE",
    "WORKS_SIZE",
    "Entry",
    "PoolWarning",
    "Quota",
    "Seat",
    "Selection",
    "SizePolicy",
    "check_size",
    "draw_seats",
    "least_members",
    "pool_of",
    "pool_warnings",
    "read_quotas",
    "select",
    "substitute",
]

_SEATS_MOST: Final = 9
_QUOTAS_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class SizePolicy:
    """How large a committee must be; ``large_budget`` in yuan, ``experts`` the least share."""

    least: int
    article: str
    large_least: int
    large_budget: Decimal | None
    large_article: str
    experts: Fraction = Fraction(2, 3)
    experts_article: str = "Law 37"


WORKS_SIZE: Final = SizePolicy(5, "Law 37", 5, None, "Law 37")
PROCUREMENT_SIZE: Final = SizePolicy(5, "D87 47", 7, Decimal("10000000.00"), "D87 47")


def least_members(policy: SizePolicy, budget: Decimal, *, complex_case: bool = False) -> int:
    """Tell the least number of members for a budget in yuan; a complex case counts as large."""
    large = policy.large_budget is not None and budget >= policy.large_budget
    return policy.large_least if large or complex_case else policy.least


def check_size(
    policy: SizePolicy, budget: Decimal, members: int, experts: int, *, complex_case: bool = False
) -> None:
    """Refuse a committee that is too small, even, or has too few technical and economic experts.

    Raises:
        CommitteeSizeError: with the article.
    """
    least = least_members(policy, budget, complex_case=complex_case)
    article = policy.article if least == policy.least else policy.large_article
    if members < least or members % 2 == 0:
        message = f"{members} members; {article} asks for at least {least} and an odd number"
        raise CommitteeSizeError(message, members=members, least=least, article=article)
    if not 0 <= experts <= members or Fraction(experts, members) < policy.experts:
        share, article = policy.experts, policy.experts_article
        message = f"{experts} experts among {members}; {article} asks for at least {share} of them"
        raise CommitteeSizeError(message, members=members, experts=experts, article=article)


@dataclass(frozen=True, slots=True)
class Quota:
    """Seats for one stratum: a county and a speciality."""

    county: str
    speciality: str
    count: int

    @property
    def stratum(self) -> str:
        """Name the stratum, ``532901/A08``."""
        return f"{self.county}/{self.speciality}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the committed pool: ``entry`` orders it, ``expert`` is the person."""

    entry: str
    expert: str
    county: str
    speciality: str


@dataclass(frozen=True, slots=True)
class Seat:
    """A filled seat, numbered from 1."""

    seat: int
    quota: Quota
    entry: Entry


@dataclass(frozen=True, slots=True)
class Selection:
    """The seats in order, and those who follow, by stratum."""

    seats: tuple[Seat, ...]
    substitutes: Mapping[str, tuple[Entry, ...]]


@dataclass(frozen=True, slots=True)
class PoolWarning:
    """A pool so small that who will sit can be guessed; a question, not a refusal."""

    stratum: str
    pool: int
    seats: int
    question: str


def read_quotas(draw: Mapping[str, Any]) -> tuple[Quota, ...]:
    """Read the manifest's ``{"seats": [{"county", "speciality", "count"}]}``.

    Raises:
        QuotaInvalidError: wrong shape, an unknown county or speciality, a stratum named twice.
    """
    items = draw.get("seats")
    if (
        not isinstance(items, Sequence)
        or isinstance(items, str)
        or not 1 <= len(items) <= _QUOTAS_MOST
    ):
        message = f"seats must be a list of 1 to {_QUOTAS_MOST} strata"
        raise QuotaInvalidError(message, field="seats")
    quotas = tuple(_quota(one) for one in items)
    strata = [one.stratum for one in quotas]
    twice = sorted({one for one in strata if strata.count(one) > 1})
    if twice:
        message = f"{twice[0]} is named twice; add its seats up in one line"
        raise QuotaInvalidError(message, field="seats", stratum=twice[0])
    return quotas


def _quota(item: object) -> Quota:
    if not isinstance(item, Mapping) or set(item) != {"county", "speciality", "count"}:
        message = "each line of seats must have county, speciality and count, and nothing else"
        raise QuotaInvalidError(message, field="seats")
    count = item["count"]
    if type(count) is not int or not 1 <= count <= _SEATS_MOST:
        message = f"count is {shown(count)}; it must be a whole number from 1 to {_SEATS_MOST}"
        raise QuotaInvalidError(message, field="count")
    try:
        county, speciality = county_named(item["county"]), parse_speciality(item["speciality"])
    except IdentityInvalidError as error:
        raise QuotaInvalidError(str(error), **{**error.params, "field": "seats"}) from error
    return Quota(county.code, speciality.code, count)


def pool_of(quota: Quota, entries: Sequence[Entry]) -> list[Entry]:
    """List the entries that may take a quota's seats, by ``entry``, each expert once."""
    fitting = sorted(
        (one for one in entries
         if one.county == quota.county and covers(quota.speciality, one.speciality)),
        key=lambda one: one.entry,
    )  # fmt: skip
    first: dict[str, Entry] = {}
    for one in fitting:
        first.setdefault(one.expert, one)
    return list(first.values())


def pool_warnings(
    quotas: Sequence[Quota], entries: Sequence[Entry], *, factor: int = 3
) -> tuple[PoolWarning, ...]:
    """Ask about each stratum whose pool has fewer than ``factor`` experts per seat."""
    warnings = []
    for quota in quotas:
        size = len(pool_of(quota, entries))
        if size < quota.count * factor:
            question = (
                f"{quota.stratum} has {size} experts for {quota.count} seats, so who will sit can "
                "be guessed. A rare speciality would explain it; should another county join?"
            )
            warnings.append(PoolWarning(quota.stratum, size, quota.count, question))
    return tuple(warnings)


def draw_seats(
    quotas: Sequence[Quota],
    entries: Sequence[Entry],
    shuffle: Callable[[str, Sequence[Entry]], Sequence[Entry]],
) -> Selection:
    """Draw a committee: ``shuffle(stratum, pool)`` gives each stratum's order.

    Raises:
        PoolTooSmallError: a stratum has fewer experts than seats.
    """
    shuffled = {one.stratum: shuffle(one.stratum, pool_of(one, entries)) for one in quotas}
    return select(shuffled, quotas)


def select(shuffled: Mapping[str, Sequence[Entry]], quotas: Sequence[Quota]) -> Selection:
    """Fill the seats, stratum by stratum, with the first of each order who has no seat yet.

    Raises:
        PoolTooSmallError: a stratum has fewer experts than seats.
    """
    seats: list[Seat] = []
    taken: set[str] = set()
    for quota in quotas:
        order = _untaken(shuffled.get(quota.stratum, ()), taken)
        if len(order) < quota.count:
            message = (
                f"{quota.stratum}: {len(order)} experts for {quota.count} seats; "
                "widen the pool or change the seats, and commit the pool anew"
            )
            raise PoolTooSmallError(
                message, stratum=quota.stratum, pool=len(order), seats=quota.count
            )
        for entry in order[: quota.count]:
            taken.add(entry.expert)
            seats.append(Seat(len(seats) + 1, quota, entry))
    left = {
        one.stratum: tuple(_untaken(shuffled.get(one.stratum, ()), taken)) for one in quotas
    }  # fmt: skip
    return Selection(tuple(seats), left)


def _untaken(order: Sequence[Entry], taken: Collection[str]) -> list[Entry]:
    return [one for one in order if one.expert not in taken]


def substitute(selection: Selection, quota: Quota, used: Collection[str]) -> Entry:
    """Name who takes an emptied seat: the next of the stratum's order.

    ``used``: experts who hold or have left a seat, or cannot come.

    Raises:
        NoSubstituteError: nobody is left; the draw must be made again.
    """
    following = _untaken(selection.substitutes.get(quota.stratum, ()), used)
    if not following:
        message = f"no substitute is left for {quota.stratum}; the draw must be made again"
        raise NoSubstituteError(message, stratum=quota.stratum)
    return following[0]
