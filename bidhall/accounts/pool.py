"""The expert pool: who may be drawn, by what the law looks at, and never by name.

Names leave through `names` alone, and only for those who were seated, after the result.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from bidhall.accounts.errors import AccountInvalidError
from evaluation.avoidance import Expert
from evaluation.errors import EvaluationError
from evaluation.identity import COUNTIES, covers, parse_speciality

__all__ = ["NewExpert", "enter", "names", "roster"]

_ROSTER: Final = """
SELECT e.person, e.county, e.specialities, e.relations, e.penalties,
       coalesce(nullif(e.employer, ''), o.uscc) AS employer
  FROM expert e JOIN person p ON p.id = e.person JOIN organisation o ON o.id = p.organisation
 WHERE e.active AND NOT p.disabled AND 'expert' = ANY(p.roles)
   AND ($1::text[] IS NULL OR e.county = ANY($1))
 ORDER BY e.person
"""


@dataclass(frozen=True, slots=True)
class NewExpert:
    """A member of the pool; ``employer`` "" means the organisation of the account."""

    county: str
    specialities: Sequence[str]
    employer: str = ""
    relations: Sequence[str] = ()
    penalties: Sequence[str] = ()


async def roster(
    connection: asyncpg.Connection,
    *,
    counties: Collection[str] | None = None,
    speciality: str | None = None,
) -> list[Expert]:
    """List the active experts, of some counties, who may take a seat for ``speciality``.

    Raises:
        SpecialityInvalidError: ``speciality`` is not the code of one.
    """
    rows = await connection.fetch(_ROSTER, None if counties is None else sorted(counties))
    return [
        Expert(
            id=row["person"], county=row["county"], specialities=tuple(row["specialities"]),
            employer=row["employer"], relations=tuple(row["relations"]),
            penalties=tuple(row["penalties"]),
        )
        for row in rows
        if speciality is None or any(covers(speciality, held) for held in row["specialities"])
    ]  # fmt: skip


async def enter(connection: asyncpg.Connection, person: str, new: NewExpert) -> None:
    """Enter a person into the pool, or change the entry.

    Raises:
        AccountInvalidError: a county or speciality that cannot be.
    """
    if new.county not in COUNTIES:
        raise AccountInvalidError(f"{new.county!a} is no county of the prefecture, like 532901")
    try:
        for speciality in new.specialities:
            parse_speciality(speciality)
    except EvaluationError as error:
        raise AccountInvalidError(str(error), code="speciality-invalid") from error
    await connection.execute(
        """
        INSERT INTO expert (person, county, specialities, employer, relations, penalties)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (person) DO UPDATE SET
            county = EXCLUDED.county, specialities = EXCLUDED.specialities,
            employer = EXCLUDED.employer, relations = EXCLUDED.relations,
            penalties = EXCLUDED.penalties, active = true
        """,
        person, new.county, list(new.specialities), new.employer, list(new.relations),
        list(new.penalties),
    )  # fmt: skip


async def names(connection: asyncpg.Connection, seated: Collection[str]) -> dict[str, str]:
    """Give the names of experts who were seated; ask only once the result is out."""
    rows = await connection.fetch("SELECT id, name FROM person WHERE id = ANY($1)", list(seated))
    return {row["id"]: row["name"] for row in rows}
