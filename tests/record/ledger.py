"""A kind of case for tests of the record: an account that can be opened, added to and broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

from bidhall.cases.case import (
    AT_ONCE,
    Body,
    Case,
    Command,
    Due,
    Event,
    Happening,
    Person,
    instant,
    rule,
)
from bidhall.cases.errors import ConflictError, NotFoundError

KIND = "ledger"
PREFIX = "led"
COMMANDS = {
    "Open": rule("anyone", creates=True),
    "Add": rule("anyone"),
    "AddTwice": rule("anyone"),
    "Touch": rule("anyone"),
    "Remind": rule("anyone"),
    "Forget": rule("anyone"),
    "Crash": rule("anyone"),
    "BreakState": rule("anyone"),
    "AddFloat": rule("anyone"),
    "AddMoment": rule("anyone"),
}


@dataclass(frozen=True, slots=True)
class State:
    """What the account holds, how often it was added to, and what it must be reminded of."""

    stream: str
    open: bool = False
    total: int = 0
    count: int = 0
    reminders: Mapping[str, str] = field(default_factory=dict)


def initial(stream: str) -> State:
    """Begin closed."""
    return State(stream)


def decide(state: State, command: Command, actor: Person, at: datetime) -> tuple[Happening, ...]:
    """Decide as the name of the command says."""
    del actor
    amount = command.body.get("amount", 1)
    match command.kind:
        case "Open":
            if state.open:
                message = "open already"
                raise ConflictError(message, code="open-already")
            return (Happening("Opened", {}),)
        case "Add":
            if amount < 0:
                message = "less than nothing cannot be added"
                raise ConflictError(message, code="negative")
            return (Happening("Added", {"amount": amount, "total": state.total + amount}),)
        case "AddTwice":
            once = Happening("Added", {"amount": amount, "total": state.total + amount})
            return (once, Happening("Added", {"amount": amount, "total": state.total + 2 * amount}))
        case "Remind":
            return (Happening("Reminded", {"key": command.body["key"], "at": command.body["at"]}),)
        case "Forget":
            return (Happening("Forgotten", {"key": command.body["key"]}),)
        case "BreakState":
            return (Happening("Added", {"total": 1}), Happening("Broken", {}))
        case "AddFloat":
            return (Happening("Added", {"amount": 0.5, "total": 1}),)
        case "AddMoment":
            return (Happening("Added", {"amount": at, "total": 1}),)
        case "Crash":
            message = "a mistake in the rules"
            raise ZeroDivisionError(message)
    return ()


def evolve(state: State, event: Event) -> State:
    """Apply one event."""
    body = event.body
    match event.kind:
        case "Opened":
            return replace(state, open=True)
        case "Added":
            return replace(state, total=body["total"], count=state.count + 1)
        case "Reminded":
            return replace(state, reminders={**state.reminders, body["key"]: body["at"]})
        case "Forgotten":
            left = {key: at for key, at in state.reminders.items() if key != body["key"]}
            return replace(state, reminders=left)
    raise KeyError(event.kind)


def roles(state: State, person: Person | None) -> frozenset[str]:
    """Let everyone do everything."""
    del state, person
    return frozenset({"anyone"})


def audience(state: State, person: Person | None) -> str | None:
    """Let everyone watch."""
    del state, person
    return "public"


def visible(event: Event, state: State, audience: str) -> Body | None:
    """Show all."""
    del state, audience
    return event.body


def card(state: State, person: Person | None) -> Body | None:
    """Show nobody."""
    del state, person
    return None


def due(state: State) -> tuple[Due, ...]:
    """Owe each reminder at its time."""
    return tuple(
        Due("clock", "Remember", AT_ONCE if at == "now" else instant(at), state.stream, key)
        for key, at in state.reminders.items()
    )


def disclosed(state: State) -> bool:
    """Disclose all."""
    del state
    return True


def case_of(stream: str) -> Case:
    """Know ledgers only."""
    if stream.split("-", 1)[0] != PREFIX:
        message = f"{stream!a} is no ledger"
        raise NotFoundError(message, code="no-such-case")
    import sys  # noqa: PLC0415 - the module itself is the case

    return cast("Case", sys.modules[__name__])
