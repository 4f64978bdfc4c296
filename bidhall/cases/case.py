"""What every kind of case has in common: the types, and the five functions each kind gives.

A case is a stream of events. A kind of case is one pure module with::

    KIND                                    its name, and PREFIX of its stream ids
    COMMANDS  {command kind: Rule}          who may send it, and how strongly proven
    initial(stream) -> State
    decide(state, command, actor, at) -> (Happening, ...)      raises RefusedError, changes nothing
    evolve(state, event) -> State
    roles(state, person) -> frozenset       the person's roles in this very case
    audience(state, person) -> str | None   people of one audience see the same; None may not watch
    visible(event, state, audience) -> body | None    the only door through which an event leaves
    discreet(event) -> bool                 whether who did it is a secret
    card(state, person) -> dict | None      how the person appears to the others in the room
    due(state) -> (Due, ...)                what the hall's own machines owe this case next
    disclosed(state) -> bool                whether the whole stream may leave in a record bundle

``visible`` is asked with the state *right after* the event, never with a later one, so that a
member who was away sees word for word what one who stayed saw. What becomes public later
is carried by the later event (a reveal carries the sheets, an announcement the prices).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

Body = Mapping[str, Any]

PUBLIC = "public"
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
SYSTEM_ACTORS = frozenset({"clock", "opener", "operator", "clerk"})


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts or watches: an account, with the roles its organisation gave it."""

    id: str
    name: str = ""
    organisation: str = ""
    organisation_name: str = ""
    county: str = ""
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Signed:
    """A device signature over the canonical command; ``signature`` is raw r||s, hex."""

    device: str
    signature: str


@dataclass(frozen=True, slots=True)
class Command:
    """A wish.

    ``body`` comes from the sender, ``facts`` from the hall (hashes of stored files, the end of
    another case); a sender can never supply facts.
    """

    id: str
    stream: str
    kind: str
    body: Body
    facts: Body = field(default_factory=dict)
    signed: Signed | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """An event that is not yet placed in its stream."""

    kind: str
    body: Body


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, at its place in the stream (``seq`` from 1)."""

    stream: str
    seq: int
    at: datetime
    kind: str
    actor: str
    command: str
    body: Body
    signed: Body | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may send a command: one of ``roles`` in the case, and how strongly proven.

    ``signed``: by the actor's device key over the canonical command; ``fresh``: with a second
    factor within the last minutes; ``creates``: it may begin a new stream.
    """

    roles: frozenset[str]
    signed: bool = False
    fresh: bool = False
    creates: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """A command that one of the hall's machines owes, not before ``at``. ``key`` makes its id."""

    actor: str
    kind: str
    at: datetime
    stream: str
    key: str = ""


class Case(Protocol):
    """The interface of a case module (modules satisfy it structurally)."""

    KIND: str
    PREFIX: str
    COMMANDS: Mapping[str, Rule]

    def initial(self, stream: str) -> Any:
        """Give the state before the first event."""

    def decide(
        self, state: Any, command: Command, actor: Person, at: datetime
    ) -> tuple[Happening, ...]:
        """Decide a command; raises RefusedError and changes nothing."""

    def evolve(self, state: Any, event: Event) -> Any:
        """Give the state after an event."""

    def roles(self, state: Any, person: Person | None) -> frozenset[str]:
        """Give the person's roles in this very case."""

    def audience(self, state: Any, person: Person | None) -> str | None:
        """Name whom the person sees with; None may not watch."""

    def visible(self, event: Event, state: Any, audience: str) -> Body | None:
        """Give what of an event an audience may see, with the state right after it."""

    def discreet(self, event: Event) -> bool:
        """Tell whether the event's actor is a secret: a receipt, which names it, is for it alone."""

    def card(self, state: Any, person: Person | None) -> Body | None:
        """Give how a person appears to the others in the room."""

    def due(self, state: Any) -> tuple[Due, ...]:
        """List what the hall's machines owe next."""

    def disclosed(self, state: Any) -> bool:
        """Tell whether the whole stream may leave in a record bundle."""


def rule(*roles: str, signed: bool = False, fresh: bool = False, creates: bool = False) -> Rule:
    """Write a row of a command table."""
    return Rule(frozenset(roles), signed, fresh, creates)


def instant(text: str) -> datetime:
    """Parse ``2026-11-24T09:30:00.123Z``; a time without zone is refused with ValueError."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        message = f"{text} has no time zone; write it as 2026-11-24T09:30:00.000Z"
        raise ValueError(message)
    return at.astimezone(UTC)


def stamp(at: datetime) -> str:
    """Write a time as ``2026-11-24T09:30:00.123Z``: UTC, milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def canonical_event(event: Event) -> dict[str, Any]:
    """Give the form of an event whose canonical JSON is hashed into the record."""
    form: dict[str, Any] = {
        "v": 1,
        "stream": event.stream,
        "seq": event.seq,
        "at": stamp(event.at),
        "kind": event.kind,
        "actor": event.actor,
        "command": event.command,
        "body": event.body,
    }
    if event.signed is not None:
        form["signed"] = event.signed
    return form
