"""Handing in from the browser: a whole hall, real uploads over a link that breaks, receipts that hold."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyotp
import pytest
import pytest_asyncio
from playwright.async_api import Page

from bidhall.api.security import POLICY
from bidhall.client.visitor import Visitor
from bidhall.demo.documents import write_pdf
from bidhall.demo.players import Credentials, Troupe
from bidhall.demo.scenes import hold_ceremony, publish_tender
from bidhall.demo.seed import seed_cast
from bidhall.demo.terms import form_of
from bidhall.running import run_hall
from bidhall.settings import load_settings
from crypto import receipt

pytestmark = [
    pytest.mark.browser, pytest.mark.services, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session"),
]  # fmt: skip

HERE = Path(__file__).parent
BLANK = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">'
OPEN_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Published:
    """A running hall with a tender that takes bids, and its cast."""

    address: str
    tender: str
    cast: dict[str, Credentials]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def published(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Published]:
    folder = tmp_path_factory.mktemp("hall")
    found = load_settings({"BIDHALL_DATA": str(folder / "hall"), "PORT": "0"})
    async with run_hall(replace(found, origin="test.example/record")) as running:
        cast = dict(await seed_cast(running.settings))
        troupe = Troupe(running.address, cast)
        try:
            document = folder / "招标文件.pdf"
            write_pdf(document, title="招标文件", bidder="tenderee", lot="", size=100_000)
            ceremony = await hold_ceremony(troupe, lambda _: None, batch=3, threshold=3)
            tender = await publish_tender(
                troupe, ceremony, document, lambda _: None, seconds=OPEN_SECONDS
            )
        finally:
            await troupe.dismiss()
        yield Published(running.address, tender, cast)


async def ask(page: Page, name: str, argument: Any = None) -> Any:
    """Call a function of handing.js."""
    call = "async ([name, argument]) => (await import('/tests/handing.js'))[name](argument)"
    return await page.evaluate(call, [name, argument])


async def enter(page: Page, published: Published, account: str) -> Page:
    """Open an empty page of the hall and sign in there."""
    await page.route(
        "**/blank",
        lambda route: route.fulfill(
            body=BLANK, content_type="text/html", headers={"Content-Security-Policy": POLICY}
        ),
    )
    await page.route("**/tests/*.js", lambda route: route.fulfill(path=HERE / "handing.js"))
    await page.goto(f"{published.address}/blank")
    one = published.cast[account]
    code = pyotp.TOTP(one.totp_secret).now()
    await ask(page, "enter", {"account": one.account, "password": one.password, "code": code})
    return page


async def test_a_bid_is_handed_in_replaced_and_withdrawn(
    page: Page, published: Published, complaints: list[str]
) -> None:
    await enter(page, published, "canger")
    about = {
        "tender": published.tender,
        "lot": "1",
        "number": 1,
        "form": form_of("canger", "1"),
        "size": 3_000_000,
    }
    hashes = await ask(page, "seal", about)
    result = await ask(page, "handIn", {})
    assert (result["kind"], result["lot"], result["last"]) == ("BidSubmitted", "1", 1)
    assert set(result["states"]) == {"sending", "done"}
    await ask(page, "letGo")

    async with Visitor(published.address) as visitor:
        await visitor.meet_log()
    kept = json.loads(result["text"])
    proven = receipt.verify(
        kept, visitor.log_origin, visitor.log_vkey,
        descriptor_hashes=[bytes.fromhex(one) for one in hashes],
    )  # fmt: skip
    assert proven.event["body"]["bid"] == result["bid"]
    assert (await ask(page, "check", {"receipt": kept, "hashes": hashes}))["code"] == "ok"
    wrong = await ask(page, "check", {"receipt": kept, "hashes": [*hashes, "00" * 32]})
    assert wrong["code"] == "wrong-bid"

    revised = {**about, "number": 2, "form": form_of("canger", "1", revised=True), "size": 100_000}
    await ask(page, "seal", revised)
    refused = await ask(page, "handIn", {})  # a second bid for the lot, not a replacement
    assert refused["code"] == "bid-exists"
    replaced = await ask(page, "handIn", {"replaces": result["bid"]})
    assert (replaced["kind"], replaced["bid"]) == ("BidReplaced", result["bid"])
    withdrawn = await ask(page, "withdraw", {"tender": published.tender, "bid": result["bid"]})
    assert withdrawn["kind"] == "BidWithdrawn"
    # The browser writes each refusal on its console: the bid, and the receipt that was looked for.
    assert [one.split("status of ")[-1][:3] for one in complaints] == ["409", "404"]
    complaints.clear()


async def test_a_bid_whose_answer_was_lost_is_in_once(
    page: Page, published: Published, complaints: list[str]
) -> None:
    await enter(page, published, "lancang")
    about = {
        "tender": published.tender,
        "lot": "2",
        "number": 1,
        "form": form_of("lancang", "2"),
        "size": 100_000,
    }
    await ask(page, "seal", about)
    lost = await ask(page, "handIn", {"lose": True})
    assert lost["code"] == "away"
    found = await ask(page, "again")
    assert found["kind"] == "BidSubmitted"
    assert all("409" in one for one in complaints), complaints
    complaints.clear()


async def test_an_upload_survives_a_lost_link_and_a_pause(
    page: Page, published: Published, complaints: list[str]
) -> None:
    await enter(page, published, "dianxi")
    await ask(page, "begin", {"size": 40_000_000, "name": "施工图.pdf"})
    await _until(page, 1)
    await ask(page, "pause")
    held = await ask(page, "done")
    await asyncio.sleep(0.5)
    assert await ask(page, "done") == held
    await ask(page, "resume")
    await _until(page, held + 1)
    await page.context.set_offline(True)
    await asyncio.sleep(0.6)
    held = await ask(page, "done")
    assert held < 40_000_000
    await page.context.set_offline(False)
    await _until(page, held + 1)
    await ask(page, "stop")
    stopped = await ask(page, "finish")
    assert stopped["code"] == "stopped"
    await ask(page, "restart")
    result = await ask(page, "finish")
    assert result["done"] == 40_000_000
    assert result["id"].startswith("upl-")
    assert {"paused", "waiting", "sending", "done"} <= set(result["states"])
    headers = await page.evaluate(
        """async (id) => Object.fromEntries((await fetch(`/files/${id}`, {
          method: 'HEAD', headers: { 'Tus-Resumable': '1.0.0' } })).headers)""",
        result["id"],
    )
    assert headers["repr-digest"] == f"sha-256=:{await ask(page, 'digest')}:"
    # A piece that was cut off may still be on its way in: 409 and 423 send the upload asking.
    passing = ("net::ERR_", "status of 409", "status of 423")
    assert all(any(one in said for one in passing) for said in complaints), complaints
    complaints.clear()


async def _until(page: Page, reached: int) -> None:
    async with asyncio.timeout(20):
        while await ask(page, "done") < reached:
            await asyncio.sleep(0.02)
