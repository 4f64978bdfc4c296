"""The case of the rooms' measurements: people who speak, and secrets that must be kept apart."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from bidhall.cases.case import PUBLIC, Body, Case, Command, Due, Event, Happening, Person, rule

KIND = "bench"
PREFIX = "bench"
COMMANDS = {"Speak": rule("member", creates=True), "Seat": rule("member", creates=True)}


@dataclass(frozen=True, slots=True)
class State:
    """How often each spoke, and who holds a seat."""

    stream: str
    spoken: int = 0
    seats: frozenset[str] = frozenset()


def initial(stream: str) -> State:
    """Begin."""
    return State(stream)


def decide(state: State, command: Command, actor: Person, at: datetime) -> tuple[Happening, ...]:
    """Let everybody speak."""
    del state, at
    if command.kind == "Seat":
        return (Happening("Seated", {"person": actor.id}),)
    return (Happening("Spoken", {"by": actor.id, "text": str(command.body["text"])}),)


def evolve(state: State, event: Event) -> State:
    """Apply one event."""
    if event.kind == "Seated":
        return replace(state, seats=state.seats | {event.body["person"]})
    return replace(state, spoken=state.spoken + 1)


def roles(state: State, person: Person | None) -> frozenset[str]:
    """Let everyone signed in be a member."""
    if person is None:
        return frozenset()
    return person.roles | ({"seat"} if person.id in state.seats else frozenset())


def audience(state: State, person: Person | None) -> str | None:
    """Keep seats apart from the public."""
    return f"seat:{person.id}" if person is not None and person.id in state.seats else PUBLIC


def visible(event: Event, state: State, audience: str) -> Body | None:
    """Hide who holds a seat from the public."""
    del state
    return None if event.kind == "Seated" and audience == PUBLIC else event.body


def card(state: State, person: Person | None) -> Body | None:
    """Show seats."""
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


def case_of(stream: str) -> Case:
    """Know this case only."""
    del stream
    return cast("Case", sys.modules[__name__])
