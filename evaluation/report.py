"""The report's data: what PDF, bundle and pages show, and what the members sign.

Plain objects, lists, text and whole numbers, ready for canonical JSON; points and yuan are text.
The same record gives the same report, so a verifier recomputes it. Fields: ``docs/spec/scores.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from evaluation.checks import CHECKS, Thresholds, run_checks
from evaluation.criteria import Lot, Sheet, SheetPolicy, read_sheet
from evaluation.money import decimal_text
from evaluation.prices import PriceResult, score_prices
from evaluation.ranking import DEFAULT_RANKING_POLICY, RankingPolicy, Technical, combine, rank

__all__ = ["evaluation_report", "lot_report"]

# A recorded sheet was locked under the policy of its day; only its scores count here.
_AS_RECORDED: Final = SheetPolicy(comment_below=Decimal(0), comment_most=1 << 20)


def lot_report(  # noqa: PLR0913 - the first four are the record, the rest are policies
    lot: Lot,
    prices: Mapping[str, Decimal],
    sheets: Mapping[int, Mapping[str, Any]],
    rejected: Mapping[str, str],
    *,
    names: Mapping[str, str] | None = None,
    policy: RankingPolicy = DEFAULT_RANKING_POLICY,
    thresholds: Thresholds | None = None,
) -> dict[str, Any]:
    """Compute everything about one lot from the record.

    ``prices``: yuan by bid; ``sheets``: seat -> recorded sheet; ``rejected``: bid -> reason, left
    out whether or not it has a price or scores; ``names``: how the checks' questions call a bid.

    Raises:
        SheetInvalidError: a recorded sheet is not complete or not within the criteria.
        SheetsMissingError: there is no sheet.
        PriceInvalidError: a price is not exact yuan.
    """
    live = {bid: prices[bid] for bid in sorted(prices) if bid not in rejected}
    read = {seat: _read(lot, sheets[seat], live, rejected) for seat in sorted(sheets)}
    technical = combine({seat: one.totals() for seat, one in read.items()}, list(live), lot.trim)
    priced = score_prices(lot.price, live, lot.ceiling)
    ranking = rank(technical, priced, policy)
    findings = [one.listed(names or {}) for one in run_checks(lot, sheets, list(live), thresholds)]
    return {
        "v": 1,
        "lot": lot.lot,
        "name": lot.name,
        "name_en": lot.name_en,
        "ceiling": decimal_text(lot.ceiling),
        "criteria": [one.declared() for one in lot.criteria],
        "combination": {"drop": lot.trim.drop, "from": lot.trim.at_least},
        "scored": list(live),
        "sheets": [{"seat": seat, **sheets[seat]} for seat in sorted(sheets)],
        "technical": _technical(technical),
        "price": {"parameters": dict(lot.price), **priced.canonical()},
        "rows": [
            *(row.canonical() for row in ranking.rows),
            *_rejected(rejected, priced, prices),
        ],
        "candidates": list(ranking.candidates),
        "flags": [one.canonical() for one in ranking.flags],
        "checks": [_check(name, findings) for name in CHECKS],
        "findings": findings,
    }


def _read(
    lot: Lot, sheet: Mapping[str, Any], live: Mapping[str, Decimal], rejected: Mapping[str, str]
) -> Sheet:
    # A bid may be rejected after it was scored; its scores stay in the record and count nothing.
    scores, comments = (
        {bid: given for bid, given in sheet[part].items() if bid not in rejected}
        for part in ("scores", "comments")
    )
    return read_sheet(lot, list(live), scores, comments, complete=True, policy=_AS_RECORDED)


def _technical(technical: Mapping[str, Technical]) -> list[dict[str, Any]]:
    return [one.canonical(bid) for bid, one in sorted(technical.items())]


def _rejected(
    rejected: Mapping[str, str], priced: PriceResult, prices: Mapping[str, Decimal]
) -> list[dict[str, str]]:
    return [
        {
            "bid": bid,
            "rejected": reason,
            "price": decimal_text(prices[bid]) if bid in prices else "",
        }
        for bid, reason in sorted({**priced.excluded, **rejected}.items())
    ]


def _check(name: str, findings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"check": name, "findings": sum(one["check"] == name for one in findings)}


def evaluation_report(
    lots: Sequence[Mapping[str, Any]],
    seats: Sequence[Mapping[str, Any]],
    signatures: Mapping[int, str],
    *,
    report_hash: str,
) -> dict[str, Any]:
    """Put the lots' reports, the seats and the signatures together.

    ``seats``: objects with at least ``seat``; ``signatures``: seat -> dissent in writing, "" for
    agreement; ``report_hash``: what was signed, hex. A seat that did not sign and gave no reasons
    counts as agreeing (Reg 53) and is listed under ``unsigned``.
    """
    order = sorted(seats, key=lambda one: int(one["seat"]))
    return {
        "v": 1,
        "report_hash": report_hash,
        "lots": [dict(one) for one in sorted(lots, key=lambda one: str(one["lot"]))],
        "seats": [dict(one) for one in order],
        "signatures": [
            {"seat": seat, "dissent": dissent} for seat, dissent in sorted(signatures.items())
        ],
        "dissents": [
            {"seat": seat, "text": text} for seat, text in sorted(signatures.items()) if text
        ],
        "unsigned": [one["seat"] for one in order if one["seat"] not in signatures],
    }
