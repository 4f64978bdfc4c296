"""What a worker's rooms may use and how often they look around. Times in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field

from bidhall.rooms.protocol import Limits

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits of all rooms of one worker.

    ``backlog`` is how many bytes may wait for one member before it is dropped with 4008;
    ``chunk`` how many are sent at once to one who catches up, ``patience`` how long it may take
    to read them. ``poll`` bounds how late an event comes whose hint was lost.
    """

    limits: Limits = field(default_factory=Limits)
    backlog: int = 1 << 20
    chunk: int = 1 << 17
    patience: float = 30.0
    poll: float = 0.5
    clock: float = 10.0
    presence: float = 0.25
    heartbeat: float = 5.0
    linger: float = 60.0
    recheck: float = 60.0
    commands_at_once: int = 8
    members: int = 20_000
    anonymous_per_address: int = 100
