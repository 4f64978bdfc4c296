"""Sessions: kept on the server; the holder has a random token, the database only its hash.

A session begins half when only the password was given, and can then do nothing but give a code.
Each code turns the token: who knew the old one, before the code, is left with nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import asyncpg

from bidhall.accounts.people import PERSON_COLUMNS, person_of_row
from bidhall.cases.case import Person
from bidhall.ids import new_id

__all__ = ["FRESH", "Kind", "Opened", "Session", "Sessions"]

FRESH: Final = timedelta(minutes=10)
"""How long after a code weighty commands may be sent."""

Kind = Literal["page", "bearer"]

_HALF: Final = timedelta(minutes=10)
_LONGEST: Final = timedelta(hours=12)
_IDLE: Final = timedelta(hours=2)
_SEEN: Final = timedelta(minutes=1)
_TOKEN_BYTES: Final = 32
_TOKEN_LENGTH: Final = 43

_FIND: Final = (
    """
SELECT s.id AS session, s.kind, s.expires_at, s.last_code_at, p.account,
       p.totp_secret IS NOT NULL AS enrolled,
       s.seen_at < clock_timestamp() - $3::interval AS stale,
"""
    + PERSON_COLUMNS
    + """
  FROM session s JOIN person p ON p.id = s.person JOIN organisation o ON o.id = p.organisation
 WHERE s.token_hash = $1 AND s.expires_at > clock_timestamp()
   AND s.seen_at > clock_timestamp() - $2::interval AND NOT p.disabled
"""
)


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in. ``fresh_until`` None: half a session, the code was never given."""

    id: str
    person: Person
    fresh_until: datetime | None
    kind: Kind = "page"
    account: str = ""
    enrolled: bool = True
    expires_at: datetime = field(default=datetime.max.replace(tzinfo=UTC))

    def fresh(self, at: datetime) -> bool:
        """Tell whether a code was given within the last minutes."""
        return self.fresh_until is not None and at < self.fresh_until


@dataclass(frozen=True, slots=True)
class Opened:
    """A session with the one thing that opens it again; the token is told once."""

    session: Session
    token: str = field(repr=False)


class Sessions:
    """The sessions of the hall."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    def now(self) -> datetime:
        """Tell the time by this machine's clock, for what only lasts minutes."""
        return datetime.now(UTC)

    async def database_now(self) -> datetime:
        """Tell the time by the clock of the deadlines."""
        at: datetime = await self._pool.fetchval("SELECT clock_timestamp()")
        return at

    async def find(self, token: str) -> Session | None:
        """Find a whole session by its token; a half one is none."""
        found = await self.find_any(token)
        return found if found is not None and found.fresh_until is not None else None

    async def find_any(self, token: str) -> Session | None:
        """Find a session by its token, whole or half."""
        if len(token) != _TOKEN_LENGTH:
            return None
        digest = _hash(token)
        row = await self._pool.fetchrow(_FIND, digest, _IDLE, _SEEN)
        if row is None:
            return None
        if row["stale"]:
            await self._pool.execute(
                "UPDATE session SET seen_at = clock_timestamp() WHERE token_hash = $1", digest
            )
        return _session(row)

    async def count(self, person: str, kind: Kind) -> int:
        """Count the whole sessions of this kind that a person has now."""
        found: int = await self._pool.fetchval(
            """
            SELECT count(*) FROM session
             WHERE person = $1 AND kind = $2 AND last_code_at IS NOT NULL
               AND expires_at > clock_timestamp() AND seen_at > clock_timestamp() - $3::interval
            """,
            person, kind, _IDLE,
        )  # fmt: skip
        return found

    async def open(self, person: str, kind: Kind, *, code_given: bool) -> Opened:
        """Begin a session: whole with a code, else half for some minutes.

        Raises:
            ValueError: there is no such person, or it is disabled.
        """
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        await self._pool.execute("DELETE FROM session WHERE expires_at < clock_timestamp()")
        await self._pool.execute(
            """
            INSERT INTO session (id, token_hash, person, kind, expires_at, last_code_at)
            SELECT $1, $2, id, $4, clock_timestamp() + $5::interval,
                   CASE WHEN $6 THEN clock_timestamp() END
              FROM person WHERE id = $3 AND NOT disabled
            """,
            new_id("ses"), _hash(token), person, kind, _LONGEST if code_given else _HALF,
            code_given,
        )  # fmt: skip
        return await self._opened(token)

    async def rotate(self, token: str) -> Opened:
        """Turn the token after a code was given: the session is whole and fresh, the old token dead.

        Raises:
            ValueError: the session ended meanwhile, or its token was turned by somebody else.
        """
        turned = secrets.token_urlsafe(_TOKEN_BYTES)
        await self._pool.execute(
            """
            UPDATE session SET token_hash = $2, last_code_at = clock_timestamp(),
                   seen_at = clock_timestamp(), expires_at = CASE WHEN last_code_at IS NULL
                       THEN clock_timestamp() + $3::interval ELSE expires_at END
             WHERE token_hash = $1 AND expires_at > clock_timestamp()
            """,
            _hash(token), _hash(turned), _LONGEST,
        )  # fmt: skip
        return await self._opened(turned)

    async def end(self, token: str) -> None:
        """End a session; again is harmless."""
        await self._pool.execute("DELETE FROM session WHERE token_hash = $1", _hash(token))

    async def end_all(self, person: str, *, but: str = "") -> int:
        """End every session of a person, but the one with id ``but``; tells how many."""
        done = await self._pool.execute(
            "DELETE FROM session WHERE person = $1 AND id <> $2", person, but
        )
        return int(done.rsplit(" ", 1)[1])

    async def _opened(self, token: str) -> Opened:
        session = await self.find_any(token)
        if session is None:
            raise ValueError("the session did not begin: it ended meanwhile, or nobody may have it")
        return Opened(session, token)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()


def _session(row: Any) -> Session:
    given = row["last_code_at"]
    return Session(
        id=row["session"], person=person_of_row(row), kind=row["kind"], account=row["account"],
        enrolled=row["enrolled"], expires_at=row["expires_at"],
        fresh_until=None if given is None else given + FRESH,
    )  # fmt: skip
