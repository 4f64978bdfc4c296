"""One connection's side of the rooms protocol, without any I/O.

Give it every frame that arrives, and the time; it answers with what is to be done::

    phase     frame      step                     next
    JOINING   join       Enter                    JOINED
    JOINING   ping       Tell                     JOINING
    JOINING   other      Finish(4009)             CLOSED
    JOINED    command    Perform, or Deny         JOINED
    JOINED    ping       Tell                     JOINED
    JOINED    join       Finish(4009)             CLOSED
    any       no frame   Finish(4009)             CLOSED
    CLOSED    any        nothing                  CLOSED
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bidhall.rooms.budget import Budget
from bidhall.rooms.errors import BudgetExceededError, FrameInvalidError, RoomsError
from bidhall.rooms.messages import VERSION, Close, CommandFrame, Join, Ping, decode

__all__ = ["Deny", "Dialogue", "Enter", "Finish", "Limits", "Perform", "Phase", "Step", "Tell"]


class Phase(StrEnum):
    """Where a connection stands."""

    JOINING = "joining"
    JOINED = "joined"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may use. Times in seconds."""

    burst: int = 40
    rate: float = 20.0
    denials: int = 200
    join_within: float = 10.0


@dataclass(frozen=True, slots=True)
class Enter:
    """Let the member in; it has the events up to ``after`` of ``audience``."""

    after: int
    audience: str | None


@dataclass(frozen=True, slots=True)
class Perform:
    """Carry out a command and reply."""

    frame: CommandFrame


@dataclass(frozen=True, slots=True)
class Tell:
    """Send the time."""


@dataclass(frozen=True, slots=True)
class Deny:
    """Reply to command ``id`` that it was not even tried."""

    id: str
    error: RoomsError


@dataclass(frozen=True, slots=True)
class Finish:
    """Send ``error`` and close the connection with ``code``."""

    code: Close
    error: RoomsError


Step = Enter | Perform | Tell | Deny | Finish

DEFAULT_LIMITS: Final = Limits()


class Dialogue:
    """The protocol state of one connection."""

    __slots__ = ("_began", "_budget", "_limits", "phase")

    def __init__(self, *, at: float, limits: Limits = DEFAULT_LIMITS) -> None:
        """Begin when the connection opened, at ``at`` (monotonic seconds)."""
        self._began = at
        self._limits = limits
        self._budget = Budget(burst=limits.burst, rate=limits.rate, at=at)
        self.phase = Phase.JOINING

    def receive(self, data: str | bytes, at: float) -> Step | None:
        """Take one frame and say what is to be done about it."""
        if self.phase is Phase.CLOSED:
            return None
        try:
            return self._step(decode(data), at)
        except FrameInvalidError as error:
            return self._finish(error)

    def overdue(self, at: float) -> Finish | None:
        """Say whether the member took too long to join."""
        if self.phase is not Phase.JOINING or at < self._began + self._limits.join_within:
            return None
        message = f"no join frame within {self._limits.join_within:g} s; send one first"
        return self._finish(FrameInvalidError(message, code="join-first"))

    def close(self) -> None:
        """Take nothing more."""
        self.phase = Phase.CLOSED

    def _step(self, frame: Join | CommandFrame | Ping, at: float) -> Step:
        match frame:
            case Ping():
                return Tell()
            case Join() if self.phase is Phase.JOINING:
                return self._enter(frame)
            case CommandFrame() if self.phase is Phase.JOINED:
                return self._perform(frame, at)
            case Join():
                message = "this connection has joined already; open another one"
                raise FrameInvalidError(message, code="joined-already")
            case _:
                message = "the first frame must be a join frame"
                raise FrameInvalidError(message, code="join-first")

    def _enter(self, frame: Join) -> Enter:
        if frame.v != VERSION:
            message = f"protocol version {frame.v} is not spoken here; use {VERSION}"
            raise FrameInvalidError(message, code="bad-version", version=VERSION)
        self.phase = Phase.JOINED
        return Enter(frame.after, frame.audience)

    def _perform(self, frame: CommandFrame, at: float) -> Step:
        if self._budget.take(at):
            return Perform(frame)
        message = f"more than {self._limits.rate:g} commands a second; wait and send again"
        error = BudgetExceededError(message, rate=int(self._limits.rate))
        if self._budget.denied > self._limits.denials:
            return self._finish(error)
        return Deny(frame.id, error)

    def _finish(self, error: RoomsError) -> Finish:
        self.phase = Phase.CLOSED
        return Finish(Close.PROTOCOL_ERROR, error)
