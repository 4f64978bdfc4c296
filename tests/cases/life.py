"""A tender's whole life in memory: real keys and envelopes, no database, no clock."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from bidhall.cases import case_of, evaluation, opening, tender
from bidhall.cases.case import Command, Event, Person, stamp
from bidhall.demo.terms import TERMS
from bidhall.facts.roster import roster_root
from bidhall.opening_bids import OpenedStage, open_stage
from crypto import dkg, envelope, signatures, stanzas
from crypto.descriptor import Context
from crypto.payload import FileEntry, form_header, technical_header

NUMBER = "aaaabbbbccccddddeeeeffff22"
TEN, OPE, EVA = f"ten-{NUMBER}", f"ope-{NUMBER}", f"eva-{NUMBER}"
START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
CLOSES = START + timedelta(hours=1)
BIDDERS = ("org-a", "org-b", "org-c", "org-d")


def source(seed: bytes) -> Callable[[int], bytes]:
    """Give repeatable bytes."""
    count = 0

    def draw(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(seed + count.to_bytes(8, "big")).digest(size)

    return draw


def person(name: str, *roles: str, organisation: str = "org-centre") -> Person:
    return Person(
        f"per-{name}", name, organisation, f"{organisation} 公司", "532901", frozenset(roles)
    )


HOST = person("host", "host")
OWNER = person("owner", "tenderee", organisation="org-housing")
SUPERVISOR = person("supervisor", "supervisor")
CUSTODIANS = tuple(person(f"custodian{n}", "custodian") for n in range(1, 4))
BIDDING = {one: person(f"of-{one[-1]}", "bidder", organisation=one) for one in BIDDERS}
EXPERTS = tuple(person(f"expert{n:02}", "expert") for n in range(1, 13))


@dataclass
class Life:
    """Streams in memory, and commands decided on them one by one."""

    at: datetime = START
    events: dict[str, list[Event]] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    devices: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=dict)
    shares: dict[str, list[dkg.Share]] = field(default_factory=dict)

    def state(self, stream: str) -> Any:
        return self.states.get(stream) or case_of(stream).initial(stream)

    def send(
        self, stream: str, kind: str, actor: Person, body: Mapping[str, Any] | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> tuple[Event, ...]:  # fmt: skip
        case, state = case_of(stream), self.state(stream)
        log = self.events.setdefault(stream, [])
        command = Command(f"cmd-{len(log)}-{kind}", stream, kind, body or {}, facts or {})
        made = []
        for happening in case.decide(state, command, actor, self.at):
            event = Event(
                stream, len(log) + 1, self.at, happening.kind, actor.id, command.id, happening.body
            )
            state = case.evolve(state, event)
            log.append(event)
            made.append(event)
        self.states[stream] = state
        return tuple(made)

    def shown(self, stream: str, audience: str) -> list[tuple[str, Any]]:
        """List (kind, body) as an audience sees the stream, each with the state right after it."""
        case = case_of(stream)
        state = case.initial(stream)
        seen = []
        for event in self.events.get(stream, []):
            state = case.evolve(state, event)
            body = case.visible(event, state, audience)
            if body is not None:
                seen.append((event.kind, body))
        return seen


def machine(name: str) -> Person:
    return Person(name, name, roles=frozenset({name}))


def make_keys(life: Life) -> dict[str, Any]:
    """Run a 2-of-3 ceremony per stage, and an operator key per sealed stage."""
    keys: dict[str, Any] = {}
    for stage in ("form", "technical", "lot"):
        random = source(stage.encode())
        secrets = [dkg.generate_static_key(random) for _ in CUSTODIANS]
        static = tuple(dkg.static_public_key(one) for one in secrets)
        session = dkg.Session(2, static, dkg.session_context(stage.encode(), static))
        people = [dkg.Participant(session, n, one) for n, one in enumerate(secrets, 1)]
        messages = [one.round_one(random) for one in people]
        life.shares[stage] = [one.finish(messages) for one in people]
        outcome = life.shares[stage][0].outcome
        keys[stage] = {"key": f"cer-x.{stage}", "public_key": outcome.public_key.hex(),
                       "shares": [one.hex() for one in outcome.public_shares]}  # fmt: skip
        if stage != "lot":
            keys[stage]["operator"] = stanzas.operator_public_bytes(seed_of(stage)).hex()
    custodians = [
        {"index": n, "person": one.id, "name": one.name, "public_key": "02" * 33}
        for n, one in enumerate(CUSTODIANS, 1)
    ]
    return {"ceremony": "cer-x", "threshold": 2, "custodians": custodians, "keys": keys}


def seed_of(stage: str) -> bytes:
    return hashlib.sha256(b"operator" + stage.encode()).digest()


def publish(life: Life) -> Mapping[str, Any]:
    """Create and publish the demonstration's tender."""
    life.send(TEN, "CreateTender", OWNER, {**TERMS, "hosts": [HOST.id], "draw": DRAW})
    life.send(TEN, "AssignKeys", OWNER, facts=make_keys(life))
    times = {"closes_at": stamp(CLOSES), "opens_at": stamp(CLOSES)}
    life.send(TEN, "ReviseTender", OWNER, times)
    life.send(TEN, "PublishTender", OWNER, facts={"origin": "test/record"})
    return life.state(TEN).manifest  # type: ignore[no-any-return]


DRAW = {"seats": [{"county": "532901", "speciality": "A08", "count": 3},
                  {"county": "532923", "speciality": "A08", "count": 2}]}  # fmt: skip


def device(life: Life, organisation: str) -> ec.EllipticCurvePrivateKey:
    if organisation not in life.devices:
        life.devices[organisation] = ec.generate_private_key(ec.SECP256R1())
    return life.devices[organisation]


def seal(
    life: Life, organisation: str, lot: str, form: Mapping[str, Any], number: int = 1
) -> list[dict[str, Any]]:
    """Seal both stages of a bid; gives the stages as the hall's facts hold them."""
    state, key = life.state(TEN), device(life, organisation)
    marker = f"TECHNICAL-{organisation}-{lot}".encode() * 40
    contents = (
        (form_header(lot, form), []),
        (technical_header(lot, [FileEntry("plan.pdf", len(marker), "application/pdf")]), [marker]),
    )
    stages = []
    for header, files in contents:
        keys = state.manifest["keys"][header.stage]
        context = Context(
            bytes.fromhex(state.manifest_hash), lot, header.stage, organisation,
            signatures.compress(key.public_key()), number,
            source(f"{organisation}{lot}{number}{header.stage}".encode())(32),
        )  # fmt: skip
        out = io.BytesIO()
        public = envelope.StageKeys(
            bytes.fromhex(keys["public_key"]), bytes.fromhex(keys["operator"])
        )
        sealed = envelope.seal(
            context,
            public,
            header,
            [io.BytesIO(one) for one in files],
            out,
            source(b"k" + context.nonce),
        )
        upload = f"upl-{organisation[-1]}{lot}{number}{header.stage}"
        life.files[upload] = out.getvalue()
        stages.append({
            "stage": header.stage, "upload": upload, "descriptor": sealed.descriptor.to_json(),
            "signature": signatures.sign(key, sealed.descriptor.signed_bytes()).hex(),
        })  # fmt: skip
    return stages


def price_of(organisation: str, lot: str) -> str:
    return f"{20_000_000 + 111_111 * BIDDERS.index(organisation) + int(lot)}.77"


def submit(life: Life, organisation: str, lot: str) -> str:
    """Hand a bid in; gives its id."""
    form = {"price": price_of(organisation, lot), "duration_days": 300, "quality": "合格",
            "manager": f"MANAGER-{organisation}", "valid_days": 90}  # fmt: skip
    bid = f"bid-{organisation[-1]}{lot}" + "a" * 20
    facts = {"stages": seal(life, organisation, lot, form)}
    life.send(
        TEN, "SubmitBid", BIDDING[organisation], {"bid": bid, "lot": lot, "stages": []}, facts
    )
    return bid


def close(life: Life) -> None:
    """Let the deadline come and convene the opening."""
    life.at = CLOSES + timedelta(milliseconds=3)
    life.send(TEN, "CloseTender", machine("clock"))
    state = life.state(TEN)
    manifest = state.manifest
    names = ("tender", "title", "title_en", "tenderee", "closes_at", "opens_at", "threshold",
             "custodians", "minimum_bids", "hosts", "keys")  # fmt: skip
    facts = {
        **{name: manifest[name] for name in names}, "manifest_hash": state.manifest_hash,
        "counts": state.closed["counts"], "root": state.closed["root"],
        "lots": [{"lot": one["lot"], "name": one["name"], "name_en": "", "ceiling": one["ceiling"]}
                 for one in manifest["lots"]],
        "bids": [{"bid": one.bid, "lot": one.lot, "bidder": one.bidder, "bidder_name": one.bidder_name}
                 for one in state.bids.values() if not one.withdrawn],
    }  # fmt: skip
    life.send(OPE, "ConveneOpening", machine("clock"), facts=facts)


def release(life: Life, stream: str, stage: str, *places: int) -> None:
    """Let custodians (places from 0) release their shares of a stage."""
    seen = {"origin": "test/record", "size": 1, "root": "00" * 32}
    for place in places:
        share = life.shares[stage][place].secret.hex()
        life.send(
            stream,
            "ReleaseShare",
            CUSTODIANS[place],
            {"stage": stage, "share": share, "checkpoint": seen},
        )


def decrypt(life: Life) -> None:
    """Release the operator's leg and record every form."""
    life.send(
        OPE,
        "ReleaseOperatorKey",
        machine("operator"),
        facts={"stage": "form", "private_key": seed_of("form").hex()},
    )
    state, bids = life.state(OPE), life.state(TEN).bids
    key = ec.derive_private_key(int(state.custody.recovered["form"], 16), ec.SECP256R1())
    for bid in state.bids:
        stage = next(one for one in bids[bid].stages if one["stage"] == "form")
        opened = open_stage(
            stage["descriptor"],
            key,
            io.BytesIO(life.files[stage["upload"]]),
            None,
            operator_seed=seed_of("form").hex(),
        )
        assert isinstance(opened, OpenedStage)
        facts = {"form": dict(opened.header.form or {}), "plaintext_root": opened.plaintext_root}
        life.send(OPE, "RecordOpened", machine("opener"), {"bid": bid}, facts)


def convene_evaluation(life: Life) -> None:
    """Convene the evaluation, commit the roster and draw."""
    state, opened = life.state(TEN), life.state(OPE)
    manifest = state.manifest
    names = ("tender", "title", "title_en", "threshold", "custodians", "hosts", "keys", "draw",
             "lots")  # fmt: skip
    bids = [{"bid": one.bid, "lot": one.lot, "bidder": one.bidder, "bidder_name": one.bidder_name,
             "price": one.form["price"]}
            for one in opened.bids.values() if one.form]  # fmt: skip
    used = {one["lot"] for one in bids}
    facts = {
        **{name: manifest[name] for name in names},
        "manifest_hash": state.manifest_hash,
        "bids": bids,
    }
    facts["lots"] = [one for one in manifest["lots"] if one["lot"] in used]
    life.send(EVA, "ConveneEvaluation", machine("clock"), facts=facts)
    roster = [
        {"entry": f"{one.id}.1", "expert": one.id, "county": ("532901", "532923")[n % 2], "speciality": "A08",
         "salt": f"{n:032x}"}
        for n, one in enumerate(EXPERTS)
    ]  # fmt: skip
    life.send(
        EVA,
        "CommitRoster",
        HOST,
        facts={"roster": roster, "root": roster_root(roster), "exclusions": []},
    )
    release(life, EVA, "lot", 0, 2)


def seated(life: Life) -> dict[int, Person]:
    """Give the expert of each seat."""
    by_id = {one.id: one for one in EXPERTS}
    return {number: by_id[seat.expert] for number, seat in life.state(EVA).seats.items()}


def start_scoring(life: Life) -> None:
    """Seat everybody, release the technical leg, open the files."""
    for one in seated(life).values():
        life.send(EVA, "SignIn", one)
        life.send(EVA, "SignPledge", one)
    secrets = dict.fromkeys(life.state(EVA).bids, "11" * 32)
    life.send(EVA, "ReleaseOperatorSecrets", machine("operator"), facts={"secrets": secrets})
    for bid in secrets:
        facts = {"plaintext_root": "22" * 32, "files": []}
        life.send(EVA, "RecordFilesOpened", machine("opener"), {"bid": bid}, facts)


def sheet_of(life: Life, lot: str, seat: int) -> dict[str, dict[str, str]]:
    """Give a seat's scores for a lot: each a recognisable number."""
    terms = next(one for one in life.state(EVA).lots if one["lot"] == lot)
    bids = [bid for bid, one in life.state(EVA).bids.items() if one["lot"] == lot]
    return {
        bid: {
            c["id"]: f"{float(c['maximum']) - 0.1 * seat - 0.1 * n:.2f}" for c in terms["criteria"]
        }
        for n, bid in enumerate(bids)
    }


MODULES = (tender, opening, evaluation)
