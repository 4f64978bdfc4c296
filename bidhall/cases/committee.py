"""The committee of an evaluation: its state, its draw from the released lot key, its substitutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from bidhall.cases.case import Body, Happening
from bidhall.cases.errors import ConflictError
from bidhall.cases.release import Custody
from crypto import draw
from evaluation.committee import Entry, draw_seats, read_quotas
from evaluation.errors import EvaluationError

__all__ = ["Phase", "Seat", "State", "draw_committee", "recuse"]

SHORT_CODES: Final = 150
"""Up to so many bids a code of a letter and one digit suffices: there are 168 such codes."""


class Phase(StrEnum):
    """Where the evaluation stands."""

    NEW = "new"
    CONVENED = "convened"
    ROSTERED = "rostered"
    SEATED = "seated"
    PLEDGED = "pledged"
    SCORING = "scoring"
    RANKED = "ranked"
    SIGNED = "signed"
    REPORTED = "reported"


@dataclass(frozen=True, slots=True)
class Seat:
    """One expert's seat; ``expert`` is "" while nobody holds it."""

    seat: int
    county: str
    speciality: str
    expert: str
    signed_in: bool = False
    pledged: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """An evaluation, built from its events alone.

    ``drafts`` and ``locked``: lot -> seat -> sheet; ``reports``: lot -> the ranked report;
    ``files``: bid -> what its technical part held, or why it is void; ``codes``: bid -> code.
    """

    stream: str
    phase: Phase = Phase.NEW
    tender: str = ""
    title: str = ""
    manifest_hash: str = ""
    hosts: tuple[str, ...] = ()
    custody: Custody = field(default_factory=Custody)
    lots: tuple[Body, ...] = ()
    draw: tuple[Body, ...] = ()
    bids: Mapping[str, Body] = field(default_factory=dict)
    roster: tuple[Body, ...] = ()
    roster_root: str = ""
    seats: Mapping[int, Seat] = field(default_factory=dict)
    substitutes: tuple[Body, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Body] = field(default_factory=dict)
    drafts: Mapping[str, Mapping[int, Body]] = field(default_factory=dict)
    locked: Mapping[str, Mapping[int, Body]] = field(default_factory=dict)
    revealed: frozenset[str] = frozenset()
    reports: Mapping[str, Body] = field(default_factory=dict)
    signatures: Mapping[int, str] = field(default_factory=dict)
    report: Body = field(default_factory=dict)
    paused: str = ""

    def seat_of(self, person: str) -> Seat | None:
        """Find the seat a person holds."""
        return next((one for one in self.seats.values() if person and one.expert == person), None)


def draw_committee(state: State, released_key: bytes) -> dict[str, Any]:
    """Draw the seats from the committed roster and the released lot key (docs/spec/draw.md).

    Raises:
        ConflictError: a stratum has fewer experts than seats; the roster must be committed anew.
    """
    seed = draw.seed(
        bytes.fromhex(state.manifest_hash), bytes.fromhex(state.roster_root), released_key
    )
    entries = [
        Entry(one["entry"], one["expert"], one["county"], one["speciality"]) for one in state.roster
    ]
    try:
        chosen = draw_seats(
            read_quotas({"seats": list(state.draw)}), entries,
            lambda stratum, pool: draw.shuffle(seed, stratum, pool),
        )  # fmt: skip
    except EvaluationError as error:
        raise ConflictError(str(error), code=error.code) from error
    seats = [
        {"seat": one.seat, "county": one.quota.county, "speciality": one.quota.speciality,
         "expert": one.entry.expert}
        for one in chosen.seats
    ]  # fmt: skip
    substitutes = [
        {"stratum": stratum, "expert": one.expert}
        for stratum, left in sorted(chosen.substitutes.items()) for one in left
    ]  # fmt: skip
    codes = _codes(seed, sorted(state.bids))
    return {"seed": seed.hex(), "seats": seats, "substitutes": substitutes, "codes": codes}


def _codes(seed: bytes, bids: list[str]) -> dict[str, str]:
    # A blind bid is named by a code that says nothing about when it came in or from whom.
    digits = "23456789"
    tails = list(digits) if len(bids) <= SHORT_CODES else [a + b for a in digits for b in digits]
    names = [letter + tail for letter in "ABCDEFGHJKMNPQRTUVWXY" for tail in tails]
    return dict(zip(bids, draw.shuffle(seed, "codes", names), strict=False))


def recuse(state: State, seat: Seat, reason: str) -> tuple[Happening, ...]:
    """Empty a seat and fill it with the next substitute of the same stratum, where there is one."""
    gone = Happening("ExpertRecused", {"seat": seat.seat, "expert": seat.expert, "reason": reason})
    following = next(
        (one for one in state.substitutes
         if one["stratum"] == f"{seat.county}/{seat.speciality}"),
        None,
    )  # fmt: skip
    if following is None:
        message = f"no substitute is left for seat {seat.seat}; the draw must be made again"
        raise ConflictError(message, code="no-substitute", seat=seat.seat)
    filled = Happening("SeatFilled", {"seat": seat.seat, "expert": following["expert"]})
    return (gone, filled)
