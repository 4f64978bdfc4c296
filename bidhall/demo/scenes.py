"""The scenes of the demonstration, in order: keys, tender, bids, opening, evaluation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bidhall.cases.case import stamp
from bidhall.client import bidder
from bidhall.client.custodian import CustodianClient
from bidhall.client.errors import HallRefusedError
from bidhall.client.room import RoomMember
from bidhall.demo.cast import BIDDERS, CUSTODIANS
from bidhall.demo.documents import write_pdf
from bidhall.demo.players import Player, Troupe, latest
from bidhall.demo.terms import TERMS, form_of, size_of
from bidhall.ids import new_id

__all__ = ["hand_in_bids", "hold_ceremony", "hold_opening", "publish_tender", "write_files"]

Say = Callable[[str], None]


def _tail(tender: str) -> str:
    return tender.split("-", 1)[1]


async def hold_ceremony(troupe: Troupe, say: Say, *, batch: int = 3, threshold: int = 3) -> str:
    """Let five custodians make a batch of tender keys."""
    centre = await troupe.call("centre")
    stream = new_id("cer")
    body = {
        "title": "第一批开标密钥", "threshold": threshold, "batch": batch,
        "custodians": [troupe.id_of(key) for key in CUSTODIANS],
    }  # fmt: skip
    await centre.visitor.command(stream, "ConveneCeremony", body)
    people = await asyncio.gather(*(troupe.call(key) for key in CUSTODIANS))

    async def take_part(one: Player) -> int:
        return await CustodianClient(one.visitor, one.store, say=lambda _: None).hold_ceremony(
            stream
        )

    made = await asyncio.gather(*(take_part(one) for one in people))
    say(f"key ceremony: {len(people)} custodians made {made[0]} keys, any {threshold} open")
    return stream


async def publish_tender(
    troupe: Troupe, ceremony: str, document: Path, say: Say, *, seconds: float
) -> str:
    """Draft, document and publish the tender; bids close after ``seconds``."""
    tenderee = await troupe.call("tenderee")
    send = tenderee.visitor.command
    tender = new_id("ten")
    hosts = [troupe.id_of("host"), troupe.id_of("host2")]
    await send(tender, "CreateTender", {**TERMS, "hosts": hosts})
    upload = await tenderee.visitor.upload(document)
    await send(tender, "AttachDocument", {"name": "招标文件.pdf", "upload": upload})
    await send(tender, "AssignKeys", {"ceremony": ceremony})
    closes = datetime.now(UTC) + timedelta(seconds=seconds)
    times = {"closes_at": stamp(closes), "opens_at": stamp(closes)}
    await send(tender, "ReviseTender", times)
    await send(tender, "PublishTender", signed=True)
    say(f"tender {tender} is published; bids close in {seconds:.0f} s")
    return tender


def write_files(folder: Path, lots: Sequence[str]) -> dict[tuple[str, str], Path]:
    """Write each bidder's PDF for each lot, 0.1 to 20 MB."""
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[tuple[str, str], Path] = {}
    for key in BIDDERS:
        for lot in lots:
            path = folder / f"{key}-lot{lot}.pdf"
            write_pdf(path, title="技术方案", bidder=key, lot=f"标段 {lot}", size=size_of(key, lot))
            written[key, lot] = path
    return written


async def hand_in_bids(
    troupe: Troupe, tender: str, files: dict[tuple[str, str], Path], folder: Path, say: Say
) -> dict[str, Any]:
    """Let every bidder seal and hand in; one replaces, one withdraws, one is ready to be late."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - a look at one local file
    results: dict[str, Any] = {"submitted": 0, "withdrawn": 0}
    room = asyncio.Semaphore(3)

    async def one(key: str, lot: str, number: int = 1, bid: str = "") -> dict[str, Any]:
        async with room:
            player = await troupe.call(key)
            sealed = folder / f"{key}-lot{lot}-v{number}.bidhall"
            await _seal(player, tender, key, lot, number, files[key, lot], sealed)
            result = await bidder.hand_in(player.visitor, sealed, bid=bid)
            bidder.save_receipt(result["receipt"], sealed.with_suffix(".receipt.json"))
            results["submitted"] += not bid
            say(f"{'replaced' if bid else 'submitted'}: {key} lot {lot}, receipt checked")
            return result

    lots = sorted({lot for _, lot in files})
    done = await asyncio.gather(*(one(key, lot) for key in BIDDERS for lot in lots))
    by_place = dict(zip(((k, n) for k in BIDDERS for n in lots), done, strict=True))
    await one("dianxi", lots[0], 2, by_place["dianxi", lots[0]]["bid"])
    quitter = await troupe.call("yeyu")
    body = {"bid": by_place["yeyu", lots[-1]]["bid"], "reason": "项目经理另有任务"}
    await quitter.visitor.command(tender, "WithdrawBid", body, signed=True)
    results["withdrawn"] += 1
    say(f"withdrawn before the deadline: yeyu lot {lots[-1]}")
    late = folder / f"yeyu-lot{lots[-1]}-late.bidhall"
    await _seal(quitter, tender, "yeyu", lots[-1], 1, files["yeyu", lots[-1]], late)
    return {**results, "late_file": late}


async def hand_in_all(  # noqa: PLR0913 - who hands in what, where it is kept
    troupe: Troupe,
    tender: str,
    key: str,
    files: dict[tuple[str, str], Path],
    folder: Path,
    say: Say,
) -> None:
    """Let one bidder seal and hand in all its bids."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    player = await troupe.call(key)
    for (_, lot), file in sorted(files.items()):
        sealed = folder / f"{key}-lot{lot}-{tender[4:10]}.bidhall"
        await _seal(player, tender, key, lot, 1, file, sealed)
        await bidder.hand_in(player.visitor, sealed)
    say(f"submitted: {key}, {len(files)} lots, receipts checked")


async def _seal(  # noqa: PLR0913 - who seals what, for where, to which file
    player: Player, tender: str, key: str, lot: str, number: int, file: Path, out: Path
) -> None:
    terms = await bidder.terms_of(player.visitor, tender)
    organisation = player.visitor.person["organisation"]
    form = form_of(key, lot, revised=number > 1)
    request = bidder.SealRequest(lot, organisation, number, form, [file])
    await asyncio.to_thread(bidder.seal, terms, request, player.store.device(), out)


async def be_late(troupe: Troupe, late: Path, say: Say) -> int:
    """Hand in after the close; gives how many were refused as late."""
    player = await troupe.call("yeyu")
    try:
        await bidder.hand_in(player.visitor, late)
    except HallRefusedError as error:
        if error.code != "late":
            raise
        say(f"late bid refused: {error}")
        return 1
    return 0


async def hold_opening(troupe: Troupe, tender: str, room: RoomMember, say: Say) -> dict[str, Any]:
    """Open the bids before everyone's eyes; ``room`` is a spectator's."""
    stream = f"ope-{_tail(tender)}"
    host = await troupe.call("host")
    await host.visitor.command(stream, "TakeChair")
    say("opening: the host is in the chair; two custodians are absent")
    for key in ("custodian1", "custodian3", "custodian4"):
        custodian = await troupe.call(key)
        client = CustodianClient(custodian.visitor, custodian.store, say=lambda _: None)
        await client.release(tender)
        say(f"opening: {key} released its shares")
    await room.until(lambda one: one.find("DecryptionCompleted"))
    total = latest(room, "DecryptionCompleted")["total"]
    say(f"opening: all {total} bids are decrypted")
    await host.visitor.command(stream, "AnnounceBids")
    await room.until(lambda one: one.find("BidsAnnounced"))
    bids = latest(room, "BidsAnnounced")["bids"]
    await _react(troupe, stream, host, bids)
    await host.visitor.command(stream, "EndOpening", {"remark": "会议正常结束。"}, signed=True)
    await room.until(lambda one: one.find("OpeningRecordFiled"))
    say("opening: confirmed, one objection answered, record filed")
    return {"bids": bids}


async def _react(troupe: Troupe, stream: str, host: Player, bids: list[dict[str, Any]]) -> None:
    organisations = {}
    for key in BIDDERS:
        player = await troupe.call(key)
        organisations[player.visitor.person["organisation"]] = player
    objector = organisations[bids[0]["bidder"]]
    text = {"bid": bids[0]["bid"], "text": "请核对工期。"}
    await objector.visitor.command(stream, "RaiseObjection", text)
    answer = {"objection": "obj-1", "text": "已核对，与投标函一致。"}
    await host.visitor.command(stream, "AnswerObjection", answer)
    for one in bids:
        if "form" in one:
            visitor = organisations[one["bidder"]].visitor
            await visitor.command(stream, "ConfirmBid", {"bid": one["bid"]}, signed=True)
