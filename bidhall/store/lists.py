"""Read tables for lists: one row per case, and who has work in it, derived from the state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import asyncpg

from bidhall.cases import ceremony, evaluation, opening, tender
from bidhall.cases.case import instant

__all__ = ["Row", "people_rows", "row_of", "write_lists"]

Row = tuple[Any, ...]

_UPSERT = """
INSERT INTO case_list (stream, kind, tender, title, title_en, tenderee, county, phase, published,
                       closes_at, opens_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (stream) DO UPDATE SET
    title = EXCLUDED.title, title_en = EXCLUDED.title_en, tenderee = EXCLUDED.tenderee,
    county = EXCLUDED.county, phase = EXCLUDED.phase, published = EXCLUDED.published,
    closes_at = EXCLUDED.closes_at, opens_at = EXCLUDED.opens_at
"""


def row_of(state: Any) -> Row | None:
    """Derive the ``case_list`` row of a state; None where a case appears in no list."""
    match state:
        case tender.State():
            terms = {**state.terms, **state.manifest}
            return (
                state.stream, tender.KIND, state.stream, terms.get("title", ""),
                terms.get("title_en", ""), state.manifest.get("tenderee", ""),
                terms.get("county", ""), str(state.phase), bool(state.manifest),
                instant(terms["closes_at"]) if "closes_at" in terms else None,
                instant(terms["opens_at"]) if "opens_at" in terms else None,
            )  # fmt: skip
        case ceremony.State():
            return (state.stream, ceremony.KIND, "", state.title, "", "", "", str(state.phase),
                    True, None, None)  # fmt: skip
        case opening.State():
            return (state.stream, opening.KIND, state.tender, "", "", "", "", str(state.phase),
                    True, None, None)  # fmt: skip
        case evaluation.State():
            return (state.stream, evaluation.KIND, state.tender, "", "", "", "",
                    str(state.phase), False, None, None)  # fmt: skip
        case _:
            return None


def people_rows(state: Any) -> set[tuple[str, str, str]]:
    """Derive (stream, person, role) for everyone with work in the case."""
    match state:
        case tender.State():
            found = {(state.stream, host, "host") for host in state.terms.get("hosts", ())}
            owner = {(state.stream, state.owner, "owner")} if state.owner else set()
            # Not the bidders: who bids is in no table but their own events.
            return found | owner
        case ceremony.State():
            return {(state.stream, one.person, "custodian") for one in state.custodians}
        case opening.State():
            hosts = {(state.stream, host, "host") for host in state.hosts}
            return hosts | {
                (state.stream, one["person"], "custodian") for one in state.custody.custodians
            }
        case evaluation.State():
            seats = {(state.stream, one.expert, "expert") for one in state.seats.values()}
            hosts = {(state.stream, host, "host") for host in state.hosts}
            return (
                seats
                | hosts
                | {(state.stream, one["person"], "custodian") for one in state.custody.custodians}
            )
        case _:
            return set()


async def write_lists(connection: asyncpg.Connection, states: Mapping[str, Any]) -> None:
    """Write the rows of the touched streams, inside the writer's transaction."""
    rows = [row for row in map(row_of, states.values()) if row is not None]
    if rows:
        await connection.executemany(_UPSERT, rows)
    for stream, state in states.items():
        await _write_people(connection, stream, people_rows(state))


async def _write_people(
    connection: asyncpg.Connection, stream: str, wanted: Iterable[tuple[str, str, str]]
) -> None:
    wanted = list(wanted)
    await connection.execute(
        """
        DELETE FROM case_person WHERE stream = $1
           AND (person, role) NOT IN (SELECT * FROM unnest($2::text[], $3::text[]))
        """,
        stream, [one[1] for one in wanted], [one[2] for one in wanted],
    )  # fmt: skip
    if wanted:
        await connection.executemany(
            "INSERT INTO case_person VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", wanted
        )
