"""Tenders that live through a fault: their opening and their evaluation, step by step."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bidhall.client.room import RoomMember
from bidhall.demo import scenes
from bidhall.demo.committee import score, sign_report
from bidhall.demo.players import Player, spectator
from bidhall.demo.terms import form_of
from bidhall.verification.outcome import Outcome
from bidhall.verification.verify import Pins, verify
from tests.faults.acknowledged import Acknowledged, Kept, kept_record
from tests.integration.halls import HallProcess, Staged
from tests.integration.small import (
    BIDDERS,
    CUSTODIANS,
    Tender,
    hand_in,
    publish,
    release,
    release_lot,
    until_there,
)

__all__ = ["FAULTS", "Fault", "Theatre", "evaluate", "opened", "prepare"]

FAULTS = ("worker", "postgres", "valkey", "operator", "hall")
_UNTIL_CLOSE = 10.0

Fault = Callable[[], Awaitable[None]]


@dataclass
class Theatre:
    """A hall, what it promised, and a closed tender for every fault."""

    stage: Staged
    promised: Acknowledged
    tenders: dict[str, Tender]
    opened: dict[str, RoomMember] = field(default_factory=dict)
    killed: list[str] = field(default_factory=list)

    @property
    def hall(self) -> HallProcess:
        """The hall to be killed."""
        return self.stage.hall

    def fault(self, name: str) -> Fault:
        """Give what kills one of its processes, or the whole hall, and starts that again."""

        async def kill() -> None:
            self.killed.append(name)
            if name == "hall":
                self.hall.kill_whole()
                await self.hall.start()
                return
            async with asyncio.timeout(20):  # the hall starts it again by itself
                while not (before := self.hall.pids(name)):  # it is between two lives
                    await asyncio.sleep(0.05)
                os.kill(before[len(self.killed) % len(before)], signal.SIGKILL)
                while len(now := self.hall.pids(name)) < len(before) or set(now) == set(before):
                    await asyncio.sleep(0.05)

        return kill

    async def record(self) -> Kept:
        """Read what the database holds now."""
        return await kept_record(self.hall.database_url)

    async def verified(self, tender: Tender) -> list[Outcome]:
        """Export the record as an operator would, verify it with all receipts; gives what failed."""
        path = self.stage.files / f"{tender.id}.zip"
        line = ["-m", "bidhall.cli", "export", tender.id, "-o", str(path), "--files"]
        done = await _run(line, self.hall.environment())
        assert done == "", done
        verdict = await asyncio.to_thread(verify, path, Pins(receipts=tuple(tender.receipts)))
        return [one for one in verdict.outcomes if one.state != "passed"]


async def _run(line: list[str], environment: dict[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *line, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, told = await process.communicate()
    return told.decode() if process.returncode else ""


async def prepare(stage: Staged, promised: Acknowledged, names: tuple[str, ...]) -> Theatre:
    """Publish a tender for each name, hand in three bids for each, wait for the deadline."""
    said: list[str] = []
    ceremony = await scenes.hold_ceremony(stage.troupe, said.append, batch=3 * len(names))
    tenders = {name: await publish(stage, ceremony, _UNTIL_CLOSE) for name in names}
    file = stage.files / "method.txt"
    file.write_text("施工方案 " * 20_000)
    await asyncio.gather(*(
        hand_in(stage, tender, key, dict(form_of(key, "1")), file)
        for tender in tenders.values() for key in BIDDERS
    ))  # fmt: skip
    for tender in tenders.values():
        await tender.closed()
    return Theatre(stage, promised, tenders)


async def _when(room: RoomMember, holds: Callable[[RoomMember], object], fault: Fault) -> None:
    await room.until(holds)
    await fault()


async def open_bids(theatre: Theatre, name: str, faults: tuple[Fault, ...] = ()) -> RoomMember:
    """Hold an opening; the first fault comes between shares, the second during decryption.

    Gives the room as a spectator saw it who was there all the time.
    """
    tender = theatre.tenders[name]
    stream, troupe = tender.opening, theatre.stage.troupe
    host = await troupe.call("host")
    await until_there(host, stream)
    async with spectator(theatre.hall.address, stream) as room:
        await room.until(lambda one: one.find("OpeningConvened"))
        await host.visitor.command(stream, "TakeChair")
        blows = [
            asyncio.create_task(_when(room, moment, fault))
            for moment, fault in zip(
                (
                    lambda one: len(one.find("ShareReleased")) >= 2,
                    lambda one: len(one.find("KeyRecovered")) == 2,
                ),
                faults,
                strict=False,
            )
        ]
        for key in CUSTODIANS:
            await release(theatre.stage, tender, key)
        await room.until(lambda one: one.find("DecryptionCompleted"))
        await asyncio.gather(*blows)
        await finish_opening(theatre, tender, room, host)
    theatre.opened[name] = room
    return room


async def opened(theatre: Theatre, name: str) -> RoomMember:
    """Give the room of an opening that went through two faults; it is held once."""
    if name not in theatre.opened:
        fault = theatre.fault(name)
        await open_bids(theatre, name, (fault, fault))
        assert theatre.killed[-2:] == [name, name]
    return theatre.opened[name]


async def finish_opening(theatre: Theatre, tender: Tender, room: RoomMember, host: Player) -> None:
    """Announce, confirm and end, by the host in the chair."""
    stream = tender.opening
    await host.visitor.command(stream, "AnnounceBids")
    await room.until(lambda one: one.find("BidsAnnounced"))
    for key, bid in tender.bids.items():
        player = await theatre.stage.troupe.call(key)
        await player.visitor.command(stream, "ConfirmBid", {"bid": bid}, signed=True)
    await host.visitor.command(stream, "EndOpening", {"remark": ""}, signed=True)
    await room.until(lambda one: one.find("OpeningRecordFiled"))


async def seated(theatre: Theatre, tender: Tender) -> list[Player]:
    """Call the experts that were drawn, by the record itself: no one else may know them."""
    record = await theatre.record()
    seats = next(
        one["body"]["seats"]
        for one in record.stream(tender.evaluation)
        if one["kind"] == "DrawMade"
    )
    accounts = {one.person: key for key, one in theatre.stage.credentials.items()}
    return [await theatre.stage.troupe.call(accounts[one["expert"]]) for one in seats]


async def evaluate(theatre: Theatre, name: str, faults: tuple[Fault, ...] = ()) -> list[RoomMember]:
    """Hold an evaluation; the first fault comes between saved sheets, the second between locks.

    Gives the rooms of the seats and, last, the host's.
    """
    tender = theatre.tenders[name]
    stream, troupe = tender.evaluation, theatre.stage.troupe
    host = await troupe.call("host")
    await until_there(host, stream)
    room = await host.room(stream)
    await room.command("CommitRoster")
    for key in CUSTODIANS:
        await release_lot(theatre.stage, tender, key)
    await room.until(lambda one: one.find("DrawMade"))
    rooms = await asyncio.gather(*(one.room(stream) for one in await seated(theatre, tender)))
    await asyncio.gather(*(_sit(one) for one in rooms))
    await room.until(lambda one: one.find("ScoringStarted"))
    moments: tuple[tuple[RoomMember, Callable[[RoomMember], object]], ...] = (
        (rooms[0], lambda one: one.find("SheetSaved")),
        (room, lambda one: one.find("SheetLocked")),
    )
    blows = [
        asyncio.create_task(_when(one, holds, fault))
        for (one, holds), fault in zip(moments, faults, strict=False)
    ]
    await asyncio.gather(*(_score_slowly(one, place) for place, one in enumerate(rooms)))
    await asyncio.gather(*blows)
    await room.until(lambda one: one.find("LotRanked"))
    await asyncio.gather(*(sign_report(one) for one in rooms))
    await room.until(lambda one: one.find("ReportFiled"))
    return [*rooms, room]


async def _sit(room: RoomMember) -> None:
    await room.command("SignIn")
    await room.command("SignPledge", signed=True)


async def _score_slowly(room: RoomMember, place: int) -> None:
    # One seat after the other, so that a fault falls between them and not after all.
    await asyncio.sleep(0.15 * place)
    await score(room, place)
