"""The writer on a real PostgreSQL: what is answered is stored, once, and nothing else is."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from bidhall.cases.case import Command, Event, Person, Signed, canonical_event
from bidhall.cases.errors import ConflictError, InvalidCommandError, NotFoundError, RefusedError
from bidhall.record.errors import UnavailableError
from bidhall.record.streams import Streams
from bidhall.record.writer import Writer
from crypto import records
from tests.record import ledger

ANNA = Person("per-anna")
BELA = Person("per-bela")
_ids = itertools.count()


def command(kind: str, stream: str = "led-1", *, id: str = "", **body: object) -> Command:  # noqa: A002
    return Command(id or f"cmd-{next(_ids)}", stream, kind, body)


async def stored(pool: asyncpg.Pool, stream: str = "led-1") -> list[asyncpg.Record]:
    return list(await pool.fetch("SELECT * FROM event WHERE stream = $1 ORDER BY seq", stream))


async def test_events_are_stored_and_answered(pool: asyncpg.Pool, writer: Writer) -> None:
    opened = await writer.submit(command("Open"), ANNA)
    added = await writer.submit(command("AddTwice", amount=5), ANNA)
    assert (opened.seq, opened.repeated) == (1, False)
    assert [event.seq for event in added.events] == [2, 3]
    assert [event.body["total"] for event in added.events] == [5, 10]
    rows = await stored(pool)
    assert [(row["seq"], row["kind"], row["actor"], row["ordinal"]) for row in rows] == [
        (1, "Opened", "per-anna", 0), (2, "Added", "per-anna", 0), (3, "Added", "per-anna", 1),
    ]  # fmt: skip
    assert await pool.fetchval("SELECT head FROM stream WHERE id = 'led-1'") == 3


async def test_each_leaf_is_the_hash_the_specification_asks_for(
    pool: asyncpg.Pool, streams: Streams, writer: Writer
) -> None:
    await writer.submit(command("Open"), ANNA)
    signed = Signed("dev-1", "ab" * 64)
    await writer.submit(
        Command("cmd-é".encode().hex(), "led-1", "Add", {"amount": 1}, {}, signed), ANNA
    )
    rows = await stored(pool)
    events = await streams.events("led-1")
    assert events[1].signed == {"body": {"amount": 1}, "device": "dev-1", "signature": "ab" * 64}
    for row, event in zip(rows, events, strict=True):
        assert row["leaf"] == records.leaf_data(row["salt"], canonical_event(event))
    assert rows[0]["salt"] != rows[1]["salt"]


async def test_times_are_the_databases_in_milliseconds_and_never_go_back(
    pool: asyncpg.Pool, writer: Writer
) -> None:
    reply = await writer.submit(command("Open"), ANNA)
    now = await pool.fetchval("SELECT clock_timestamp()")
    assert reply.at.microsecond % 1000 == 0
    assert abs((now - reply.at).total_seconds()) < 5
    ahead = datetime(2099, 1, 1, tzinfo=UTC)
    await pool.execute("UPDATE stream SET at = $1", ahead)
    assert (await writer.submit(command("Add"), ANNA)).at == ahead


async def test_a_refusal_changes_nothing_and_hurts_nobody_else(
    pool: asyncpg.Pool, writer: Writer
) -> None:
    await writer.submit(command("Open"), ANNA)
    answers = await asyncio.gather(
        writer.submit(command("Add", amount=1), ANNA),
        writer.submit(command("Add", amount=-1), ANNA),
        writer.submit(command("Add", amount=2), BELA),
        return_exceptions=True,
    )
    assert isinstance(answers[1], ConflictError)
    assert [row["seq"] for row in await stored(pool)] == [1, 2, 3]
    assert (await pool.fetchval("SELECT count(*) FROM event WHERE actor = 'per-bela'")) == 1


async def test_commands_of_one_batch_see_each_others_results(writer: Writer) -> None:
    await writer.submit(command("Open"), ANNA)
    replies = await asyncio.gather(
        *(writer.submit(command("Add", amount=1), ANNA) for _ in range(100))
    )
    assert sorted(reply.events[0].body["total"] for reply in replies) == list(range(1, 101))
    assert [reply.seq for reply in replies] == list(range(2, 102))


async def test_many_streams_in_one_transaction(pool: asyncpg.Pool, writer: Writer) -> None:
    names = [f"led-{number}" for number in range(200)]
    await asyncio.gather(*(writer.submit(command("Open", name), ANNA) for name in names))
    assert await pool.fetchval("SELECT count(*) FROM stream WHERE head = 1") == 200
    assert await pool.fetchval("SELECT count(DISTINCT xmin::text) FROM event") < 20


async def test_two_workers_on_the_same_streams(
    pool: asyncpg.Pool, streams: Streams, writer: Writer
) -> None:
    other = Writer(pool, Streams(pool, ledger.case_of), ledger.case_of)
    other.start()
    names = [f"led-{number}" for number in range(5)]
    await asyncio.gather(*(writer.submit(command("Open", name), ANNA) for name in names))

    async def add(one: Writer, name: str) -> None:
        for _ in range(30):
            await one.submit(command("Add", name, amount=1), ANNA)

    await asyncio.gather(*(add(one, name) for one in (writer, other) for name in names))
    await other.close()
    for name in names:
        state, head = await streams.state(name)
        assert (state.total, head) == (60, 61)


async def test_workers_that_create_the_same_streams_at_once(
    pool: asyncpg.Pool, writer: Writer
) -> None:
    other = Writer(pool, Streams(pool, ledger.case_of), ledger.case_of)
    other.start()
    names = [f"led-{number}" for number in range(40)]
    both = [
        one.submit(command("Open", name), ANNA)
        for one, some in ((writer, names), (other, names[::-1])) for name in some
    ]  # fmt: skip
    answers = await asyncio.gather(*both, return_exceptions=True)
    await other.close()
    assert sum(isinstance(one, ConflictError) for one in answers) == 40
    assert await pool.fetchval("SELECT count(*) FROM event") == 40


async def test_a_repeated_command_gets_its_first_result(pool: asyncpg.Pool, writer: Writer) -> None:
    await writer.submit(command("Open"), ANNA)
    again = command("AddTwice", id="cmd-again", amount=5)
    first = await writer.submit(again, ANNA)
    await writer.submit(command("Add", amount=1), ANNA)
    second = await writer.submit(again, ANNA)
    assert (second.seq, second.at, second.events) == (first.seq, first.at, first.events)
    assert (first.repeated, second.repeated) == (False, True)
    assert len(await stored(pool)) == 4


async def test_a_command_sent_twice_at_once_happens_once(
    pool: asyncpg.Pool, writer: Writer
) -> None:
    await writer.submit(command("Open"), ANNA)
    again = command("Add", id="cmd-again", amount=5)
    replies = await asyncio.gather(*(writer.submit(again, ANNA) for _ in range(5)))
    assert [reply.repeated for reply in replies] == [False, True, True, True, True]
    assert {reply.seq for reply in replies} == {2}
    assert len(await stored(pool)) == 2


@pytest.mark.parametrize(
    ("other", "actor"),
    [
        (command("Add", id="cmd-x", amount=6), ANNA),
        (command("AddTwice", id="cmd-x", amount=5), ANNA),
        (command("Add", id="cmd-x", amount=5), BELA),
    ],
)
async def test_another_command_with_a_used_id_is_refused(
    pool: asyncpg.Pool, writer: Writer, other: Command, actor: Person
) -> None:
    await writer.submit(command("Open"), ANNA)
    await writer.submit(command("Add", id="cmd-x", amount=5), ANNA)
    with pytest.raises(ConflictError) as refused:
        await writer.submit(other, actor)
    assert refused.value.code == "command-id-reused"
    assert len(await stored(pool)) == 2


async def test_ids_count_per_stream(writer: Writer) -> None:
    for name in ("led-1", "led-2"):
        assert not (await writer.submit(command("Open", name, id="cmd-same"), ANNA)).repeated


async def test_a_command_that_changes_nothing_is_answered_with_the_head(writer: Writer) -> None:
    await writer.submit(command("Open"), ANNA)
    reply = await writer.submit(command("Touch"), ANNA)
    assert (reply.seq, reply.events) == (1, ())


async def test_only_a_creating_command_makes_a_stream(pool: asyncpg.Pool, writer: Writer) -> None:
    with pytest.raises(NotFoundError) as refused:
        await writer.submit(command("Add", "led-none"), ANNA)
    assert refused.value.code == "no-such-case"
    assert await pool.fetchval("SELECT count(*) FROM stream") == 0


@pytest.mark.parametrize(
    "wrong",
    [
        command("Add", id="nul\0"), command("Add", "led-\0"), command("Add", id="x" * 201),
        command("Add", id="half\ud800"), command("Add", id="空"), Command("", "led-1", "Add", {}),
        command("Vanish"),
    ],
)  # fmt: skip
async def test_a_malformed_command_is_refused_before_it_meets_others(
    writer: Writer, wrong: Command
) -> None:
    with pytest.raises(InvalidCommandError):
        await writer.submit(wrong, ANNA)


async def test_a_stream_of_no_kind_is_not_found(writer: Writer) -> None:
    with pytest.raises(NotFoundError):
        await writer.submit(command("Open", "xyz-1"), ANNA)


@pytest.mark.parametrize("body", [{"amount": 0.5}, {"amount": float("nan")}, {"x": "\ud800"}])
async def test_a_body_without_canonical_form_is_refused(
    writer: Writer, body: dict[str, object]
) -> None:
    await writer.submit(command("Open"), ANNA)
    with pytest.raises(RefusedError) as refused:
        await writer.submit(command("Add", **body), ANNA)
    assert refused.value.code == "not-canonical"


@pytest.mark.parametrize("kind", ["Crash", "BreakState", "AddFloat", "AddMoment"])
async def test_a_mistake_in_the_rules_fails_that_command_alone(
    pool: asyncpg.Pool, streams: Streams, writer: Writer, kind: str
) -> None:
    await writer.submit(command("Open"), ANNA)
    answers = await asyncio.gather(
        writer.submit(command("Add", amount=1), ANNA),
        writer.submit(command(kind), ANNA),
        writer.submit(command("Add", amount=1), ANNA),
        return_exceptions=True,
    )
    assert [isinstance(one, Exception) for one in answers] == [False, True, False]
    assert [row["seq"] for row in await stored(pool)] == [1, 2, 3]
    assert (await streams.state("led-1"))[0].total == 2


async def test_what_poisons_a_transaction_fails_alone(pool: asyncpg.Pool, streams: Streams) -> None:
    async def read_tables(connection: asyncpg.Connection, states: Mapping[str, Any]) -> None:
        if any(state.total == 13 for state in states.values()):
            await connection.execute("SELECT 1 / 0")

    writer = Writer(pool, streams, ledger.case_of, read_tables=read_tables)
    writer.start()
    names = [f"led-{number}" for number in range(6)]
    await asyncio.gather(*(writer.submit(command("Open", name), ANNA) for name in names))
    answers = await asyncio.gather(
        *(writer.submit(command("Add", name, amount=10 + number), ANNA)
          for number, name in enumerate(names)),
        return_exceptions=True,
    )  # fmt: skip
    await writer.close()
    assert [isinstance(one, UnavailableError) for one in answers] == [False] * 3 + [True] + [
        False
    ] * 2
    assert (await streams.state("led-3"))[0].total == 0
    assert len(await stored(pool, "led-3")) == 1


async def test_read_tables_are_written_in_the_same_transaction(
    pool: asyncpg.Pool, streams: Streams
) -> None:
    await pool.execute("CREATE TABLE total (stream text, total bigint, transaction text)")

    async def read_tables(connection: asyncpg.Connection, states: Mapping[str, Any]) -> None:
        for name, state in states.items():
            await connection.execute(
                "INSERT INTO total VALUES ($1, $2, pg_current_xact_id()::xid::text)",
                name,
                state.total,
            )

    writer = Writer(pool, streams, ledger.case_of, read_tables=read_tables)
    writer.start()
    await writer.submit(command("Open"), ANNA)
    await writer.submit(command("Add", amount=3), ANNA)
    await writer.submit(command("Touch"), ANNA)
    await writer.close()
    rows = await pool.fetch(
        "SELECT total FROM total JOIN event ON event.xmin::text = transaction ORDER BY seq"
    )
    assert [row["total"] for row in rows] == [0, 3]
    assert await pool.fetchval("SELECT count(*) FROM total") == 2


async def test_published_only_after_the_commit(pool: asyncpg.Pool, streams: Streams) -> None:
    told: list[tuple[Event, ...]] = []

    async def publish(events: Sequence[Event]) -> None:
        heads = {row["id"]: row["head"] for row in await pool.fetch("SELECT id, head FROM stream")}
        assert all(heads[event.stream] >= event.seq for event in events)
        told.append(tuple(events))

    writer = Writer(pool, streams, ledger.case_of, publish=publish)
    writer.start()
    await writer.submit(command("Open"), ANNA)
    with pytest.raises(ConflictError):
        await writer.submit(command("Open"), ANNA)
    await writer.submit(command("AddTwice"), ANNA)
    await writer.close()
    assert [[event.seq for event in some] for some in told] == [[1], [2, 3]]


async def test_a_hint_that_fails_is_only_a_hint(pool: asyncpg.Pool, streams: Streams) -> None:
    async def publish(events: Sequence[Event]) -> None:
        message = f"{len(events)} lost"
        raise OSError(message)

    writer = Writer(pool, streams, ledger.case_of, publish=publish)
    writer.start()
    assert (await writer.submit(command("Open"), ANNA)).seq == 1
    assert (await writer.submit(command("Add"), ANNA)).seq == 2
    await writer.close()


async def test_salts_come_from_the_given_source(pool: asyncpg.Pool, streams: Streams) -> None:
    numbers = itertools.count(7)
    writer = Writer(
        pool, streams, ledger.case_of, random=lambda size: next(numbers).to_bytes(size, "big")
    )
    writer.start()
    await writer.submit(command("Open"), ANNA)
    await writer.submit(command("AddTwice"), ANNA)
    await writer.close()
    assert [int.from_bytes(row["salt"], "big") for row in await stored(pool)] == [7, 8, 9]


async def test_owed_work_is_rewritten_with_every_event(pool: asyncpg.Pool, writer: Writer) -> None:
    async def owed() -> list[tuple[str, str]]:
        rows = await pool.fetch("SELECT key, at FROM due WHERE source = 'led-1' ORDER BY key")
        return [(row["key"], row["at"].isoformat()) for row in rows]

    later, now = "2099-01-01T00:00:00.000Z", "now"
    await writer.submit(command("Open"), ANNA)
    await writer.submit(command("Remind", key="a", at=later), ANNA)
    await writer.submit(command("Remind", key="b", at=now), ANNA)
    assert await owed() == [("a", "2099-01-01T00:00:00+00:00"), ("b", "1970-01-01T00:00:00+00:00")]
    await writer.submit(command("Forget", key="a"), ANNA)
    assert await owed() == [("b", "1970-01-01T00:00:00+00:00")]
    await pool.execute("DELETE FROM due")
    await writer.submit(command("Add", amount=1), ANNA)
    assert [key for key, _ in await owed()] == ["b"]
    await writer.submit(command("Forget", key="b"), ANNA)
    assert await owed() == []


async def test_a_stream_row_without_events_can_be_taken(pool: asyncpg.Pool, writer: Writer) -> None:
    """A refused creation leaves a row with head 0, which is no case to anybody."""
    await pool.execute("INSERT INTO stream (id, kind) VALUES ('led-1', 'ledger')")
    with pytest.raises(NotFoundError):
        await writer.submit(command("Add"), ANNA)
    assert (await writer.submit(command("Open"), ANNA)).seq == 1
