"""A real browser, and the web folder served as the hall serves it.

``browser`` is one Chromium for the session, ``context`` and ``page`` are a test's own; everything runs in
the session's loop, so a test says ``pytest.mark.asyncio(loop_scope="session")``. A page that logs an
error, throws, or breaks the content security policy fails its test.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bidhall.api.pages import Shelf
from bidhall.api.security import SecurityMiddleware

HERE = Path(__file__).parent
OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# The browser tells of a breach before any script of the page runs.
WATCH = """addEventListener("securitypolicyviolation",
  (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));"""


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """Serve an application on a free port of this machine, and give its address."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="warning", lifespan="off",
        timeout_graceful_shutdown=2, ws="none",
    )  # fmt: skip
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def _blank(_: Any) -> HTMLResponse:
    return HTMLResponse('<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">')


def web_app(*more: BaseRoute) -> Starlette:
    """The web folder under the hall's own headers, an empty page, and this folder's scripts at /tests."""
    shelf = Shelf()
    routes = [
        *more, Route("/blank", _blank), Mount("/tests", StaticFiles(directory=HERE)),
        Route("/{path:path}", shelf.asset),
    ]  # fmt: skip
    return Starlette(routes=routes, middleware=[Middleware(SecurityMiddleware, public_url="")])


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site() -> AsyncIterator[str]:
    """The address of the web folder, served."""
    async with serving(web_app()) as address:
        yield address


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """One Chromium."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """Cookies and storage of a test's own."""
    made = await browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
    await made.add_init_script(WATCH)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def complaints() -> list[str]:
    """What pages complained of; a test that provokes some takes them out."""
    return []


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext, complaints: list[str]) -> AsyncIterator[Page]:
    """A page; whatever it complains of on its console fails the test."""
    made = await context.new_page()
    made.on("pageerror", lambda error: complaints.append(f"thrown: {error}"))
    made.on(
        "console",
        lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None,
    )
    yield made
    await made.close()
    assert not complaints, complaints


@pytest_asyncio.fixture(loop_scope="session")
async def at(page: Page, site: str) -> Page:
    """An empty page of the site, from which scripts are imported."""
    await page.goto(f"{site}/blank")
    return page
