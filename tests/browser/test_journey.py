"""One tender in a real browser: bidder, host, custodian, three experts and a spectator, in zh-CN and en.

The other bidders, the custodians' key stores and the other two seats are the command line's own clients.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bidhall.demo import scenes
from bidhall.demo.committee import score, sign_report
from bidhall.demo.terms import form_of
from tests.browser.people import People, people
from tests.integration.halls import Staged, staged
from tests.integration.small import CUSTODIANS, Tender, hand_in, publish, release, release_lot

pytestmark = [
    pytest.mark.browser,
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]

SEATS_IN_BROWSERS = 3
SEATS = 5
OPEN_FOR = 75.0
PRICE = "44000123.45"
LONG = 60_000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage() -> AsyncIterator[Staged]:
    async with staged(2) as running:
        yield running


async def test_a_tender_from_the_bid_to_the_report(
    stage: Staged, browser: Browser, tmp_path: Path
) -> None:
    ceremony = await scenes.hold_ceremony(stage.troupe, lambda _: None)
    file = tmp_path / "施工组织设计.pdf"
    file.write_bytes(b"%PDF-1.7\n" + b"made for a test " * 40_000)
    async with people(browser, stage.hall.address, stage.credentials) as crowd:
        tender = await publish(stage, ceremony, OPEN_FOR)
        spectator = await crowd.page(f"/opening/{tender.id}")
        await asyncio.gather(
            _bid(crowd, tender, file),
            *(
                hand_in(stage, tender, key, form_of(key, "1"), file)
                for key in ("lancang", "dianxi")
            ),
        )
        await expect(spectator.get_by_text("现在没有任何人能读到投标文件")).to_be_visible()
        host = await crowd.signed_in("host", f"/host/{tender.id}")
        await _open(crowd, stage, tender, host, spectator)
        await _evaluate(crowd, stage, tender, host)


async def _bid(crowd: People, tender: Tender, file: Path) -> None:
    page = await crowd.signed_in("canger", f"/tenders/{tender.id}")
    await page.get_by_role("link", name="加密并递交").first.click()
    await page.locator("#files").set_input_files(file)
    await page.get_by_role("button", name="填写开标一览表").click()
    await page.get_by_label("投标总价").fill("99999999.00")
    await page.get_by_role("button", name="在本机加密并自检").click()
    await expect(page.get_by_text("超过最高限价 48,620,000.00 元").first).to_be_visible()
    await page.get_by_label("投标总价").fill(PRICE)
    await page.get_by_label("工期").fill("360")
    await page.get_by_label("项目经理").fill("杨晓梅")
    await page.get_by_label("恢复文件口令").fill("苍山十八溪流入洱海不复返")
    await page.get_by_label("再输入一次口令").fill("苍山十八溪流入洱海不复返")
    await page.locator("#understood").check()
    await page.get_by_role("button", name="在本机加密并自检").click()
    await expect(page.get_by_text("自检通过")).to_be_visible(timeout=LONG)
    async with page.expect_download() as saved:
        await page.get_by_role("button", name="保存恢复文件").click()
    assert (await (await saved.value).path()).read_bytes().startswith(b"age-encryption.org/v1")
    await page.get_by_role("button", name="上传并递交").click()
    await expect(page.get_by_text("已递交，平台已收妥")).to_be_visible(timeout=LONG)
    async with page.expect_download() as kept:
        await page.get_by_role("button", name="下载回执").click()
    receipt = json.loads((await (await kept.value).path()).read_bytes())
    assert receipt["event"]["kind"] == "BidSubmitted"
    await page.get_by_role("link", name="返回项目").click()
    await expect(page.get_by_text("已递交，第 1 版").first).to_be_visible()


async def _open(crowd: People, stage: Staged, tender: Tender, host: Page, spectator: Page) -> None:
    bidder = await crowd.signed_in("canger", f"/opening/{tender.id}")
    await tender.closed()
    await host.get_by_role("button", name="就位主持").click(timeout=LONG)
    assert PRICE not in await spectator.content()
    for key in CUSTODIANS:
        await release(stage, tender, key)
    await expect(spectator.get_by_text("3 份全部解密")).to_be_visible(timeout=LONG)
    assert "44,000,123.45" not in await spectator.content()
    assert "苍洱建工" not in await spectator.locator("main").inner_text()
    await host.get_by_role("button", name="公布并唱标").click()
    await _agree(host, "公布")
    for page in (spectator, bidder):
        await expect(page.get_by_text("44,000,123.45").first).to_be_visible(timeout=LONG)
    await expect(spectator.get_by_text("苍洱建工集团有限公司").first).to_be_visible()
    await _objection(host, bidder, spectator)
    await bidder.get_by_role("button", name="确认无误").click()
    await _agree(bidder, "签名确认")
    await expect(spectator.get_by_text("已确认").first).to_be_visible()
    await _in_english(spectator, "The bids are announced|Announced|announced", "Price")
    await host.get_by_role("button", name="结束并签署").click()
    await _agree(host, "结束")
    await expect(spectator.get_by_text("下载开标记录")).to_be_visible(timeout=LONG)


async def _objection(host: Page, bidder: Page, spectator: Page) -> None:
    await bidder.get_by_role("button", name="提出异议").click()
    await bidder.get_by_role("dialog").get_by_role("textbox").fill("请核对工期。")
    await _agree(bidder, "当场提出")
    await expect(spectator.get_by_text("请核对工期。").first).to_be_visible()
    await host.get_by_role("button", name="答复").first.click()
    await host.get_by_role("dialog").get_by_role("textbox").fill("已核对，与投标函一致。")
    await _agree(host, "当场答复")
    await expect(spectator.get_by_text("已核对，与投标函一致。").first).to_be_visible()


async def _agree(page: Page, words: str) -> None:
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    tick = dialog.get_by_role("checkbox")
    if await tick.count():
        await tick.check()
    await dialog.locator("button[type=submit]", has_text=words).click()
    await expect(dialog).to_have_count(0)


async def _in_english(page: Page, *words: str) -> None:
    await page.goto(f"{page.url.split('?')[0]}?lang=en")
    text = page.locator("main")
    for word in words:
        await expect(text).to_contain_text(re.compile(word))
    await page.goto(f"{page.url.split('?')[0]}?lang=zh-CN")


async def _evaluate(crowd: People, stage: Staged, tender: Tender, host: Page) -> None:
    await host.get_by_role("button", name="提交名册").click(timeout=LONG)
    await _agree(host, "提交名册")
    for key in CUSTODIANS:
        await release_lot(stage, tender, key)
    seated = await _drawn(stage, tender)
    address = f"/evaluation/{tender.id}"
    experts = [await crowd.signed_in(key, address) for key in seated[:SEATS_IN_BROWSERS]]
    others = [
        await (await stage.troupe.call(key)).room(tender.evaluation)
        for key in seated[SEATS_IN_BROWSERS:]
    ]
    for room in others:
        await room.command("SignIn")
        await room.command("SignPledge", signed=True)
    for page in experts:
        await page.get_by_role("button", name="签到入席").click()
        await page.get_by_role("checkbox").check()
        await page.get_by_role("button", name="签署承诺书").click()
    for place, room in enumerate(others):
        await score(room, place)
    for place, page in enumerate(experts):
        await _score(page, place)
    for page in (*experts, await crowd.signed_in("supervisor", address)):
        await expect(page.get_by_text("评分已揭示")).to_be_visible(timeout=LONG)
        await _in_english(page, "Price|price", "Rank|rank")
    for page in experts:
        await page.get_by_role("button", name="签署评标报告").click()
        await _agree(page, "签署评标报告")
    for room in others:
        await sign_report(room)
    await expect(experts[0].get_by_text("评标报告已归档").first).to_be_visible(timeout=LONG)


async def _score(page: Page, place: int) -> None:
    """Score every bid by keyboard, then lock; a lost link on the way loses nothing."""
    fields = page.locator(".score .input")
    await expect(fields.first).to_be_visible(timeout=LONG)
    bids = await page.locator(".bids a").count()
    for number in range(bids):
        await page.locator(".bids a").nth(number).click()
        for at in range(await fields.count()):
            await fields.nth(at).fill(f"7.{3 + (place + number + at) % 5}0")
            await fields.nth(at).press("Enter")
        if number == 0 and place == 0:
            await page.context.set_offline(True)
            await asyncio.sleep(1)
            await page.context.set_offline(False)
    await expect(page.locator(".saved")).to_be_visible(timeout=LONG)
    await page.get_by_role("button", name="锁定本标段评分").click()
    await _agree(page, "签名并锁定")
    if place < SEATS_IN_BROWSERS - 1:
        await expect(page.get_by_text("您的评分已锁定")).to_be_visible(timeout=LONG)
        await expect(page.get_by_text("评分已揭示")).to_have_count(0)


async def _drawn(stage: Staged, tender: Tender) -> list[str]:
    """Who was drawn, which only the database knows before the report."""
    connection = await asyncpg.connect(stage.hall.database_url)
    try:
        body = await connection.fetchval(
            "SELECT body FROM event WHERE stream = $1 AND kind = 'DrawMade'", tender.evaluation
        )
    finally:
        await connection.close()
    found = json.loads(body) if isinstance(body, str | bytes) else body
    accounts = {one.person: key for key, one in stage.credentials.items()}
    seats = [accounts[one["expert"]] for one in found["seats"]]
    assert len(seats) == SEATS
    return seats
