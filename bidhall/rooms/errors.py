"""What can go wrong between a member and a room.

Each error ends the connection or one message, never the room::

    BidhallError
    └── RoomsError                  `code` is stable and goes out to the member
        ├── FrameInvalidError       a frame from the member is not one of the protocol's
        ├── BudgetExceededError     the member sends commands faster than its budget
        ├── SessionChangedError     the connection's session ended or was turned; join again
        ├── RoomUnknownError        there is no such stream, or none this person may know of
        └── RoomsClosedError        this worker is shutting down, or cannot take another member
"""

from __future__ import annotations

from typing import ClassVar

from bidhall.errors import BidhallError

__all__ = [
    "BudgetExceededError",
    "FrameInvalidError",
    "RoomUnknownError",
    "RoomsClosedError",
    "RoomsError",
    "SessionChangedError",
]


class RoomsError(BidhallError):
    """Something between a member and its room failed."""

    default_code: ClassVar[str] = "room-failed"

    def __init__(self, message: str, *, code: str | None = None, **params: object) -> None:
        """Keep ``message`` for people, ``code`` and ``params`` for programs."""
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.params = params


class FrameInvalidError(RoomsError):
    """A frame from the member is not one of the protocol's."""

    default_code = "bad-frame"


class BudgetExceededError(RoomsError):
    """The member sends commands faster than its budget allows; wait and send again."""

    default_code = "too-many-commands"


class RoomUnknownError(RoomsError):
    """There is no such stream, or none this person may know of."""

    default_code = "no-such-room"


class SessionChangedError(RoomsError):
    """The session this connection began with ended, or was turned into another by a code."""

    default_code = "session-changed"


class RoomsClosedError(RoomsError):
    """The worker is shutting down or cannot take another member; try again later."""

    default_code = "room-unavailable"
