"""Entering the cast: what an administrator does before the first tender."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

from bidhall.accounts.people import NewOrganisation, People
from bidhall.accounts.pool import NewExpert
from bidhall.accounts.seed import create_person, ensure_organisation
from bidhall.demo.cast import CAST, ORGANISATIONS, Organisation
from bidhall.demo.players import Credentials
from bidhall.durable import write_aside
from bidhall.settings import Settings
from bidhall.store.pool import open_pool
from evaluation.identity import uscc_check_digit

__all__ = ["seed_cast"]

_USCC_BODY = 17


async def seed_cast(settings: Settings) -> Mapping[str, Credentials]:
    """Enter everybody once and give their credentials, also of an earlier start (kept 0600)."""
    path = settings.data / "demonstration.json"
    if path.exists():
        return _read(path)
    pool = await open_pool(settings.database_url)
    people = People(pool, None, settings.data / "keys" / "accounts.key")
    try:
        organisations = {one.key: await _enter(people, one) for one in ORGANISATIONS}
        done: dict[str, Credentials] = {}

        async def create(place: int) -> None:
            role = CAST[place]
            expert = NewExpert(role.county, [role.speciality]) if role.speciality else None
            made = await create_person(
                people, account=role.key, name=role.name, county=role.county,
                organisation=organisations[role.organisation], roles=role.roles, expert=expert,
            )  # fmt: skip
            secret = made.authenticator.secret if made.authenticator else ""
            done[role.key] = Credentials(role.key, made.password, secret, made.person.id)

        await asyncio.gather(*(create(place) for place in range(len(CAST))))
    finally:
        people.close()
        await pool.close()
    form = {
        key: [one.account, one.password, one.totp_secret, one.person] for key, one in done.items()
    }
    write_aside(path, json.dumps(form).encode(), mode=0o600)
    return done


def _read(path: Path) -> dict[str, Credentials]:
    return {key: Credentials(*one) for key, one in json.loads(path.read_bytes()).items()}


async def _enter(people: People, one: Organisation) -> str:
    body = one.body.ljust(_USCC_BODY, "0")
    code = body + uscc_check_digit(body)
    return await ensure_organisation(
        people, NewOrganisation(code, one.name, one.county, one.kind, one.name_en)
    )
