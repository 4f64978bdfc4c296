"""The evaluation: experts are drawn, score apart, and are revealed to each other at once.

    phase      command                                              next
    NEW        ConveneEvaluation (clock, after the opening)         CONVENED
    CONVENED   CommitRoster (host)                                  ROSTERED
    ROSTERED   ReleaseShare (custodians; the t-th makes the draw)   SEATED
    SEATED     SignIn SignPledge Recuse (experts), the last pledge  PLEDGED
    PLEDGED    ReleaseOperatorSecrets (operator)                    PLEDGED
    PLEDGED    RecordFilesOpened RecordFilesVoid (opener), the last SCORING
    SCORING    SaveSheet LockSheet (experts); a lot's last lock reveals and ranks it
    SCORING    after the last lot                                   RANKED
    RANKED     SignReport (experts), the last                       SIGNED
    SIGNED     FileReport (clerk)                                   REPORTED
    any        Speak, PauseEvaluation ResumeEvaluation (supervisor)

A score is visible to its own seat alone until the last sheet of the lot is locked; the
supervisor and the host see no more than "locked".
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from bidhall.cases import fields, scoring
from bidhall.cases.case import AT_ONCE, Body, Command, Due, Event, Happening, Person, rule
from bidhall.cases.committee import Phase, Seat, State, draw_committee, recuse
from bidhall.cases.errors import ConflictError, ForbiddenError, WrongPhaseError
from bidhall.cases.release import Custody, release_share, shown, with_event

KIND = "evaluation"
PREFIX = "eva"
WATCH = "watch"
_BY_EXPERTS = frozenset({
    "ExpertSignedIn", "PledgeSigned", "ExpertRecused", "SeatFilled", "SheetSaved", "SheetLocked",
    "SheetsRevealed", "LotRanked", "ReportSigned", "EvaluationCompleted", "Spoken",
})  # fmt: skip

COMMANDS = {
    "ConveneEvaluation": rule("clock", creates=True),
    "CommitRoster": rule("chairman", fresh=True),
    "ReleaseShare": rule("shareholder", signed=True),
    "SignIn": rule("seated", fresh=True),
    "SignPledge": rule("seated", signed=True),
    "Recuse": rule("seated"),
    "ReleaseOperatorSecrets": rule("operator"),
    "RecordFilesOpened": rule("opener"),
    "RecordFilesVoid": rule("opener"),
    "SaveSheet": rule("seated"),
    "LockSheet": rule("seated", signed=True),
    "SignReport": rule("seated", signed=True),
    "FileReport": rule("clerk"),
    "Speak": rule("seated", "chairman", "supervisor"),
    "PauseEvaluation": rule("supervisor"),
    "ResumeEvaluation": rule("supervisor"),
}


def initial(stream: str) -> State:
    """Begin before the evaluation is convened."""
    return State(stream)


def _expect(state: State, *phases: Phase) -> None:
    if state.phase not in phases:
        message = f"the evaluation is {state.phase}; this needs {' or '.join(phases)}"
        raise WrongPhaseError(message, phase=state.phase)


def decide(state: State, command: Command, actor: Person, at: datetime) -> tuple[Happening, ...]:
    """Decide one command; see the table above."""
    del at
    _respect_pause(state, command)
    match command.kind:
        case "ConveneEvaluation":
            new = state.phase is Phase.NEW
            return (Happening("EvaluationConvened", dict(command.facts)),) if new else ()
        case "CommitRoster":
            _expect(state, Phase.CONVENED)
            return _commit_roster(command)
        case "ReleaseShare":
            _expect(state, Phase.ROSTERED)
            return _release(state, command, actor)
        case "SignIn" | "SignPledge" | "Recuse":
            return _arrive(state, command, actor)
        case "ReleaseOperatorSecrets":
            _expect(state, Phase.PLEDGED)
            return () if state.secrets else (Happening("FilesReleased", command.facts),)
        case "RecordFilesOpened" | "RecordFilesVoid":
            return _settle(state, command)
        case "SaveSheet" | "LockSheet":
            _expect(state, Phase.SCORING)
            return scoring.take_sheet(state, command, _seat(state, actor))
        case "SignReport":
            return _sign_report(state, command, actor)
        case "FileReport":
            _expect(state, Phase.SIGNED, Phase.REPORTED)
            return () if state.report else (Happening("ReportFiled", command.facts),)
        case "Speak":
            return (_speak(state, command, actor),)
        case _:
            return _pause(state, command)


def _respect_pause(state: State, command: Command) -> None:
    free = {"PauseEvaluation", "ResumeEvaluation", "Speak", "SaveSheet", "FileReport"}
    if state.paused and command.kind not in free:
        message = f"the supervisor paused the evaluation: {state.paused}; wait until it resumes"
        raise WrongPhaseError(message, code="paused", reason=state.paused)


def _pause(state: State, command: Command) -> tuple[Happening, ...]:
    if command.kind == "PauseEvaluation":
        if state.paused:
            raise ConflictError("the evaluation is paused already", code="paused-already")
        _expect(state, *(set(Phase) - {Phase.NEW, Phase.REPORTED}))
        reason = fields.text(command.body, "reason", maximum=500)
        return (Happening("EvaluationPaused", {"reason": reason}),)
    if not state.paused:
        raise ConflictError("the evaluation is not paused", code="not-paused")
    return (Happening("EvaluationResumed", {}),)


def _commit_roster(command: Command) -> tuple[Happening, ...]:
    # Two events: the names stay sealed, while the commitment can be proven to custodians before
    # they release the lot key.
    facts = command.facts
    size, excluded = len(facts["roster"]), len(facts["exclusions"])
    committed = {"root": facts["root"], "size": size, "excluded": excluded}
    return (Happening("RosterFiled", dict(facts)), Happening("RosterCommitted", committed))


def _release(state: State, command: Command, actor: Person) -> tuple[Happening, ...]:
    released = release_share(state.custody, command, actor)
    if len(released) == 1:
        return released
    key = bytes.fromhex(released[1].body["private_key"])
    return (*released, Happening("DrawMade", draw_committee(state, key)))


def _seat(state: State, actor: Person) -> Seat:
    seat = state.seat_of(actor.id)
    if seat is None:
        message = "you hold no seat in this evaluation"
        raise ForbiddenError(message, code="no-seat")
    return seat


def _arrive(state: State, command: Command, actor: Person) -> tuple[Happening, ...]:
    seat = _seat(state, actor)
    if command.kind == "SignIn":
        _expect(state, Phase.SEATED)
        return () if seat.signed_in else (Happening("ExpertSignedIn", {"seat": seat.seat}),)
    if command.kind == "Recuse":
        _expect(state, Phase.SEATED)
        return recuse(state, seat, fields.text(command.body, "reason", maximum=500))
    _expect(state, Phase.SEATED)
    if not seat.signed_in:
        message = "sign in to your seat first, then sign the pledge"
        raise WrongPhaseError(message, code="not-signed-in")
    return () if seat.pledged else (Happening("PledgeSigned", {"seat": seat.seat}),)


def _settle(state: State, command: Command) -> tuple[Happening, ...]:
    _expect(state, Phase.PLEDGED)
    bid = fields.ident(command.body, "bid")
    if bid in state.files or bid not in state.bids:
        return ()
    facts = {"bid": bid, **command.facts}
    opened = command.kind == "RecordFilesOpened"
    happening = Happening("FilesOpened" if opened else "FilesVoided", facts)
    if set(state.bids) - set(state.files) - {bid}:
        return (happening,)
    return (happening, Happening("ScoringStarted", {"lots": [one["lot"] for one in state.lots]}))


def _sign_report(state: State, command: Command, actor: Person) -> tuple[Happening, ...]:
    _expect(state, Phase.RANKED)
    seat = _seat(state, actor)
    if seat.seat in state.signatures:
        raise ConflictError("you have signed the report already", code="signed-already")
    fields.only(command.body, "report_hash", "dissent")
    if fields.hexed(command.body, "report_hash", 32) != scoring.report_hash(state):
        message = "report_hash is not that of this report; read it again and sign what you see"
        raise ConflictError(message, code="wrong-report")
    dissent = fields.optional(command.body, "dissent", maximum=2000)
    signed = Happening("ReportSigned", {"seat": seat.seat, "dissent": dissent})
    if len(state.signatures) + 1 < len(state.seats):
        return (signed,)
    return (signed, Happening("EvaluationCompleted", {"report_hash": scoring.report_hash(state)}))


def _speak(state: State, command: Command, actor: Person) -> Happening:
    _expect(state, *(set(Phase) - {Phase.NEW, Phase.REPORTED}))
    seat = state.seat_of(actor.id)
    role = "supervisor" if "supervisor" in actor.roles else "host"
    said = {"text": fields.text(command.body, "text", maximum=500)}
    return Happening("Spoken", {"seat": seat.seat, **said} if seat else {"role": role, **said})


def evolve(state: State, event: Event) -> State:
    """Apply one event."""
    body = event.body
    match event.kind:
        case "EvaluationConvened":
            return _evolve_convened(state, body)
        case "RosterFiled":
            return replace(state, roster=tuple(body["roster"]))
        case "RosterCommitted":
            return replace(state, phase=Phase.ROSTERED, roster_root=body["root"])
        case "ShareReleased" | "KeyRecovered":
            return replace(state, custody=with_event(state.custody, event.kind, body))
        case "DrawMade" | "SeatFilled" | "ExpertSignedIn" | "PledgeSigned" | "ExpertRecused":
            return _evolve_seats(state, event)
        case "FilesReleased":
            return replace(state, secrets=body["secrets"])
        case "FilesOpened" | "FilesVoided":
            return replace(state, files={**state.files, body["bid"]: body})
        case "ScoringStarted":
            return replace(state, phase=Phase.SCORING)
        case "SheetSaved" | "SheetLocked" | "SheetsRevealed" | "LotRanked":
            return scoring.evolve(state, event)
        case "ReportSigned":
            return replace(state, signatures={**state.signatures, body["seat"]: body["dissent"]})
        case "EvaluationCompleted":
            return replace(state, phase=Phase.SIGNED)
        case "ReportFiled":
            return replace(state, phase=Phase.REPORTED, report=body)
        case "EvaluationPaused" | "EvaluationResumed":
            return replace(state, paused=body.get("reason", ""))
        case _:
            return state


def _evolve_convened(state: State, body: Body) -> State:
    custody = Custody(body["threshold"], tuple(body["custodians"]), {"lot": body["keys"]["lot"]})
    return replace(
        state, phase=Phase.CONVENED, tender=body["tender"], title=body["title"],
        manifest_hash=body["manifest_hash"], hosts=tuple(body["hosts"]), custody=custody,
        lots=tuple(body["lots"]), draw=tuple(body["draw"]["seats"]),
        bids={one["bid"]: one for one in body["bids"]},
    )  # fmt: skip


def _evolve_seats(state: State, event: Event) -> State:
    body = event.body
    if event.kind == "DrawMade":
        seats = {
            one["seat"]: Seat(one["seat"], one["county"], one["speciality"], one["expert"])
            for one in body["seats"]
        }
        return replace(
            state, phase=Phase.SEATED, seats=seats, codes=body["codes"],
            substitutes=tuple(body["substitutes"]),
        )  # fmt: skip
    seat = state.seats[body["seat"]]
    match event.kind:
        case "ExpertSignedIn":
            seat = replace(seat, signed_in=True)
        case "PledgeSigned":
            seat = replace(seat, pledged=True)
        case "ExpertRecused":
            # Opinions of a replaced member are void (Reg 48); before scoring there are none.
            seat = Seat(seat.seat, seat.county, seat.speciality, "")
        case _:
            seat = replace(seat, expert=body["expert"])
    left = tuple(one for one in state.substitutes if one["expert"] != seat.expert)
    seats = {**state.seats, seat.seat: seat}
    ready = all(one.pledged for one in seats.values())
    return replace(
        state, seats=seats, substitutes=left, phase=Phase.PLEDGED if ready else state.phase
    )


def roles(state: State, person: Person | None) -> frozenset[str]:
    """Add ``chairman``, ``shareholder`` and ``seated`` from this very case."""
    if person is None:
        return frozenset()
    extra = {"chairman"} if person.id in state.hosts else set()
    if state.custody.index_of(person.id) is not None:
        extra.add("shareholder")
    if state.seat_of(person.id) is not None:
        extra.add("seated")
    return person.roles | extra


def audience(state: State, person: Person | None) -> str | None:
    """Let the committee in by seat, hosts, custodians and supervisors as watchers, no one else."""
    mine = roles(state, person)
    if person is not None and "seated" in mine:
        seat = state.seat_of(person.id)
        return f"seat:{seat.seat}" if seat else None
    return WATCH if mine & {"chairman", "shareholder", "supervisor"} else None


def visible(event: Event, state: State, audience: str) -> Body | None:
    """Hide names, secrets and, until the reveal, every score but the viewer's own."""
    body = event.body
    match event.kind:
        case "EvaluationConvened":
            return _convened_for(body, state, audience)
        case "RosterFiled":
            return None
        case "ShareReleased" | "KeyRecovered":
            return shown(event.kind, body)
        case "DrawMade":
            seats = [{k: one[k] for k in ("seat", "county", "speciality")} for one in body["seats"]]
            bids = [
                {"bid": bid, "code": code, "lot": state.bids[bid]["lot"]}
                for bid, code in sorted(body["codes"].items(), key=lambda pair: pair[1])
            ]
            return {"seats": seats, "bids": bids, "substitutes": len(body["substitutes"])}
        case "SeatFilled":
            return {"seat": body["seat"]}
        case "ExpertRecused":
            return {"seat": body["seat"]}
        case "FilesReleased":
            return {"bids": len(body["secrets"])}
        case "FilesOpened":
            return {**body, "files": _blind(body["files"], state.codes.get(body["bid"], "bid"))}
        case "SheetSaved":
            return body if audience == f"seat:{body['seat']}" else None
        case "SheetLocked":
            own = audience == f"seat:{body['seat']}"
            return body if own else {"seat": body["seat"], "lot": body["lot"]}
        case _:
            return body


def _blind(files: list[Body], code: str) -> list[Body]:
    # A bidder's own file names tell who it is; the committee gets the bid's code instead.
    endings = [one["name"].rpartition(".") for one in files]
    return [
        {**one, "name": f"{code}-{number}" + (f".{ending[:10]}" if point else "")}
        for number, (one, (_, point, ending)) in enumerate(zip(files, endings, strict=True), 1)
    ]


def _convened_for(body: Body, state: State, audience: str) -> Body:
    del state
    shown_body: dict[str, Any] = {
        name: body[name]
        for name in ("tender", "title", "title_en", "manifest_hash", "draw", "lots")
    }
    shown_body["threshold"] = body["threshold"]
    shown_body["custodians"] = [
        {k: one[k] for k in ("index", "name")} for one in body["custodians"]
    ]
    if audience == WATCH:
        shown_body["total"] = len(body["bids"])
    return shown_body


def discreet(event: Event) -> bool:
    """Keep secret who sits where: what an expert does shows its seat, never its person."""
    return event.kind in _BY_EXPERTS


def card(state: State, person: Person | None) -> Body | None:
    """Show a seat by its number and county, never by name; others by their office."""
    if person is None:
        return None
    seat = state.seat_of(person.id)
    if seat is not None:
        return {"role": "expert", "seat": seat.seat, "county": seat.county}
    if "supervisor" in person.roles:
        return {"role": "supervisor"}
    return {"role": "host"} if person.id in state.hosts else None


def due(state: State) -> tuple[Due, ...]:
    """Owe the operator's leg per bid, the decryption of the files, and the report."""
    at, stream = AT_ONCE, state.stream
    if state.paused:
        return ()
    if state.phase is Phase.PLEDGED:
        if not state.secrets:
            return (Due("operator", "ReleaseOperatorSecrets", at, stream),)
        return (Due("opener", "OpenFiles", at, stream),)
    return (Due("clerk", "FileReport", at, stream),) if state.phase is Phase.SIGNED else ()


def disclosed(state: State) -> bool:
    """Leave whole when the report is filed: names are secret until the result."""
    return state.phase is Phase.REPORTED


__all__ = ["COMMANDS", "KIND", "PREFIX", "Phase", "State"]
