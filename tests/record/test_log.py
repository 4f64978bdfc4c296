"""Sequencer and log on a real PostgreSQL: what they give is checked with the pure verifier."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import asyncpg
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidhall.cases.case import Command, Person
from bidhall.cases.errors import NotFoundError
from bidhall.record.errors import LogDamagedError, NotSequencedError
from bidhall.record.log import Log
from bidhall.record.sequencer import LOCK, Sequencer
from bidhall.record.tilestore import TileStore, paths_for
from bidhall.record.writer import Writer
from crypto import merkle, multiproof, receipt, tiles
from crypto.errors import ProofInvalidError
from crypto.notes import open_checkpoint, verifier_key

ORIGIN = "hall.test/record"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VKEY = verifier_key(ORIGIN, KEY)
ANNA = Person("per-anna")


@pytest_asyncio.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def log(pool: asyncpg.Pool) -> Log:
    return Log(pool, ORIGIN, VKEY, patience=0.3)


@pytest.fixture
def sequencer(database_url: str) -> Sequencer:
    return Sequencer(database_url, ORIGIN, KEY)


@asynccontextmanager
async def running(sequencer: Sequencer) -> AsyncIterator[None]:
    task = asyncio.create_task(sequencer.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def insert(pool: asyncpg.Pool, count: int) -> None:
    """Put plain events in, past the writer, for logs of an interesting size."""
    await pool.execute(
        "INSERT INTO stream (id, kind) VALUES ('led-x', 'ledger') ON CONFLICT DO NOTHING"
    )
    await pool.execute(
        """
        INSERT INTO event (stream, seq, at, kind, actor, command_id, ordinal, digest, body, salt, leaf)
        SELECT 'led-x', head + n, $2, 'Added', 'per-a', 'cmd-' || head + n, 0, '', '{"total":1}',
               sha256('salt'), sha256((head + n)::text::bytea)
        FROM stream, generate_series(1, $1) n WHERE id = 'led-x'
        """,
        count, datetime(2026, 11, 24, tzinfo=UTC),
    )  # fmt: skip
    await pool.execute("UPDATE stream SET head = head + $1 WHERE id = 'led-x'", count)


async def leaves(pool: asyncpg.Pool) -> list[bytes]:
    rows = await pool.fetch("SELECT leaf FROM event WHERE log_index IS NOT NULL ORDER BY log_index")
    return [merkle.leaf_hash(row["leaf"]) for row in rows]


async def test_an_empty_log_has_a_checkpoint(
    connection: asyncpg.Connection, sequencer: Sequencer, log: Log
) -> None:
    with pytest.raises(NotSequencedError):
        await log.latest_checkpoint()
    assert await sequencer.round(connection) == 0
    assert await sequencer.round(connection) == 0
    note, checkpoint = await log.latest_checkpoint()
    assert (checkpoint.size, checkpoint.root) == (0, merkle.EMPTY_ROOT)
    assert open_checkpoint(note, ORIGIN, log.vkey) == checkpoint


@pytest.mark.parametrize("steps", [(1,), (1, 1, 1), (256,), (255, 1, 1), (700, 300), (3, 600, 200)])
async def test_every_event_gets_one_place_and_the_roots_are_right(
    pool: asyncpg.Pool, connection: asyncpg.Connection, sequencer: Sequencer, log: Log,
    steps: Sequence[int],
) -> None:  # fmt: skip
    for count in steps:
        await insert(pool, count)
        assert await sequencer.round(connection) == count
    size = sum(steps)
    places = await pool.fetch("SELECT log_index FROM event ORDER BY log_index")
    assert [row["log_index"] for row in places] == list(range(size))
    hashes = await leaves(pool)
    note, checkpoint = await log.latest_checkpoint()
    assert (checkpoint.size, checkpoint.root) == (size, merkle.root(hashes))
    for row in await pool.fetch("SELECT note FROM checkpoint WHERE size > 0"):
        older = open_checkpoint(row["note"], ORIGIN, VKEY)
        assert older.root == merkle.root(hashes[: older.size])
        path = await log.consistency(older.size, size)
        merkle.verify_consistency(older.size, size, older.root, checkpoint.root, path)
    for index in {0, size // 2, size - 1}:
        path = await log.inclusion(index, size)
        merkle.verify_inclusion(hashes[index], index, size, path, checkpoint.root)
    assert note.endswith("\n")


async def test_rounds_take_at_most_so_many(
    pool: asyncpg.Pool, connection: asyncpg.Connection, database_url: str
) -> None:
    sequencer = Sequencer(database_url, ORIGIN, KEY, at_once=300)
    await insert(pool, 700)
    assert [await sequencer.round(connection) for _ in range(4)] == [300, 300, 100, 0]


async def test_partial_tiles_go_when_the_full_one_comes(
    pool: asyncpg.Pool, connection: asyncpg.Connection, sequencer: Sequencer, log: Log
) -> None:
    await insert(pool, 100)
    await sequencer.round(connection)
    early = TileStore(pool)
    await early.fetch(paths_for([], 100))
    first = (await log.latest_checkpoint())[1]
    await insert(pool, 100)
    await sequencer.round(connection)
    assert await log.tile("tile/0/000.p/100")
    await insert(pool, 100)
    await sequencer.round(connection)
    paths = {row["path"] for row in await pool.fetch("SELECT path FROM tile")}
    assert paths == {
        "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/44",
    }  # fmt: skip
    with pytest.raises(NotFoundError):
        await log.tile("tile/0/000.p/100")
    # Whoever still holds the older checkpoint reads the same hashes out of the full tile.
    root = await TileStore(pool).walk(lambda read: tiles.TileReader(read, 100).root(100))
    assert root == first.root


async def test_tile_paths_are_checked(log: Log) -> None:
    for path in ("tile/0/../000", "secret", "tile/0/000.p/256", "tile/0/000\n"):
        with pytest.raises(ProofInvalidError):
            await log.tile(path)


async def test_a_receipt_convinces_the_verifier(
    connection: asyncpg.Connection, sequencer: Sequencer, log: Log, writer: Writer
) -> None:
    await writer.submit(Command("cmd-1", "led-1", "Open", {}), ANNA)
    await writer.submit(Command("cmd-2", "led-1", "AddTwice", {"amount": 4}), ANNA)
    await sequencer.round(connection)
    given = await log.receipt("led-1", 2)
    proven = receipt.verify(given, ORIGIN, VKEY)
    assert proven.event["body"] == {"amount": 4, "total": 4}
    assert proven.checkpoint.size == 3
    some = await log.receipts("led-1", [3, 1])
    assert [receipt.verify(one, ORIGIN, VKEY).event["seq"] for one in some] == [3, 1]
    evidence = await log.evidence("led-1", {"Added"})
    assert [receipt.verify(one, ORIGIN, VKEY).event["seq"] for one in evidence] == [2, 3]
    assert await log.evidence("led-1", {"Nothing"}) == []


async def test_a_receipt_is_waited_for_and_not_for_ever(
    sequencer: Sequencer, log: Log, writer: Writer
) -> None:
    await writer.submit(Command("cmd-1", "led-1", "Open", {}), ANNA)
    with pytest.raises(NotSequencedError):
        await log.receipt("led-1", 1)
    with pytest.raises(NotSequencedError):
        await log.leaves("led-1", [1])
    with pytest.raises(NotFoundError):
        await log.receipt("led-1", 2)
    with pytest.raises(NotFoundError):
        await log.leaves("led-1", [1, 2])
    waiting = asyncio.create_task(log.receipt("led-1", 1))
    async with running(sequencer):
        assert receipt.verify(await waiting, ORIGIN, VKEY).index == 0


async def test_leaves_and_multiproof(
    pool: asyncpg.Pool,
    connection: asyncpg.Connection,
    sequencer: Sequencer,
    log: Log,
    writer: Writer,
) -> None:
    await insert(pool, 600)
    await writer.submit(Command("cmd-1", "led-1", "Open", {}), ANNA)
    await sequencer.round(connection)
    await insert(pool, 300)
    await sequencer.round(connection)
    size, wanted = 601, [3, 4, 258, 600]
    proof = await log.multiproof(wanted, size)
    hashes = (await leaves(pool))[:size]
    for whole, some in ((True, proof), (False, proof[:-1])):
        try:
            root = multiproof.root_from({index: hashes[index] for index in wanted}, size, some)
        except ProofInvalidError:
            root = b""
        assert (root == merkle.root(hashes)) is whole
    (leaf,) = await log.leaves("led-1", [1])
    assert leaf.index == 600
    assert merkle.leaf_hash(leaf.data) == hashes[600]


async def test_only_one_of_two_sequencers_works_until_it_goes(
    pool: asyncpg.Pool, database_url: str, log: Log
) -> None:
    both = [Sequencer(database_url, ORIGIN, KEY) for _ in range(2)]
    async with running(both[0]), running(both[1]):
        for _ in range(4):
            await insert(pool, 10)
            await asyncio.sleep(0.15)
            # Whoever leads loses its connection: the other one, or it again, goes on.
            await pool.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks"
                " WHERE locktype = 'advisory' AND objid = $1 AND granted", LOCK & 0xFFFFFFFF,
            )  # fmt: skip
        await asyncio.wait_for(_all_placed(pool), 10)
    hashes = await leaves(pool)
    checkpoint = (await log.latest_checkpoint())[1]
    assert (checkpoint.size, checkpoint.root) == (40, merkle.root(hashes))


async def _all_placed(pool: asyncpg.Pool) -> None:
    while await pool.fetchval("SELECT count(*) FROM event WHERE log_index IS NULL"):
        await asyncio.sleep(0.02)


async def test_an_event_that_commits_late_is_not_lost(
    database_url: str, pool: asyncpg.Pool, connection: asyncpg.Connection, sequencer: Sequencer
) -> None:
    slow = await asyncpg.connect(database_url)
    await insert(pool, 1)
    transaction = slow.transaction()
    await transaction.start()
    await slow.execute("INSERT INTO stream (id, kind) VALUES ('led-y', 'ledger')")
    await slow.execute(
        "INSERT INTO event (stream, seq, at, kind, actor, command_id, ordinal, digest, body, salt, leaf)"
        " VALUES ('led-y', 1, now(), 'Added', 'per-a', 'cmd-1', 0, '', '{}', sha256('s'), sha256('l'))"
    )
    await insert(pool, 1)
    assert await sequencer.round(connection) == 2
    await transaction.commit()
    await slow.close()
    assert await sequencer.round(connection) == 1
    rows = await pool.fetch("SELECT stream, log_index FROM event ORDER BY id")
    assert [(row["stream"], row["log_index"]) for row in rows] == [
        ("led-x", 0), ("led-y", 2), ("led-x", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE tile SET data = overlay(data PLACING '\\x00'::bytea FROM 5) WHERE path = 'tile/0/000.p/30'",
        "UPDATE tile SET data = substr(data, 1, 40) WHERE path LIKE 'tile/entries/%'",
        "DELETE FROM tile WHERE path = 'tile/0/000.p/30'",
        "UPDATE checkpoint SET note = replace(note, '30', '31')",
    ],
)
async def test_nothing_is_signed_over_a_damaged_log(
    pool: asyncpg.Pool, connection: asyncpg.Connection, sequencer: Sequencer, damage: str
) -> None:
    await insert(pool, 30)
    await sequencer.round(connection)
    await pool.execute("ALTER TABLE tile DISABLE TRIGGER USER")
    await pool.execute("ALTER TABLE checkpoint DISABLE TRIGGER USER")
    assert await pool.execute(damage) != "UPDATE 0"
    await insert(pool, 5)
    with pytest.raises(LogDamagedError):
        await sequencer.round(connection)
    assert await pool.fetchval("SELECT count(*) FROM event WHERE log_index IS NULL") == 5
    assert await pool.fetchval("SELECT max(size) FROM checkpoint") == 30


async def test_another_key_does_not_continue_the_log(
    pool: asyncpg.Pool, connection: asyncpg.Connection, sequencer: Sequencer, database_url: str
) -> None:
    await insert(pool, 3)
    await sequencer.round(connection)
    await insert(pool, 3)
    other = Sequencer(database_url, ORIGIN, Ed25519PrivateKey.generate())
    with pytest.raises(LogDamagedError):
        await other.round(connection)
    assert await sequencer.round(connection) == 3


async def test_a_damaged_log_is_reported_and_the_loop_goes_on(
    pool: asyncpg.Pool, database_url: str, sequencer: Sequencer, connection: asyncpg.Connection
) -> None:
    await insert(pool, 3)
    await sequencer.round(connection)
    await insert(pool, 3)
    wrong = Sequencer(database_url, ORIGIN, Ed25519PrivateKey.generate())
    task = asyncio.create_task(wrong.run())
    await asyncio.sleep(0.4)
    assert not task.done()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert await pool.fetchval("SELECT max(size) FROM checkpoint") == 3
