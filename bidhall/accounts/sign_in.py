"""Signing in: account and password, then a code; or all three at once.

One path for all: an account that does not exist is checked against a decoy, so that neither the
answer nor the time it takes tells whether it exists. Where all three come at once, a wrong password
and a wrong code are answered alike. Tries are counted before anything is checked.

The account as such is limited loosely, the account from one address tightly: to lock a host out at
the hour of an opening takes fifty addresses, not one.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Final

from bidhall.accounts.errors import (
    CodeRefusedError,
    SignInNeededError,
    SignInRefusedError,
    TooManyAttemptsError,
)
from bidhall.accounts.people import normal_account
from bidhall.accounts.second_factor import Enrolment
from bidhall.accounts.sessions import Kind, Opened, Session, Sessions
from bidhall.accounts.throttle import Limit

if TYPE_CHECKING:
    from bidhall.accounts.people import People

__all__ = ["LIMITS", "Credentials", "Limits", "SignIn", "network_of"]

_WINDOW: Final = 15 * 60


@dataclass(frozen=True, slots=True)
class Limits:
    """How many tries within a quarter of an hour. A whole office may share one address."""

    pair: Limit
    account: Limit
    network: Limit


LIMITS: Final = Limits(
    pair=Limit("sign-in-pair", 10, _WINDOW),
    account=Limit("sign-in-account", 500, _WINDOW),
    network=Limit("sign-in-network", 300, _WINDOW),
)


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What somebody gives to get in; ``code`` "" in the first of two steps."""

    account: str
    password: str
    code: str = ""
    kind: Kind = "page"


class SignIn:
    """The way in."""

    def __init__(self, people: People, sessions: Sessions, limits: Limits = LIMITS) -> None:
        self._people, self._sessions, self._limits = people, sessions, limits

    async def sign_in(self, given: Credentials, address: str) -> Opened:
        """Begin a session; it is half until a code was given.

        Raises:
            SignInRefusedError: something was wrong; never what.
            TooManyAttemptsError, BusyError: try again later.
        """
        account = normal_account(given.account)
        await self._count(account or given.account, address)
        row = await self._people.pool.fetchrow(
            "SELECT id, account, password_hash, disabled FROM person WHERE account = $1", account
        )
        kept = None if row is None or row["disabled"] else str(row["password_hash"])
        right = await self._people.passwords.verify(kept, given.password)
        person = str(row["id"]) if right and row is not None else ""
        if given.code:
            # Nobody has codes to try against a person whose password they do not know.
            await self._confirm(person, given.code)
        if not person:
            raise SignInRefusedError
        await self._forgive(account, address)
        await self._keep_up(person, kept or "", given.password)
        return await self._sessions.open(person, given.kind, code_given=bool(given.code))

    async def give_code(self, token: str, *, code: str = "", recovery: str = "") -> Opened:
        """Make a session whole, or fresh again, by a code or a recovery code; its token turns.

        Raises:
            SignInNeededError: the token opens no session.
            CodeRefusedError, TooManyAttemptsError: the code does not help.
        """
        session = await self._known(token)
        if recovery:
            await self._people.second_factor.recover(session.person.id, recovery)
        else:
            await self._people.second_factor.confirm(session.person.id, code)
        return await self._turn(token)

    async def begin_enrolment(self, token: str) -> Enrolment:
        """Make a new authenticator for who has none yet, or who gave a code just now.

        Raises:
            SignInNeededError: the token opens no session.
            EnrolledAlreadyError: the password alone never replaces an authenticator.
        """
        session = await self._known(token)
        return await self._people.second_factor.begin(
            session.person.id, session.account, replace=session.fresh(self._sessions.now())
        )

    async def finish_enrolment(self, token: str, code: str) -> tuple[Opened, list[str]]:
        """Take the new authenticator into use; gives recovery codes, shown this once.

        Every other session of the person ends.

        Raises:
            SignInNeededError, EnrolledAlreadyError: as `begin_enrolment`.
            CodeRefusedError, NotEnrollingError, TooManyAttemptsError: the code does not help.
        """
        session = await self._known(token)
        codes = await self._people.second_factor.finish(
            session.person.id, code, replace=session.fresh(self._sessions.now())
        )
        await self._sessions.end_all(session.person.id, but=session.id)
        return await self._turn(token), codes

    async def _count(self, account: str, address: str) -> None:
        network, throttle = network_of(address), self._people.throttle
        await throttle.hit(self._limits.network, network)
        await throttle.hit(self._limits.pair, account, network)
        await throttle.hit(self._limits.account, account)

    async def _forgive(self, account: str, address: str) -> None:
        # One right try takes back its own count, no more: else who has one account could guess at
        # others for ever from the same address.
        network, throttle = network_of(address), self._people.throttle
        await throttle.forget(self._limits.pair, account, network)
        await throttle.forgive(self._limits.account, account)
        await throttle.forgive(self._limits.network, network)

    async def _confirm(self, person: str, code: str) -> None:
        try:
            await self._people.second_factor.confirm(person, code)
        except (CodeRefusedError, TooManyAttemptsError):
            raise SignInRefusedError from None

    async def _keep_up(self, person: str, kept: str, password: str) -> None:
        passwords = self._people.passwords
        if passwords.outdated(kept):
            renewed = await passwords.rehash(password)
            await self._people.pool.execute(
                "UPDATE person SET password_hash = $2 WHERE id = $1 AND password_hash = $3",
                person, renewed, kept,
            )  # fmt: skip

    async def _known(self, token: str) -> Session:
        session = await self._sessions.find_any(token)
        if session is None:
            raise SignInNeededError("the session has ended; sign in again")
        return session

    async def _turn(self, token: str) -> Opened:
        try:
            return await self._sessions.rotate(token)
        except ValueError as error:
            raise SignInNeededError("the session has ended; sign in again") from error


def network_of(address: str) -> str:
    """Give what tries are counted by: an IPv4 address, or the /64 that one IPv6 line has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return str(parsed)
