"""What a page makes of an opening's events is what the case itself holds, at every step of a whole session."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

from bidhall.cases import opening
from bidhall.cases.case import PUBLIC
from tests.cases import life as play
from tests.cases.life import BIDDERS, BIDDING, HOST, OPE, SUPERVISOR, Life

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

STAGES = ("form", "technical")
FOLD = """async (events) => {
  const { fold, sharesIn, unanswered, unjudged } = await import('/scripts/opening-state.js');
  const state = fold(events);
  return {
    phase: state.phase, total: state.total, done: state.done, voids: state.voids,
    chair: state.chair?.person ?? '', paused: state.paused?.reason ?? '', shares: sharesIn(state),
    confirmed: state.bids.filter((one) => one.confirmedAt).map((one) => one.bid).sort(),
    prices: state.bids.filter((one) => one.form).map((one) => [one.bid, one.form.price]).sort(),
    unanswered: unanswered(state).map((one) => one.objection), unjudged: unjudged(state).map((one) => one.bid),
    faults: state.bids.filter((one) => one.void).map((one) => [one.bid, one.fault]), record: state.record !== null,
  };
}"""


def held(life: Life) -> dict[str, Any]:
    """What the case holds, as far as a page may know it now."""
    state = life.state(OPE)
    told = state.phase in {opening.Phase.ANNOUNCED, opening.Phase.ENDED}
    bids = state.bids.values()
    kinds = [one.kind for one in life.events[OPE]]
    judged = {one.body["bid"] for one in life.events[OPE] if one.kind == "FaultJudged"}
    return {
        "phase": str(state.phase),
        "total": len(bids),
        "done": sum(one.settled for one in bids),
        "voids": sum(bool(one.void) for one in bids),
        "chair": state.chair,
        "paused": state.paused,
        "shares": min(len(state.custody.released.get(stage, {})) for stage in STAGES),
        "confirmed": sorted(one.bid for one in bids if one.confirmed_at),
        "prices": sorted([one.bid, one.form["price"]] for one in bids if told and one.form),
        "unanswered": [key for key, one in state.objections.items() if "answer" not in one],
        "unjudged": [one.bid for one in bids if told and one.void and one.bid not in judged],
        "faults": [[one.bid, one.fault] for one in bids if told and one.void],
        "record": "OpeningRecordFiled" in kinds,
    }


def seen(life: Life) -> list[dict[str, Any]]:
    shown = life.shown(OPE, PUBLIC)
    at = "2026-11-24T09:30:00.000Z"
    return [
        {"seq": seq, "at": at, "kind": kind, "body": body}
        for seq, (kind, body) in enumerate(shown, 1)
    ]


@pytest.fixture
def convened() -> Life:
    life = Life()
    play.publish(life)
    for organisation in BIDDERS:
        play.submit(life, organisation, "1")
    play.submit(life, BIDDERS[0], "2")
    play.close(life)
    return life


async def _agree(page: Page, life: Life) -> dict[str, Any]:
    expected = held(life)
    assert await page.evaluate(FOLD, seen(life)) == expected
    return expected


async def test_a_whole_session_is_told_alike(at: Page, convened: Life) -> None:
    life = convened
    assert (await _agree(at, life))["phase"] == "releasing"
    life.send(OPE, "TakeChair", HOST)
    play.release(life, OPE, "form", 0, 1)
    assert (await _agree(at, life))["shares"] == 0  # the technical key is still whole in no hands
    life.send(OPE, "PauseOpening", SUPERVISOR, {"reason": "核实身份"})
    assert (await _agree(at, life))["paused"] == "核实身份"
    life.send(OPE, "ResumeOpening", SUPERVISOR)
    play.release(life, OPE, "technical", 1, 2)
    assert (await _agree(at, life))["phase"] == "decrypting"
    play.decrypt(life)
    assert (await _agree(at, life))["prices"] == []
    life.send(OPE, "AnnounceBids", HOST)
    assert len((await _agree(at, life))["prices"]) == len(BIDDERS)
    bid = next(iter(life.state(OPE).bids.values()))
    owner = BIDDING[bid.bidder]
    life.send(OPE, "ConfirmBid", owner, {"bid": bid.bid})
    life.send(OPE, "RaiseObjection", owner, {"bid": bid.bid, "text": "请核对工期"})
    both = await _agree(at, life)
    assert (both["confirmed"], both["unanswered"]) == ([bid.bid], ["obj-1"])
    life.send(OPE, "AnswerObjection", HOST, {"objection": "obj-1", "text": "一致"})
    life.send(OPE, "EndOpening", HOST, {"remark": ""})
    assert (await _agree(at, life))["phase"] == "ended"


async def test_a_void_bid_and_whose_fault_it_is(at: Page, convened: Life) -> None:
    life = convened
    play.release(life, OPE, "form", 0, 1)
    play.release(life, OPE, "technical", 0, 1)
    bids = list(life.state(OPE).bids)
    found = {"reason": "stanza T does not open", "code": "stanza", "fault": "UNKNOWN"}
    for bid in bids:
        life.send(OPE, "RecordVoid", play.machine("opener"), {"bid": bid}, found)
        await _agree(at, life)
    life.send(OPE, "TakeChair", HOST)
    life.send(OPE, "AnnounceBids", HOST)
    assert (await _agree(at, life))["unjudged"] == bids
    life.send(OPE, "JudgeFault", HOST, {"bid": bids[0], "fault": "BIDDER", "reason": "密钥不符"})
    judged = await _agree(at, life)
    assert judged["unjudged"] == bids[1:]
    assert judged["faults"][0] == [bids[0], "BIDDER"]
