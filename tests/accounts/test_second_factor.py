"""Codes work once, whoever asks at the same moment; authenticators are never replaced unasked."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pyotp
import pytest

from bidhall.accounts.errors import (
    AccountsError,
    CodeRefusedError,
    EnrolledAlreadyError,
    KeyFileError,
    NotEnrollingError,
    TooManyAttemptsError,
)
from bidhall.accounts.people import People
from bidhall.accounts.second_factor import CODES, SecondFactor, matching_step
from bidhall.accounts.seed import Created
from bidhall.accounts.throttle import Throttle
from bidhall.accounts.vault import Vault, load_vault_key
from bidhall.store.pool import open_pool
from tests.accounts.made import code_of

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOON = 1_795_521_600.0


@pytest.mark.parametrize(
    ("steps", "found"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_code_is_good_for_a_step_before_and_after(steps: int, *, found: bool) -> None:
    code = pyotp.TOTP(SECRET).at(int(NOON) + 30 * steps)
    step = matching_step(SECRET, code, NOON)
    assert step == (int(NOON // 30) + steps if found else None)


@pytest.mark.parametrize(
    "code",
    ["", "12345", "1234567", "12345a", "\uff11\uff12\uff13\uff14\uff15\uff16", "²²²²²²", " 12345"],
)
def test_what_is_no_code_matches_nothing(code: str) -> None:
    assert matching_step(SECRET, code, NOON) is None


def test_rfc_6238_vector() -> None:
    # Appendix B, SHA-1, time 59 s, the last six of 94287082.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert matching_step(secret, "287082", 59) == 1


async def test_a_code_works_once(people: People, alice: Created) -> None:
    code = code_of(alice)
    await people.second_factor.confirm(alice.person.id, code)
    with pytest.raises(CodeRefusedError):
        await people.second_factor.confirm(alice.person.id, code)


async def test_an_earlier_code_is_dead_once_a_later_one_was_used(
    people: People, alice: Created
) -> None:
    earlier = code_of(alice)
    await people.second_factor.confirm(alice.person.id, code_of(alice, steps=1))
    with pytest.raises(CodeRefusedError):
        await people.second_factor.confirm(alice.person.id, earlier)


async def test_two_workers_with_the_same_code_at_once_let_one_in(
    database_url: str, people: People, alice: Created, tmp_path: Path
) -> None:
    """Eight tries in two workers, each with connections of its own, all at the same moment."""
    vault = Vault(load_vault_key(tmp_path / "accounts.key"))
    pools = [await open_pool(database_url, size=4) for _ in range(2)]
    workers = [SecondFactor(pool, vault, Throttle(pool, None)) for pool in pools]
    code = code_of(alice)

    async def one(worker: SecondFactor) -> bool:
        try:
            await worker.confirm(alice.person.id, code)
        except AccountsError:
            return False
        return True

    try:
        done = await asyncio.gather(*(one(workers[n % 2]) for n in range(8)))
    finally:
        for pool in pools:
            await pool.close()
    assert done.count(True) == 1


async def test_a_recovery_code_works_once_also_when_tried_at_once(
    people: People, alice: Created
) -> None:
    code = alice.recovery_codes[3]

    async def one() -> int | None:
        try:
            return await people.second_factor.recover(alice.person.id, code)
        except CodeRefusedError:
            return None

    done = await asyncio.gather(*(one() for _ in range(6)))
    assert [one for one in done if one is not None] == [9]


async def test_a_recovery_code_may_be_typed_in_capitals_and_without_dashes(
    people: People, alice: Created
) -> None:
    typed = alice.recovery_codes[0].upper().replace("-", " ")
    assert await people.second_factor.recover(alice.person.id, typed) == 9


async def test_a_recovery_code_is_of_one_person(
    people: People, alice: Created, bruno: Created
) -> None:
    with pytest.raises(CodeRefusedError):
        await people.second_factor.recover(bruno.person.id, alice.recovery_codes[0])


async def test_codes_are_not_stored(pool: asyncpg.Pool, alice: Created) -> None:
    assert alice.authenticator is not None
    tables = ("person", "recovery_code", "session", "throttle")
    rows = [await pool.fetch(f"SELECT * FROM {table}") for table in tables]  # noqa: S608 - fixed
    dump = str([dict(row) for part in rows for row in part])
    assert alice.person.id in dump
    assert alice.authenticator.secret not in dump
    assert not any(code in dump for code in alice.recovery_codes)
    assert alice.password not in dump


async def test_guessing_ends_after_a_few_codes_and_the_right_one_does_not_help_then(
    people: People, alice: Created
) -> None:
    for _ in range(CODES.times):
        with pytest.raises(CodeRefusedError):
            await people.second_factor.confirm(alice.person.id, "000000x")
    with pytest.raises(TooManyAttemptsError) as refused:
        await people.second_factor.confirm(alice.person.id, code_of(alice))
    assert 0 < refused.value.retry_after <= CODES.window


async def test_nobody_has_no_code(people: People) -> None:
    for _ in range(CODES.times + 3):
        with pytest.raises(CodeRefusedError):
            await people.second_factor.confirm("", "123456")


async def test_enrolment_begins_and_ends_with_the_first_code(
    people: People, bruno: Created
) -> None:
    factor, person = people.second_factor, bruno.person.id
    with pytest.raises(NotEnrollingError):
        await factor.finish(person, "123456", replace=False)
    begun = await factor.begin(person, "bruno", replace=False)
    assert "bruno" in begun.uri
    assert begun.secret in begun.uri
    with pytest.raises(CodeRefusedError):
        await factor.finish(person, "000000", replace=False)
    code = pyotp.TOTP(begun.secret).now()
    codes = await factor.finish(person, code, replace=False)
    assert len(set(codes)) == 10
    with pytest.raises(CodeRefusedError):  # the enrolling code is used up
        await factor.confirm(person, code)
    assert await factor.recover(person, codes[0]) == 9


async def test_an_authenticator_is_not_replaced_without_it(people: People, alice: Created) -> None:
    factor, person = people.second_factor, alice.person.id
    with pytest.raises(EnrolledAlreadyError):
        await factor.begin(person, "alice", replace=False)
    begun = await factor.begin(person, "alice", replace=True)
    with pytest.raises(EnrolledAlreadyError):
        await factor.finish(person, pyotp.TOTP(begun.secret).now(), replace=False)
    await factor.confirm(person, code_of(alice))  # the old one still works
    await factor.finish(person, pyotp.TOTP(begun.secret).now(), replace=True)
    with pytest.raises(CodeRefusedError):
        await factor.recover(person, alice.recovery_codes[0])


async def test_a_secret_moved_to_another_person_does_not_open(
    pool: asyncpg.Pool, people: People, alice: Created, bruno: Created
) -> None:
    await pool.execute(
        "UPDATE person SET totp_secret = (SELECT totp_secret FROM person WHERE id = $1) WHERE id = $2",
        alice.person.id, bruno.person.id,
    )  # fmt: skip
    with pytest.raises(KeyFileError):
        await people.second_factor.confirm(bruno.person.id, code_of(alice))


def test_the_key_is_made_once_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "accounts.key"
    key = load_vault_key(path)
    assert load_vault_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("not a key")
    with pytest.raises(KeyFileError, match="put the right file back"):
        load_vault_key(path)
    assert path.read_text() == "not a key"
