"""``bidhall demo``: the whole life of a tender, without a screen, through the public interfaces."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bidhall.app import open_hall
from bidhall.demo import scenes
from bidhall.demo.committee import hold_evaluation, until_convened
from bidhall.demo.documents import write_pdf
from bidhall.demo.players import Troupe, spectator
from bidhall.demo.seed import seed_cast
from bidhall.demo.terms import TERMS
from bidhall.errors import BidhallError
from bidhall.running import Running, run_hall
from bidhall.settings import load_settings
from bidhall.verification.export import export
from bidhall.verification.verify import Pins, verify

__all__ = ["play"]

_FAST_SECONDS = 14.0
_SLOW_SECONDS = 60.0


async def play(out: Path, *, fast: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Play everything into the folder ``out`` and give the summary.

    Raises:
        BidhallError: ``out`` holds something that is not an earlier demonstration.
    """
    began = time.monotonic()
    out = out.absolute()  # noqa: ASYNC240 - a look at one local file
    _clear(out)

    def tell(text: str) -> None:
        say(f"[{time.monotonic() - began:5.1f} s] {text}")

    settings = replace(
        load_settings({"BIDHALL_DATA": str(out / "hall"), "PORT": "0"}),
        origin="bidhall.demo/record",
    )
    async with run_hall(settings) as running:
        tell(f"the hall answers at {running.address}")
        credentials = await seed_cast(running.settings)
        troupe = Troupe(running.address, credentials)
        try:
            summary = await _life(running, troupe, out, tell, seconds=_seconds(fast=fast))
        finally:
            await troupe.dismiss()
        async with open_hall(running.settings) as hall:
            await export(hall, summary["tender"], out / "record.zip")
    receipts = tuple(sorted((out / "sealed").glob("*.receipt.json")))
    verdict = await asyncio.to_thread(verify, out / "record.zip", Pins(receipts=receipts))
    for one in verdict.outcomes:
        if one.state == "failed":
            tell(f"verification failed: {one.name}: {one.reason}")
    tell(f"record exported and {'verified' if verdict.passed else 'NOT verified'}")
    return {**summary, "record": str(out / "record.zip"), "receipts_checked": len(receipts),
            "verified": verdict.passed, "seconds": round(time.monotonic() - began, 1)}  # fmt: skip


def _seconds(*, fast: bool) -> float:
    return _FAST_SECONDS if fast else _SLOW_SECONDS


def _clear(out: Path) -> None:
    mark = out / "demonstration.txt"
    if out.exists() and any(out.iterdir()) and not mark.exists():
        message = f"{out} holds other files; choose a new folder for the demonstration"
        raise BidhallError(message)
    for name in ("hall", "files", "sealed", "record.zip"):
        path = out / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    mark.write_text("Made by `bidhall demo`; everything here may be deleted.\n")


async def _life(
    running: Running, troupe: Troupe, out: Path, tell: Callable[[str], None], *, seconds: float
) -> dict[str, Any]:
    lots = [one["lot"] for one in TERMS["lots"]]
    document = out / "files" / "tender.pdf"
    files = await asyncio.to_thread(scenes.write_files, out / "files", lots)
    await asyncio.to_thread(
        write_pdf, document, title="招标文件", bidder="大理市住房和城乡建设局", lot="", size=200_000
    )
    tell(
        f"{len(files)} PDF files written, {sum(p.stat().st_size for p in files.values()) >> 20} MiB"
    )
    ceremony = await scenes.hold_ceremony(troupe, tell)
    tender = await scenes.publish_tender(troupe, ceremony, document, tell, seconds=seconds)
    bids = await scenes.hand_in_bids(troupe, tender, files, out / "sealed", tell)
    tell(f"{bids['submitted']} bids submitted, waiting for the deadline")
    stream = f"ope-{tender.split('-', 1)[1]}"
    await until_convened(await troupe.call("host"), stream)
    late = await scenes.be_late(troupe, bids["late_file"], tell)
    async with spectator(running.address, stream) as room:
        await room.until(lambda one: one.find("OpeningConvened"))
        opened = await scenes.hold_opening(troupe, tender, room, tell)
    evaluated = await hold_evaluation(troupe, tender, tell)
    return {
        "tender": tender,
        "bids_submitted": bids["submitted"],
        "bids_opened": sum("form" in one for one in opened["bids"]),
        "bids_withdrawn": bids["withdrawn"],
        "late_refused": late,
        "links_resumed": evaluated["resumed"],
        "experts": evaluated["experts"],
        "ranking": evaluated["ranking"],
    }
