"""Streams: a cached state is only ever a shortcut to its head."""

from __future__ import annotations

import asyncpg
import pytest

from bidhall.cases.case import Command, Person
from bidhall.cases.errors import NotFoundError
from bidhall.record import streams as module
from bidhall.record.streams import Streams
from bidhall.record.writer import Writer
from tests.record import ledger

ANNA = Person("per-anna")


async def grow(writer: Writer, count: int, stream: str = "led-1") -> None:
    await writer.submit(Command("cmd-open", stream, "Open", {}), ANNA)
    for number in range(count):
        await writer.submit(Command(f"cmd-{number}", stream, "Add", {"amount": number}), ANNA)


async def test_events_in_order_after_and_limited(streams: Streams, writer: Writer) -> None:
    await grow(writer, 5)
    assert [event.seq for event in await streams.events("led-1")] == [1, 2, 3, 4, 5, 6]
    assert [event.seq for event in await streams.events("led-1", after=2, limit=2)] == [3, 4]
    assert await streams.events("led-1", after=6) == []
    assert await streams.events("led-other") == []


async def test_a_stream_that_is_not_there(streams: Streams) -> None:
    assert await streams.head("led-1") == 0
    assert not await streams.exists("led-1")
    assert await streams.state("led-1") == (ledger.State("led-1"), 0)
    with pytest.raises(NotFoundError):
        await streams.state("xyz-1")


async def test_another_workers_cache_is_brought_up_to_the_head(
    pool: asyncpg.Pool, writer: Writer
) -> None:
    elsewhere = Streams(pool, ledger.case_of)
    await grow(writer, 3)
    assert (await elsewhere.state("led-1"))[1] == 4
    await writer.submit(Command("cmd-more", "led-1", "Add", {"amount": 100}), ANNA)
    state, head = await elsewhere.state("led-1")
    assert (state.total, state.count, head) == (103, 4, 5)
    assert await elsewhere.exists("led-1")


async def test_a_cached_state_equals_one_read_from_the_beginning(
    pool: asyncpg.Pool, streams: Streams, writer: Writer
) -> None:
    await grow(writer, 20)
    assert streams.cached("led-1")[1] == 21
    assert streams.cached("led-1") == await Streams(pool, ledger.case_of).state("led-1")


async def test_a_writer_with_a_stale_cache_catches_up_under_the_lock(
    pool: asyncpg.Pool, streams: Streams, writer: Writer
) -> None:
    await grow(writer, 2)
    other = Writer(pool, Streams(pool, ledger.case_of), ledger.case_of)
    other.start()
    await other.submit(Command("cmd-elsewhere", "led-1", "Add", {"amount": 50}), ANNA)
    await other.close()
    assert streams.cached("led-1")[1] == 3
    reply = await writer.submit(Command("cmd-here", "led-1", "Add", {"amount": 1}), ANNA)
    assert (reply.seq, reply.events[0].body["total"]) == (5, 52)


async def test_an_older_state_never_replaces_a_newer(pool: asyncpg.Pool) -> None:
    streams = Streams(pool, ledger.case_of)
    streams.keep("led-1", "new", 5)
    streams.keep("led-1", "old", 4)
    assert streams.cached("led-1") == ("new", 5)


async def test_the_least_used_states_are_forgotten(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_KEPT", 2)
    streams = Streams(pool, ledger.case_of)
    for name in ("led-1", "led-2"):
        streams.keep(name, name, 1)
    streams.cached("led-1")
    streams.keep("led-3", "led-3", 1)
    assert [streams.cached(f"led-{n}")[1] for n in (1, 2, 3)] == [1, 0, 1]
