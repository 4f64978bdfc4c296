"""Why somebody is not let in, or an account is not made.

::

    BidhallError
    ├── RefusedError
    │   └── ForbiddenError
    │       ├── SignInNeededError       nobody is signed in
    │       ├── SecondFactorNeededError the last code was given too long ago, or never
    │       └── SignatureNeededError    no valid signature by an enrolled device of this person
    └── AccountsError
        ├── SignInRefusedError      account, password or code is wrong; never which of them
        ├── CodeRefusedError        the code is wrong, or was used before
        ├── TooManyAttemptsError    wait ``retry_after`` seconds
        ├── EnrolledAlreadyError    there is an authenticator; only its holder may replace it
        ├── NotEnrollingError       no new authenticator waits for its first code
        ├── AccountInvalidError     an account cannot look like this
        │   └── PasswordWeakError   too short, too long, or the account's own name
        ├── AccountExistsError      the account name or the organisation's code is taken
        ├── BusyError               too many passwords are being checked
        └── KeyFileError            the key file of the accounts cannot be read as one
"""

from __future__ import annotations

from typing import ClassVar

from bidhall.cases.errors import ForbiddenError
from bidhall.errors import BidhallError

__all__ = [
    "AccountExistsError",
    "AccountInvalidError",
    "AccountsError",
    "BusyError",
    "CodeRefusedError",
    "EnrolledAlreadyError",
    "KeyFileError",
    "NotEnrollingError",
    "PasswordWeakError",
    "SecondFactorNeededError",
    "SignInNeededError",
    "SignInRefusedError",
    "SignatureNeededError",
    "TooManyAttemptsError",
]


class SignInNeededError(ForbiddenError):
    """Nobody is signed in."""

    default_code = "sign-in-first"


class SecondFactorNeededError(ForbiddenError):
    """The last code was given too long ago, or never."""

    default_code = "second-factor-needed"


class SignatureNeededError(ForbiddenError):
    """The command needs a valid signature by an enrolled device of this person."""

    default_code = "signature-needed"


class AccountsError(BidhallError):
    """The base; ``code`` is stable, ``params`` fill the page's translation."""

    default_code: ClassVar[str] = "account-refused"

    def __init__(self, message: str, *, code: str | None = None, **params: object) -> None:
        """Keep ``message`` for people, ``code`` and ``params`` for programs."""
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.params = params


class SignInRefusedError(AccountsError):
    """Account, password or code is wrong; never which of them."""

    default_code = "sign-in-refused"

    def __init__(self) -> None:
        """Say the same whatever was wrong."""
        super().__init__("account, password or code is wrong; check all three and try again")


class CodeRefusedError(AccountsError):
    """The code is wrong, or was used before."""

    default_code = "code-refused"

    def __init__(self) -> None:
        """Say the same whether it is wrong or used."""
        super().__init__("the code is wrong or was used before; wait for the next one")


class TooManyAttemptsError(AccountsError):
    """Too many attempts from here or on this account; ``retry_after`` in seconds."""

    default_code = "too-many-attempts"

    def __init__(self, retry_after: int) -> None:
        """Say how long to wait."""
        message = f"too many attempts; try again in {retry_after} seconds"
        super().__init__(message, retry_after=retry_after)

    @property
    def retry_after(self) -> int:
        """Tell how long to wait, in seconds."""
        return int(str(self.params["retry_after"]))


class EnrolledAlreadyError(AccountsError):
    """There is an authenticator; only who holds it may replace it."""

    default_code = "enrolled-already"


class NotEnrollingError(AccountsError):
    """No new authenticator waits for its first code."""

    default_code = "not-enrolling"


class AccountInvalidError(AccountsError):
    """An account cannot look like this."""

    default_code = "account-invalid"


class PasswordWeakError(AccountInvalidError):
    """The password is too short, too long, or the account's own name."""

    default_code = "password-weak"


class AccountExistsError(AccountsError):
    """The account name or the organisation's code is taken."""

    default_code = "account-exists"


class BusyError(AccountsError):
    """Too many passwords are being checked at this moment."""

    default_code = "sign-in-busy"


class KeyFileError(AccountsError):
    """The key file of the accounts cannot be read as one."""

    default_code = "key-file"
