"""Verifying a record of 100,000 events against reading the same file and hashing it once.

A whole tender is played through the hall's own interfaces; before its report is signed by the last
expert, remarks are entered until the record has as many events as wanted. Remarks are disclosed, so the
verifier reads, decides and hashes every one of them.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.outcome import Outcome, alternating
from bidhall.app import open_hall
from bidhall.cases.case import Command, Person
from bidhall.client.custodian import CustodianClient
from bidhall.client.errors import HallRefusedError
from bidhall.client.room import join
from bidhall.demo import scenes
from bidhall.demo.cast import EXPERTS
from bidhall.demo.committee import score, sign_report
from bidhall.demo.documents import write_pdf
from bidhall.demo.players import Player, Troupe, spectator
from bidhall.demo.seed import seed_cast
from bidhall.demo.terms import TERMS
from bidhall.hall import Hall
from bidhall.running import run_hall
from bidhall.settings import load_settings
from bidhall.verification.export import export
from bidhall.verification.verify import verify

__all__ = ["measure"]

EVENTS = 100_000
ROUNDS = 5
GOAL = 2.0
_AT_ONCE = 512
_PIECE = 1 << 20
_OPEN_FOR = 14.0


def _quiet(_: str) -> None:
    """Say nothing."""


async def _remarks(hall: Hall, stream: str, host: str) -> None:
    person = Person(host, name="host", roles=frozenset({"host"}))
    text = "会议记录：" + "各位评委继续评审。" * 4

    async def one(number: int) -> None:
        command = Command(f"cmd-bench-{number}", stream, "Speak", {"text": f"{number} {text}"})
        await hall.writer.submit(command, person)

    for first in range(0, EVENTS, _AT_ONCE):
        last = min(first + _AT_ONCE, EVENTS)
        await asyncio.gather(*(one(number) for number in range(first, last)))


async def _committee(troupe: Troupe, tender: str, stream: str) -> list[Player]:
    host = await troupe.call("host")
    await host.visitor.command(stream, "CommitRoster")
    for key in ("custodian1", "custodian3", "custodian4"):
        custodian = await troupe.call(key)
        client = CustodianClient(custodian.visitor, custodian.store, say=_quiet)
        await client.release_lot(tender)
    found = []
    for key in EXPERTS:
        player = await troupe.call(key)
        try:
            await player.visitor.case(stream)
        except HallRefusedError:
            continue
        await player.visitor.command(stream, "SignIn")
        await player.visitor.command(stream, "SignPledge", signed=True)
        found.append(player)
    return found


async def _evaluate(hall: Hall, troupe: Troupe, tender: str) -> None:
    stream = "eva-" + tender.split("-", 1)[1]
    committee = await _committee(troupe, tender, stream)
    for place, player in enumerate(committee):
        async with join(player.visitor, stream) as room:
            await score(room, place)
    for player in committee[1:]:
        async with join(player.visitor, stream) as room:
            await sign_report(room)
    await _remarks(hall, stream, troupe.id_of("host"))
    async with join(committee[0].visitor, stream) as room:
        await sign_report(room)
        await room.until(lambda one: one.find("ReportFiled"), seconds=120)


async def _record(folder: Path) -> Path:
    settings = load_settings({"BIDHALL_DATA": str(folder / "hall"), "PORT": "0"})
    async with run_hall(replace(settings, origin="bench.example/record")) as running:
        troupe = Troupe(running.address, await seed_cast(running.settings))
        try:
            async with open_hall(running.settings) as hall:
                files = scenes.write_files(folder / "files", [one["lot"] for one in TERMS["lots"]])
                document = folder / "tender.pdf"
                write_pdf(document, title="招标文件", bidder="", lot="", size=100_000)
                ceremony = await scenes.hold_ceremony(troupe, _quiet)
                tender = await scenes.publish_tender(
                    troupe, ceremony, document, _quiet, seconds=_OPEN_FOR
                )
                await scenes.hand_in_bids(troupe, tender, files, folder / "sealed", _quiet)
                opening = "ope-" + tender.split("-", 1)[1]
                async with spectator(running.address, tender) as room:
                    await room.until(lambda one: one.find("TenderClosed"))
                await asyncio.sleep(2)
                async with spectator(running.address, opening) as room:
                    await room.until(lambda one: one.find("OpeningConvened"))
                    await scenes.hold_opening(troupe, tender, room, _quiet)
                await asyncio.sleep(2)
                await _evaluate(hall, troupe, tender)
                await export(hall, tender, folder / "record.zip")
        finally:
            await troupe.dismiss()
    return folder / "record.zip"


def _verified(path: Path) -> float:
    began = time.perf_counter()
    verdict = verify(path)
    took = time.perf_counter() - began
    assert verdict.passed, verdict.failure
    return took


def _hashed(path: Path) -> float:
    began = time.perf_counter()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return time.perf_counter() - began


async def measure() -> Outcome:
    """Verify the record, and read and hash its file, in turn."""
    with tempfile.TemporaryDirectory(
        prefix="bidhall-verify-", ignore_cleanup_errors=True
    ) as folder:
        path = await _record(Path(folder))

        async def ours() -> float:
            return await asyncio.to_thread(_verified, path)

        async def reading() -> float:
            return await asyncio.to_thread(_hashed, path)

        mine, other = await alternating(ROUNDS, ours, reading)
        ratios = tuple(one / two for one, two in zip(mine, other, strict=True))
        raw = {
            "verify_s": [round(one, 3) for one in mine], "hash_s": [round(one, 4) for one in other],
            "bytes": path.stat().st_size, "events": EVENTS,
        }  # fmt: skip
    return Outcome("verify", GOAL, ratios, raw, at_least=False)
