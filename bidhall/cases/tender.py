"""The tender: from its draft to the deadline, and the sealed bids that come in.

    phase       command                                      next
    DRAFT       CreateTender ReviseTender AttachDocument     DRAFT
    DRAFT       AssignKeys                                   DRAFT
    DRAFT       PublishTender                                PUBLISHED
    PUBLISHED   SubmitBid ReplaceBid WithdrawBid             PUBLISHED, while before ``closes_at``
    PUBLISHED   CloseTender (the clock, at ``closes_at``)    CLOSED

Who bid, and how many, stays secret until the deadline (Law 22): a bid's events are visible to
its own organisation alone, and the audience's own numbering leaves no gap where they lie.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bidhall.cases import fields
from bidhall.cases.case import (
    PUBLIC,
    Body,
    Command,
    Due,
    Event,
    Happening,
    Person,
    instant,
    rule,
)
from bidhall.cases.errors import (
    ConflictError,
    InvalidCommandError,
    LateError,
    NotFoundError,
    WrongPhaseError,
)
from bidhall.cases.manifest import STAGES, check_terms, manifest_of
from crypto import canonical

KIND = "tender"
PREFIX = "ten"
STAFF = "staff"

COMMANDS = {
    "CreateTender": rule("tenderee", "centre", creates=True),
    "ReviseTender": rule("owner"),
    "AttachDocument": rule("owner"),
    "AssignKeys": rule("owner"),
    "PublishTender": rule("owner", signed=True),
    "SubmitBid": rule("bidder", signed=True),
    "ReplaceBid": rule("bidder", signed=True),
    "WithdrawBid": rule("bidder", signed=True),
    "CloseTender": rule("clock"),
}


class Phase(StrEnum):
    """Where the tender stands."""

    NEW = "new"
    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Bid:
    """One organisation's sealed bid for one lot.

    ``stages`` as in the event; ``number`` counts its versions from 1.
    """

    bid: str
    lot: str
    bidder: str
    bidder_name: str
    person: str
    number: int
    stages: tuple[Body, ...]
    at: datetime
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """A tender, built from its events alone."""

    stream: str
    phase: Phase = Phase.NEW
    owner: str = ""
    tenderee: str = ""
    terms: Body = field(default_factory=dict)
    documents: Mapping[str, Body] = field(default_factory=dict)
    keys: Body = field(default_factory=dict)
    manifest: Body = field(default_factory=dict)
    manifest_hash: str = ""
    bids: Mapping[str, Bid] = field(default_factory=dict)
    nonces: frozenset[str] = frozenset()
    closed: Body = field(default_factory=dict)

    @property
    def closes_at(self) -> datetime:
        """Tell the deadline, by the manifest."""
        return instant(self.manifest["closes_at"])

    @property
    def opens_at(self) -> datetime:
        """Tell the opening time, by the manifest."""
        return instant(self.manifest["opens_at"])

    def live_bid(self, bidder: str, lot: str) -> Bid | None:
        """Find the bid an organisation has in force for a lot."""
        return next(
            (
                one
                for one in self.bids.values()
                if one.bidder == bidder and one.lot == lot and not one.withdrawn
            ),
            None,
        )


def opening_of(tender: str) -> str:
    """Name the stream of a tender's opening session."""
    return "ope-" + tender.split("-", 1)[1]


def evaluation_of(tender: str) -> str:
    """Name the stream of a tender's evaluation."""
    return "eva-" + tender.split("-", 1)[1]


def initial(stream: str) -> State:
    """Begin before the tender is created."""
    return State(stream)


def _expect(state: State, phase: Phase) -> None:
    if state.phase is not phase:
        message = f"the tender is {state.phase}; this needs a tender that is {phase}"
        raise WrongPhaseError(message, phase=state.phase)


def decide(state: State, command: Command, actor: Person, at: datetime) -> tuple[Happening, ...]:
    """Decide one command; see the table above."""
    match command.kind:
        case "CreateTender" | "ReviseTender":
            return (_draft(state, command, actor),)
        case "AttachDocument":
            _expect(state, Phase.DRAFT)
            name = fields.text(command.body, "name", maximum=120)
            body = {"name": name, "file": command.facts["file"],
                    "sha256": command.facts["sha256"], "size": command.facts["size"]}  # fmt: skip
            return (Happening("DocumentAttached", body),)
        case "AssignKeys":
            _expect(state, Phase.DRAFT)
            return (Happening("KeysAssigned", dict(command.facts)),)
        case "PublishTender":
            return (_publish(state, command, at),)
        case "SubmitBid" | "ReplaceBid":
            return (_receive(state, command, actor, at),)
        case "WithdrawBid":
            return (_withdraw(state, command, actor, at),)
        case _:
            return _close(state, at)


def _draft(state: State, command: Command, actor: Person) -> Happening:
    created = command.kind == "CreateTender"
    _expect(state, Phase.NEW if created else Phase.DRAFT)
    terms = {**state.terms, **command.body}
    check_terms(terms)
    if not created:
        return Happening("TenderRevised", {"terms": terms})
    body = {"owner": actor.id, "tenderee": actor.organisation, "terms": terms}
    return Happening("TenderCreated", body)


def _publish(state: State, command: Command, at: datetime) -> Happening:
    _expect(state, Phase.DRAFT)
    manifest = manifest_of(
        state.stream, state.terms, state.keys, list(state.documents.values()), command.facts, at
    )
    manifest_hash = canonical.digest(manifest).hex()
    return Happening("TenderPublished", {"manifest": manifest, "manifest_hash": manifest_hash})


def _expect_open(state: State, at: datetime) -> None:
    if state.phase is Phase.CLOSED or (state.phase is Phase.PUBLISHED and at >= state.closes_at):
        closed = state.manifest["closes_at"]
        message = f"bids closed at {closed}; nothing can be handed in, replaced or withdrawn now"
        raise LateError(message, closes_at=closed)
    _expect(state, Phase.PUBLISHED)


def _receive(state: State, command: Command, actor: Person, at: datetime) -> Happening:
    _expect_open(state, at)
    fields.only(command.body, "bid", "lot", "stages")
    bid, lot = fields.ident(command.body, "bid"), fields.text(command.body, "lot", maximum=20)
    _known_lot(state, lot)
    live = state.live_bid(actor.organisation, lot)
    if command.kind == "SubmitBid":
        if live is not None or bid in state.bids:
            message = f"your organisation has a bid for lot {lot} already; replace or withdraw it"
            raise ConflictError(message, code="bid-exists", lot=lot)
        number = 1
    else:
        if live is None or live.bid != bid:
            message = f"{bid} is not a bid of yours in force for lot {lot}"
            raise NotFoundError(message, code="no-such-bid", bid=bid)
        number = live.number + 1
    stages = list(command.facts["stages"])
    for stage in stages:
        if stage["descriptor"]["nonce"] in state.nonces:
            message = "this envelope was handed in before; seal the files again"
            raise ConflictError(message, code="envelope-reused")
        if stage["descriptor"]["seq"] != number:
            message = f"the envelope is sealed as version {stage['descriptor']['seq']}; "
            message += f"version {number} is wanted: seal the files again"
            raise InvalidCommandError(message, code="wrong-version", wanted=number)
    kind = "BidSubmitted" if command.kind == "SubmitBid" else "BidReplaced"
    return Happening(kind, {
        "bid": bid, "lot": lot, "bidder": actor.organisation,
        "bidder_name": actor.organisation_name, "number": number, "stages": stages,
    })  # fmt: skip


def _known_lot(state: State, lot: str) -> None:
    lots = [one["lot"] for one in state.manifest["lots"]]
    if lot not in lots:
        message = f"there is no lot {lot!r} in this tender; lots are {', '.join(lots)}"
        raise InvalidCommandError(message, code="no-such-lot", lot=lot)


def _withdraw(state: State, command: Command, actor: Person, at: datetime) -> Happening:
    _expect_open(state, at)
    bid = fields.ident(command.body, "bid")
    found = state.bids.get(bid)
    if found is None or found.bidder != actor.organisation:
        message = f"{bid} is not a bid of yours"
        raise NotFoundError(message, code="no-such-bid", bid=bid)
    if found.withdrawn:
        message = f"{bid} was withdrawn before"
        raise ConflictError(message, code="withdrawn-already", bid=bid)
    reason = fields.optional(command.body, "reason", maximum=500)
    return Happening(
        "BidWithdrawn", {"bid": bid, "lot": found.lot, "bidder": found.bidder, "reason": reason}
    )


def _close(state: State, at: datetime) -> tuple[Happening, ...]:
    if state.phase is Phase.CLOSED:
        return ()
    _expect(state, Phase.PUBLISHED)
    if at < state.closes_at:
        message = f"bids close at {state.manifest['closes_at']}, not before"
        raise WrongPhaseError(message, code="too-early")
    # No bidder is named here: the custodians read this event before any bid is open.
    bids = [
        {
            "bid": one.bid, "lot": one.lot, "number": one.number,
            "descriptors": {
                stage["stage"]: canonical.digest(stage["descriptor"]).hex() for stage in one.stages
            },
        }
        for _, one in sorted(state.bids.items()) if not one.withdrawn
    ]  # fmt: skip
    counts = {
        lot["lot"]: sum(one["lot"] == lot["lot"] for one in bids) for lot in state.manifest["lots"]
    }
    withdrawn = sorted(one.bid for one in state.bids.values() if one.withdrawn)
    body = {
        "manifest_hash": state.manifest_hash, "bids": bids, "counts": counts,
        "withdrawn": withdrawn, "root": canonical.digest(bids).hex(),
    }  # fmt: skip
    return (Happening("TenderClosed", body),)


def evolve(state: State, event: Event) -> State:
    """Apply one event."""
    body = event.body
    match event.kind:
        case "TenderCreated":
            return replace(
                state, phase=Phase.DRAFT, owner=body["owner"], tenderee=body["tenderee"],
                terms=body["terms"],
            )  # fmt: skip
        case "TenderRevised":
            return replace(state, terms=body["terms"])
        case "DocumentAttached":
            return replace(state, documents={**state.documents, body["name"]: body})
        case "KeysAssigned":
            return replace(state, keys=body)
        case "TenderPublished":
            return replace(
                state, phase=Phase.PUBLISHED, manifest=body["manifest"],
                manifest_hash=body["manifest_hash"],
            )  # fmt: skip
        case "BidSubmitted" | "BidReplaced":
            return _evolve_bid(state, event)
        case "BidWithdrawn":
            gone = replace(state.bids[body["bid"]], withdrawn=True)
            return replace(state, bids={**state.bids, body["bid"]: gone})
        case _:
            return replace(state, phase=Phase.CLOSED, closed=body)


def _evolve_bid(state: State, event: Event) -> State:
    body = event.body
    bid = Bid(
        body["bid"], body["lot"], body["bidder"], body["bidder_name"], event.actor, body["number"],
        tuple(body["stages"]), event.at,
    )  # fmt: skip
    nonces = {stage["descriptor"]["nonce"] for stage in bid.stages}
    return replace(state, bids={**state.bids, bid.bid: bid}, nonces=state.nonces | nonces)


def roles(state: State, person: Person | None) -> frozenset[str]:
    """Add ``owner`` for the person who made the tender and colleagues who may run it."""
    if person is None:
        return frozenset()
    ours = person.organisation == state.tenderee and bool(person.roles & {"tenderee", "centre"})
    return person.roles | ({"owner"} if ours or person.id == state.owner else frozenset())


def audience(state: State, person: Person | None) -> str | None:
    """Staff sees drafts; a bidder sees its own bids; everyone else what is published."""
    if person is None:
        return PUBLIC
    if "owner" in roles(state, person) or person.id in state.terms.get("hosts", ()):
        return STAFF
    return f"org:{person.organisation}" if "bidder" in person.roles else PUBLIC


_DRAFTING = frozenset({"TenderCreated", "TenderRevised", "DocumentAttached", "KeysAssigned"})
_BIDDING = frozenset({"BidSubmitted", "BidReplaced", "BidWithdrawn"})


def visible(event: Event, state: State, audience: str) -> Body | None:
    """Show drafts to staff, a bid to its own organisation, the rest to everyone."""
    del state
    if event.kind in _DRAFTING:
        return event.body if audience == STAFF else None
    if event.kind in _BIDDING:
        return event.body if audience == f"org:{event.body['bidder']}" else None
    return event.body


def discreet(event: Event) -> bool:
    """Keep no actor secret from who sees the event: a bid is seen by its own organisation alone."""
    del event
    return False


def card(state: State, person: Person | None) -> Body | None:
    """Show nobody: who looks at a tender is secret."""
    del state, person
    return None


def due(state: State) -> tuple[Due, ...]:
    """Owe the close at the deadline, then the opening session at its time."""
    if state.phase is Phase.PUBLISHED:
        return (Due("clock", "CloseTender", state.closes_at, state.stream),)
    if state.phase is Phase.CLOSED:
        opening = opening_of(state.stream)
        return (Due("clock", "ConveneOpening", state.opens_at, opening),)
    return ()


def disclosed(state: State) -> bool:
    """Leave whole once bids are closed; the export asks the opening as well."""
    return state.phase is Phase.CLOSED


__all__ = ["COMMANDS", "KIND", "PREFIX", "STAGES", "Bid", "Phase", "State", "opening_of"]
