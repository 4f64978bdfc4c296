"""The pin on uvicorn, and frames written past its protocol object."""

from __future__ import annotations

import asyncio
from importlib.metadata import version

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, Protocol

from bidhall.rooms import transport
from bidhall.rooms.framing import framed
from tests.rooms.served import hear, join, serving


def test_the_pin_is_the_installed_version() -> None:
    """When this fails: read what changed in uvicorn's websockets_sansio_impl, then move the pin."""
    assert version("uvicorn") == transport.KNOWN_VERSION


def test_the_attributes_in_use_are_there() -> None:
    source = WebSocketsSansIOProtocol
    names = {
        "close_sent", "disconnected", "handshake_complete", "transport", "conn", "queue", "loop",
        "read_paused", "close_timer", "writable", "scope",
    }  # fmt: skip
    used = {name for one in vars(source).values() if callable(one) for name in _names(one)}
    assert names <= used
    assert callable(source.stop_keepalive)


def _names(function: object) -> tuple[str, ...]:
    return getattr(getattr(function, "__code__", None), "co_names", ())


@given(st.lists(st.text(max_size=400).map(str.encode), max_size=4))
def test_frames_are_what_websockets_writes(payloads: list[bytes]) -> None:
    expected = b"".join(Frame(Opcode.TEXT, payload).serialize(mask=False) for payload in payloads)
    assert framed(payloads) == expected


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 200_000])
def test_a_client_reads_frames_of_every_size(size: int) -> None:
    reader = Protocol(CLIENT, max_size=None)
    reader.receive_data(framed([b"x" * size, b"end"]))
    first, second = reader.events_received()
    assert isinstance(first, Frame)
    assert isinstance(second, Frame)
    assert (len(first.data), second.data) == (size, b"end")


@pytest.mark.asyncio
async def test_another_version_goes_through_plain_asgi(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn, "__version__", "0.0.0")
    async with serving() as served, served.connect() as public:
        await join(public)
        await served.do("Say", text="x")
        await hear(public, "event")
        assert (await hear(public, "event"))["body"]["text"] == "x"


@pytest.mark.asyncio
@pytest.mark.parametrize("compression", ["deflate", None])
async def test_direct_frames_reach_clients_that_offer_compression(compression: str | None) -> None:
    async with serving() as served, served.connect(compression=compression) as public:
        await join(public)
        for number in range(20):
            await served.do("Say", text="x" * number)
        seen = [(await hear(public, "event"))["seq"] for _ in range(21)]
        assert seen == list(range(1, 22))
        await asyncio.sleep(0)
