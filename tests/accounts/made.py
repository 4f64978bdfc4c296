"""What tests of accounts, and of the api, make people with."""

from __future__ import annotations

import time
from typing import Literal

import pyotp
from argon2 import PasswordHasher

from bidhall.accounts.seed import Created
from evaluation.identity import uscc_check_digit

PASSWORD = "correct horse battery"


class CountingHasher(PasswordHasher):
    """Counts how often a hash was worked out; light, so that tests are fast."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - as inherited
        self.verified += 1
        return super().verify(hash, password)


def uscc(body: str) -> str:
    """Complete a code with its check character."""
    body = body.ljust(17, "0")
    return body + uscc_check_digit(body)


def code_of(created: Created, *, steps: int = 0) -> str:
    """Give the code an authenticator shows now, or ``steps`` half-minutes later."""
    assert created.authenticator is not None
    return pyotp.TOTP(created.authenticator.secret).at(int(time.time()) + 30 * steps)
