"""The manifest: the terms everyone relies on, fixed by one hash before the first bid.

``H_M`` is SHA-256 of its canonical JSON; every envelope, share and receipt is bound to it.
The format is ``docs/spec/manifest.md``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from bidhall.cases import fields
from bidhall.cases.case import Body, stamp
from bidhall.cases.errors import InvalidCommandError
from bidhall.cases.policy import policy_named
from evaluation.criteria import parse_lot
from evaluation.errors import EvaluationError

__all__ = ["STAGES", "check_terms", "manifest_of"]

STAGES = ("form", "technical")
_TERMS = (
    "title", "title_en", "tenderee_name", "county", "policy", "closes_at", "opens_at", "minimum_bids",
    "hosts", "lots", "draw",
)  # fmt: skip
_FEWEST_SEATS = 5  # Law 37
_MONEY = re.compile(r"[1-9][0-9]{0,12}\.[0-9]{2}")


def check_terms(terms: Body) -> None:
    """Refuse terms that have the wrong shape; those that are still missing may come later.

    Raises:
        InvalidCommandError: naming the field.
    """
    fields.only(terms, *_TERMS)
    fields.text(terms, "title")
    policy_named(str(terms.get("policy")))
    for name in ("closes_at", "opens_at"):
        if name in terms:
            fields.moment(terms, name)
    for name in ("title_en", "tenderee_name", "county"):
        fields.optional(terms, name)
    if "lots" in terms:
        lots = [fields.table(one, "lots") for one in fields.items(terms, "lots", high=50)]
        if len({one.get("lot") for one in lots}) != len(lots):
            message = "two lots have the same number; number them apart"
            raise InvalidCommandError(message, code="bad-lots")
        for lot in lots:
            _check_lot(lot)
    if "draw" in terms:
        _check_draw(fields.table(terms["draw"], "draw"))


def _check_lot(lot: Mapping[str, Any]) -> None:
    fields.only(lot, "lot", "name", "name_en", "ceiling", "criteria", "price")
    fields.text(lot, "lot", maximum=20)
    fields.text(lot, "name")
    if not _MONEY.fullmatch(str(lot.get("ceiling"))):
        message = f"ceiling {lot.get('ceiling')!r} of lot {lot['lot']} must be like 48620000.00"
        raise InvalidCommandError(message, code="bad-money", lot=lot["lot"])
    try:
        parse_lot(lot)
    except EvaluationError as error:
        raise InvalidCommandError(str(error), code=error.code, lot=lot["lot"]) from error


def _check_draw(draw: Mapping[str, Any]) -> None:
    fields.only(draw, "seats")
    total = 0
    for seat in fields.items(draw, "seats", high=20):
        stratum = fields.table(seat, "seats")
        fields.only(stratum, "county", "speciality", "count")
        fields.text(stratum, "county", maximum=6)
        fields.text(stratum, "speciality", maximum=12)
        total += fields.whole(stratum, "count", 1, 9)
    if total < _FEWEST_SEATS or total % 2 == 0:
        message = f"the draw gives {total} seats; Law 37 asks for 5 or more and an odd number"
        raise InvalidCommandError(message, code="bad-draw", seats=total)


def manifest_of(  # noqa: PLR0913 - the manifest is made of exactly these parts
    tender: str,
    terms: Body,
    keys: Body,
    documents: Sequence[Body],
    facts: Body,
    at: datetime,
) -> dict[str, Any]:
    """Assemble the manifest at publication.

    Raises:
        InvalidCommandError: a term or the keys are missing, or the notice is too short.
    """
    missing = [name for name in ("closes_at", "opens_at", "lots", "draw") if name not in terms]
    if not keys:
        missing.append("keys")
    if not terms.get("hosts"):
        missing.append("hosts")
    if missing:
        message = f"before it can be published the tender still needs: {', '.join(missing)}"
        raise InvalidCommandError(message, code="incomplete", missing=missing)
    policy = policy_named(terms["policy"])
    closes, opens = fields.moment(terms, "closes_at"), fields.moment(terms, "opens_at")
    if closes <= at or closes - at < policy.notice:
        message = f"closes_at {stamp(closes)} is too soon: {policy.notice.days} days of notice"
        raise InvalidCommandError(message, code="notice-too-short", days=policy.notice.days)
    if opens < closes:
        message = f"opens_at {stamp(opens)} lies before the deadline {stamp(closes)}"
        raise InvalidCommandError(message, code="opens-before-close")
    minimum = fields.whole({"minimum_bids": policy.minimum_bids, **terms}, "minimum_bids", 1, 50)
    return {
        "v": 1,
        "tender": tender,
        "title": terms["title"],
        "title_en": terms.get("title_en", ""),
        "tenderee": terms.get("tenderee_name", ""),
        "county": terms.get("county", ""),
        "policy": policy.name,
        "origin": facts["origin"],
        "closes_at": stamp(closes),
        "opens_at": stamp(opens),
        "minimum_bids": minimum,
        "hosts": list(terms["hosts"]),
        "threshold": keys["threshold"],
        "custodians": keys["custodians"],
        "ceremony": keys["ceremony"],
        "keys": keys["keys"],
        "lots": terms["lots"],
        "draw": terms["draw"],
        "documents": [{k: one[k] for k in ("name", "sha256", "size")} for one in documents],
    }


def ceiling_of(manifest: Body, lot: str) -> Decimal:
    """Tell the ceiling price of a lot, in yuan."""
    return next(Decimal(one["ceiling"]) for one in manifest["lots"] if one["lot"] == lot)
