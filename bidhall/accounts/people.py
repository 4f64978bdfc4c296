"""The register of organisations and people."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
from argon2 import PasswordHasher
from redis.asyncio import Redis

from bidhall.accounts import pool as expert_pool
from bidhall.accounts.errors import AccountExistsError, AccountInvalidError
from bidhall.accounts.passwords import Passwords
from bidhall.accounts.second_factor import SecondFactor
from bidhall.accounts.throttle import Throttle
from bidhall.accounts.vault import Vault, load_vault_key
from bidhall.cases.case import SYSTEM_ACTORS, Person
from bidhall.cases.registry import EVERYONE
from bidhall.ids import new_id
from evaluation.avoidance import Expert
from evaluation.errors import EvaluationError
from evaluation.identity import COUNTIES, PREFECTURE, check_uscc

__all__ = [
    "KINDS",
    "PERSON_COLUMNS",
    "NewOrganisation",
    "NewPerson",
    "People",
    "normal_account",
    "person_of_row",
]

KINDS: Final = ("centre", "tenderee", "supervisor", "custodian", "bidder", "agency")
PERSON_COLUMNS: Final = (
    "p.id, p.name, p.organisation, p.county, p.roles, o.name AS organisation_name"
)
_ACCOUNT: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
_LONGEST_NAME: Final = 120
_SELECT: Final = (
    "SELECT " + PERSON_COLUMNS + " FROM person p"  # noqa: S608 - constants
    " JOIN organisation o ON o.id = p.organisation"
)


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    """An organisation to be entered."""

    uscc: str
    name: str
    county: str
    kind: str
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to be entered; ``organisation`` is an id, ``county`` "" the organisation's."""

    account: str
    name: str
    organisation: str
    roles: Sequence[str]
    county: str = ""


def person_of_row(row: Any) -> Person:
    """Read a person from a row with ``PERSON_COLUMNS``; a machine's role is never given to one."""
    return Person(
        id=row["id"], name=row["name"], organisation=row["organisation"],
        organisation_name=row["organisation_name"], county=row["county"],
        roles=frozenset(row["roles"]) - SYSTEM_ACTORS,
    )  # fmt: skip


def normal_account(text: str) -> str:
    """Give the one spelling of an account name, "" for what cannot be one."""
    account = text.strip().casefold()
    return account if _ACCOUNT.fullmatch(account) else ""


class People:
    """Organisations and people, their passwords and second factors."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        valkey: Redis | None,
        key_file: Path,
        *,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self.pool: Final = pool
        self.throttle: Final = Throttle(pool, valkey)
        self.passwords: Final = Passwords(hasher)
        self.second_factor: Final = SecondFactor(
            pool, Vault(load_vault_key(key_file)), self.throttle
        )

    def close(self) -> None:
        """Stop the threads."""
        self.passwords.close()

    async def find(self, person: str) -> Person | None:
        """Find a person who is not disabled."""
        found = await self.find_many([person])
        return found.get(person)

    async def find_many(self, people: Collection[str]) -> dict[str, Person]:
        """Find people by id; who is unknown or disabled is missing."""
        rows = await self.pool.fetch(
            f"{_SELECT} WHERE p.id = ANY($1) AND NOT p.disabled",
            [one for one in people if one.isascii() and one.isprintable()],
        )
        return {row["id"]: person_of_row(row) for row in rows}

    async def with_role(self, role: str) -> list[Person]:
        """List who may be asked to be a host or a custodian, by organisation and name."""
        rows = await self.pool.fetch(
            f"{_SELECT} WHERE $1 = ANY(p.roles) AND NOT p.disabled ORDER BY o.name, p.name, p.id",
            role,
        )
        return [person_of_row(row) for row in rows]

    async def usccs(self, organisations: Collection[str]) -> dict[str, str]:
        """Give the unified social credit codes of organisations, by id."""
        rows = await self.pool.fetch(
            "SELECT id, uscc FROM organisation WHERE id = ANY($1)", list(organisations)
        )
        return {row["id"]: row["uscc"] for row in rows}

    async def experts(self, counties: Collection[str] | None = None) -> list[Expert]:
        """List the experts who may be drawn, of some counties or of all; no names."""
        async with self.pool.acquire() as connection:
            return await expert_pool.roster(connection, counties=counties)

    async def add_organisation(self, new: NewOrganisation) -> str:
        """Enter an organisation and give its id.

        Raises:
            AccountInvalidError: a code, county, kind or name that cannot be.
            AccountExistsError: its code is registered already.
        """
        _check_organisation(new)
        organisation = new_id("org")
        try:
            await self.pool.execute(
                "INSERT INTO organisation (id, uscc, name, name_en, county, kind)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                organisation, new.uscc, new.name, new.name_en, new.county, new.kind,
            )  # fmt: skip
        except asyncpg.UniqueViolationError as error:
            raise AccountExistsError(f"{new.uscc} is registered already", uscc=new.uscc) from error
        return organisation

    async def organisation_of(self, uscc: str) -> str | None:
        """Find an organisation's id by its code."""
        found = await self.pool.fetchval("SELECT id FROM organisation WHERE uscc = $1", uscc)
        return None if found is None else str(found)

    async def add_person(
        self, connection: asyncpg.Connection, new: NewPerson, password_hash: str
    ) -> str:
        """Enter a person and give the id.

        Raises:
            AccountInvalidError: a name, role, county or organisation that cannot be.
            AccountExistsError: the account name is taken.
        """
        _check_person(new)
        person = new_id("per")
        try:
            done = await connection.execute(
                """
                INSERT INTO person (id, account, name, organisation, county, roles, password_hash)
                SELECT $1, $2, $3, o.id, coalesce(nullif($5, ''), o.county), $6, $7
                  FROM organisation o WHERE o.id = $4
                """,
                person, new.account, new.name, new.organisation, new.county, list(new.roles),
                password_hash,
            )  # fmt: skip
        except asyncpg.UniqueViolationError as error:
            message = f"the account {new.account} is taken; choose another name"
            raise AccountExistsError(message, account=new.account) from error
        if done != "INSERT 0 1":
            message = f"there is no organisation {new.organisation!a}; enter it first"
            raise AccountInvalidError(message)
        return person

    async def disable(self, person: str) -> None:
        """Shut an account; its sessions end at their next use, what it did stays in the record."""
        await self.pool.execute("UPDATE person SET disabled = true WHERE id = $1", person)
        await self.pool.execute("DELETE FROM session WHERE person = $1", person)

    async def set_password(self, person: str, account: str, password: str) -> None:
        """Change a password and end every session of the person.

        Raises:
            PasswordWeakError: the new one is too weak.
        """
        kept = await self.passwords.hash(account, password)
        await self.pool.execute("UPDATE person SET password_hash = $2 WHERE id = $1", person, kept)
        await self.pool.execute("DELETE FROM session WHERE person = $1", person)


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        message = f"a name has 1 to {_LONGEST_NAME} printable characters; {name[:40]!a} has not"
        raise AccountInvalidError(message)


def _check_county(county: str) -> None:
    if county not in COUNTIES and county != PREFECTURE.code:
        raise AccountInvalidError(f"{county!a} is no region code of the prefecture, like 532901")


def _check_organisation(new: NewOrganisation) -> None:
    try:
        check_uscc(new.uscc)
    except EvaluationError as error:
        raise AccountInvalidError(str(error), code="uscc-invalid") from error
    _check_name(new.name)
    _check_county(new.county)
    if new.kind not in KINDS:
        raise AccountInvalidError(f"{new.kind!a} is no kind of organisation ({', '.join(KINDS)})")


def _check_person(new: NewPerson) -> None:
    if not new.account or normal_account(new.account) != new.account:
        message = f"{new.account[:70]!a} is no account name: 2 to 64 of a-z, 0-9, . _ @ and -"
        raise AccountInvalidError(message)
    _check_name(new.name)
    if new.county:
        _check_county(new.county)
    wrong = sorted(set(new.roles) - set(EVERYONE))
    if wrong or not new.roles:
        message = (
            f"a person has roles among {', '.join(EVERYONE)}; not {', '.join(wrong) or 'none'}"
        )
        raise AccountInvalidError(message)
