"""Small tenders: one lot, three bidders, five seats, files of some kilobytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bidhall.cases.case import stamp
from bidhall.client import bidder
from bidhall.client.custodian import CustodianClient
from bidhall.client.errors import HallRefusedError
from bidhall.demo.players import Player
from bidhall.demo.terms import TERMS
from bidhall.ids import new_id
from crypto.envelope import Sealed
from tests.integration.halls import Staged

__all__ = [
    "BIDDERS",
    "CUSTODIANS",
    "Tender",
    "hand_in",
    "publish",
    "release",
    "release_lot",
    "until_there",
]

BIDDERS = ("canger", "lancang", "dianxi")
CUSTODIANS = ("custodian1", "custodian3", "custodian4")
DRAW = {"seats": [
    {"county": "532901", "speciality": "A08", "count": 3},
    {"county": "532923", "speciality": "A08", "count": 1},
    {"county": "532932", "speciality": "A08", "count": 1},
]}  # fmt: skip


@dataclass
class Tender:
    """One tender: its streams, its bids by bidder, and the receipts their bidders kept."""

    id: str
    closes: datetime
    bids: dict[str, str] = field(default_factory=dict)
    receipts: list[Path] = field(default_factory=list)
    sealed: list[Sealed] = field(default_factory=list)

    @property
    def opening(self) -> str:
        """The stream of its opening."""
        return "ope-" + self.id.split("-", 1)[1]

    @property
    def evaluation(self) -> str:
        """The stream of its evaluation."""
        return "eva-" + self.id.split("-", 1)[1]

    async def closed(self) -> None:
        """Wait for the deadline."""
        await asyncio.sleep(max(0.0, (self.closes - datetime.now(UTC)).total_seconds()))


async def publish(
    stage: Staged, ceremony: str, seconds: float, *, lots: Sequence[Any] | None = None
) -> Tender:
    """Draft and publish a tender whose bids close after ``seconds``."""
    tenderee = await stage.troupe.call("tenderee")
    hosts = [stage.troupe.id_of("host"), stage.troupe.id_of("host2")]
    closes = datetime.now(UTC) + timedelta(seconds=seconds)
    terms = {
        **TERMS, "hosts": hosts, "draw": DRAW, "lots": list(lots or TERMS["lots"][:1]),
        "closes_at": stamp(closes), "opens_at": stamp(closes),
    }  # fmt: skip
    made = Tender(new_id("ten"), closes)
    await tenderee.visitor.command(made.id, "CreateTender", terms)
    await tenderee.visitor.command(made.id, "AssignKeys", {"ceremony": ceremony})
    await tenderee.visitor.command(made.id, "PublishTender", signed=True)
    return made


async def hand_in(
    stage: Staged, tender: Tender, key: str, form: dict[str, Any], file: Path
) -> None:
    """Seal a bid as its bidder would, hand it in, keep the receipt."""
    player = await stage.troupe.call(key)
    terms = await bidder.terms_of(player.visitor, tender.id)
    request = bidder.SealRequest("1", player.visitor.person["organisation"], 1, form, [file])
    path = stage.files / f"{tender.id}-{key}.bidhall"
    sealed = await asyncio.to_thread(bidder.seal, terms, request, player.store.device(), path)
    done = await bidder.hand_in(player.visitor, path)
    kept = path.with_suffix(".receipt.json")
    kept.write_text(json.dumps(done["receipt"]))
    tender.sealed.append(sealed)
    tender.receipts.append(kept)
    tender.bids[key] = done["bid"]


async def release(stage: Staged, tender: Tender, key: str) -> None:
    """Release a custodian's shares of the opening."""
    player = await stage.troupe.call(key)
    await CustodianClient(player.visitor, player.store, say=lambda _: None).release(tender.id)


async def release_lot(stage: Staged, tender: Tender, key: str) -> None:
    """Release a custodian's share of the draw."""
    player = await stage.troupe.call(key)
    await CustodianClient(player.visitor, player.store, say=lambda _: None).release_lot(tender.id)


async def until_there(player: Player, stream: str) -> dict[str, Any]:
    """Wait until a case begins."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await player.visitor.case(stream)
            except HallRefusedError as error:
                if error.code != "no-such-case":
                    raise
                await asyncio.sleep(0.05)
