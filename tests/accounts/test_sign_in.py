"""Signing in: one answer to everything that is wrong, and limits that no crowd gets round."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pyotp
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from bidhall.accounts.errors import (
    CodeRefusedError,
    EnrolledAlreadyError,
    SignInNeededError,
    SignInRefusedError,
    TooManyAttemptsError,
)
from bidhall.accounts.people import People
from bidhall.accounts.second_factor import CODES
from bidhall.accounts.seed import Created
from bidhall.accounts.sessions import Sessions
from bidhall.accounts.sign_in import Credentials, Limits, SignIn, network_of
from bidhall.accounts.throttle import Limit, Throttle
from tests.accounts.made import PASSWORD, CountingHasher, code_of

HERE = "192.0.2.7"
ELSEWHERE = "198.51.100.9"
WINDOW = 900
SMALL = Limits(Limit("pair", 3, WINDOW), Limit("account", 6, WINDOW), Limit("network", 8, WINDOW))


@pytest_asyncio.fixture
async def door(people: People, sessions: Sessions) -> SignIn:
    return SignIn(people, sessions, SMALL)


def hasher_of(people: People) -> CountingHasher:
    hasher = people.passwords._hasher
    assert isinstance(hasher, CountingHasher)
    return hasher


async def test_two_steps(door: SignIn, sessions: Sessions, alice: Created) -> None:
    half = await door.sign_in(Credentials(" ALICE ", PASSWORD), HERE)
    assert half.session.fresh_until is None
    assert await sessions.find(half.token) is None
    whole = await door.give_code(half.token, code=code_of(alice))
    found = await sessions.find(whole.token)
    assert found is not None
    assert found.person == alice.person
    assert await sessions.find_any(half.token) is None


async def test_all_at_once(door: SignIn, sessions: Sessions, alice: Created) -> None:
    given = Credentials("alice", PASSWORD, code_of(alice), "bearer")
    opened = await door.sign_in(given, HERE)
    assert await sessions.find(opened.token) is not None
    assert opened.session.kind == "bearer"


async def test_everything_wrong_has_one_answer_and_takes_one_check(
    door: SignIn, people: People, alice: Created, bruno: Created
) -> None:
    """Unknown, misspelt, hostile, shut out, wrong password, wrong code: all look the same."""
    await people.disable(bruno.person.id)
    wrong = [
        Credentials("nobody", PASSWORD),
        Credentials("nobody", PASSWORD, "123456"),
        Credentials("a\0lice", PASSWORD),
        Credentials("\ud800", PASSWORD),
        Credentials("x" * 900, PASSWORD),
        Credentials("bruno", PASSWORD),
        Credentials("alice", "wrong password"),
        Credentials("alice", "wrong password", code_of(alice)),
        Credentials("alice", PASSWORD, "000000"),
    ]
    told = set()
    for place, given in enumerate(wrong):
        before = hasher_of(people).verified
        with pytest.raises(SignInRefusedError) as refused:
            await door.sign_in(given, f"10.0.0.{place}")
        assert hasher_of(people).verified == before + 1, given.account
        told.add((str(refused.value), refused.value.code, str(refused.value.params)))
    assert len(told) == 1


async def test_a_code_is_not_used_up_by_a_wrong_password(door: SignIn, alice: Created) -> None:
    code = code_of(alice)
    with pytest.raises(SignInRefusedError):
        await door.sign_in(Credentials("alice", "wrong password", code), HERE)
    await door.sign_in(Credentials("alice", PASSWORD, code), HERE)


async def test_who_lacks_the_password_cannot_use_up_the_codes_of_others(
    people: People, sessions: Sessions, alice: Created
) -> None:
    door = SignIn(people, sessions)
    for place in range(CODES.times + 2):
        with pytest.raises(SignInRefusedError):
            await door.sign_in(Credentials("alice", "wrong password", "000000"), f"10.1.0.{place}")
    await door.sign_in(Credentials("alice", PASSWORD, code_of(alice)), HERE)


async def test_too_many_codes_at_once_are_answered_like_a_wrong_one(
    people: People, sessions: Sessions, alice: Created
) -> None:
    door = SignIn(people, sessions)
    for place in range(CODES.times + 2):
        with pytest.raises(SignInRefusedError):
            await door.sign_in(Credentials("alice", PASSWORD, "000000"), f"10.1.0.{place}")
    with pytest.raises(SignInRefusedError):
        await door.sign_in(Credentials("alice", PASSWORD, code_of(alice)), HERE)


async def test_an_account_is_limited_by_address_and_others_get_in(
    door: SignIn, alice: Created
) -> None:
    for _ in range(SMALL.pair.times):
        with pytest.raises(SignInRefusedError):
            await door.sign_in(Credentials("alice", "wrong password"), ELSEWHERE)
    with pytest.raises(TooManyAttemptsError) as refused:
        await door.sign_in(Credentials("alice", PASSWORD), ELSEWHERE)
    assert 0 < refused.value.retry_after <= WINDOW
    await door.sign_in(Credentials("alice", PASSWORD), HERE)


async def test_an_account_is_limited_over_all_addresses(door: SignIn, alice: Created) -> None:
    for place in range(SMALL.account.times):
        with pytest.raises(SignInRefusedError):
            await door.sign_in(Credentials("alice", "wrong password"), f"10.2.0.{place}")
    with pytest.raises(TooManyAttemptsError):
        await door.sign_in(Credentials("alice", PASSWORD), HERE)


async def test_an_address_is_limited_over_all_accounts_known_or_not(
    door: SignIn, alice: Created
) -> None:
    for place in range(SMALL.network.times):
        with pytest.raises(SignInRefusedError):
            await door.sign_in(Credentials(f"guess{place}", "wrong password"), HERE)
    with pytest.raises(TooManyAttemptsError):
        await door.sign_in(Credentials("alice", PASSWORD), HERE)


async def test_many_at_once_count_one_by_one(people: People, door: SignIn, alice: Created) -> None:
    async def one() -> type[BaseException] | None:
        try:
            await door.sign_in(Credentials("alice", "wrong password"), HERE)
        except (SignInRefusedError, TooManyAttemptsError) as error:
            return type(error)
        return None

    done = await asyncio.gather(*(one() for _ in range(20)))
    assert done.count(SignInRefusedError) == SMALL.pair.times
    assert done.count(TooManyAttemptsError) == 20 - SMALL.pair.times


async def test_right_tries_do_not_count(door: SignIn, alice: Created) -> None:
    times = 2 * SMALL.network.times
    begun = [await door.sign_in(Credentials("alice", PASSWORD), HERE) for _ in range(times)]
    assert {one.session.account for one in begun} == {"alice"}
    assert len({one.token for one in begun}) == times


async def test_an_own_account_does_not_pay_for_guesses_at_others(
    door: SignIn, alice: Created
) -> None:
    for place in range(SMALL.network.times):
        await door.sign_in(Credentials("alice", PASSWORD), HERE)
        with pytest.raises(SignInRefusedError):
            await door.sign_in(Credentials(f"guess{place}", "wrong password"), HERE)
    with pytest.raises(TooManyAttemptsError):
        await door.sign_in(Credentials("alice", PASSWORD), HERE)


@pytest_asyncio.fixture
async def without_valkey(pool: asyncpg.Pool, tmp_path: Path) -> AsyncIterator[People]:
    """People whose Valkey does not answer."""
    gone: Redis = Redis.from_url(f"unix://{tmp_path}/nobody-listens.sock")
    made = People(pool, gone, tmp_path / "accounts.key", hasher=CountingHasher())
    yield made
    made.close()
    await gone.aclose()


async def test_without_valkey_the_limits_hold(
    people: People, without_valkey: People, sessions: Sessions, alice: Created
) -> None:
    door = SignIn(without_valkey, sessions, SMALL)
    for _ in range(2 * SMALL.network.times):
        await door.sign_in(Credentials("alice", PASSWORD), HERE)
    for _ in range(SMALL.pair.times):
        with pytest.raises(SignInRefusedError):
            await door.sign_in(Credentials("alice", "wrong password"), ELSEWHERE)
    with pytest.raises(TooManyAttemptsError) as refused:
        await door.sign_in(Credentials("alice", PASSWORD), ELSEWHERE)
    assert 0 < refused.value.retry_after <= WINDOW


@pytest.mark.parametrize("here", [True, False])
async def test_a_window_ends(pool: asyncpg.Pool, valkey: Redis, *, here: bool) -> None:
    throttle = Throttle(pool, None if here else valkey)
    limit = Limit("brief", 1, 1)
    await throttle.hit(limit, "someone")
    with pytest.raises(TooManyAttemptsError):
        await throttle.hit(limit, "someone")
    await throttle.hit(limit, "someone else")
    await asyncio.sleep(1.1)
    await throttle.hit(limit, "someone")


async def test_keys_say_nothing(valkey: Redis, pool: asyncpg.Pool) -> None:
    await Throttle(pool, valkey).hit(Limit("pair", 3, 60), "alice@example.org\r\n", HERE)
    await Throttle(pool, None).hit(Limit("pair", 3, 60), "alice@example.org\0", HERE)
    keys = str(await valkey.keys("*")) + str(await pool.fetch("SELECT key FROM throttle"))
    assert "throttle:pair:" in keys
    assert "alice" not in keys
    assert HERE not in keys


async def test_a_password_alone_never_replaces_an_authenticator(
    door: SignIn, alice: Created
) -> None:
    """The thief of a password gets half a session, and no further."""
    half = await door.sign_in(Credentials("alice", PASSWORD), HERE)
    with pytest.raises(EnrolledAlreadyError):
        await door.begin_enrolment(half.token)


async def test_an_old_session_does_not_replace_an_authenticator(
    pool: asyncpg.Pool, door: SignIn, alice: Created
) -> None:
    """Nor does who finds a page left open; and what was begun in time cannot be ended later."""
    given = Credentials("alice", PASSWORD, code_of(alice))
    whole = await door.sign_in(given, HERE)
    begun = await door.begin_enrolment(whole.token)
    await pool.execute(
        "UPDATE session SET last_code_at = clock_timestamp() - interval '10 minutes'"
    )
    with pytest.raises(EnrolledAlreadyError):
        await door.begin_enrolment(whole.token)
    with pytest.raises(EnrolledAlreadyError):
        await door.finish_enrolment(whole.token, pyotp.TOTP(begun.secret).now())


async def test_the_first_authenticator_is_enrolled_after_the_password(
    door: SignIn, sessions: Sessions, bruno: Created
) -> None:
    half = await door.sign_in(Credentials("bruno", PASSWORD), HERE)
    other = await door.sign_in(Credentials("bruno", PASSWORD), ELSEWHERE)
    with pytest.raises(CodeRefusedError):
        await door.give_code(half.token, code="123456")
    begun = await door.begin_enrolment(half.token)
    whole, codes = await door.finish_enrolment(half.token, pyotp.TOTP(begun.secret).now())
    assert len(codes) == 10
    assert await sessions.find(whole.token) is not None
    assert await sessions.find_any(half.token) is None
    assert await sessions.find_any(other.token) is None


async def test_a_recovery_code_lets_in_and_the_authenticator_be_replaced(
    door: SignIn, sessions: Sessions, alice: Created
) -> None:
    half = await door.sign_in(Credentials("alice", PASSWORD), HERE)
    whole = await door.give_code(half.token, recovery=alice.recovery_codes[0])
    begun = await door.begin_enrolment(whole.token)
    turned, _ = await door.finish_enrolment(whole.token, pyotp.TOTP(begun.secret).now())
    assert await sessions.find(turned.token) is not None


async def test_a_dead_token_gets_nowhere(door: SignIn, alice: Created) -> None:
    for token in ("", "x" * 43):
        with pytest.raises(SignInNeededError):
            await door.give_code(token, code=code_of(alice))
        with pytest.raises(SignInNeededError):
            await door.begin_enrolment(token)


async def test_an_old_hash_is_renewed_at_sign_in(
    pool: asyncpg.Pool, people: People, door: SignIn, alice: Created
) -> None:
    weaker = CountingHasher()
    weaker._parameters = type(weaker._parameters)(
        **{**{name: getattr(weaker._parameters, name) for name in weaker._parameters.__slots__},
           "memory_cost": 32}
    )  # fmt: skip
    await pool.execute("UPDATE person SET password_hash = $1", weaker.hash(PASSWORD))
    await door.sign_in(Credentials("alice", PASSWORD), HERE)
    kept = await pool.fetchval("SELECT password_hash FROM person")
    assert "m=64," in kept
    assert await people.passwords.verify(kept, PASSWORD)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("a.b", "unknown"),
    ],
)
def test_tries_are_counted_by_line(address: str, network: str) -> None:
    assert network_of(address) == network
