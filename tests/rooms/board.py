"""A small case for tests: a board where some things are hidden from some people.

Commands, who may send them and what they do::

    Open                anyone      begins
    Say                 anyone      everyone sees it
    Seal                anyone      seats see it; the public does not even see that it happened
    Score               seats       the author sees the value, others that it was given
    Seat, Remove        anyone      change who a person is: public -> seat -> may not watch
    Reveal              anyone      carries all that was sealed, to everyone
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bidhall.cases.case import PUBLIC, Body, Command, Due, Event, Happening, Person, rule
from bidhall.cases.errors import ConflictError, InvalidCommandError

KIND = "board"
PREFIX = "brd"
COMMANDS = {
    name: rule("anyone", creates=name == "Open")
    for name in ("Open", "Say", "Seal", "Score", "Seat", "Remove", "Reveal")
}
PAST = {
    "Open": "Opened", "Say": "Said", "Seal": "Sealed", "Score": "Scored", "Seat": "Seated",
    "Remove": "Removed", "Reveal": "Revealed",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    """The board."""

    stream: str
    opened: bool = False
    seats: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    sealed: tuple[str, ...] = ()


def initial(stream: str) -> State:
    """Begin unopened."""
    return State(stream)


def decide(state: State, command: Command, actor: Person, at: datetime) -> tuple[Happening, ...]:
    """Do nearly anything."""
    del at
    if state.opened == (command.kind == "Open"):
        message = f"{command.kind} at the wrong time"
        raise ConflictError(message, code="wrong-time", kind=command.kind)
    body = dict(command.body)
    if command.kind == "Say" and not isinstance(body.get("text"), str):
        message = f"text is {body.get('text')!a}; it must be a text"
        raise InvalidCommandError(message, code="bad-field", field="text")
    if command.kind in {"Seal", "Score", "Say"}:
        body["by"] = actor.id
    if command.kind == "Reveal":
        body = {"sealed": list(state.sealed)}
    return (Happening(PAST[command.kind], body),)


def evolve(state: State, event: Event) -> State:
    """Apply one event."""
    match event.kind:
        case "Opened":
            return replace(state, opened=True)
        case "Sealed":
            return replace(state, sealed=(*state.sealed, event.body["text"]))
        case "Seated":
            return replace(state, seats=state.seats | {event.body["person"]})
        case "Removed":
            return replace(state, removed=state.removed | {event.body["person"]})
        case _:
            return state


def roles(state: State, person: Person | None) -> frozenset[str]:
    """Add ``seat`` for the seated."""
    if person is None:
        return frozenset()
    return frozenset({"anyone"}) | ({"seat"} if person.id in state.seats else frozenset())


def audience(state: State, person: Person | None) -> str | None:
    """Give each seat an audience of its own."""
    if person is None or person.id not in state.seats | state.removed:
        return PUBLIC
    return None if person.id in state.removed else f"seat:{person.id}"


def visible(event: Event, state: State, audience: str) -> Body | None:
    """Hide what is sealed from the public, and values from all but their author."""
    del state
    seat = audience.removeprefix("seat:") if audience.startswith("seat:") else None
    match event.kind:
        case "Sealed":
            return event.body if seat else None
        case "Scored":
            if seat is None:
                return None
            return event.body if event.body["by"] == seat else {"by": event.body["by"]}
        case _:
            return event.body


def card(state: State, person: Person | None) -> Body | None:
    """Show seats by name."""
    if person is None or person.id not in state.seats:
        return None
    return {"role": "seat", "name": person.name}


def due(state: State) -> tuple[Due, ...]:
    """Owe nothing."""
    del state
    return ()


def disclosed(state: State) -> bool:
    """Leave whole."""
    del state
    return True
