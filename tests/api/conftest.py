"""A whole hall behind its application, spoken to over HTTP; no port, no second process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio
from starlette.applications import Starlette
from starlette.middleware import Middleware

from bidhall.accounts.people import NewOrganisation, People
from bidhall.accounts.seed import Created, create_person, ensure_organisation
from bidhall.api.errors import handlers
from bidhall.api.routes import routes
from bidhall.api.security import SecurityMiddleware
from bidhall.app import open_hall
from bidhall.hall import Hall
from bidhall.settings import Settings
from tests.accounts.made import PASSWORD, CountingHasher, uscc
from tests.api.client import Browser, make_web


@pytest_asyncio.fixture
async def hall(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Hall]:
    settings = Settings(
        data=tmp_path / "data", database_url=database_url, redis_url=redis_url,
        origin="test.example/record",
    )  # fmt: skip
    async with open_hall(settings) as opened:
        opened.people.close()
        key = settings.data / "keys" / "accounts.key"
        opened.people = People(opened.pool, opened.valkey, key, hasher=CountingHasher())
        yield opened
        opened.people.close()


@pytest_asyncio.fixture
async def web(tmp_path: Path) -> Path:
    return make_web(tmp_path / "web")


@pytest_asyncio.fixture
async def app(hall: Hall, web: Path) -> Starlette:
    made = Starlette(
        routes=routes(web),
        exception_handlers=handlers(),
        middleware=[Middleware(SecurityMiddleware, public_url="")],
    )
    made.state.hall = hall
    return made


@pytest_asyncio.fixture
async def http(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A program without a session."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hall.test") as client:
        yield client


@pytest_asyncio.fixture
async def browser(app: Starlette) -> AsyncIterator[Browser]:
    """A page of the hall."""
    async with Browser(app) as made:
        yield made


@pytest_asyncio.fixture
async def people(hall: Hall) -> People:
    return hall.people


async def _person(people: People, account: str, body: str, kind: str, *roles: str) -> Created:
    new = NewOrganisation(uscc(body), f"{account} 单位", "532901", kind, f"{account} Ltd")
    organisation = await ensure_organisation(people, new)
    return await create_person(
        people, account=account, name=account.title(), organisation=organisation, roles=roles,
        password=PASSWORD,
    )  # fmt: skip


@pytest_asyncio.fixture
async def tenderee(people: People) -> Created:
    return await _person(people, "tessa", "11532901MB0A0002", "tenderee", "tenderee")


@pytest_asyncio.fixture
async def alice(people: People) -> Created:
    return await _person(people, "alice", "91532901MA6K3T80", "bidder", "bidder")


@pytest_asyncio.fixture
async def bruno(people: People) -> Created:
    return await _person(people, "bruno", "91530100MA6P1W70", "bidder", "bidder")


@pytest_asyncio.fixture
async def supervisor(people: People) -> Created:
    return await _person(people, "susan", "11532900MB0A0003", "supervisor", "supervisor")
