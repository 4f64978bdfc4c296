"""Facts of a roster: who may be drawn for a tender, committed before the lot key is released."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bidhall.cases.case import Person
from bidhall.cases.committee import State
from bidhall.cases.errors import ConflictError
from crypto import canonical, draw
from evaluation.avoidance import Party, Role, avoidance
from evaluation.committee import Entry, pool_of, read_quotas

if TYPE_CHECKING:
    from bidhall.desk import RawCommand
    from bidhall.hall import Hall

__all__ = ["roster_facts", "roster_root"]

_SALT = 16


def roster_root(roster: Sequence[Mapping[str, Any]]) -> str:
    """Commit to a roster, hex: each entry salted, so that the root betrays no name."""
    return draw.salted_root([
        (bytes.fromhex(one["salt"]),
         canonical.encode({k: one[k] for k in ("entry", "expert", "county", "speciality")}))
        for one in roster
    ]).hex()  # fmt: skip


async def roster_facts(
    hall: Hall, state: State, raw: RawCommand, person: Person
) -> Mapping[str, Any]:
    """Gather the experts whom no avoidance excludes, and check that every stratum can be filled.

    Raises:
        ConflictError: a stratum has fewer experts than seats.
    """
    del raw, person
    quotas = read_quotas({"seats": list(state.draw)})
    experts = await hall.people.experts({one.county for one in quotas})
    parties = await _parties(hall, state)
    exclusions, roster = [], []
    for expert in experts:
        reasons = avoidance(expert, parties)
        if reasons:
            exclusions.append({"expert": expert.id, "reasons": [one.code for one in reasons]})
            continue
        roster += [
            {"entry": f"{expert.id}.{number}", "expert": expert.id, "county": expert.county,
             "speciality": speciality, "salt": secrets.token_hex(_SALT)}
            for number, speciality in enumerate(expert.specialities, 1)
        ]  # fmt: skip
    roster.sort(key=lambda one: one["entry"])
    entries = [Entry(o["entry"], o["expert"], o["county"], o["speciality"]) for o in roster]
    for quota in quotas:
        if len(pool_of(quota, entries)) < quota.count:
            message = f"{quota.stratum} has too few experts for {quota.count} seats; widen the pool"
            raise ConflictError(message, code="pool-too-small", stratum=quota.stratum)
    return {"roster": roster, "root": roster_root(roster), "exclusions": exclusions}


async def _parties(hall: Hall, state: State) -> list[Party]:
    bidders: list[str] = sorted({one["bidder"] for one in state.bids.values()})
    source, _ = await hall.streams.state(state.tender)
    codes = await hall.people.usccs([*bidders, source.tenderee])
    parties = [Party(one, codes.get(one, "")) for one in bidders]
    return [*parties, Party(source.tenderee, codes.get(source.tenderee, ""), Role.TENDEREE)]
