"""Passwords: what is taken, and that refusing costs the same for everyone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from bidhall.accounts.errors import BusyError, PasswordWeakError
from bidhall.accounts.passwords import Passwords
from tests.accounts.made import PASSWORD, CountingHasher


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher()


@pytest.fixture
def passwords(hasher: CountingHasher) -> Iterator[Passwords]:
    made = Passwords(hasher)
    yield made
    made.close()


async def test_the_right_password_alone_is_right(passwords: Passwords) -> None:
    kept = await passwords.hash("alice", PASSWORD)
    assert kept.startswith("$argon2id$")
    assert await passwords.verify(kept, PASSWORD)
    assert not await passwords.verify(kept, PASSWORD + " ")
    assert not await passwords.verify(kept, "")


async def test_nobody_has_a_password_and_it_takes_the_same_work(
    passwords: Passwords, hasher: CountingHasher
) -> None:
    kept = await passwords.hash("alice", PASSWORD)
    assert not await passwords.verify(kept, "wrong password")
    assert not await passwords.verify(None, "wrong password")
    assert hasher.verified == 2


async def test_another_normal_form_is_the_same_password(passwords: Passwords) -> None:
    kept = await passwords.hash("alice", "密码café-\uff4c\uff4f\uff4e\uff47")
    assert await passwords.verify(kept, "密码cafe\u0301-long")


@pytest.mark.parametrize(
    "password", ["short", "x" * 201, "my-Alice-2026", "aaaaaaaaaaaaa", "ababababab"]
)
async def test_weak_passwords_are_refused_without_repeating_them(
    passwords: Passwords, password: str
) -> None:
    with pytest.raises(PasswordWeakError) as refused:
        await passwords.hash("alice", password)
    assert password not in str(refused.value)


@pytest.mark.parametrize("password", ["\ud800" * 20, "\0" * 30, "a" * 50_000])
async def test_hostile_passwords_are_merely_wrong(passwords: Passwords, password: str) -> None:
    kept = await passwords.hash("alice", PASSWORD)
    assert not await passwords.verify(kept, password)


async def test_a_damaged_hash_opens_to_nobody(passwords: Passwords) -> None:
    assert not await passwords.verify("$argon2id$v=19$broken", PASSWORD)


async def test_a_crowd_is_sent_away_rather_than_filling_the_memory(passwords: Passwords) -> None:
    kept = await passwords.hash("alice", PASSWORD)
    crowd = [passwords.verify(kept, PASSWORD) for _ in range(200)]
    answers = await asyncio.gather(*crowd, return_exceptions=True)
    assert sum(isinstance(one, BusyError) for one in answers) == 200 - 64
    assert answers.count(True) == 64
    assert await passwords.verify(kept, PASSWORD)


async def test_a_hash_of_weaker_parameters_is_outdated(passwords: Passwords) -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=32, parallelism=1).hash(PASSWORD)
    assert passwords.outdated(weaker)
    assert not passwords.outdated(await passwords.rehash(PASSWORD))
