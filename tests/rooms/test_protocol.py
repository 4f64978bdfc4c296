"""The protocol object: every frame in every phase, without a socket."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidhall.rooms.messages import MAX_FRAME_BYTES, Close, decode
from bidhall.rooms.protocol import (
    Deny,
    Dialogue,
    Enter,
    Finish,
    Limits,
    Perform,
    Phase,
    Tell,
)  # fmt: skip

JOIN = '{"t":"join","v":1}'
COMMAND = '{"t":"command","id":"c1","kind":"Say","body":{"text":"x"}}'
PING = '{"t":"ping"}'


def joined(limits: Limits | None = None) -> Dialogue:
    """Make a dialogue that has joined at time 0."""
    dialogue = Dialogue(at=0.0, limits=limits or Limits())
    assert dialogue.receive(JOIN, 0.0) == Enter(0, None)
    return dialogue


def test_a_member_joins_and_commands() -> None:
    dialogue = Dialogue(at=0.0)
    step = dialogue.receive('{"t":"join","v":1,"after":7,"audience":"public"}', 0.1)
    assert step == Enter(7, "public")
    step = dialogue.receive(COMMAND, 0.2)
    assert isinstance(step, Perform)
    assert (step.frame.id, step.frame.kind, step.frame.body) == ("c1", "Say", {"text": "x"})
    assert dialogue.receive(PING, 0.3) == Tell()


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (COMMAND, "join-first"),
        ('{"t":"join","v":2}', "bad-version"),
        ('{"t":"join"}', "bad-frame"),
        ('{"t":"join","v":1,"after":-1}', "bad-frame"),
        ('{"t":"join","v":1,"more":1}', "bad-frame"),
        ('{"t":"shout"}', "bad-frame"),
        ("[]", "bad-frame"),
        ("", "bad-frame"),
        ("{", "bad-frame"),
        ("[" * 30_000, "bad-frame"),
        (b"\xff\xfe", "bad-frame"),
        (json.dumps({"t": "ping", "pad": "x" * MAX_FRAME_BYTES}), "frame-too-long"),
    ],
)
def test_a_wrong_first_frame_ends_the_connection(frame: str | bytes, code: str) -> None:
    dialogue = Dialogue(at=0.0)
    step = dialogue.receive(frame, 0.0)
    assert isinstance(step, Finish)
    assert (step.code, step.error.code) == (Close.PROTOCOL_ERROR, code)
    assert dialogue.phase is Phase.CLOSED
    assert dialogue.receive(JOIN, 0.0) is None


def test_joining_twice_ends_the_connection() -> None:
    step = joined().receive(JOIN, 0.0)
    assert isinstance(step, Finish)
    assert step.error.code == "joined-already"


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""}, {"id": "x" * 65}, {"id": "a b"}, {"kind": ""}, {"body": []}, {"body": None},
        {"signed": {"device": "dev-1", "signature": "AB" * 64}},
        {"signed": {"device": "dev-1", "signature": "ab" * 63}},
        {"signed": {"device": "dev-1"}}, {"facts": {"at": "now"}},
    ],
)  # fmt: skip
def test_a_malformed_command_ends_the_connection(change: dict[str, object]) -> None:
    frame = {"t": "command", "id": "c1", "kind": "Say", "body": {}, **change}
    step = joined().receive(json.dumps(frame), 0.0)
    assert isinstance(step, Finish)


def test_commands_have_a_budget() -> None:
    dialogue = joined(Limits(burst=3, rate=2.0, denials=10))
    steps = [dialogue.receive(COMMAND, 0.0) for _ in range(4)]
    assert [type(step) for step in steps] == [Perform, Perform, Perform, Deny]
    last = steps[-1]
    assert isinstance(last, Deny)
    assert (last.id, last.error.code) == ("c1", "too-many-commands")
    assert isinstance(dialogue.receive(COMMAND, 0.6), Perform)
    assert isinstance(dialogue.receive(COMMAND, 0.6), Deny)
    assert isinstance(dialogue.receive(PING, 0.6), Tell)


def test_a_flood_ends_the_connection() -> None:
    dialogue = joined(Limits(burst=1, rate=1.0, denials=5))
    kinds = [type(dialogue.receive(COMMAND, 0.0)) for _ in range(7)]
    assert kinds == [Perform, Deny, Deny, Deny, Deny, Deny, Finish]


def test_a_clock_that_goes_back_gives_no_budget() -> None:
    dialogue = joined(Limits(burst=1, rate=1.0))
    assert isinstance(dialogue.receive(COMMAND, 10.0), Perform)
    assert isinstance(dialogue.receive(COMMAND, 5.0), Deny)
    assert isinstance(dialogue.receive(COMMAND, 10.5), Deny)
    assert isinstance(dialogue.receive(COMMAND, 11.0), Perform)


def test_one_who_never_joins_is_sent_away() -> None:
    dialogue = Dialogue(at=100.0, limits=Limits(join_within=10.0))
    assert dialogue.overdue(109.9) is None
    finish = dialogue.overdue(110.0)
    assert finish is not None
    assert finish.error.code == "join-first"
    assert joined().overdue(1e9) is None


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200)))
def test_any_bytes_are_answered_with_a_step(data: str | bytes) -> None:
    step = Dialogue(at=0.0).receive(data, 0.0)
    assert isinstance(step, (Finish, Enter, Tell))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
        max_leaves=20,
    )
)
def test_a_body_comes_through_unchanged(value: object) -> None:
    frame = decode(json.dumps({"t": "command", "id": "c", "kind": "K", "body": {"x": value}}))
    assert frame.body == {"x": value}  # type: ignore[union-attr]
