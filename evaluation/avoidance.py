"""Avoidance 回避: why an expert may not judge these parties.

Only ties that are still in force are passed in (employment, board seat or controlling share within
3 years, penalties not yet served): this module has no clock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["Expert", "Party", "Reason", "Role", "avoidance", "eligible"]


class Role(StrEnum):
    """What a party is in the tender."""

    BIDDER = "bidder"
    TENDEREE = "tenderee"
    AGENCY = "agency"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation with a stake in the tender; either id or USCC may be empty."""

    id: str
    uscc: str
    role: Role = Role.BIDDER

    def is_named(self, codes: Collection[str]) -> bool:
        """Tell whether ``codes`` name this organisation."""
        return bool({self.id, self.uscc} & set(codes) - {""})


@dataclass(frozen=True, slots=True)
class Expert:
    """An expert as the register knows them.

    ``employer``: id or USCC; ``relations``: ids or USCCs of organisations with a family or economic
    tie, earlier employment, board seat or share; ``penalties``: those in force.
    """

    id: str
    county: str
    specialities: tuple[str, ...]
    employer: str = ""
    relations: tuple[str, ...] = ()
    penalties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an expert stays away, with the article; ``party`` is "" for a penalty."""

    code: str
    article: str
    party: str


_EMPLOYED: Final = {
    Role.BIDDER: ("employed-by-bidder", "Law 37, D87 47"),
    Role.TENDEREE: ("employed-by-tenderee", "D87 47"),
    Role.AGENCY: ("employed-by-agency", "D87 47"),
    Role.SUPERVISOR: ("employed-by-supervisor", "Reg 46"),
}
_RELATED: Final = ("related-to-bidder", "Law 37, Reg 46")
_PENALISED: Final = ("penalised", "Reg 71")


def avoidance(expert: Expert, parties: Sequence[Party]) -> tuple[Reason, ...]:
    """List every reason why ``expert`` may not judge; none means that the expert may.

    Employment excludes with every party; another tie only with a bidder.
    """
    reasons = [Reason(*_PENALISED, "")] if expert.penalties else []
    for party in parties:
        if party.is_named({expert.employer}):
            reasons.append(Reason(*_EMPLOYED[party.role], party.id))
        if party.role is Role.BIDDER and party.is_named(expert.relations):
            reasons.append(Reason(*_RELATED, party.id))
    return tuple(reasons)


def eligible(experts: Sequence[Expert], parties: Sequence[Party]) -> list[Expert]:
    """Keep the experts with no reason to stay away, in their order."""
    return [one for one in experts if not avoidance(one, parties)]
