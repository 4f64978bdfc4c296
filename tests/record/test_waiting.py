"""Commands that wait for the writer: how many may, and what becomes of them at the end."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from bidhall.cases.case import Command, Person
from bidhall.record.errors import OverloadedError, UnavailableError
from bidhall.record.streams import Streams
from bidhall.record.writer import Writer
from tests.record import ledger

ANNA = Person("per-anna")


def opening(stream: str) -> Command:
    return Command(f"cmd-{stream}", stream, "Open", {})


async def test_more_than_may_wait_is_turned_away(pool: asyncpg.Pool, streams: Streams) -> None:
    writer = Writer(pool, streams, ledger.case_of, most_waiting=3)
    waiting = [asyncio.ensure_future(writer.submit(opening(f"led-{n}"), ANNA)) for n in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError):
        await writer.submit(opening("led-9"), ANNA)
    writer.start()
    assert [reply.seq for reply in await asyncio.gather(*waiting)] == [1, 1, 1]
    await writer.close()


async def test_closing_writes_what_waits_and_then_takes_nothing(
    pool: asyncpg.Pool, streams: Streams
) -> None:
    writer = Writer(pool, streams, ledger.case_of)
    writer.start()
    waiting = [asyncio.ensure_future(writer.submit(opening(f"led-{n}"), ANNA)) for n in range(700)]
    await asyncio.sleep(0)
    await writer.close()
    assert {reply.seq for reply in await asyncio.gather(*waiting)} == {1}
    with pytest.raises(UnavailableError):
        await writer.submit(opening("led-new"), ANNA)


async def test_a_sender_that_gave_up_disturbs_nobody(pool: asyncpg.Pool, writer: Writer) -> None:
    gone = asyncio.ensure_future(writer.submit(opening("led-1"), ANNA))
    stays = asyncio.ensure_future(writer.submit(opening("led-2"), ANNA))
    await asyncio.sleep(0)
    gone.cancel()
    assert (await stays).seq == 1
    with pytest.raises(asyncio.CancelledError):
        await gone
    # It was sent, so it counts: a client that repeats it learns that.
    assert await pool.fetchval("SELECT count(*) FROM event") == 2
