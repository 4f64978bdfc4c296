"""Sessions: half and whole ones, tokens that turn, and everything that ends them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from bidhall.accounts.people import People
from bidhall.accounts.seed import Created
from bidhall.accounts.sessions import FRESH, Sessions


async def test_a_half_session_is_none(sessions: Sessions, alice: Created) -> None:
    opened = await sessions.open(alice.person.id, "page", code_given=False)
    assert await sessions.find(opened.token) is None
    half = await sessions.find_any(opened.token)
    assert half is not None
    assert half.fresh_until is None
    assert not half.fresh(datetime.now(UTC))


async def test_a_whole_session_knows_its_person(sessions: Sessions, alice: Created) -> None:
    opened = await sessions.open(alice.person.id, "bearer", code_given=True)
    found = await sessions.find(opened.token)
    assert found is not None
    assert found.person == alice.person
    assert (found.kind, found.account, found.enrolled) == ("bearer", "alice", True)
    assert found.fresh(datetime.now(UTC))
    assert not found.fresh(datetime.now(UTC) + FRESH)


async def test_the_token_turns_with_a_code(sessions: Sessions, alice: Created) -> None:
    opened = await sessions.open(alice.person.id, "page", code_given=False)
    turned = await sessions.rotate(opened.token)
    assert turned.token != opened.token
    assert turned.session.id == opened.session.id
    assert await sessions.find_any(opened.token) is None
    assert await sessions.find(turned.token) is not None
    assert turned.session.expires_at - opened.session.expires_at > timedelta(hours=11)
    with pytest.raises(ValueError, match="ended meanwhile"):
        await sessions.rotate(opened.token)


async def test_of_two_who_turn_a_token_at_once_one_has_it(
    sessions: Sessions, alice: Created
) -> None:
    opened = await sessions.open(alice.person.id, "page", code_given=False)
    done = await asyncio.gather(
        *(sessions.rotate(opened.token) for _ in range(5)), return_exceptions=True
    )
    assert sum(not isinstance(one, BaseException) for one in done) == 1


async def test_turning_does_not_lengthen_a_whole_session(
    sessions: Sessions, alice: Created
) -> None:
    opened = await sessions.open(alice.person.id, "page", code_given=True)
    turned = await sessions.rotate(opened.token)
    assert turned.session.expires_at == opened.session.expires_at


async def test_the_token_is_nowhere_in_the_database(
    pool: asyncpg.Pool, sessions: Sessions, alice: Created
) -> None:
    opened = await sessions.open(alice.person.id, "page", code_given=True)
    row = await pool.fetchrow("SELECT * FROM session")
    assert opened.token not in str(dict(row))
    assert opened.token not in repr(opened)
    # Who has read the table knows hashes; a hash opens nothing.
    assert await sessions.find(row["token_hash"].hex()) is None


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "\0" * 43, "é" * 43, "\ud800" * 43])
async def test_what_is_no_token_opens_nothing(
    sessions: Sessions, alice: Created, token: str
) -> None:
    await sessions.open(alice.person.id, "page", code_given=True)
    assert await sessions.find_any(token) is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE session SET expires_at = clock_timestamp()",
        "UPDATE session SET seen_at = clock_timestamp() - interval '2 hours 1 second'",
        "UPDATE person SET disabled = true",
    ],
)
async def test_what_ends_a_session(
    pool: asyncpg.Pool, sessions: Sessions, alice: Created, change: str
) -> None:
    opened = await sessions.open(alice.person.id, "page", code_given=True)
    await pool.execute(change)
    assert await sessions.find(opened.token) is None


async def test_use_keeps_a_session_from_falling_asleep(
    pool: asyncpg.Pool, sessions: Sessions, alice: Created
) -> None:
    opened = await sessions.open(alice.person.id, "page", code_given=True)
    await pool.execute("UPDATE session SET seen_at = clock_timestamp() - interval '1 hour'")
    assert await sessions.find(opened.token) is not None
    asleep = await pool.fetchval("SELECT clock_timestamp() - seen_at FROM session")
    assert asleep < timedelta(minutes=1)


async def test_who_is_shut_out_cannot_begin(
    people: People, sessions: Sessions, alice: Created
) -> None:
    opened = await sessions.open(alice.person.id, "page", code_given=True)
    await people.disable(alice.person.id)
    assert await sessions.find(opened.token) is None
    with pytest.raises(ValueError, match="nobody may have it"):
        await sessions.open(alice.person.id, "page", code_given=True)
    assert await people.find(alice.person.id) is None


async def test_a_new_password_ends_every_session(
    people: People, sessions: Sessions, alice: Created
) -> None:
    opened = [await sessions.open(alice.person.id, "page", code_given=True) for _ in range(2)]
    await people.set_password(alice.person.id, "alice", "another good pass")
    assert [await sessions.find(one.token) for one in opened] == [None, None]


async def test_all_others_end(sessions: Sessions, alice: Created, bruno: Created) -> None:
    opened = [await sessions.open(alice.person.id, "page", code_given=True) for _ in range(3)]
    other = await sessions.open(bruno.person.id, "page", code_given=True)
    assert await sessions.end_all(alice.person.id, but=opened[1].session.id) == 2
    assert await sessions.find(opened[0].token) is None
    assert await sessions.find(opened[1].token) is not None
    assert await sessions.find(other.token) is not None
    await sessions.end(other.token)
    await sessions.end(other.token)
    assert await sessions.find(other.token) is None
