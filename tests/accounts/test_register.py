"""The register: what gets in, what does not, and that experts' names stay inside."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace

import asyncpg
import pytest

from bidhall.accounts import pool as expert_pool
from bidhall.accounts.errors import AccountExistsError, AccountInvalidError, PasswordWeakError
from bidhall.accounts.people import NewOrganisation, People
from bidhall.accounts.pool import NewExpert
from bidhall.accounts.seed import (
    Created,
    create_organisation,
    create_person,
    ensure_organisation,
)
from bidhall.cases.case import SYSTEM_ACTORS
from evaluation.avoidance import Expert
from tests.accounts.made import PASSWORD, uscc

ORGANISATION = NewOrganisation(
    uscc("12532900MB0A0001"), "大理州公共资源交易中心", "532900", "centre", "Dali Centre"
)


async def test_a_person_is_found_with_the_organisation(people: People, alice: Created) -> None:
    found = await people.find(alice.person.id)
    assert found == alice.person
    assert found is not None
    assert found.organisation_name == "苍洱建工集团有限公司"
    assert found.county == "532901"
    assert await people.find("per-nobody") is None
    assert await people.find("a\0b") is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("uscc", ORGANISATION.uscc[:-1] + ("1" if ORGANISATION.uscc[-1] != "1" else "2")),
        ("uscc", "short"),
        ("county", "110000"),
        ("kind", "clock"),
        ("name", ""),
        ("name", "a\nb"),
        ("name", "x" * 121),
    ],
)
async def test_an_organisation_that_cannot_be(people: People, field: str, value: str) -> None:
    with pytest.raises(AccountInvalidError):
        await create_organisation(people, replace(ORGANISATION, **{field: value}))


async def test_an_organisation_is_registered_once(people: People) -> None:
    made = await create_organisation(people, ORGANISATION)
    with pytest.raises(AccountExistsError):
        await create_organisation(people, ORGANISATION)
    ensured = await asyncio.gather(*(ensure_organisation(people, ORGANISATION) for _ in range(4)))
    assert set(ensured) == {made}
    assert await people.usccs([made, "org-x"]) == {made: ORGANISATION.uscc}


@pytest.mark.parametrize(
    "account", ["A", "a", "Alice", "a b", "-ab", "a\0b", "ä" * 5, "x" * 65, ""]
)
async def test_an_account_that_cannot_be(people: People, organisation: str, account: str) -> None:
    with pytest.raises(AccountInvalidError):
        await create_person(
            people, account=account, name="Eva", organisation=organisation, roles=["host"]
        )


@pytest.mark.parametrize("role", [*sorted(SYSTEM_ACTORS), "owner", "chairman", "root", ""])
async def test_a_role_nobody_has(
    pool: asyncpg.Pool, people: People, organisation: str, alice: Created, role: str
) -> None:
    with pytest.raises(AccountInvalidError):
        await create_person(
            people, account="eva", name="Eva", organisation=organisation, roles=["host", role]
        )
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute("UPDATE person SET roles = array_append(roles, $1)", role)


async def test_an_account_is_made_whole_or_not_at_all(
    pool: asyncpg.Pool, people: People, organisation: str
) -> None:
    with pytest.raises(AccountInvalidError):
        await create_person(
            people, account="eva", name="Eva", organisation=organisation, roles=["expert"],
            expert=NewExpert("532901", ["Z99"]),
        )  # fmt: skip
    with pytest.raises(AccountInvalidError):
        await create_person(
            people, account="eva", name="Eva", organisation="org-nobody", roles=["host"]
        )
    with pytest.raises(PasswordWeakError):
        await create_person(
            people, account="eva", name="Eva", organisation=organisation, roles=["host"],
            password="eva",
        )  # fmt: skip
    assert await pool.fetchval("SELECT count(*) FROM person") == 0


async def test_an_account_name_is_taken_once(people: People, alice: Created) -> None:
    with pytest.raises(AccountExistsError):
        await create_person(
            people, account="alice", name="Other", organisation=alice.person.organisation,
            roles=["host"],
        )  # fmt: skip


async def test_what_is_told_once_is_not_shown_by_accident(people: People, alice: Created) -> None:
    assert alice.authenticator is not None
    shown = repr(alice) + repr(alice.authenticator)
    assert PASSWORD not in shown
    assert alice.authenticator.secret not in shown
    other = await create_person(
        people, account="eva", name="Eva", organisation=alice.person.organisation, roles=["host"]
    )
    assert len(other.password) >= 20
    assert await people.passwords.verify(
        await people.pool.fetchval("SELECT password_hash FROM person WHERE account = 'eva'"),
        other.password,
    )


async def _experts(people: People, organisation: str) -> list[Created]:
    pool = [
        ("532901", ["A08"], "", ()),
        ("532901", ["A0801", "B"], "91532901MA6K3T80XX", ("org-tie",)),
        ("532923", ["A02"], "", ()),
    ]
    return [
        await create_person(
            people, account=f"expert{place}", name=f"秘密姓名{place}", organisation=organisation,
            roles=["expert"], expert=NewExpert(county, held, employer, ties),
        )
        for place, (county, held, employer, ties) in enumerate(pool)
    ]  # fmt: skip


async def test_the_roster_by_county_and_speciality(people: People, organisation: str) -> None:
    made = await _experts(people, organisation)
    ids = [one.person.id for one in made]
    async with people.pool.acquire() as connection:
        everyone = await expert_pool.roster(connection)
        assert {one.id for one in everyone} == set(ids)
        assert [one.id for one in everyone] == sorted(ids)
        works = await expert_pool.roster(connection, speciality="A08")
        assert {one.id for one in works} == {ids[0], ids[1]}
        narrow = await expert_pool.roster(connection, counties=["532901"], speciality="A0801")
        assert [one.id for one in narrow] == [ids[1]]
        assert await expert_pool.roster(connection, counties=[]) == []
    found = {one.id: one for one in await people.experts({"532901"})}
    assert set(found) == {ids[0], ids[1]}
    code = (await people.usccs([organisation]))[organisation]
    assert found[ids[0]].employer == code
    assert found[ids[1]].employer == "91532901MA6K3T80XX"
    assert found[ids[1]].relations == ("org-tie",)


async def test_no_name_is_in_the_roster(people: People, organisation: str) -> None:
    made = await _experts(people, organisation)
    async with people.pool.acquire() as connection:
        found = await expert_pool.roster(connection)
        assert "秘密姓名" not in str(found)
        assert "name" not in {one.name for one in fields(Expert)}
        asked = await expert_pool.names(connection, [made[1].person.id])
    assert asked == {made[1].person.id: "秘密姓名1"}
    assert await people.with_role("host") == []


async def test_who_left_the_pool_is_not_drawn(
    pool: asyncpg.Pool, people: People, organisation: str
) -> None:
    made = await _experts(people, organisation)
    await pool.execute("UPDATE expert SET active = false WHERE person = $1", made[0].person.id)
    await people.disable(made[1].person.id)
    assert [one.id for one in await people.experts()] == [made[2].person.id]
    await pool.execute("UPDATE person SET roles = '{host}' WHERE id = $1", made[2].person.id)
    assert await people.experts() == []


async def test_a_machine_s_role_in_the_table_is_not_believed(
    pool: asyncpg.Pool, people: People, alice: Created
) -> None:
    await pool.execute("ALTER TABLE person DROP CONSTRAINT person_roles_check")
    await pool.execute("UPDATE person SET roles = '{bidder,clock}'")
    found = await people.find(alice.person.id)
    assert found is not None
    assert found.roles == frozenset({"bidder"})
