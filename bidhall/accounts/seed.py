"""Making organisations and people for others: the administrator's command line and the demo."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bidhall.accounts import pool as expert_pool
from bidhall.accounts.errors import AccountExistsError
from bidhall.accounts.people import NewOrganisation, NewPerson, People
from bidhall.accounts.pool import NewExpert
from bidhall.accounts.second_factor import Enrolment
from bidhall.cases.case import Person

__all__ = ["Created", "create_organisation", "create_person", "ensure_organisation"]

_PASSWORD_BYTES: Final = 15


@dataclass(frozen=True, slots=True, repr=False)
class Created:
    """A new account, with everything its owner needs to sign in; nothing of it is told again.

    ``authenticator`` None: the owner enrols one at the first sign-in.
    """

    person: Person
    account: str
    password: str
    authenticator: Enrolment | None
    recovery_codes: tuple[str, ...]


async def create_organisation(people: People, new: NewOrganisation) -> str:
    """Enter an organisation and give its id.

    Raises:
        AccountInvalidError: a code, county, kind or name that cannot be.
        AccountExistsError: its code is registered already.
    """
    return await people.add_organisation(new)


async def ensure_organisation(people: People, new: NewOrganisation) -> str:
    """Give the id of the organisation with this code, entering it if need be.

    Raises:
        AccountInvalidError: as `create_organisation`.
    """
    known = await people.organisation_of(new.uscc)
    if known is not None:
        return known
    try:
        return await people.add_organisation(new)
    except AccountExistsError:
        known = await people.organisation_of(new.uscc)
        if known is None:
            raise
        return known


async def create_person(  # noqa: PLR0913 - what an account is made of
    people: People,
    *,
    account: str,
    name: str,
    organisation: str,
    roles: Sequence[str],
    county: str = "",
    password: str = "",
    authenticator: bool = True,
    expert: NewExpert | None = None,
) -> Created:
    """Make an account, whole or not at all; an empty ``password`` is chosen at random.

    Raises:
        AccountInvalidError: a name, role, county, organisation or speciality that cannot be.
        PasswordWeakError: the password is too weak.
        AccountExistsError: the account name is taken.
    """
    chosen = password or secrets.token_urlsafe(_PASSWORD_BYTES)
    hashed = people.passwords.hash(account, chosen) if password else people.passwords.rehash(chosen)
    kept = await hashed
    new = NewPerson(account, name, organisation, roles, county)
    enrolment, codes = None, []
    async with people.pool.acquire() as connection, connection.transaction():
        person = await people.add_person(connection, new, kept)
        if expert is not None:
            await expert_pool.enter(connection, person, expert)
        if authenticator:
            enrolment = await people.second_factor.install(connection, person, account)
            codes = await people.second_factor.renew_recovery(connection, person)
    found = await people.find(person)
    if found is None:
        raise AccountExistsError(f"the account {account} was shut while it was being made")
    return Created(found, account, chosen, enrolment, tuple(codes))
