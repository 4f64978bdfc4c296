"""Handlers: lists. The public one holds what is published; the others only what is one's own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from bidhall.api.door import hall_of, shown_person, signed_in
from bidhall.api.errors import BadFieldError, json_response
from bidhall.api.parse import whole_number
from bidhall.cases import opening
from bidhall.cases.case import stamp
from bidhall.cases.errors import ForbiddenError

__all__ = ["desk", "people", "tenders"]

_PAGE: Final = 50
_LONGEST_QUERY: Final = 100
_OVER: Final = [str(opening.Phase.ENDED), str(opening.Phase.NOT_OPENED)]

_TENDERS: Final = """
SELECT t.stream, t.title, t.title_en, t.tenderee, coalesce(o.name, t.tenderee) AS tenderee_name,
       o.name_en AS tenderee_name_en, t.county, t.phase, t.closes_at, t.opens_at,
       s.stream AS opening, s.phase AS opening_phase
  FROM case_list t
  LEFT JOIN case_list s ON s.kind = 'opening' AND s.tender = t.stream
  LEFT JOIN organisation o ON o.id = t.tenderee
 WHERE t.kind = 'tender' AND t.published
   AND ($1 = '' OR t.county = $1) AND ($2 = '' OR t.phase = $2)
   AND (NOT $3 OR (s.phase IS NOT NULL AND NOT s.phase = ANY($4)))
   AND ($5 = '' OR strpos(lower(concat_ws(' ', t.title, t.title_en, t.tenderee, o.name, o.name_en)),
                          lower($5)) > 0)
   AND ($6::timestamptz IS NULL OR (t.closes_at, t.stream) < ($6, $7))
 ORDER BY t.closes_at DESC, t.stream DESC LIMIT $8
"""

_DESK: Final = """
SELECT c.stream, c.kind, c.tender, c.phase, coalesce(nullif(c.title, ''), t.title, '') AS title,
       coalesce(nullif(c.title_en, ''), t.title_en, '') AS title_en,
       coalesce(c.closes_at, t.closes_at) AS closes_at,
       coalesce(c.opens_at, t.opens_at) AS opens_at, array_agg(DISTINCT w.role) AS roles
  FROM (SELECT stream, role FROM case_person WHERE person = $1
        UNION ALL
        SELECT k.stream, v.role FROM case_list k
          JOIN unnest($2::text[], $3::text[]) AS v (role, kind) ON v.kind = k.kind) w
  JOIN case_list c ON c.stream = w.stream
  LEFT JOIN case_list t ON t.stream = c.tender
 GROUP BY c.stream, t.stream
 ORDER BY coalesce(c.closes_at, t.closes_at) DESC NULLS FIRST, c.stream LIMIT 500
"""
# Who oversees or arranges all cases of a kind, besides those in which they have a part.
_OVERSEEN: Final = {
    "supervisor": ("opening", "evaluation"),
    "centre": ("ceremony",),
    "tenderee": ("ceremony",),
}
_ASKERS: Final = frozenset({"centre", "tenderee", "administrator"})
_ASKABLE: Final = ("host", "custodian")


def _time(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)


async def tenders(request: Request) -> Response:
    """``GET /api/tenders``: the published tenders, the latest deadline first.

    Filters ``county``, ``phase``, ``q`` (in title and tenderee), ``live=1`` (an opening goes on);
    ``next`` of an answer is the ``before`` of the following page.
    """
    query = request.query_params
    text = query.get("q", "").strip()
    if len(text) > _LONGEST_QUERY or "\0" in text or "\0" in "".join(query.values()):
        raise BadFieldError(f"q may have {_LONGEST_QUERY} characters, none of them NUL", field="q")
    limit = max(1, whole_number(request, "limit", default=_PAGE, maximum=_PAGE))
    at, stream = _cursor(query.get("before", ""))
    rows = await hall_of(request).pool.fetch(
        _TENDERS, query.get("county", ""), query.get("phase", ""), query.get("live") == "1",
        _OVER, text, at, stream, limit + 1,
    )  # fmt: skip
    shown = [_tender(row) for row in rows[:limit]]
    last = f"{shown[-1]['closes_at']},{shown[-1]['tender']}" if len(rows) > limit else None
    return json_response({"tenders": shown, "next": last})


def _tender(row: Any) -> dict[str, Any]:
    opened = None
    if row["opening"] is not None:
        opened = {"stream": row["opening"], "phase": row["opening_phase"]}
    return {
        "tender": row["stream"], "title": row["title"], "title_en": row["title_en"],
        "tenderee": row["tenderee"], "tenderee_name": row["tenderee_name"] or "",
        "tenderee_name_en": row["tenderee_name_en"] or "", "county": row["county"],
        "phase": row["phase"], "closes_at": _time(row["closes_at"]),
        "opens_at": _time(row["opens_at"]), "opening": opened,
    }  # fmt: skip


def _cursor(text: str) -> tuple[datetime | None, str]:
    if not text:
        return None, ""
    at, _, stream = text.partition(",")
    try:
        parsed = datetime.fromisoformat(at)
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None or not stream:
        raise BadFieldError("before must be the `next` of an earlier answer", field="before")
    return parsed.astimezone(UTC), stream


async def desk(request: Request) -> Response:
    """``GET /api/desk``: the cases in which the person has work, or which it oversees."""
    session = await signed_in(request)
    overseen = [
        (role, kind)
        for role in sorted(session.person.roles & set(_OVERSEEN))
        for kind in _OVERSEEN[role]
    ]
    rows = await hall_of(request).pool.fetch(
        _DESK, session.person.id, [role for role, _ in overseen], [kind for _, kind in overseen]
    )
    shown = [
        {"stream": row["stream"], "kind": row["kind"], "tender": row["tender"],
         "title": row["title"], "title_en": row["title_en"], "phase": row["phase"],
         "closes_at": _time(row["closes_at"]), "opens_at": _time(row["opens_at"]),
         "roles": sorted(row["roles"])}
        for row in rows
    ]  # fmt: skip
    return json_response({"cases": shown})


async def people(request: Request) -> Response:
    """``GET /api/people?role=``: who may be asked to be a host or a custodian; never experts."""
    session = await signed_in(request)
    if not session.person.roles & _ASKERS:
        raise ForbiddenError("this list is for who prepares tenders and key ceremonies")
    role = request.query_params.get("role", "")
    if role not in _ASKABLE:
        message = f"role is {role[:40]!a}; it must be {' or '.join(_ASKABLE)}"
        raise BadFieldError(message, field="role")
    found = await hall_of(request).people.with_role(role)
    return json_response({"people": [shown_person(one) for one in found]})
