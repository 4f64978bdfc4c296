"""Rooms and uploads inside the whole hall: real accounts, desk, writer, database, Valkey, uvicorn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest_asyncio
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import connect

from bidhall.accounts.people import NewOrganisation
from bidhall.accounts.seed import create_person, ensure_organisation
from bidhall.api.door import person_of
from bidhall.app import open_hall
from bidhall.desk import RawCommand
from bidhall.files.tus import tus_routes
from bidhall.hall import Hall
from bidhall.ids import new_id
from bidhall.rooms.messages import Close
from bidhall.rooms.socket import room_route
from bidhall.rooms.transport import server_options
from bidhall.settings import Settings
from tests.accounts.made import PASSWORD, uscc
from tests.rooms.served import hear, join, say

TUS = {"Tus-Resumable": "1.0.0"}


@dataclass
class Whole:
    """The hall and its address."""

    hall: Hall
    address: str

    async def sign_in(self, account: str, *roles: str) -> tuple[str, str]:
        """Make a person and give its id and a token."""
        people = self.hall.people
        new = NewOrganisation(uscc("DL0000001"), "交易中心", "532901", "centre", "Centre")
        made = await create_person(
            people, account=account, name=account.title(), roles=roles, password=PASSWORD,
            organisation=await ensure_organisation(people, new),
        )  # fmt: skip
        found = made.person.id
        opened = await self.hall.sessions.open(found, "bearer", code_given=True)
        return found, opened.token

    def room(self, stream: str, token: str | None) -> connect:
        """Connect to a room."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"ws://{self.address}/rooms/{stream}"
        return connect(url, additional_headers=headers)


@pytest_asyncio.fixture
async def whole(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Whole]:
    settings = Settings(
        data=tmp_path / "data", database_url=database_url, redis_url=redis_url,
        origin="test.example/record",
    )  # fmt: skip
    async with open_hall(settings) as hall:
        app = Starlette(routes=[*tus_routes(hall.files, person_of), room_route(hall.rooms)])
        app.state.hall = hall
        config = uvicorn.Config(
            app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=2,
            lifespan="off", **server_options(),
        )  # fmt: skip
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Whole(hall, f"127.0.0.1:{port}")
        server.should_exit = True
        await serving


async def convened(whole: Whole) -> tuple[str, str]:
    """Convene a ceremony; give its stream and the token of the centre's clerk."""
    centre, token = await whole.sign_in("clerk", "centre")
    custodians = [(await whole.sign_in(f"keeper{n}", "custodian"))[0] for n in range(3)]
    session = await whole.hall.sessions.find(token)
    assert session is not None
    stream = new_id("cer")
    body = {"title": "钥匙仪式", "threshold": 2, "batch": 1, "custodians": custodians}
    raw = RawCommand(new_id("cmd"), stream, "ConveneCeremony", body)
    await whole.hall.desk.perform(raw, session.person, session)
    assert session.person.id == centre
    return stream, token


async def test_a_ceremony_followed_live(whole: Whole) -> None:
    stream, token = await convened(whole)
    async with whole.room(stream, token) as clerk, whole.room(stream, None) as public:
        joined = await join(clerk)
        assert joined["kind"] == "ceremony"
        assert joined["you"]["roles"] == ["centre"]
        await join(public)
        assert (await hear(public, "event"))["kind"] == "CeremonyConvened"
        await say(clerk, t="command", id="cmd-a", kind="AbortCeremony", body={"reason": "测试"})
        assert (await hear(public, "event"))["body"] == {"reason": "测试"}
        reply = await hear(clerk, "reply")
        assert (reply["ok"], reply["result"]["seq"]) == (True, 2)
        await say(clerk, t="command", id="cmd-a", kind="AbortCeremony", body={"reason": "测试"})
        assert (await hear(clerk, "reply"))["result"]["repeated"] is True
        await say(clerk, t="command", id="cmd-b", kind="AbortCeremony", body={"reason": "again"})
        assert (await hear(clerk, "reply"))["error"]["code"] == "wrong-phase"


async def test_a_code_turns_the_session_and_the_socket_begins_anew(whole: Whole) -> None:
    stream, token = await convened(whole)
    async with whole.room(stream, token) as clerk:
        await join(clerk)
        turned = (await whole.hall.sessions.rotate(token)).token
        await say(clerk, t="command", id="cmd-a", kind="AbortCeremony", body={"reason": "x"})
        async with asyncio.timeout(5):
            await clerk.wait_closed()
        assert clerk.close_code == Close.RESTART
    async with whole.room(stream, turned) as clerk:
        await join(clerk)
        await say(clerk, t="command", id="cmd-a", kind="AbortCeremony", body={"reason": "x"})
        assert (await hear(clerk, "reply"))["ok"] is True


async def test_an_upload_becomes_a_fact(whole: Whole) -> None:
    person, token = await whole.sign_in("bidder", "bidder")
    session = await whole.hall.sessions.find(token)
    assert session is not None
    assert session.person.id == person
    headers = {**TUS, "Authorization": f"Bearer {token}"}
    base = f"http://{whole.address}"
    async with httpx.AsyncClient(base_url=base, headers=headers) as client:
        made = await client.post("/files", headers={"Upload-Length": "5"})
        piece = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        path = made.headers["location"]
        assert (await client.patch(path, content=b"hello", headers=piece)).status_code == 204
        upload = path.rsplit("/", 1)[1]
        facts = await whole.hall.files.facts(upload, session.person.organisation)
        assert (facts.size, facts.head) == (5, b"hello")
        await whole.hall.sessions.end(token)
        assert (await client.head(path)).status_code == 401
