"""The evaluation scene: the draw, seven experts in three counties, one lost link, the report."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from bidhall.client.custodian import CustodianClient
from bidhall.client.errors import HallRefusedError
from bidhall.client.room import RoomMember
from bidhall.demo.cast import EXPERTS
from bidhall.demo.players import Player, Troupe
from crypto import canonical

__all__ = ["hold_evaluation", "score", "sign_report", "until_convened"]

Say = Callable[[str], None]
_PATIENCE = 300.0


async def hold_evaluation(troupe: Troupe, tender: str, say: Say) -> dict[str, Any]:
    """Draw the committee, score, rank, sign; gives the ranking."""
    stream = "eva-" + tender.split("-", 1)[1]
    host = await troupe.call("host")
    await until_convened(host, stream)
    room = await host.room(stream)
    await room.command("CommitRoster")
    for key in ("custodian1", "custodian3", "custodian4"):
        custodian = await troupe.call(key)
        await CustodianClient(custodian.visitor, custodian.store, say=lambda _: None).release_lot(
            tender
        )
    await room.until(lambda one: one.find("DrawMade"))
    say(f"draw: {len(room.find('DrawMade')[0]['seats'])} seats from the released lot key")
    seated = await _seated(troupe, stream)
    rooms = await asyncio.gather(*(one.room(stream) for one in seated))
    await asyncio.gather(*(_sit(one) for one in rooms))
    await room.until(lambda one: one.find("ScoringStarted"))
    say("evaluation: all pledged, technical files are open to the committee")
    await asyncio.gather(*(score(one, place, say) for place, one in enumerate(rooms)))
    lots = room.find("ScoringStarted")[0]["lots"]
    await room.until(lambda one: len(one.find("LotRanked")) == len(lots))
    say("evaluation: every sheet is locked and revealed to all at once")
    await asyncio.gather(*(sign_report(one) for one in rooms))
    await room.until(lambda one: one.find("ReportFiled"))
    say("evaluation: the report is signed by all and filed")
    reports = {one["lot"]: one["report"] for one in room.find("LotRanked")}
    ranking = {
        lot: [{k: row[k] for k in ("rank", "bid", "total") if k in row} for row in report["rows"]]
        for lot, report in sorted(reports.items())
    }
    return {"experts": len(seated), "ranking": ranking,
            "resumed": sum(one.joins > 1 for one in rooms)}  # fmt: skip


async def until_convened(player: Player, stream: str) -> None:
    """Wait until a case is there, at most five minutes.

    Raises:
        HallRefusedError: it did not come, or this player may not see it.
    """
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            await player.visitor.case(stream)
        except HallRefusedError as error:
            if error.code != "no-such-case" or time.monotonic() > end:
                raise
            await asyncio.sleep(0.1)
        else:
            return


async def _seated(troupe: Troupe, stream: str) -> list[Player]:
    """Each expert asks at the door; only who was drawn may come in."""
    found = []
    for key in EXPERTS:
        player = await troupe.call(key)
        try:
            await player.visitor.case(stream)
        except HallRefusedError:
            continue
        found.append(player)
    return found


async def _sit(room: RoomMember) -> None:
    await room.command("SignIn")
    await room.command("SignPledge", signed=True)


async def score(room: RoomMember, place: int, say: Say | None = None) -> None:
    """Score and lock every lot; with ``say``, the fourth expert's link fails on the way."""
    await room.until(lambda one: one.find("ScoringStarted") and one.find("DrawMade"))
    lots = {one["lot"]: one for one in room.find("EvaluationConvened")[0]["lots"]}
    bids = room.find("DrawMade")[0]["bids"]
    void = {one["bid"] for one in room.find("FilesVoided")}
    for number in room.find("ScoringStarted")[0]["lots"]:
        mine = [one["bid"] for one in bids if one["lot"] == number and one["bid"] not in void]
        sheet = {bid: _points(lots[number], bid, place) for bid in mine}
        first = {mine[0]: sheet[mine[0]]}
        await room.command("SaveSheet", {"lot": number, "scores": first, "comments": {}})
        if say and place == 3 and number == "1":  # noqa: PLR2004 - the fourth expert's link fails once
            joins = room.joins
            await room.cut()
            await room.until(partial(_came_back, joins))
            say("evaluation: one expert's link was cut and resumed, the draft was kept")
        body = {"lot": number, "scores": sheet, "comments": {}}
        await room.command("LockSheet", body, signed=True)


def _came_back(before: int, room: RoomMember) -> bool:
    return room.joins > before


def _points(lot: dict[str, Any], bid: str, place: int) -> dict[str, str]:
    """Give plausible points: from the bid's id and the expert's seat, in the criterion's steps."""
    points = {}
    for order, one in enumerate(lot["criteria"]):
        maximum, step = Decimal(one["maximum"]), Decimal(one["step"])
        taste = 0 if one["objective"] else place
        share = Decimal(70 + (sum(bid.encode()) * (order + 3) + 5 * taste) % 28) / 100
        points[one["id"]] = f"{(maximum * share // step) * step:.2f}"
    return points


async def sign_report(room: RoomMember) -> None:
    """Sign the report as this member sees it."""
    await room.until(lambda one: one.find("ScoringStarted"))
    lots = room.find("ScoringStarted")[0]["lots"]
    await room.until(lambda one: len(one.find("LotRanked")) == len(lots))
    reports = {one["lot"]: one["report"] for one in room.find("LotRanked")}
    digest = canonical.digest([reports[lot] for lot in sorted(reports)]).hex()
    await room.command("SignReport", {"report_hash": digest, "dissent": ""}, signed=True)
