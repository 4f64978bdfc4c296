"""Passwords: Argon2id, in threads of their own so that no room waits for them.

The decoy hash has the same parameters as a fresh one: an account that does not exist takes as
long to refuse as one that does.
"""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from bidhall.accounts.errors import BusyError, PasswordWeakError

__all__ = ["Passwords"]

_SHORTEST: Final = 10
_LONGEST: Final = 200
_THREADS: Final = 2  # each takes 64 MiB while it works
_WAITING: Final = 64
_T = TypeVar("_T")


class Passwords:
    """Hashes and checks passwords. ``hasher`` is lighter in tests alone."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="passwords")
        self._decoy = self._hasher.hash(secrets.token_hex(16))
        self._under_way = 0

    def close(self) -> None:
        """Wait for the threads."""
        self._threads.shutdown()

    async def hash(self, account: str, password: str) -> str:
        """Hash a new password.

        Raises:
            PasswordWeakError: too short, too long, or the account's own name.
        """
        prepared = _prepared(password)
        if not _SHORTEST <= len(prepared) <= _LONGEST:
            message = (
                f"a password has {_SHORTEST} to {_LONGEST} characters; this has {len(prepared)}"
            )
            raise PasswordWeakError(message, minimum=_SHORTEST, maximum=_LONGEST)
        if account in prepared.casefold() or len(set(prepared)) <= _SHORTEST // 3:
            message = "the password holds the account's name, or hardly any different characters"
            raise PasswordWeakError(message)
        return await self._in_thread(lambda: self._hasher.hash(prepared))

    async def verify(self, kept: str | None, password: str) -> bool:
        """Tell whether the password is the one whose hash was kept; None takes as long.

        Raises:
            BusyError: too many are waiting to be checked; try again in a moment.
        """
        prepared = _prepared(password)[: 4 * _LONGEST]
        matches = await self._in_thread(lambda: self._matches(kept or self._decoy, prepared))
        return matches and kept is not None

    def outdated(self, kept: str) -> bool:
        """Tell whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)

    async def rehash(self, password: str) -> str:
        """Hash a password that was right with today's parameters."""
        return await self._in_thread(lambda: self._hasher.hash(_prepared(password)))

    def _matches(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (Argon2Error, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        if self._under_way >= _WAITING:
            raise BusyError("many people are signing in right now; try again in a few seconds")
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._under_way -= 1


def _prepared(password: str) -> str:
    # The same password typed on another system may arrive in another normal form. Half a
    # surrogate pair cannot be hashed: it becomes a character nobody's password has.
    return unicodedata.normalize("NFKC", password.encode(errors="replace").decode())
