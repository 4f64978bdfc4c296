"""The fast way to canonical bytes gives the bytes of the rule, or refuses as the rule does."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from types import MappingProxyType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidhall.cases.case import Event, canonical_event
from bidhall.record import form
from crypto import canonical
from crypto.errors import CanonicalError

_texts = st.text(st.characters(codec="utf-8"))
_scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _texts
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner) | st.dictionaries(_texts, inner), max_leaves=20
)


class Colour(StrEnum):
    RED = "red"


class Size(IntEnum):
    BIG = 3


@given(_values)
def test_the_bytes_are_those_of_the_rule(value: object) -> None:
    data, read = form.encode(value)
    assert data == canonical.encode(value)
    assert read == value
    assert msgspec.json.decode(data) == read


@pytest.mark.parametrize(
    "value",
    [
        {"\uff00": 1, "\U00010000": 2},  # UTF-16 sorts these two the other way round
        {"a": (1, 2)}, MappingProxyType({"b": 1, "a": 2}), {"a": Colour.RED},
        '\x00\x08\x1f\x7f\u2028"\\/', 2**53 - 1, -(2**53) + 1, "1234567890123456", {"é": 1, "z": 2},
        [[[]]] * 40,
    ],
)  # fmt: skip
def test_unusual_values_take_the_rules_way(value: object) -> None:
    assert form.encode(value)[0] == canonical.encode(value)


@pytest.mark.parametrize(
    "value",
    [
        1.0, 0.5, math.nan, {"a": [1e300]}, 2**53, -(2**53), 10**30, Decimal(1), b"bytes",
        datetime(2026, 1, 1, tzinfo=UTC), {1: 2}, "\ud800", {"\udfff": 1}, {1, 2}, object(),
    ],
)  # fmt: skip
def test_what_the_rule_refuses_is_refused(value: object) -> None:
    with pytest.raises(CanonicalError):
        canonical.encode(value)
    with pytest.raises(CanonicalError):
        form.encode(value)


def test_depth_is_limited_as_in_the_rule() -> None:
    deep: object = 0
    for _ in range(64):
        deep = [deep]
    assert form.encode(deep)[0] == canonical.encode(deep)
    with pytest.raises(CanonicalError):
        form.encode([deep])


@given(st.dictionaries(_texts, _values), st.none() | st.dictionaries(_texts, _values))
def test_an_event_around_its_body_is_the_canonical_event(
    body: dict[str, object], signed: dict[str, object] | None
) -> None:
    at = datetime(2026, 11, 24, 9, 30, 0, 123000, tzinfo=UTC)
    event = Event("led-1", 7, at, "Added", "per-a", "cmd-1", body, signed)
    wrapped = None if signed is None else canonical.encode(signed)
    data = form.event_bytes(event, canonical.encode(body), wrapped)
    assert data == canonical.encode(canonical_event(event))
