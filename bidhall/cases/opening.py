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
from bidhall.cases.errors import ConflictError, ForbiddenError, NotFoundError, WrongPhaseError
from bidhall.cases.opened import (
    Bids,
    Opened,
    announce,
    bids_after,
    confirm,
    judge,
    object_to,
    settle,
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
    bids: Bids = field(default_factory=dict)
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
    del at  # the clock decides when an opening begins, and nothing within it
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
            _expect(state, Phase.DECRYPTING)
            return settle(state.bids, command)
        case "AnnounceBids":
            _chaired(state, actor, Phase.DECRYPTED)
            return (announce(state.bids),)
        case "ConfirmBid":
            _expect(state, Phase.ANNOUNCED)
            return (confirm(state.bids, command, actor),)
        case "RaiseObjection":
            _expect(state, Phase.ANNOUNCED)
            return (object_to(state.bids, command, actor, len(state.objections) + 1),)
        case "AnswerObjection":
            _chaired(state, actor, Phase.ANNOUNCED)
            return _answer(state, command)
        case "JudgeFault":
            _chaired(state, actor, Phase.ANNOUNCED)
            return (judge(state.bids, command),)
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


def _answer(state: State, command: Command) -> tuple[Happening, ...]:
    objection = str(command.body.get("objection"))
    if objection not in state.objections:
        message = f"there is no objection {objection!r}"
        raise NotFoundError(message, code="no-such-objection")
    text = fields.text(command.body, "text", maximum=1000)
    return (Happening("ObjectionAnswered", {"objection": objection, "text": text}),)


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
            return replace(state, bids=bids_after(state.bids, event))
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


def discreet(event: Event) -> bool:
    """Keep no actor secret."""
    del event
    return False


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
