"""Committee: size, quotas, drawing with a given shuffle, substitutes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.committee import (
    PROCUREMENT_SIZE,
    WORKS_SIZE,
    Entry,
    Quota,
    SizePolicy,
    check_size,
    draw_seats,
    least_members,
    pool_of,
    pool_warnings,
    read_quotas,
    select,
    substitute,
)
from evaluation.errors import (
    CommitteeSizeError,
    NoSubstituteError,
    PoolTooSmallError,
    QuotaInvalidError,
)

DALI = Quota("532901", "A08", 3)
XIANGYUN = Quota("532923", "A08", 2)


def _pool(county: str, *experts: str, speciality: str = "A08") -> list[Entry]:
    return [Entry(f"{county}-{one}", one, county, speciality) for one in experts]


POOL = [*_pool("532901", *"abcdef"), *_pool("532923", *"uvwxyz")]


def _as_is(stratum: str, pool: Sequence[Entry]) -> Sequence[Entry]:
    assert "/" in stratum
    return pool


@pytest.mark.parametrize(
    ("policy", "budget", "complex_case", "least"),
    [
        (PROCUREMENT_SIZE, "9999999.99", False, 5),
        (PROCUREMENT_SIZE, "10000000.00", False, 7),
        (PROCUREMENT_SIZE, "100.00", True, 7),
        (WORKS_SIZE, "48620000.00", False, 5),
    ],
)
def test_least_members(*, policy: SizePolicy, budget: str, complex_case: bool, least: int) -> None:
    assert least_members(policy, Decimal(budget), complex_case=complex_case) == least


@pytest.mark.parametrize(
    ("members", "experts", "budget", "says"),
    [
        (3, 3, "100.00", "D87 47 asks for at least 5"),
        (6, 6, "100.00", "an odd number"),
        (5, 5, "10000000.00", "at least 7"),
        (5, 3, "100.00", "Law 37 asks for at least 2/3"),
        (5, 6, "100.00", "6 experts among 5"),
    ],
)
def test_a_wrong_size_is_refused_with_the_article(
    members: int, experts: int, budget: str, says: str
) -> None:
    with pytest.raises(CommitteeSizeError, match=says):
        check_size(PROCUREMENT_SIZE, Decimal(budget), members, experts)


def test_lawful_sizes_pass() -> None:
    check_size(PROCUREMENT_SIZE, Decimal("100.00"), 5, 4)
    check_size(PROCUREMENT_SIZE, Decimal("10000000.00"), 7, 5)
    check_size(WORKS_SIZE, Decimal("48620000.00"), 5, 5)


def test_quotas_are_read() -> None:
    draw = {"seats": [{"county": "532901", "speciality": "A08", "count": 3}]}
    (quota,) = read_quotas(draw)
    assert (quota, quota.stratum) == (DALI, "532901/A08")


@pytest.mark.parametrize(
    "seats",
    [
        None, [], "532901", [[]], [{"county": "532901", "speciality": "A08"}],
        [{"county": "530100", "speciality": "A08", "count": 1}],
        [{"county": "532901", "speciality": "Z08", "count": 1}],
        [{"county": "532901", "speciality": "A08", "count": 0}],
        [{"county": "532901", "speciality": "A08", "count": True}],
        [{"county": "532901", "speciality": "A08", "count": "3"}],
        [{"county": "532901", "speciality": "A08", "count": 3}] * 2,
    ],
)  # fmt: skip
def test_quotas_of_another_shape_are_refused(seats: Any) -> None:
    with pytest.raises(QuotaInvalidError):
        read_quotas({"seats": seats})


def test_the_pool_is_sorted_fitting_and_names_each_expert_once() -> None:
    entries = [
        Entry("e3", "c", "532901", "A0801"), Entry("e1", "a", "532901", "A08"),
        Entry("e2", "a", "532901", "A0802"), Entry("e4", "d", "532901", "A09"),
        Entry("e5", "e", "532923", "A08"),
    ]  # fmt: skip
    assert [one.entry for one in pool_of(DALI, entries)] == ["e1", "e3"]


def test_seats_are_filled_in_the_order_of_the_shuffle() -> None:
    selection = draw_seats([DALI, XIANGYUN], POOL, lambda _, pool: list(reversed(pool)))
    assert [(one.seat, one.entry.expert) for one in selection.seats] == [
        (1, "f"), (2, "e"), (3, "d"), (4, "z"), (5, "y"),
    ]  # fmt: skip
    left = {name: [one.expert for one in order] for name, order in selection.substitutes.items()}
    assert left == {"532901/A08": ["c", "b", "a"], "532923/A08": ["x", "w", "v", "u"]}


def test_nobody_sits_twice_or_is_a_substitute_while_seated() -> None:
    wide, narrow = Quota("532901", "A08", 1), Quota("532901", "A09", 1)
    orders = {
        wide.stratum: _pool("532901", "a", "b", "c"),
        narrow.stratum: _pool("532901", "a", "b", "c", speciality="A09"),
    }
    selection = select(orders, [wide, narrow])
    assert [one.entry.expert for one in selection.seats] == ["a", "b"]
    assert [one.expert for one in selection.substitutes[wide.stratum]] == ["c"]


def test_a_pool_that_is_too_small_is_named() -> None:
    with pytest.raises(PoolTooSmallError, match="532901/A08: 2 experts for 3 seats"):
        draw_seats([DALI], _pool("532901", "a", "b"), _as_is)
    with pytest.raises(PoolTooSmallError, match="0 experts"):
        select({}, [DALI])


def test_substitutes_come_in_order_until_none_is_left() -> None:
    selection = draw_seats([DALI], _pool("532901", *"abcde"), _as_is)
    assert substitute(selection, DALI, used=()).expert == "d"
    assert substitute(selection, DALI, used={"d"}).expert == "e"
    with pytest.raises(NoSubstituteError, match="no substitute is left for 532901/A08"):
        substitute(selection, DALI, used={"d", "e"})
    with pytest.raises(NoSubstituteError):
        substitute(selection, XIANGYUN, used=())


def test_small_pools_are_asked_about() -> None:
    (warning,) = pool_warnings([DALI, XIANGYUN], POOL)
    assert (warning.stratum, warning.pool, warning.seats) == ("532901/A08", 6, 3)
    assert warning.question.endswith("?")
    assert pool_warnings([DALI, XIANGYUN], POOL, factor=2) == ()


@given(st.randoms(use_true_random=False), st.permutations(POOL))
def test_the_order_of_the_pool_never_matters_and_seats_fit(
    random: Any,
    turned: list[Entry],
) -> None:
    orders: dict[str, list[int]] = {}

    def shuffle(stratum: str, pool: Sequence[Entry]) -> Sequence[Entry]:
        if stratum not in orders:
            orders[stratum] = random.sample(range(len(pool)), len(pool))
        return [pool[place] for place in orders[stratum]]

    drawn = draw_seats([DALI, XIANGYUN], POOL, shuffle)
    assert draw_seats([DALI, XIANGYUN], turned, shuffle) == drawn
    assert [one.seat for one in drawn.seats] == [1, 2, 3, 4, 5]
    assert all(one.entry.county == one.quota.county for one in drawn.seats)
    seated = {one.entry.expert for one in drawn.seats}
    waiting = {one.expert for order in drawn.substitutes.values() for one in order}
    assert len(seated) == 5
    assert not seated & waiting
    assert seated | waiting == {one.expert for one in POOL}
