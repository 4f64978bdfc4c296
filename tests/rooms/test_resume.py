"""Resuming: a member that was away and came back knows exactly what one who stayed knows."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from bidhall.rooms.member import Member
from tests.rooms.memory import STREAM, Hall, Sink, Told, expected, in_hall, person, seen, settle

NAMES = ("anna", "bob", "carl")
STEPS = st.one_of(
    st.tuples(st.sampled_from(["Say", "Seal", "Score"]), st.sampled_from(NAMES)),
    st.tuples(st.sampled_from(["Seat", "Leave", "Return", "Breathe"]), st.sampled_from(NAMES)),
    st.tuples(st.just("Reveal"), st.just("host")),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_away_and_back_is_the_same_as_having_stayed(steps: list[tuple[str, str]]) -> None:
    async def work(hall: Hall) -> None:
        stayed = {name: (await hall.enter(name))[1] for name in NAMES}
        told = {name: Told() for name in NAMES}
        away: dict[str, tuple[Member, Sink] | None] = {n: await hall.enter(n) for n in NAMES}
        for kind, name in steps:
            if kind == "Leave" and away[name] is not None:
                await _leave(hall, away, told, name)
            elif kind == "Return" and away[name] is None:
                memory = told[name]
                away[name] = await hall.enter(name, len(memory.events), memory.audience)
            elif kind == "Breathe":
                await settle()
            elif kind == "Seat":
                await hall.do("Seat", person=f"per-{name}")
            elif kind in {"Say", "Seal", "Score"}:
                await hall.do(kind, name, text=f"{hall.count}", value=str(hall.count))
            elif kind == "Reveal":
                await hall.do("Reveal")
        for name in NAMES:
            if away[name] is None:
                away[name] = await hall.enter(name, len(told[name].events), told[name].audience)
        await settle()
        room = await hall.rooms.room(STREAM)
        for name in NAMES:
            await _leave(hall, away, told, name)
            always = Told()
            always.read(stayed[name].frames)
            audience, _ = room.standing(person(name))
            assert always.audience == told[name].audience == audience
            assert always.events == told[name].events
            assert seen(always.events) == expected(hall, audience)

    asyncio.run(in_hall(work, poll=60.0))


async def _leave(
    hall: Hall, away: dict[str, tuple[Member, Sink] | None], told: dict[str, Told], name: str
) -> None:
    present = away[name]
    assert present is not None
    member, sink = present
    (await hall.rooms.room(STREAM)).leave(member)
    sink.closed = (1006, "")
    told[name].read(sink.frames)
    away[name] = None
