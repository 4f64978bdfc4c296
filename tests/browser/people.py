"""People in front of a browser: each with a page of its own, signed in as anyone signs in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pyotp
from playwright.async_api import Browser, Page, expect

from bidhall.demo.players import Credentials
from tests.browser.conftest import WATCH

__all__ = ["People"]

_STEP = 30
DESK = {"width": 1440, "height": 900}


class People:
    """Opens a page for each person; what any of them complains of is kept."""

    def __init__(
        self, browser: Browser, base: str, credentials: Any, opened: AsyncExitStack
    ) -> None:
        self._browser, self._base, self._credentials = browser, base, credentials
        self._opened = opened
        self.complaints: list[str] = []

    async def page(self, path: str, *, locale: str = "zh-CN") -> Page:
        """A page of somebody who has not signed in."""
        context = await self._browser.new_context(
            locale=locale, timezone_id="Asia/Shanghai", viewport=DESK, base_url=self._base
        )
        self._opened.push_async_callback(context.close)
        await context.add_init_script(WATCH)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"thrown at {path}: {error}"))
        page.on("console", lambda said: self._said(path, said))
        await page.goto(path)
        return page

    def _said(self, path: str, said: Any) -> None:
        # A refusal the page explains (a used code, a room not there yet) is logged by the browser itself.
        expected = "Failed to load resource" in said.text or "WebSocket connection" in said.text
        if said.type in {"error", "warning"} and not expected:
            self.complaints.append(f"{path}: {said.text}")

    async def signed_in(self, key: str, path: str) -> Page:
        """A page of a person who signed in by the form and came back to ``path``."""
        one: Credentials = self._credentials[key]
        page = await self.page(f"/sign-in?next={path}")
        await page.get_by_label("账号").fill(one.account)
        await page.get_by_label("密码").fill(one.password)
        await page.get_by_role("button", name="下一步").click()
        field = page.get_by_label("6 位验证码")
        for _ in range(3):
            await field.fill(pyotp.TOTP(one.totp_secret).now())
            await page.get_by_role("main").get_by_role("button", name="登录", exact=True).click()
            try:
                await expect(field).to_have_count(0, timeout=5_000)
            except AssertionError:  # this code was used already, by the same person's other program
                await asyncio.sleep(_STEP - time.time() % _STEP + 0.3)
            else:
                await page.wait_for_url(f"**{path}")
                return page
        raise AssertionError(f"{key} could not sign in")


@asynccontextmanager
async def people(browser: Browser, base: str, credentials: Any) -> AsyncIterator[People]:
    """Open pages, and close them all afterwards; none may have complained."""
    async with AsyncExitStack() as opened:
        crowd = People(browser, base, credentials, opened)
        yield crowd
        assert not crowd.complaints, crowd.complaints
