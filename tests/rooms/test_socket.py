"""Real sockets: a real uvicorn, real WebSocket clients, both ways out."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bidhall.rooms.messages import Close
from bidhall.rooms.protocol import Limits
from tests.rooms.served import Served, hear, join, say, serving

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture(params=[True, False], ids=["direct", "asgi"])
async def served(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    """A server, once with each way out."""
    async with serving(direct=request.param) as made:
        yield made


async def closing(socket: ClientConnection) -> int:
    """Wait for the end and give its code."""
    async with asyncio.timeout(8):
        await frames(socket)
    assert socket.close_code is not None
    return socket.close_code


async def frames(socket: ClientConnection) -> list[dict[str, Any]]:
    """Give all frames until the end."""
    heard = []
    try:
        while True:
            heard.append(json.loads(await socket.recv()))
    except ConnectionClosed:
        return heard


async def test_a_member_joins_commands_and_is_answered(served: Served) -> None:
    async with served.connect("anna") as anna, served.connect() as public:
        joined = await join(anna)
        assert joined["kind"] == "board"
        assert joined["audience"] == "public"
        assert joined["seq"] == 1
        assert joined["you"] == {
            "id": "per-anna", "name": "Anna", "organisation": "org-a", "roles": ["anyone"],
        }  # fmt: skip
        assert joined["now"].endswith("Z")
        assert (await join(public))["you"] is None
        await say(anna, t="command", id="c1", kind="Say", body={"text": "你好"})
        event = await hear(anna, "event")
        assert event["kind"] == "Opened"
        event = await hear(anna, "event")
        assert (event["seq"], event["body"]) == (2, {"by": "per-anna", "text": "你好"})
        reply = await hear(anna, "reply")
        assert (reply["id"], reply["ok"], reply["result"]["seq"]) == ("c1", True, 2)
        await hear(public, "event")
        assert (await hear(public, "event")) == event


async def test_a_refusal_has_a_code(served: Served) -> None:
    async with served.connect("anna") as anna:
        await join(anna)
        await say(anna, t="command", id="c1", kind="Open", body={})
        reply = await hear(anna, "reply")
        assert reply["ok"] is False
        assert reply["error"]["code"] == "wrong-time"
        assert reply["error"]["params"] == {"kind": "Open"}
        await say(anna, t="command", id="c2", kind="Say", body={"text": "still here"})
        assert (await hear(anna, "reply"))["ok"] is True


async def test_a_failure_tells_nothing_of_its_cause(served: Served) -> None:
    async with served.connect("anna") as anna:
        await join(anna)
        await say(anna, t="command", id="c1", kind="Bogus", body={"text": "x"})
        reply = await hear(anna, "reply")
        assert reply["error"]["code"] == "internal"
        assert "KeyError" not in json.dumps(reply)


async def test_one_who_has_not_signed_in_watches_only(served: Served) -> None:
    async with served.connect() as public:
        await join(public)
        await say(public, t="command", id="c1", kind="Say", body={"text": "x"})
        assert (await hear(public, "reply"))["error"]["code"] == "sign-in-first"


async def test_resume(served: Served) -> None:
    async with served.connect("anna") as anna:
        await join(anna)
        await served.do("Say", text="1")
        await hear(anna, "event")
        await hear(anna, "event")
    await served.do("Say", text="2")
    await served.do("Seal", text="hidden")
    await served.do("Say", text="3")
    async with served.connect("anna") as anna:
        joined = await join(anna, after=2, audience="public")
        assert (joined["after"], joined["seq"]) == (2, 4)
        assert [(await hear(anna, "event"))["seq"] for _ in range(2)] == [3, 4]


async def test_ping_is_answered_with_the_time(served: Served) -> None:
    async with served.connect() as public:
        await say(public, t="ping")
        assert (await hear(public, "clock"))["now"].endswith("Z")


@pytest.mark.parametrize("frame", ["{", '{"t":"join","v":9}', '{"t":"command"}', b"\x00\xff"])
async def test_a_wrong_frame_closes_with_4009(served: Served, frame: str | bytes) -> None:
    async with served.connect() as public:
        await public.send(frame)
        assert (await hear(public, "error"))["error"]["code"]
        assert await closing(public) == Close.PROTOCOL_ERROR


async def test_a_frame_that_is_too_long_closes_the_connection(served: Served) -> None:
    async with served.connect("anna") as anna:
        await join(anna)
        await say(anna, t="command", id="c", kind="Say", body={"text": "x" * 70_000})
        assert await closing(anna) in {1009, Close.PROTOCOL_ERROR}


async def test_an_ended_session_closes_with_4001(served: Served) -> None:
    served.rooms.sessions.ended.add("anna")  # type: ignore[attr-defined]
    async with served.connect("anna") as anna:
        assert (await hear(anna, "error"))["error"]["code"] == "sign-in-again"
        assert await closing(anna) == Close.SIGN_IN


async def test_a_session_that_ends_ends_the_right_to_command(served: Served) -> None:
    async with served.connect("anna") as anna:
        await join(anna)
        served.rooms.sessions.ended.add("anna")  # type: ignore[attr-defined]
        await say(anna, t="command", id="c1", kind="Say", body={"text": "after signing out"})
        assert await closing(anna) == Close.RESTART
    async with served.connect("anna") as anna:
        assert await closing(anna) == Close.SIGN_IN
    texts = [event.body.get("text") for event in served.desk.streams.by_stream["brd-1"]]
    assert "after signing out" not in texts


async def test_an_unknown_room_is_the_same_as_a_forbidden_one(served: Served) -> None:
    await served.do("Remove", person="per-anna")
    for stream in ("brd-none", "brd-1"):
        async with served.connect("anna", stream) as anna:
            await say(anna, t="join", v=1)
            assert await closing(anna) == Close.MAY_NOT_WATCH
    async with served.connect(None, "brd-none") as public:
        await say(public, t="join", v=1)
        assert await closing(public) == Close.SIGN_IN


async def test_a_foreign_page_cannot_connect(served: Served) -> None:
    host = urlsplit(served.url).netloc
    for origin, cookie, allowed in (
        (f"http://{host}", "anna", True),
        ("https://evil.example", "anna", False),
        ("null", "anna", False),
        (f"http://{host}.evil.example", None, False),
        (None, "anna", False),
        (None, None, True),
    ):
        headers = {"Cookie": f"bidhall_session={cookie}"} if cookie else {}
        if origin:
            headers["Origin"] = origin
        if not allowed:
            with pytest.raises(InvalidStatus) as caught:
                async with served.connect(headers=headers):
                    pass
            assert caught.value.response.status_code == 403
            continue
        async with served.connect(headers=headers) as socket:
            joined = await join(socket)
            assert (joined["you"] or {}).get("id") == (cookie and "per-anna")


async def test_the_server_goes_away_with_1012(served: Served) -> None:
    async with served.connect() as public:
        await join(public)
        await served.rooms.close()
        assert await closing(public) == Close.RESTART


async def test_one_who_never_joins_is_sent_away() -> None:
    async with (
        serving(limits=Limits(join_within=0.1)) as served,
        served.connect() as silent,
        served.connect() as member,
    ):
        await join(member)
        assert (await hear(silent, "error"))["error"]["code"] == "join-first"
        assert await closing(silent) == Close.PROTOCOL_ERROR
        await say(member, t="ping")
        await hear(member, "clock")


async def test_spectators_are_counted_by_address() -> None:
    async with serving(anonymous_per_address=2) as served:
        async with served.connect() as one, served.connect() as two:
            await join(one)
            await join(two)
            async with served.connect() as three:
                assert (await hear(three, "error"))["error"]["code"] == "address-full"
                assert await closing(three) == Close.OVERLOADED
            async with served.connect("anna") as anna:
                await join(anna)
        async with asyncio.timeout(5):
            while served.rooms.door.connections:
                await asyncio.sleep(0.01)
        async with served.connect() as again:
            await join(again)


@pytest.mark.parametrize("direct", [True, False])
async def test_one_who_does_not_read_is_dropped_and_resumes(*, direct: bool) -> None:
    async with serving(direct=direct, backlog=200_000) as served:
        host, port = urlsplit(served.url).netloc.split(":")
        raw = sockets.socket()
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 65_536)
        raw.settimeout(0)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(raw, (host, int(port)))
        async with (
            served.connect("anna", sock=raw, max_queue=1, compression=None) as slow,
            served.connect("bob") as quick,
        ):
            await join(slow)
            await join(quick)
            slow.transport.pause_reading()
            for number in range(300):
                began = loop.time()
                await served.do("Say", text=f"{number}" + "x" * 20_000)
                while (await hear(quick, "event"))["seq"] != number + 1:
                    pass
                assert loop.time() - began < 1
            slow.transport.resume_reading()
            heard = [one["seq"] for one in await frames(slow) if one["t"] == "event"][-1]
            assert slow.close_code == Close.TOO_SLOW
            assert 1 < heard < 301
            async with served.connect("anna") as back:
                joined = await join(back, after=heard, audience="public")
                assert (joined["after"], joined["seq"]) == (heard, 301)
                rest = [(await hear(back, "event"))["seq"] for _ in range(301 - heard)]
                assert rest == list(range(heard + 1, 302))


async def test_many_commands_at_once_are_all_answered(served: Served) -> None:
    async with served.connect("anna") as anna:
        await join(anna)
        for number in range(30):
            await say(anna, t="command", id=f"c{number}", kind="Say", body={"text": str(number)})
        ids = {(await hear(anna, "reply"))["id"] for _ in range(30)}
        assert ids == {f"c{number}" for number in range(30)}
