"""The opening session: everyone sees the bids open, at the same instant.

    phase        command                                       next
    NEW          ConveneOpening (clock)                        RELEASING, or NOT_OPENED
    RELEASING    ReleaseShare (custodians)                     RELEASING, all keys: DECRYPTING
    DECRYPTING   ReleaseOperatorKey (operator)                 DECRYPTING
    DECRYPTING   RecordOpened RecordVoid (opener)              DECRYPTING, after the last DECRYPTED
    DECRYPTED    AnnounceBids (host in the chair)              ANNOUNCED
    ANNOUNCED    ConfirmBid RaiseObjection (bidders), AnswerObjection JudgeFault (host)
    ANNOUNCED    EndOpening (host in the chair)                ENDED
    ENDED        FileOpeningRecord (clerk)                     ENDED
    any          TakeChair (any authorised host), PauseOpening ResumeOpening (supervisor)

Names and prices appear only when every bid is open (D20 30): until the announcement the
host sees no more than the public does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bidhall.cases import fields
from bidhall.cases.case import (
    AT_ONCE,
    PUBLIC,
    Body,
    Command,
    Due,
    Event,
    Happening,
    Person,
    rule,
)
from bidhall.cases.errors import (
    ConflictError,
    ForbiddenError,
    InvalidCommandError,
    NotFoundError,
    WrongPhaseError,
)
from bidhall.cases.release import Custody, release_share, shown, with_event

KIND = "opening"
PREFIX = "ope"
OPENED_STAGES = ("form", "technical")

COMMANDS = {
    "ConveneOpening": rule("clock", creates=True),
    "TakeChair": rule("chairman"),
    "ReleaseShare": rule("shareholder", signed=True),
    "ReleaseOperatorKey": rule("operator"),
    "RecordOpened": rule("opener"),
    "RecordVoid": rule("opener"),
    "AnnounceBids": rule("chairman"),
    "ConfirmBid": rule("bidder", signed=True),
    "RaiseObjection": rule("bidder"),
    "AnswerObjection": rule("chairman"),
    "JudgeFault": rule("chairman"),
    "EndOpening": rule("chairman", signed=True),
    "FileOpeningRecord": rule("clerk"),
    "PauseOpening": rule("supervisor"),
    "ResumeOpening": rule("supervisor"),
}


class Phase(StrEnum):
    """Where the session stands."""

    NEW = "new"
    NOT_OPENED = "not-opened"
    RELEASING = "releasing"
    DECRYPTING = "decrypting"
    DECRYPTED = "decrypted"
    ANNOUNCED = "announced"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of one bid: its form, or why it is void; and what its bidder said."""

    bid: str
    lot: str
    bidder: str
    bidder_name: str
    form: Body | None = None
    plaintext_root: str = ""
    void: str = ""
    fault: str = ""
    confirmed_at: str = ""

    @property
    def settled(self) -> bool:
        """Tell whether it is opened or void."""
        return self.form is not None or bool(self.void)


@dataclass(frozen=True, slots=True)
class State:
    """An opening session, built from its events alone."""

    stream: str
    phase: Phase = Phase.NEW
    tender: str = ""
    manifest_hash: str = ""
    hosts: tuple[str, ...] = ()
    chair: str = ""
    custody: Custody = field(default_factory=Custody)
    operator: Mapping[str, str] = field(default_factory=dict)
    bids: Mapping[str, Opened] = field(default_factory=dict)
    objections: Mapping[str, Body] = field(default_factory=dict)
    paused: str = ""
    record: Body = field(default_factory=dict)


def initial(stream: str) -> State:
    """Begin before the session is convened."""
    return State(stream)


def _expect(state: State, *phases: Phase) -> None:
    if state.phase not in phases:
        message = f"the opening is {state.phase}; this needs {' or '.join(phases)}"
        raise WrongPhaseError(message, phase=state.phase)


def decide(state: State, command: Command, actor: Person, at: datetime) -> tuple[Happening, ...]:
    """Decide one command; see the table above."""
    _respect_pause(state, command)
    match command.kind:
        case "ConveneOpening":
            return _convene(state, command)
        case "TakeChair":
            return _take_chair(state, command, actor)
        case "ReleaseShare":
            _expect(state, Phase.RELEASING)
            return release_share(state.custody, command, actor)
        case "ReleaseOperatorKey":
            _expect(state, Phase.DECRYPTING)
            return () if state.operator else (Happening("OperatorKeyReleased", command.facts),)
        case "RecordOpened" | "RecordVoid":
            return _settle(state, command)
        case "AnnounceBids":
            _chaired(state, actor, Phase.DECRYPTED)
            return (
                Happening("BidsAnnounced", {"bids": [_announced(one) for one in _order(state)]}),
            )
        case "ConfirmBid" | "RaiseObjection":
            return _answer_by_bidder(state, command, actor, at)
        case "AnswerObjection" | "JudgeFault":
            return _answer_by_host(state, command, actor)
        case "EndOpening":
            return _end(state, command, actor)
        case "FileOpeningRecord":
            _expect(state, Phase.ENDED, Phase.NOT_OPENED)
            return () if state.record else (Happening("OpeningRecordFiled", command.facts),)
        case _:
            return _pause(state, command)


def _respect_pause(state: State, command: Command) -> None:
    free = {"PauseOpening", "ResumeOpening", "TakeChair", "FileOpeningRecord"}
    if state.paused and command.kind not in free:
        message = f"the supervisor paused the session: {state.paused}; wait until it resumes"
        raise WrongPhaseError(message, code="paused", reason=state.paused)


def _pause(state: State, command: Command) -> tuple[Happening, ...]:
    if command.kind == "PauseOpening":
        if state.paused:
            raise ConflictError("the session is paused already", code="paused-already")
        _expect(state, *(set(Phase) - {Phase.NEW, Phase.NOT_OPENED, Phase.ENDED}))
        reason = fields.text(command.body, "reason", maximum=500)
        return (Happening("OpeningPaused", {"reason": reason}),)
    if not state.paused:
        raise ConflictError("the session is not paused", code="not-paused")
    return (Happening("OpeningResumed", {}),)


def _convene(state: State, command: Command) -> tuple[Happening, ...]:
    if state.phase is not Phase.NEW:
        return ()
    facts = dict(command.facts)
    minimum, counts = facts["minimum_bids"], facts["counts"]
    short = sorted(lot for lot, count in counts.items() if count < minimum)
    convened = Happening("OpeningConvened", facts)
    # Fewer than the minimum are returned unopened, and the lot is tendered again (Reg 44).
    return (
        convened,
        *(
            Happening("LotNotOpened", {"lot": lot, "count": counts[lot], "minimum": minimum})
            for lot in short
        ),
    )


def _take_chair(state: State, command: Command, actor: Person) -> tuple[Happening, ...]:
    _expect(state, *(set(Phase) - {Phase.NEW, Phase.ENDED, Phase.NOT_OPENED}))
    if state.chair == actor.id:
        return ()
    reason = fields.optional(command.body, "reason", maximum=200)
    body = {"person": actor.id, "name": actor.name, "before": state.chair, "reason": reason}
    return (Happening("ChairTaken", body),)


def _chaired(state: State, actor: Person, *phases: Phase) -> None:
    if state.chair != actor.id:
        message = "another host is in the chair; take the chair first"
        raise ForbiddenError(message, code="not-in-chair")
    _expect(state, *phases)


def _settle(state: State, command: Command) -> tuple[Happening, ...]:
    _expect(state, Phase.DECRYPTING)
    bid = _bid(state, command.body)
    if bid.settled:
        return ()
    facts = {"bid": bid.bid, "lot": bid.lot, **command.facts}
    happening = Happening("BidOpened" if command.kind == "RecordOpened" else "BidVoided", facts)
    left = [one for one in state.bids.values() if not one.settled and one.bid != bid.bid]
    if left:
        return (happening,)
    return (happening, Happening("DecryptionCompleted", {"total": len(state.bids)}))


def _bid(state: State, body: Body) -> Opened:
    bid = fields.ident(body, "bid")
    found = state.bids.get(bid)
    if found is None:
        message = f"{bid} is not a bid of this opening"
        raise NotFoundError(message, code="no-such-bid", bid=bid)
    return found


def _order(state: State) -> list[Opened]:
    return list(state.bids.values())


def _announced(one: Opened) -> Body:
    base = {"bid": one.bid, "lot": one.lot, "bidder": one.bidder, "bidder_name": one.bidder_name}
    if one.form is None:
        return {**base, "void": one.void, "fault": one.fault}
    return {**base, "form": one.form}


def _answer_by_bidder(
    state: State, command: Command, actor: Person, at: datetime
) -> tuple[Happening, ...]:
    del at
    _expect(state, Phase.ANNOUNCED)
    bid = _bid(state, command.body)
    if bid.bidder != actor.organisation:
        message = f"{bid.bid} is not your organisation's bid"
        raise ForbiddenError(message, code="not-your-bid", bid=bid.bid)
    if command.kind == "ConfirmBid":
        if bid.confirmed_at:
            raise ConflictError("this bid was confirmed before", code="confirmed-already")
        return (Happening("BidConfirmed", {"bid": bid.bid, "bidder": bid.bidder}),)
    body = {
        "objection": f"obj-{len(state.objections) + 1}",
        "bid": bid.bid,
        "bidder_name": bid.bidder_name,
        "text": fields.text(command.body, "text", maximum=1000),
    }
    return (Happening("ObjectionRaised", body),)


def _answer_by_host(state: State, command: Command, actor: Person) -> tuple[Happening, ...]:
    _chaired(state, actor, Phase.ANNOUNCED)
    if command.kind == "AnswerObjection":
        objection = str(command.body.get("objection"))
        if objection not in state.objections:
            message = f"there is no objection {objection!r}"
            raise NotFoundError(message, code="no-such-objection")
        text = fields.text(command.body, "text", maximum=1000)
        return (Happening("ObjectionAnswered", {"objection": objection, "text": text}),)
    bid = _bid(state, command.body)
    if not bid.void:
        message = f"{bid.bid} was opened; there is no fault to judge"
        raise InvalidCommandError(message, code="not-void", bid=bid.bid)
    fault = fields.choice(command.body, "fault", "BIDDER", "PLATFORM", "UNKNOWN")
    reason = fields.text(command.body, "reason", maximum=1000)
    return (Happening("FaultJudged", {"bid": bid.bid, "fault": fault, "reason": reason}),)


def _end(state: State, command: Command, actor: Person) -> tuple[Happening, ...]:
    _chaired(state, actor, Phase.ANNOUNCED)
    open_ones = [key for key, one in state.objections.items() if not one.get("answer")]
    if open_ones:
        message = f"answer first: {', '.join(open_ones)} (Reg 44: answered on the spot)"
        raise WrongPhaseError(message, code="objections-open", objections=open_ones)
    remark = fields.optional(command.body, "remark", maximum=1000)
    silent = [one.bid for one in state.bids.values() if one.form and not one.confirmed_at]
    # Silence is acceptance (D87 42), and is written down as what it was.
    return (Happening("OpeningEnded", {"remark": remark, "silent": silent}),)


def evolve(state: State, event: Event) -> State:
    """Apply one event."""
    body = event.body
    match event.kind:
        case "OpeningConvened":
            return _evolve_convened(state, body)
        case "LotNotOpened":
            bids = {key: one for key, one in state.bids.items() if one.lot != body["lot"]}
            return replace(state, bids=bids, phase=Phase.RELEASING if bids else Phase.NOT_OPENED)
        case "ChairTaken":
            return replace(state, chair=body["person"])
        case "ShareReleased" | "KeyRecovered":
            custody = with_event(state.custody, event.kind, body)
            done = custody.complete(*OPENED_STAGES)
            return replace(state, custody=custody, phase=Phase.DECRYPTING if done else state.phase)
        case "OperatorKeyReleased":
            return replace(state, operator={**state.operator, body["stage"]: body["private_key"]})
        case "BidOpened" | "BidVoided" | "BidConfirmed" | "FaultJudged":
            return _evolve_bid(state, event)
        case "DecryptionCompleted":
            return replace(state, phase=Phase.DECRYPTED)
        case "BidsAnnounced":
            return replace(state, phase=Phase.ANNOUNCED)
        case "ObjectionRaised":
            return replace(state, objections={**state.objections, body["objection"]: body})
        case "ObjectionAnswered":
            answered = {**state.objections[body["objection"]], "answer": body["text"]}
            return replace(state, objections={**state.objections, body["objection"]: answered})
        case "OpeningEnded":
            return replace(state, phase=Phase.ENDED)
        case "OpeningRecordFiled":
            return replace(state, record=body)
        case _:
            return replace(state, paused=body.get("reason", ""))


def _evolve_convened(state: State, body: Body) -> State:
    bids = {
        one["bid"]: Opened(one["bid"], one["lot"], one["bidder"], one["bidder_name"])
        for one in body["bids"]
    }
    custody = Custody(
        body["threshold"], tuple(body["custodians"]),
        {stage: body["keys"][stage] for stage in OPENED_STAGES},
    )  # fmt: skip
    return replace(
        state, phase=Phase.RELEASING if bids else Phase.NOT_OPENED, tender=body["tender"],
        manifest_hash=body["manifest_hash"], hosts=tuple(body["hosts"]), custody=custody, bids=bids,
    )  # fmt: skip


def _evolve_bid(state: State, event: Event) -> State:
    body, bid = event.body, state.bids[event.body["bid"]]
    match event.kind:
        case "BidOpened":
            bid = replace(bid, form=body["form"], plaintext_root=body["plaintext_root"])
        case "BidVoided":
            bid = replace(bid, void=body["reason"], fault=body["fault"])
        case "BidConfirmed":
            bid = replace(bid, confirmed_at=event.at.isoformat())
        case _:
            bid = replace(bid, fault=body["fault"])
    return replace(state, bids={**state.bids, bid.bid: bid})


def roles(state: State, person: Person | None) -> frozenset[str]:
    """Add ``chairman`` for the tender's hosts and ``shareholder`` for its custodians."""
    if person is None:
        return frozenset()
    extra = {"chairman"} if person.id in state.hosts else set()
    if state.custody.index_of(person.id) is not None:
        extra.add("shareholder")
    return person.roles | extra


def audience(state: State, person: Person | None) -> str | None:
    """Let anyone watch: an opening is public, and all see the same."""
    del state, person
    return PUBLIC


def visible(event: Event, state: State, audience: str) -> Body | None:
    """Hide names, prices and secrets until the announcement carries what may be known."""
    del audience
    body = event.body
    match event.kind:
        case "OpeningConvened":
            return {
                **{k: body[k] for k in (
                    "tender", "title", "title_en", "tenderee", "manifest_hash", "closes_at",
                    "opens_at", "threshold", "counts", "minimum_bids", "lots",
                )},
                "custodians": [{k: one[k] for k in ("index", "name")} for one in body["custodians"]],
                "total": len(body["bids"]),
            }  # fmt: skip
        case "ShareReleased" | "KeyRecovered":
            return shown(event.kind, body)
        case "OperatorKeyReleased":
            return {"stage": body["stage"]}
        case "BidOpened" | "BidVoided":
            done = sum(one.settled for one in state.bids.values())
            return {"done": done, "total": len(state.bids)}
        case _:
            return body


def card(state: State, person: Person | None) -> Body | None:
    """Show host, custodians and supervisor; a bidder is counted among the listeners."""
    if person is None:
        return None
    index = state.custody.index_of(person.id)
    if index is not None:
        name = state.custody.custodians[index - 1]["name"]
        return {"role": "custodian", "index": index, "name": name}
    if person.id in state.hosts:
        return {"role": "host", "name": person.name, "chair": person.id == state.chair}
    if "supervisor" in person.roles:
        return {"role": "supervisor", "name": person.name}
    return None


def due(state: State) -> tuple[Due, ...]:
    """Owe the operator's leg, the decryption, the record and then the evaluation."""
    at, stream = AT_ONCE, state.stream
    if state.paused:
        return ()
    if state.phase is Phase.DECRYPTING:
        if "form" not in state.operator:
            return (Due("operator", "ReleaseOperatorKey", at, stream),)
        return (Due("opener", "OpenBids", at, stream),)
    if state.phase in {Phase.ENDED, Phase.NOT_OPENED}:
        filed = () if state.record else (Due("clerk", "FileOpeningRecord", at, stream),)
        if not any(one.form for one in state.bids.values()):
            return filed
        evaluation = "eva-" + stream.split("-", 1)[1]
        return (*filed, Due("clock", "ConveneEvaluation", at, evaluation))
    return ()


def disclosed(state: State) -> bool:
    """Leave whole once the session ended."""
    return state.phase in {Phase.ENDED, Phase.NOT_OPENED}
