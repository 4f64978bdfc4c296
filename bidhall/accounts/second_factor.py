"""The second factor: time-based codes (RFC 6238), and recovery codes for a lost authenticator.

A code works once, whatever happens: its time step is taken by one guarded UPDATE, so of two
workers that are handed the same code at the same moment one takes the step and one is refused.
The clock is the database's, as for every deadline.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

import asyncpg
import pyotp

from bidhall.accounts.errors import (
    CodeRefusedError,
    EnrolledAlreadyError,
    NotEnrollingError,
)
from bidhall.accounts.throttle import Limit, Throttle
from bidhall.accounts.vault import Vault

__all__ = ["CODES", "Enrolment", "SecondFactor", "matching_step"]

STEP: Final = 30
DRIFT: Final = 1
"""How many steps a person's clock may be wrong, before and after."""

CODES: Final = Limit("code", times=8, window=15 * 60)
_DIGITS: Final = 6
_ISSUER: Final = "Bidhall 竞标厅"
_RECOVERY_CODES: Final = 10
_RECOVERY_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_RECOVERY_LENGTH: Final = 16
_DECOY: Final = pyotp.random_base32()


@dataclass(frozen=True, slots=True, repr=False)
class Enrolment:
    """A new authenticator: its secret (base32), as text and as the address a QR code holds."""

    secret: str
    uri: str


def matching_step(secret: str, code: str, at: float) -> int | None:
    """Find the time step whose code this is, within the drift; ``at`` in seconds since 1970.

    Every candidate is compared, each in constant time.
    """
    if not (code.isascii() and code.isdigit() and len(code) == _DIGITS):
        return None
    otp, now, found = pyotp.HOTP(secret, digits=_DIGITS), int(at // STEP), None
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(otp.at(step), code):
            found = step
    return found


class SecondFactor:
    """Codes of people."""

    def __init__(self, pool: asyncpg.Pool, vault: Vault, throttle: Throttle) -> None:
        self._pool, self._vault, self._throttle = pool, vault, throttle

    async def confirm(self, person: str, code: str) -> None:
        """Accept a code of the person's authenticator, once; ``person`` "" is nobody.

        Raises:
            CodeRefusedError: wrong, or used before, or there is no authenticator.
            TooManyAttemptsError: too many codes were tried for this person.
        """
        # Nobody's tries are counted apart: a counter that is full would answer sooner.
        await self._throttle.hit(CODES, person or secrets.token_hex(8))
        row = await self._pool.fetchrow(
            "SELECT totp_secret, extract(epoch FROM clock_timestamp())::float8 AS at"
            " FROM (SELECT 1) one LEFT JOIN person ON person.id = $1",
            person,
        )
        sealed = row["totp_secret"]
        secret = _DECOY if sealed is None else self._vault.open(person, sealed)
        step = matching_step(secret, code, row["at"])
        if sealed is None or step is None or not await self._take(person, step):
            raise CodeRefusedError
        await self._throttle.forget(CODES, person)

    async def _take(self, person: str, step: int) -> bool:
        done = await self._pool.execute(
            "UPDATE person SET totp_step = $2 WHERE id = $1 AND totp_step < $2", person, step
        )
        return bool(done == "UPDATE 1")

    async def recover(self, person: str, code: str) -> int:
        """Accept a recovery code, once; tells how many are left.

        Raises:
            CodeRefusedError, TooManyAttemptsError: as `confirm`.
        """
        await self._throttle.hit(CODES, person)
        used = await self._pool.execute(
            "UPDATE recovery_code SET used_at = clock_timestamp()"
            " WHERE person = $1 AND code_hash = $2 AND used_at IS NULL",
            person, _hash(person, code),
        )  # fmt: skip
        if used != "UPDATE 1":
            raise CodeRefusedError
        await self._throttle.forget(CODES, person)
        return int(
            await self._pool.fetchval(
                "SELECT count(*) FROM recovery_code WHERE person = $1 AND used_at IS NULL", person
            )
        )

    async def begin(self, person: str, account: str, *, replace: bool) -> Enrolment:
        """Make a new authenticator that waits for its first code; the old one works on.

        Raises:
            EnrolledAlreadyError: there is one, and ``replace`` is not allowed.
        """
        secret = pyotp.random_base32()
        waiting = await self._pool.execute(
            "UPDATE person SET totp_pending = $2 WHERE id = $1 AND ($3 OR totp_secret IS NULL)",
            person, self._vault.seal(person, secret), replace,
        )  # fmt: skip
        if waiting != "UPDATE 1":
            raise _enrolled()
        return _enrolment(secret, account)

    async def finish(self, person: str, code: str, *, replace: bool) -> list[str]:
        """Take the new authenticator into use with its first code; gives new recovery codes.

        Raises:
            CodeRefusedError, TooManyAttemptsError: as `confirm`.
            NotEnrollingError: none waits.
            EnrolledAlreadyError: as `begin`.
        """
        await self._throttle.hit(CODES, person)
        row = await self._pool.fetchrow(
            "SELECT totp_pending, extract(epoch FROM clock_timestamp())::float8 AS at"
            " FROM person WHERE id = $1",
            person,
        )
        if row is None or row["totp_pending"] is None:
            raise NotEnrollingError("no new authenticator waits; begin the enrolment first")
        pending = row["totp_pending"]
        step = matching_step(self._vault.open(person, pending), code, row["at"])
        if step is None:
            raise CodeRefusedError
        async with self._pool.acquire() as connection, connection.transaction():
            taken = await connection.execute(
                "UPDATE person SET totp_secret = totp_pending, totp_pending = NULL, totp_step = $3"
                " WHERE id = $1 AND totp_pending = $2 AND ($4 OR totp_secret IS NULL)",
                person, pending, step, replace,
            )  # fmt: skip
            if taken != "UPDATE 1":
                raise _enrolled()
            codes = await _renew_recovery(connection, person)
        await self._throttle.forget(CODES, person)
        return codes

    async def install(self, connection: asyncpg.Connection, person: str, account: str) -> Enrolment:
        """Give a new account its authenticator at once, for who makes accounts for others."""
        secret = pyotp.random_base32()
        await connection.execute(
            "UPDATE person SET totp_secret = $2 WHERE id = $1",
            person, self._vault.seal(person, secret),
        )  # fmt: skip
        return _enrolment(secret, account)

    async def renew_recovery(self, connection: asyncpg.Connection, person: str) -> list[str]:
        """Replace the recovery codes; the new ones are shown this once."""
        return await _renew_recovery(connection, person)


async def _renew_recovery(connection: asyncpg.Connection, person: str) -> list[str]:
    codes = [_new_code() for _ in range(_RECOVERY_CODES)]
    await connection.execute("DELETE FROM recovery_code WHERE person = $1", person)
    await connection.executemany(
        "INSERT INTO recovery_code (person, code_hash) VALUES ($1, $2)",
        [(person, _hash(person, code)) for code in codes],
    )
    return codes


def _enrolment(secret: str, account: str) -> Enrolment:
    return Enrolment(secret, pyotp.TOTP(secret, name=account, issuer=_ISSUER).provisioning_uri())


def _new_code() -> str:
    letters = "".join(secrets.choice(_RECOVERY_ALPHABET) for _ in range(_RECOVERY_LENGTH))
    return "-".join(letters[at : at + 4] for at in range(0, _RECOVERY_LENGTH, 4))


def _hash(person: str, code: str) -> bytes:
    # 80 random bits need no slow hash. What people add when they copy a code is taken away.
    plain = "".join(one for one in code.lower() if one in _RECOVERY_ALPHABET)
    return hashlib.sha256(f"bidhall/recovery/v1 {person} {plain}".encode()).digest()


def _enrolled() -> EnrolledAlreadyError:
    return EnrolledAlreadyError(
        "this account has an authenticator; sign in with it, then replace it within ten minutes"
    )
