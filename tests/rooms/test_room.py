"""A room with members in memory: who sees what, in which order, whatever happens in between."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from bidhall.cases.errors import ForbiddenError
from bidhall.desk import RawCommand
from bidhall.rooms.errors import RoomsClosedError, RoomUnknownError
from bidhall.rooms.messages import Close, CommandFrame
from tests.rooms.memory import STREAM, Hall, Told, expected, in_hall, person, seen, settle

pytestmark = pytest.mark.asyncio


async def test_hidden_events_leave_no_gap() -> None:
    async def work(hall: Hall) -> None:
        _, public = await hall.enter(None)
        for number in range(4):
            await hall.do("Seal", text=f"secret {number}")
            await hall.do("Say", text=f"said {number}")
        await settle()
        assert [frame["seq"] for frame in public.of("event")] == [1, 2, 3, 4, 5]
        assert "secret" not in str(public.frames)
        _, late = await hall.enter(None)
        assert late.of("event") == public.of("event")
        assert late.of("joined")[0]["seq"] == 5

    await in_hall(work)


async def test_the_reply_betrays_no_hidden_events() -> None:
    async def work(hall: Hall) -> None:
        member, _ = await hall.enter("anna")
        room = await hall.rooms.room(STREAM)
        for _ in range(5):
            await hall.do("Seal", text="secret")

        async def reply(kind: str, **body: Any) -> Any:
            frame = CommandFrame(id=f"{kind}-1", kind=kind, body=body)
            return await hall.rooms.perform(room, member, frame)

        assert (await reply("Say", text="x")).seq == 2
        assert (await reply("Seal", text="x")).seq is None
        again = await reply("Say", text="x")
        assert (again.seq, again.repeated) == (2, True)

    await in_hall(work)


async def test_a_person_who_becomes_a_seat_begins_anew() -> None:
    async def work(hall: Hall) -> None:
        _, anna = await hall.enter("anna")
        _, public = await hall.enter(None)
        await hall.do("Seal", text="before")
        await hall.do("Seat", person="per-anna")
        await hall.do("Seal", text="after")
        await settle()
        told = Told()
        told.read(anna.frames)
        assert told.audience == "seat:per-anna"
        assert seen(told.events) == expected(hall, "seat:per-anna")
        assert [one["audience"] for one in anna.of("joined")] == ["public", "seat:per-anna"]
        assert anna.of("joined")[1]["you"]["roles"] == ["anyone", "seat"]
        # As the public she must not have got the event that seated her: it was shown to a seat.
        kinds = [
            frame.get("kind") for frame in anna.frames[: anna.frames.index(anna.of("joined")[1])]
        ]
        assert "Seated" not in kinds
        assert "before" not in str(public.frames)

    await in_hall(work)


async def test_one_who_may_no_longer_watch_is_sent_away() -> None:
    async def work(hall: Hall) -> None:
        _, anna = await hall.enter("anna")
        await hall.do("Remove", person="per-anna")
        await hall.do("Say", text="behind her back")
        await settle()
        assert anna.closed is not None
        assert anna.closed[0] == Close.MAY_NOT_WATCH
        assert "behind her back" not in str(anna.frames)
        with pytest.raises(ForbiddenError):
            await hall.enter("anna")

    await in_hall(work)


async def test_one_who_comes_back_as_somebody_else_begins_anew() -> None:
    async def work(hall: Hall) -> None:
        await hall.do("Say", text="1")
        await hall.do("Seat", person="per-anna")
        _, anna = await hall.enter("anna", after=2, audience="public")
        assert anna.of("joined")[0]["after"] == 0
        assert [frame["seq"] for frame in anna.of("event")] == [1, 2, 3]
        _, again = await hall.enter("anna", after=2, audience="seat:per-anna")
        assert again.of("joined")[0]["after"] == 2
        assert [frame["seq"] for frame in again.of("event")] == [3]
        _, unsaid = await hall.enter("anna", after=2)
        assert unsaid.of("joined")[0]["after"] == 0
        _, ahead = await hall.enter("anna", after=99, audience="seat:per-anna")
        assert ahead.of("joined")[0]["after"] == 0

    await in_hall(work)


async def test_a_slow_member_is_dropped_and_delays_nobody() -> None:
    async def work(hall: Hall) -> None:
        _, quick = await hall.enter("bob")
        _, slow = await hall.enter("anna")
        slow.stuck = True
        began = time.monotonic()
        for number in range(40):
            await hall.do("Say", text=f"{number}" + "x" * 1000)
            await settle()
        assert time.monotonic() - began < 2
        assert len(quick.of("event")) == 41
        assert slow.closed is not None
        assert slow.closed[0] == Close.TOO_SLOW
        told = Told()
        told.read(slow.frames)
        _, back = await hall.enter("anna", after=len(told.events), audience="public")
        told.read(back.frames)
        assert seen(told.events) == expected(hall, "public")

    await in_hall(work, backlog=20_000)


async def test_one_who_never_reads_its_history_is_dropped() -> None:
    async def work(hall: Hall) -> None:
        for number in range(20):
            await hall.do("Say", text=f"{number}" + "x" * 1000)
        entering = asyncio.create_task(hall.enter("anna", stuck=True))
        _, quick = await hall.enter("bob")
        assert len(quick.of("event")) == 21
        _, stuck = await entering
        assert stuck.closed is not None
        assert stuck.closed[0] == Close.TOO_SLOW
        assert len(stuck.of("event")) < 10

    await in_hall(work, chunk=4000, patience=0.1)


async def test_presence_shows_cards_once_and_counts_the_rest() -> None:
    async def work(hall: Hall) -> None:
        await hall.do("Seat", person="per-anna")
        _, first = await hall.enter("anna")
        await hall.enter("anna")
        await hall.enter("bob")
        await hall.enter("bob")
        leaver, _ = await hall.enter(None)
        await hall.enter(None)
        await asyncio.sleep(0.1)
        presence = first.of("presence")[-1]
        assert presence["members"] == [{"role": "seat", "name": "Anna"}]
        assert presence["listeners"] == 3
        (await hall.rooms.room(STREAM)).leave(leaver)
        await hall.do("Seat", person="per-bob")
        await asyncio.sleep(0.1)
        presence = first.of("presence")[-1]
        assert [card["name"] for card in presence["members"]] == ["Anna", "Bob"]
        assert presence["listeners"] == 1
        before = len(first.of("presence"))
        await hall.do("Say", text="changes nobody")
        await asyncio.sleep(0.1)
        assert len(first.of("presence")) == before

    await in_hall(work)


async def test_a_missed_hint_is_found_by_polling() -> None:
    async def work(hall: Hall) -> None:
        _, anna = await hall.enter("anna")
        hall.desk.append(RawCommand("other", STREAM, "Say", {"text": "elsewhere"}), person("x"))
        async with asyncio.timeout(1):
            while len(anna.of("event")) < 2:
                await asyncio.sleep(0.01)
        assert seen(anna.of("event")) == expected(hall, "public")
        assert anna.of("event")[-1]["body"]["text"] == "elsewhere"

    await in_hall(work)


async def test_events_out_of_order_and_repeated_take_effect_once() -> None:
    async def work(hall: Hall) -> None:
        _, anna = await hall.enter("anna")
        rooms, hall.desk.rooms = hall.desk.rooms, []
        for number in range(6):
            await hall.do("Say", text=str(number))
        events = hall.streams.by_stream[STREAM]
        for part in (events[4:6], events[1:3], events[1:3], events[2:5], events[0:1]):
            await rooms[0].publish(part)
        await settle()
        assert seen(anna.of("event")) == expected(hall, "public")

    await in_hall(work, poll=60.0)


async def test_an_unknown_room_and_a_store_that_is_away() -> None:
    async def work(hall: Hall) -> None:
        for stream in ("brd-none", "nonsense", ""):
            with pytest.raises(RoomUnknownError):
                await hall.rooms.room(stream)
        hall.streams.down = True
        with pytest.raises(RoomsClosedError):
            await hall.rooms.room(STREAM)
        hall.streams.down = False
        await hall.enter("anna")
        hall.streams.down = True
        await asyncio.sleep(0.12)  # rounds fail, and go on
        hall.streams.down = False
        _, late = await hall.enter("bob")
        assert late.of("event")

    await in_hall(work)


async def test_a_thousand_joining_load_the_stream_once() -> None:
    async def work(hall: Hall) -> None:
        for number in range(600):
            await hall.do("Say", text=str(number))
        hall.streams.reads = 0
        entered = await asyncio.gather(*(hall.enter(None) for _ in range(1000)))
        assert hall.streams.reads == 3
        assert all(len(sink.of("event")) == 601 for _, sink in entered[::100])

    await in_hall(work, poll=60.0, anonymous_per_address=2000)


async def test_an_idle_room_is_forgotten_and_comes_back() -> None:
    async def work(hall: Hall) -> None:
        member, _ = await hall.enter("anna")
        room = await hall.rooms.room(STREAM)
        room.leave(member)
        await asyncio.sleep(0.4)
        assert await hall.rooms.room(STREAM) is not room
        _, back = await hall.enter("anna")
        assert len(back.of("event")) == 1

    await in_hall(work, linger=0.1)


async def test_ended_sessions_are_sent_away() -> None:
    async def work(hall: Hall) -> None:
        _, anna = await hall.enter("anna")
        _, bob = await hall.enter("bob")
        hall.rooms.sessions.ended.add("anna")  # type: ignore[attr-defined]
        await asyncio.sleep(0.15)
        assert anna.closed is not None
        assert anna.closed[0] == Close.RESTART
        assert bob.closed is None

    await in_hall(work, recheck=0.05)
