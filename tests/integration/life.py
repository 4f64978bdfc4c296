"""One tender from its publication to its report, looked at by everybody and searched on the way.

Everything worth reading is planted: distinctive prices, names, file names, file contents, scores
and comments. What was seen at each step is kept; the tests judge it.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bidhall.client import bidder
from bidhall.client.room import RoomMember
from bidhall.client.visitor import Visitor
from bidhall.demo import scenes
from bidhall.demo.committee import sign_report
from bidhall.demo.players import Player, spectator
from bidhall.demo.terms import TERMS
from crypto import container, envelope, recovery
from crypto.descriptor import Context
from tests.integration.halls import Staged
from tests.integration.onlooker import Seen, Subject, look
from tests.integration.search import Found, places_of
from tests.integration.small import (
    BIDDERS,
    CUSTODIANS,
    Tender,
    publish,
    release,
    release_lot,
    until_there,
)

__all__ = ["Life", "live"]

_PRICES = {"canger": "47771133.57", "lancang": "46662244.68", "dianxi": "45553355.79"}
_LOT = {
    **TERMS["lots"][0],
    "criteria": [
        {"id": "1", "name": "施工总体部署", "name_en": "Site", "maximum": "23.00", "step": "0.01",
         "objective": False},
        {"id": "2", "name": "质量管理", "name_en": "Quality", "maximum": "27.00", "step": "0.01",
         "objective": False},
    ],
}  # fmt: skip
_PASSPHRASE = "卷帘门 与 洱海月"
BEFORE = ("public", "host", "tenderee", "custodian1", "supervisor", "centre", "yeyu", *BIDDERS)
AFTER = ("public", "host", "custodian1", "supervisor", "centre", "canger", "yeyu")


@dataclass
class Life:
    """What was planted, and what was seen of it when."""

    tender: Tender
    content: dict[str, bytes] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)
    shares: dict[str, bytes] = field(default_factory=dict)
    identities: dict[str, list[str]] = field(default_factory=dict)
    seats: dict[str, Any] = field(default_factory=dict)
    drafts: dict[str, list[str]] = field(default_factory=dict)
    sheets: dict[str, list[str]] = field(default_factory=dict)
    views: dict[str, dict[str, Seen]] = field(default_factory=dict)
    searches: dict[str, Found] = field(default_factory=dict)
    exports: dict[str, bytes] = field(default_factory=dict)
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)
    committee: dict[str, Any] = field(default_factory=dict)
    left: float = 0.0


async def live(stage: Staged) -> Life:
    """Play it."""
    said: list[str] = []
    began = time.monotonic()
    ceremony = await scenes.hold_ceremony(stage.troupe, said.append)
    # A slow machine gets more time before the deadline: everybody must have looked by then.
    seconds = 10 + 5 * (time.monotonic() - began)
    life = Life(await publish(stage, ceremony, seconds, lots=[_LOT]))
    for key in (*BEFORE, *BIDDERS):
        if key != "public":
            await stage.troupe.call(key)
    tail = life.tender.id.split("-", 1)[1]
    streams = (life.tender.id, f"ope-{tail}", f"eva-{tail}", ceremony, "registry")
    subject = Subject(streams, words=("苍洱建工", "Lancang", "演示"))
    await _everybody(stage, life, "published", BEFORE, subject)
    await asyncio.gather(*(_bid(stage, life, key) for key in BIDDERS))
    subject = Subject(streams, tuple(life.tender.bids.values()), _uploads(life), subject.words)
    await _everybody(stage, life, "sealed", BEFORE, subject)
    life.left = (life.tender.closes - datetime.now(UTC)).total_seconds()
    _take_shares(stage, life)
    await _search(stage, life, "sealed")  # nothing is opened yet, whatever the deadline
    await life.tender.closed()
    await _open(stage, life)
    await _search(stage, life, "opened")
    await _evaluate(stage, life, subject)
    return life


async def _everybody(
    stage: Staged, life: Life, step: str, people: tuple[str, ...], subject: Subject
) -> None:
    room = asyncio.Semaphore(4)

    async def one(key: str) -> Seen:
        async with room:
            if key == "public":
                async with Visitor(stage.hall.address) as nobody:
                    return await look(key, nobody, subject)
            return await look(key, (await stage.troupe.call(key)).visitor, subject)

    seen = await asyncio.gather(*(one(key) for key in people))
    life.views[step] = dict(zip(people, seen, strict=True))


async def _bid(stage: Staged, life: Life, key: str) -> None:
    player = await stage.troupe.call(key)
    visitor = player.visitor
    mark = secrets.token_hex(8)
    file = stage.files / f"planted-name-{mark}.txt"
    file.write_text(f"planted-text-{mark}\n" * 200)
    form = {
        "price": _PRICES[key], "duration_days": 340, "quality": f"planted-quality-{mark}",
        "manager": f"planted-manager-{mark}", "valid_days": 120,
    }  # fmt: skip
    terms = await bidder.terms_of(visitor, life.tender.id)
    path = stage.files / f"{key}.bidhall"
    request = bidder.SealRequest("1", visitor.person["organisation"], 1, form, [file])
    # One bidder keeps a recovery file, which holds the keys of all parts; it takes a second.
    phrase = _PASSPHRASE if key == BIDDERS[0] else ""
    sealed = await asyncio.to_thread(
        bidder.seal, terms, request, player.store.device(), path, passphrase=phrase
    )
    done = await bidder.hand_in(visitor, path)
    life.tender.bids[key] = done["bid"]
    life.receipts[key] = done["receipt"]
    life.content |= {
        f"{key} {name}": str(form[name]).encode() for name in ("price", "quality", "manager")
    }
    life.content |= {
        f"{key} file": f"planted-text-{mark}".encode(),
        f"{key} name": file.name.encode(),
    }
    if phrase:
        life.keys |= await asyncio.to_thread(_recovered, key, path)
    else:
        life.keys |= _opening(key, sealed.descriptor.context, sealed.secrets)
    person = visitor.person
    life.identities[key] = [
        person["id"], person["organisation"], person["organisation_name"], person["name"],
        done["bid"], *(one["upload"] for one in done["receipt"]["event"]["body"]["stages"]),
    ]  # fmt: skip


def _recovered(key: str, path: Path) -> dict[str, bytes]:
    """Give every key that opens a part of this bid, from the bidder's own recovery file."""
    kept = recovery.decrypt(path.with_name(path.name + ".recovery").read_bytes(), _PASSPHRASE)
    with path.open("rb") as file:
        stages = container.read_header(file).stages
    contexts = {one.descriptor.context.stage: one.descriptor.context for one in stages}
    found: dict[str, bytes] = {}
    for one in kept.stages:
        found |= _opening(key, contexts[one.stage], one.secrets)
    return found


def _opening(key: str, context: Context, secret: envelope.Secrets) -> dict[str, bytes]:
    name = f"{key} {context.stage}"
    cek = envelope.content_key(secret, context.digest())
    return {f"{name} k_T": secret.k_t, f"{name} k_O": secret.k_o, f"{name} CEK": cek}


def _uploads(life: Life) -> tuple[str, ...]:
    return tuple(
        one["upload"]
        for receipt in life.receipts.values()
        for one in receipt["event"]["body"]["stages"]
    )


def _take_shares(stage: Staged, life: Life) -> None:
    for number in range(1, 6):
        player = stage.troupe._players[f"custodian{number}"]
        for place, share in enumerate(player.store.data["shares"].values(), 1):
            life.shares[f"custodian{number} share {place}"] = bytes.fromhex(share)
        device = player.store.data["device"]["key"]
        life.keys[f"custodian{number} device"] = bytes.fromhex(device)


async def _search(stage: Staged, life: Life, step: str) -> None:
    secret = {**life.content, **life.keys, **life.shares}
    life.searches[step] = await places_of(stage.hall, secret)


async def _open(stage: Staged, life: Life) -> None:
    tender = life.tender
    host = await stage.troupe.call("host")
    await until_there(host, tender.opening)
    async with spectator(stage.hall.address, tender.opening) as room:
        await room.until(lambda one: one.find("OpeningConvened"))
        await host.visitor.command(tender.opening, "TakeChair")
        for key in CUSTODIANS:
            await release(stage, tender, key)
        await room.until(lambda one: one.find("DecryptionCompleted"))
        await host.visitor.command(tender.opening, "AnnounceBids")
        await host.visitor.command(tender.opening, "EndOpening", {"remark": ""}, signed=True)
        await room.until(lambda one: one.find("OpeningRecordFiled"))


async def _export(stage: Staged, life: Life, step: str) -> None:
    path = stage.files / f"{step}.zip"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bidhall.cli", "export", life.tender.id, "-o", str(path),
        env=stage.hall.environment(), stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert await process.wait() == 0
    life.exports[step] = path.read_bytes()


async def _evaluate(stage: Staged, life: Life, subject: Subject) -> None:
    stream = life.tender.evaluation
    host = await stage.troupe.call("host")
    await until_there(host, stream)
    room = await host.room(stream)
    await room.command("CommitRoster")
    for key in CUSTODIANS:
        await release_lot(stage, life.tender, key)
    await room.until(lambda one: one.find("DrawMade"))
    members = await _seat(stage, life)
    await room.until(lambda one: one.find("ScoringStarted"))
    rooms = list(members.values())
    for place, one in enumerate(rooms):
        if place != len(rooms) - 1:  # the last seat has not begun yet
            await one.command("SaveSheet", _sheet(life, place, draft=True))
        if place < len(rooms) - 2:  # the one before has a draft only
            await one.command("LockSheet", _sheet(life, place, draft=False), signed=True)
    people = (*AFTER, *members, life.seats["unseated"])
    await _everybody(stage, life, "scoring", people, subject)
    await _export(stage, life, "scoring")
    for place in (len(rooms) - 2, len(rooms) - 1):
        await rooms[place].command("LockSheet", _sheet(life, place, draft=False), signed=True)
    await room.until(lambda one: one.find("LotRanked"))
    await _everybody(stage, life, "revealed", people, subject)
    await asyncio.gather(*(sign_report(one) for one in rooms))
    await room.until(lambda one: one.find("ReportFiled"))
    async with Visitor(stage.hall.address) as nobody:
        life.committee = await nobody.request("GET", f"/api/cases/{stream}/committee")
    await _export(stage, life, "reported")


async def _seat(stage: Staged, life: Life) -> dict[str, RoomMember]:
    """Let the experts that were drawn sit down: each is let in, nobody else is."""
    members: dict[str, RoomMember] = {}
    for key in (one for one in stage.credentials if one.startswith("expert")):
        player: Player = await stage.troupe.call(key)
        answer = await player.visitor._http.get(f"/api/cases/{life.tender.evaluation}")
        if answer.status_code != 200:
            life.seats["unseated"] = key
            continue
        members[key] = await player.room(life.tender.evaluation)
        life.seats[key] = [player.id, player.visitor.person["name"]]
    for one in members.values():
        await one.command("SignIn")
        await one.command("SignPledge", signed=True)
    return members


def _sheet(life: Life, place: int, *, draft: bool) -> dict[str, Any]:
    """Points nobody else gives and comments nobody else writes; both are kept as marks."""
    bids = sorted(life.tender.bids.values())
    base = 15 if draft else 18
    scores, comments, marks = {}, {}, []
    for order, bid in enumerate(bids):
        first, second = f"{base}.{place + 1}{order + 3}", f"{base + 5}.{place + 1}{order + 6}"
        word = f"planted-comment-{secrets.token_hex(8)}"
        scores[bid] = {"1": first, "2": second}
        comments[bid] = {"1": word}
        marks += [first, second, word]
    kept = life.drafts if draft else life.sheets
    kept[[one for one in life.seats if one != "unseated"][place]] = marks
    return {"lot": "1", "scores": scores, "comments": comments}


def marks_of(table: dict[str, list[str]], *, but: str = "") -> list[str]:
    """Give the marks of everybody but one."""
    return [mark for key, marks in table.items() if key != but for mark in marks]
