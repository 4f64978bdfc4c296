"""The key ceremony: custodians make a batch of tender keys that none of them holds.

COCKTAIL-DKG (``docs/spec/key-ceremony.md``); this stream is its untrusted coordinator: every
message is an event, so each custodian computes the others' contributions from the record.

    phase       command             next
    JOINING     JoinCeremony        JOINING, after the n-th ROUND_ONE
    ROUND_ONE   SubmitRoundOne      ROUND_ONE, after the n-th SIGNING
    SIGNING     SignTranscript      SIGNING, after the n-th VERIFYING
    VERIFYING   CompleteCeremony    COMPLETED  (the clerk checks all certificates first)
    any before COMPLETED            AbortCeremony -> ABORTED
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bidhall.cases import fields
from bidhall.cases.case import AT_ONCE, PUBLIC, Body, Command, Due, Event, Happening, Person, rule
from bidhall.cases.errors import ConflictError, InvalidCommandError, WrongPhaseError

KIND = "ceremony"
PREFIX = "cer"
_FEWEST, _MOST = 2, 15

COMMANDS = {
    "ConveneCeremony": rule("centre", fresh=True, creates=True),
    "JoinCeremony": rule("member", signed=True),
    "SubmitRoundOne": rule("member", signed=True),
    "SignTranscript": rule("member", signed=True),
    "CompleteCeremony": rule("clerk"),
    "AbortCeremony": rule("centre", "member"),
}


class Phase(StrEnum):
    """Where the ceremony stands."""

    NEW = "new"
    JOINING = "joining"
    ROUND_ONE = "round-one"
    SIGNING = "signing"
    VERIFYING = "verifying"
    COMPLETED = "completed"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Custodian:
    """One seat of the ceremony; ``index`` from 1; keys hex."""

    index: int
    person: str
    name: str
    static_key: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A ceremony, built from its events alone."""

    stream: str
    phase: Phase = Phase.NEW
    title: str = ""
    threshold: int = 0
    batch: int = 0
    custodians: tuple[Custodian, ...] = ()
    round_one: Mapping[int, tuple[Body, ...]] = field(default_factory=dict)
    signatures: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    keys: tuple[Body, ...] = ()

    def custodian(self, person: str) -> Custodian | None:
        """Find the seat of a person."""
        return next((one for one in self.custodians if one.person == person), None)


def initial(stream: str) -> State:
    """Begin before the ceremony is convened."""
    return State(stream)


def _expect(state: State, *phases: Phase) -> None:
    if state.phase not in phases:
        message = f"the ceremony is {state.phase}; this needs {' or '.join(phases)}"
        raise WrongPhaseError(message, phase=state.phase)


def decide(state: State, command: Command, actor: Person, at: datetime) -> tuple[Happening, ...]:
    """Decide one command; see the table above."""
    del at
    match command.kind:
        case "ConveneCeremony":
            return _convene(state, command)
        case "JoinCeremony":
            _expect(state, Phase.JOINING)
            seat = _seat(state, actor)
            if seat.static_key:
                message = f"custodian {seat.index} has joined already"
                raise ConflictError(message, code="joined-already", index=seat.index)
            key = fields.hexed(command.body, "static_key", 33)
            return (Happening("CustodianJoined", {"index": seat.index, "static_key": key}),)
        case "SubmitRoundOne":
            _expect(state, Phase.ROUND_ONE)
            return _contribute(state, command, actor, "messages", state.round_one)
        case "SignTranscript":
            _expect(state, Phase.SIGNING)
            return _contribute(state, command, actor, "signatures", state.signatures)
        case "CompleteCeremony":
            _expect(state, Phase.VERIFYING)
            return (Happening("CeremonyCompleted", {"keys": command.facts["keys"]}),)
        case _:
            _expect(state, Phase.JOINING, Phase.ROUND_ONE, Phase.SIGNING, Phase.VERIFYING)
            reason = fields.text(command.body, "reason", maximum=500)
            return (Happening("CeremonyAborted", {"reason": reason}),)


def _seat(state: State, actor: Person) -> Custodian:
    seat = state.custodian(actor.id)
    if seat is None:
        message = "you hold no seat in this ceremony"
        raise InvalidCommandError(message, code="no-seat")
    return seat


def _convene(state: State, command: Command) -> tuple[Happening, ...]:
    _expect(state, Phase.NEW)
    fields.only(command.body, "title", "threshold", "batch", "custodians")
    people = command.facts["custodians"]
    count = len(people)
    if not _FEWEST <= count <= _MOST or len({one["person"] for one in people}) != count:
        message = f"{count} custodians; a ceremony needs 2 to 15 different ones"
        raise InvalidCommandError(message, code="bad-custodians", count=count)
    body = {
        "title": fields.text(command.body, "title"),
        "threshold": fields.whole(command.body, "threshold", 2, count),
        "batch": fields.whole(command.body, "batch", 1, 64),
        "custodians": [{"index": place, **one} for place, one in enumerate(people, 1)],
    }
    return (Happening("CeremonyConvened", body),)


def _contribute(
    state: State, command: Command, actor: Person, name: str, given: Mapping[int, object]
) -> tuple[Happening, ...]:
    seat = _seat(state, actor)
    if seat.index in given:
        message = f"custodian {seat.index} has sent this already"
        raise ConflictError(message, code="sent-already", index=seat.index)
    fields.only(command.body, name)
    values = list(fields.items(command.body, name, low=state.batch, high=state.batch))
    kind = "RoundOneSubmitted" if name == "messages" else "TranscriptSigned"
    return (Happening(kind, {"index": seat.index, name: values}),)


def evolve(state: State, event: Event) -> State:
    """Apply one event."""
    body = event.body
    match event.kind:
        case "CeremonyConvened":
            seats = tuple(
                Custodian(one["index"], one["person"], one["name"]) for one in body["custodians"]
            )
            return replace(
                state, phase=Phase.JOINING, title=body["title"], threshold=body["threshold"],
                batch=body["batch"], custodians=seats,
            )  # fmt: skip
        case "CustodianJoined":
            seats = tuple(
                replace(one, static_key=body["static_key"]) if one.index == body["index"] else one
                for one in state.custodians
            )
            complete = all(one.static_key for one in seats)
            return replace(
                state, custodians=seats, phase=Phase.ROUND_ONE if complete else state.phase
            )
        case "RoundOneSubmitted":
            given = {**state.round_one, body["index"]: tuple(body["messages"])}
            complete = len(given) == len(state.custodians)
            return replace(state, round_one=given, phase=Phase.SIGNING if complete else state.phase)
        case "TranscriptSigned":
            signed = {**state.signatures, body["index"]: tuple(body["signatures"])}
            complete = len(signed) == len(state.custodians)
            return replace(
                state, signatures=signed, phase=Phase.VERIFYING if complete else state.phase
            )
        case "CeremonyCompleted":
            return replace(state, phase=Phase.COMPLETED, keys=tuple(body["keys"]))
        case _:
            return replace(state, phase=Phase.ABORTED)


def roles(state: State, person: Person | None) -> frozenset[str]:
    """Add ``member`` for the custodians of this ceremony."""
    if person is None:
        return frozenset()
    return person.roles | ({"member"} if state.custodian(person.id) else frozenset())


def audience(state: State, person: Person | None) -> str | None:
    """Let anyone watch: nothing in a ceremony's record is secret."""
    del state, person
    return PUBLIC


def visible(event: Event, state: State, audience: str) -> Body | None:
    """Show every event to everyone."""
    del state, audience
    return event.body


def discreet(event: Event) -> bool:
    """Keep no actor secret."""
    del event
    return False


def card(state: State, person: Person | None) -> Body | None:
    """Show custodians and the centre's staff by name."""
    if person is None:
        return None
    seat = state.custodian(person.id)
    if seat is not None:
        return {"role": "custodian", "index": seat.index, "name": seat.name}
    return {"role": "centre", "name": person.name} if "centre" in person.roles else None


def due(state: State) -> tuple[Due, ...]:
    """Owe the completion once everyone has signed."""
    if state.phase is Phase.VERIFYING:
        return (Due("clerk", "CompleteCeremony", AT_ONCE, state.stream),)
    return ()


def disclosed(state: State) -> bool:
    """Leave whole when finished."""
    return state.phase is Phase.COMPLETED
