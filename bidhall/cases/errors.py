"""Why a case refuses a command.

Every refusal changes nothing, names the value that was wrong and says what to do::

    BidhallError
    └── RefusedError                refused, with a stable code for wire, page and log
        ├── InvalidCommandError     the body has the wrong shape or an impossible value
        ├── WrongPhaseError         right command, wrong time in the life of the case
        ├── ForbiddenError          this person may not do this here
        ├── NotFoundError           the thing named does not exist, or not for this person
        ├── LateError               the deadline has passed
        └── ConflictError           it was done already, or another got there first
"""

from __future__ import annotations

from typing import ClassVar

from bidhall.errors import BidhallError

__all__ = [
    "ConflictError",
    "ForbiddenError",
    "InvalidCommandError",
    "LateError",
    "NotFoundError",
    "RefusedError",
    "WrongPhaseError",
]


class RefusedError(BidhallError):
    """A command was refused; ``code`` is stable, ``params`` fill the page's translation."""

    default_code: ClassVar[str] = "refused"

    def __init__(self, message: str, *, code: str | None = None, **params: object) -> None:
        """Keep ``message`` for people, ``code`` and ``params`` for programs."""
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.params = params


class InvalidCommandError(RefusedError):
    """The body has the wrong shape or an impossible value."""

    default_code = "invalid-command"


class WrongPhaseError(RefusedError):
    """The case is not in the phase in which this command is lawful."""

    default_code = "wrong-phase"


class ForbiddenError(RefusedError):
    """The person may not do this in this case."""

    default_code = "forbidden"


class NotFoundError(RefusedError):
    """What the command names does not exist, or not for this person."""

    default_code = "not-found"


class LateError(RefusedError):
    """The deadline has passed."""

    default_code = "late"


class ConflictError(RefusedError):
    """It was done already, or another got there first."""

    default_code = "conflict"
