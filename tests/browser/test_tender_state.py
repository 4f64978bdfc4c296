"""What pages make of events and of refusals: a tender's state, the next step of a case, errors in words."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TERMS = {"title": "甲", "policy": "works", "hosts": ["per-h"]}
MANIFEST = {
    "title": "甲", "tenderee": "乙局", "closes_at": "2026-11-26T01:30:00.000Z", "documents": [],
    "lots": [{"lot": "1"}, {"lot": "2"}], "keys": {},
}  # fmt: skip


def event(seq: int, kind: str, **body: Any) -> dict[str, Any]:
    return {"seq": seq, "at": f"2026-11-25T01:30:0{seq}.000Z", "kind": kind, "body": body}


def bid(seq: int, kind: str, name: str, lot: str, number: int = 1) -> dict[str, Any]:
    stages = [{"descriptor": {"size": 100}}, {"descriptor": {"size": 23}}]
    return event(seq, kind, bid=name, lot=lot, number=number, stages=stages)


async def call(page: Page, module: str, name: str, *arguments: Any) -> Any:
    script = """async ([module, name, given]) => {
      const found = (await import(module))[name](...given);
      return found instanceof Map ? [...found] : found;
    }"""
    return await page.evaluate(script, [f"/scripts/{module}.js", name, list(arguments)])


async def test_a_draft_and_what_it_lacks(at: Page) -> None:
    events = [
        event(1, "TenderCreated", owner="per-a", tenderee="org-a", terms=TERMS),
        event(2, "DocumentAttached", name="a.pdf", file="upl-1", sha256="11", size=5),
        event(3, "DocumentAttached", name="a.pdf", file="upl-2", sha256="22", size=6),
    ]
    draft = await call(at, "tender-state", "fold", events)
    assert draft["phase"] == "draft"
    assert draft["documents"] == [{"name": "a.pdf", "sha256": "22", "size": 6}]
    assert [one["kind"] for one in draft["drafts"]] == [one["kind"] for one in events]
    lacks = await call(at, "tender-state", "missing", draft)
    assert lacks == ["closes_at", "opens_at", "lots", "draw", "keys"]


async def test_own_bids_by_lot_with_every_receipt(at: Page) -> None:
    events = [
        event(1, "TenderPublished", manifest=MANIFEST, manifest_hash="ab"),
        bid(2, "BidSubmitted", "bid-b", "2"),
        bid(3, "BidSubmitted", "bid-a", "1"),
        bid(4, "BidReplaced", "bid-a", "1", 2),
        event(5, "BidWithdrawn", bid="bid-b", lot="2", bidder="org-a", reason=""),
        event(6, "TenderClosed", counts={"1": 3, "2": 0}, bids=[], withdrawn=[], root=""),
    ]
    tender = await call(at, "tender-state", "fold", events)
    assert (tender["phase"], tender["publishedSeq"]) == ("closed", 1)
    assert tender["terms"]["tenderee_name"] == "乙局"
    first, second = tender["bids"]
    assert (first["bid"], first["number"], first["withdrawn"]) == ("bid-a", 2, False)
    assert [(one["kind"], one["seq"], one["size"]) for one in first["steps"]] == [
        ("submitted", 3, 123),
        ("replaced", 4, 123),
    ]
    assert second["withdrawn"]
    assert [one["kind"] for one in second["steps"]] == ["submitted", "withdrawn"]
    assert tender["closed"]["counts"] == {"1": 3, "2": 0}


@pytest.mark.parametrize(
    ("kinds", "phase"),
    [
        ((), "none"),
        (("OpeningConvened",), "going"),
        (("OpeningConvened", "LotNotOpened"), "going"),
        (("OpeningConvened", "LotNotOpened", "LotNotOpened"), "not-opened"),
        (("OpeningConvened", "LotNotOpened", "BidsAnnounced"), "announced"),
        (("OpeningConvened", "BidsAnnounced", "OpeningEnded"), "ended"),
    ],
)
async def test_how_an_opening_stands(at: Page, kinds: tuple[str, ...], phase: str) -> None:
    events = [event(seq, kind, counts={"1": 0, "2": 4}) for seq, kind in enumerate(kinds, 1)]
    assert await call(at, "tender-state", "openingPhase", events) == phase


@pytest.mark.parametrize(
    ("kind", "phase", "roles", "href", "act"),
    [
        ("tender", "draft", ["owner"], "/tenders/ten-x", True),
        ("tender", "published", ["host"], "/tenders/ten-x", False),
        ("opening", "releasing", ["custodian"], "/custodian", True),
        ("opening", "decrypted", ["host"], "/host/ten-x", True),
        ("opening", "ended", ["custodian"], "/opening/ten-x", False),
        ("opening", "decrypting", ["supervisor"], "/opening/ten-x", True),
        ("evaluation", "scoring", ["expert"], "/evaluation/ten-x", True),
        ("evaluation", "scoring", ["custodian"], None, False),
        ("evaluation", "convened", ["custodian", "host"], "/host/ten-x", True),
        ("ceremony", "joining", ["centre"], None, False),
        ("ceremony", "joining", ["custodian"], "/custodian", True),
    ],
)
async def test_whose_turn_it_is_and_where(
    at: Page, kind: str, phase: str, roles: list[str], href: str | None, *, act: bool
) -> None:
    stream = {"tender": "ten-x", "ceremony": "cer-x"}.get(kind, f"{kind[:3]}-x")
    tender = "" if kind == "ceremony" else "ten-x"
    case = {"stream": stream, "kind": kind, "tender": tender, "phase": phase, "roles": roles}
    found = await call(at, "desk-state", "nextStep", case)
    assert (found["href"], found["act"]) == (href, act)


@pytest.mark.parametrize(
    ("code", "params", "chinese", "english"),
    [
        ("late", {"closes_at": "2026-11-26T01:30:00.000Z"}, "2026-11-26 09:30:00", "2026-11-26 09:30:00"),
        ("incomplete", {"missing": ["draw", "keys"]}, "专家席位、开标密钥", "the experts' seats, opening keys"),
        ("recovered-already", {"stage": "form"}, "“报价与关键条款”的密钥", "“prices and key terms”"),
        ("nobody-knows", {}, "as the hall says", "as the hall says"),
    ],
)  # fmt: skip
async def test_errors_in_words(
    at: Page, code: str, params: dict[str, Any], chinese: str, english: str
) -> None:
    script = """async ([code, params, language]) => {
      const { HallError, explain } = await import("/scripts/api.js");
      (await import("/scripts/words.js")).speak(language);
      return explain(new HallError(409, code, "as the hall says", params));
    }"""
    assert chinese in await at.evaluate(script, [code, params, "zh-CN"])
    assert english in await at.evaluate(script, [code, params, "en"])
