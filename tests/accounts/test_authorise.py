"""Who may do what: every reason to refuse, one by one, and what no table can allow."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bidhall.accounts.authorise import authorise, may_watch
from bidhall.accounts.devices import Devices
from bidhall.accounts.errors import (
    SecondFactorNeededError,
    SignatureNeededError,
    SignInNeededError,
)
from bidhall.accounts.sessions import Session
from bidhall.cases import KINDS, registry
from bidhall.cases.case import SYSTEM_ACTORS, Case, Person, Signed, rule
from bidhall.cases.errors import ForbiddenError, InvalidCommandError
from bidhall.desk import RawCommand
from bidhall.errors import BidhallError
from crypto import signatures

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ALICE = Person("per-alice", "Alice", "org-a", roles=frozenset({"host"}))
BRUNO = Person("per-bruno", "Bruno", "org-b", roles=frozenset({"bidder"}))
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())


def public(key: ec.EllipticCurvePrivateKey) -> str:
    return signatures.compress(key.public_key()).hex()


class Streams:
    """The registry alone, in memory."""

    def __init__(self) -> None:
        devices = {
            "dev-alice": registry.Device(ALICE.id, public(KEY)),
            "dev-gone": registry.Device(ALICE.id, public(KEY), active=False),
            "dev-bruno": registry.Device(BRUNO.id, public(OTHER)),
        }
        self._state = registry.State(registry.STREAM, devices)

    async def state(self, stream: str) -> tuple[Any, int]:
        assert stream == registry.STREAM
        return self._state, 3


DEVICES = Devices(cast("Any", Streams()))
CASE = cast(
    "Case",
    SimpleNamespace(
        KIND="desk",
        COMMANDS={
            "Plain": rule("host"),
            "Fresh": rule("host", fresh=True),
            "Signed": rule("host", signed=True),
            "Clock": rule("clock"),
            "Mixed": rule("clock", "host"),
            "Seated": rule("seated"),
        },
        roles=lambda state, person: person.roles | state,
        audience=lambda state, person: state.get(person.id if person else None),
    ),
)


@dataclass
class Try:
    """A command, and all that speaks for it."""

    kind: str = "Plain"
    person: Person | None = ALICE
    session: Session | None = field(
        default_factory=lambda: Session("ses-1", ALICE, NOW + timedelta(seconds=1))
    )
    body: dict[str, Any] = field(default_factory=lambda: {"score": "8.60"})
    signed: Signed | None = None
    in_case: frozenset[str] = frozenset()

    def sign(self, device: str, key: ec.EllipticCurvePrivateKey, **changed: Any) -> Try:
        what = {"id_": "cmd-1", "stream": "dsk-1", "kind": self.kind, "body": self.body, **changed}
        message = signatures.command_message(**what)
        return replace(self, signed=Signed(device, signatures.sign(key, message).hex()))

    async def do(self) -> None:
        raw = RawCommand("cmd-1", "dsk-1", self.kind, self.body, self.signed)
        await authorise(
            case=CASE, state=self.in_case, command=raw, person=self.person, session=self.session,
            devices=DEVICES, now=lambda: NOW,
        )  # fmt: skip


async def refusal(attempt: Try) -> type[BidhallError] | None:
    """Why the attempt does not pass; `None` if it does."""
    try:
        await attempt.do()
    except BidhallError as error:
        return type(error)
    return None


@pytest.mark.parametrize(
    ("right", "lacking", "why"),
    [
        (Try(), Try(session=None), SignInNeededError),
        (Try("Fresh"), Try("Fresh", session=Session("ses-1", ALICE, NOW)), SecondFactorNeededError),
        (Try("Signed").sign("dev-alice", KEY), Try("Signed"), SignatureNeededError),
        (Try("Mixed"), Try("Clock"), ForbiddenError),
        (Try("Seated", in_case=frozenset({"seated"})), Try("Seated"), ForbiddenError),
    ],
    ids=lambda given: given.kind if isinstance(given, Try) else given.__name__,
)
async def test_what_is_right_passes_and_without_one_thing_does_not(
    right: Try, lacking: Try, why: type[BidhallError]
) -> None:
    assert await refusal(right) is None
    assert await refusal(lacking) is why


async def test_a_command_no_case_knows() -> None:
    with pytest.raises(InvalidCommandError) as refused:
        await Try("Destroy").do()
    assert refused.value.code == "no-such-command"


@pytest.mark.parametrize(
    "attempt",
    [
        Try(person=None),
        Try(session=None),
        Try(person=None, session=None),
        Try(session=Session("ses-2", BRUNO, NOW + timedelta(hours=1))),
    ],
)
async def test_nobody_may_do_anything(attempt: Try) -> None:
    with pytest.raises(SignInNeededError):
        await attempt.do()


@pytest.mark.parametrize("kind", ["Plain", "Fresh", "Signed", "Mixed", "Seated"])
async def test_the_role_decides(kind: str) -> None:
    session = Session("ses-2", BRUNO, NOW + timedelta(hours=1))
    with pytest.raises(ForbiddenError) as refused:
        await Try(kind, person=BRUNO, session=session).sign("dev-bruno", OTHER).do()
    assert refused.value.code == "forbidden"


@pytest.mark.parametrize("actor", sorted(SYSTEM_ACTORS))
async def test_nobody_is_one_of_the_machines(actor: str) -> None:
    """Neither by a role that got into a table, nor by a role the case gives, nor by an id."""
    posing = replace(ALICE, roles=frozenset({"bidder", actor}))
    session = Session("ses-1", posing, NOW + timedelta(hours=1))
    with pytest.raises(ForbiddenError):
        await Try("Clock", person=posing, session=session, in_case=frozenset({actor})).do()
    named = replace(ALICE, id=actor)
    with pytest.raises(ForbiddenError):
        await Try(person=named, session=Session("ses-1", named, NOW + timedelta(hours=1))).do()


def test_no_command_is_open_to_machines_and_people_alike() -> None:
    for case in KINDS.values():
        for kind, one in case.COMMANDS.items():
            machines = one.roles & SYSTEM_ACTORS
            assert not machines or machines == one.roles, f"{case.KIND} {kind}"


@pytest.mark.parametrize("until", [None, NOW, NOW - timedelta(seconds=1)])
async def test_a_code_given_too_long_ago(until: datetime | None) -> None:
    with pytest.raises(SecondFactorNeededError):
        await Try("Fresh", session=Session("ses-1", ALICE, until)).do()


async def test_a_signature_is_missing() -> None:
    with pytest.raises(SignatureNeededError) as refused:
        await Try("Signed").do()
    assert refused.value.code == "signature-needed"


@pytest.mark.parametrize("kind", ["Signed", "Plain"])
@pytest.mark.parametrize(
    ("device", "key", "code"),
    [
        ("dev-unknown", KEY, "no-such-device"),
        ("dev-bruno", OTHER, "no-such-device"),
        ("dev-gone", KEY, "device-revoked"),
        ("dev-alice", OTHER, "signature-invalid"),
    ],
)
async def test_a_signature_by_the_wrong_device_is_refused_even_where_none_is_asked_for(
    kind: str, device: str, key: ec.EllipticCurvePrivateKey, code: str
) -> None:
    with pytest.raises(SignatureNeededError) as refused:
        await Try(kind).sign(device, key).do()
    assert refused.value.code == code


@pytest.mark.parametrize(
    "changed",
    [
        {"id_": "cmd-2"},
        {"stream": "dsk-2"},
        {"kind": "Plain"},
        {"body": {"score": "8.61"}},
        {"body": {"score": "8.60", "more": 1}},
        {"body": {}},
    ],
)
async def test_a_signature_over_anything_else_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(SignatureNeededError) as refused:
        await Try("Signed").sign("dev-alice", KEY, **changed).do()
    assert refused.value.code == "signature-invalid"


@pytest.mark.parametrize("signature", ["", "zz", "00" * 64, "ff" * 63, "ff" * 64])
async def test_what_is_no_signature(signature: str) -> None:
    with pytest.raises(SignatureNeededError):
        await Try("Signed", signed=Signed("dev-alice", signature)).do()


async def test_a_body_that_has_no_hash_is_not_signed() -> None:
    with pytest.raises(InvalidCommandError) as refused:
        await Try("Signed", body={"score": 8.6}, signed=Signed("dev-alice", "00" * 64)).do()
    assert refused.value.code == "bad-json"


def test_watching() -> None:
    audiences = {None: "public", ALICE.id: "staff"}
    assert may_watch(CASE, audiences, None) == "public"
    assert may_watch(CASE, audiences, ALICE) == "staff"
    with pytest.raises(ForbiddenError) as refused:
        may_watch(CASE, audiences, BRUNO)
    assert refused.value.code == "may-not-watch"
    with pytest.raises(SignInNeededError):
        may_watch(CASE, {}, None)


async def test_devices_of_a_person() -> None:
    assert set(await DEVICES.of(ALICE.id)) == {"dev-alice", "dev-gone"}
    assert await DEVICES.of("per-nobody") == {}
