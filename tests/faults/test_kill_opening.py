"""``kill -9`` in the middle of an opening: nothing promised is lost, nothing happens twice."""

from __future__ import annotations

import pytest

from bidhall.client.errors import HallRefusedError
from bidhall.client.room import RoomMember, join
from bidhall.demo.players import spectator
from tests.faults.stage import FAULTS, Theatre, finish_opening, opened
from tests.integration.small import CUSTODIANS, Tender, release, until_there

pytestmark = [
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]


async def _holds(theatre: Theatre, tender: Tender, room: RoomMember, least: int) -> None:
    """The record has all that was promised, once and in order; the room showed just that."""
    record = await theatre.record()
    assert len(theatre.promised.of(tender.opening)) >= least
    for stream in (tender.id, tender.opening):
        assert record.missing(theatre.promised, stream) == []
        assert record.doubled(stream) == []
    assert record.gaps() == []
    kinds = [one["kind"] for one in record.stream(tender.opening)]
    assert kinds.count("BidOpened") == len(tender.bids) == kinds.count("BidConfirmed")
    # Everything of an opening is visible to all, so numbers of room and record are the same.
    assert room.kinds() == kinds
    assert [one["seq"] for one in room.events] == list(range(1, len(kinds) + 1))
    host = await theatre.stage.troupe.call("host2")
    shown = (await host.visitor.case(tender.opening))["events"]
    assert [{k: one[k] for k in ("seq", "at", "kind", "body")} for one in room.events] == shown


@pytest.mark.parametrize("name", FAULTS)
async def test_an_opening_goes_on(theatre: Theatre, name: str) -> None:
    room = await opened(theatre, name)
    assert theatre.killed.count(name) >= 2
    tender = theatre.tenders[name]
    # Chair, six shares at the most (five are needed), announcement, three confirmations, the end.
    await _holds(theatre, tender, room, least=11)
    assert await theatre.verified(tender) == []
    if name == "hall":
        assert room.joins >= 3


async def test_another_host_takes_the_chair(theatre: Theatre) -> None:
    """The first host's client dies between two shares; the second goes on where it stopped."""
    tender, troupe = theatre.tenders["chair"], theatre.stage.troupe
    host, other = await troupe.call("host"), await troupe.call("host2")
    await until_there(host, tender.opening)
    async with spectator(theatre.hall.address, tender.opening) as room:
        await room.until(lambda one: one.find("OpeningConvened"))
        async with join(host.visitor, tender.opening) as theirs:
            await theirs.command("TakeChair")
            await release(theatre.stage, tender, CUSTODIANS[0])
            await theirs.until(lambda one: len(one.find("ShareReleased")) == 2)
            before = list(theirs.events)
            await theirs.cut()  # and it does not come back
        mine = await other.room(tender.opening)
        await mine.command("TakeChair", {"reason": "前一位主持人掉线"})
        assert mine.events[: len(before)] == before
        taken = mine.find("ChairTaken")[-1]
        assert (taken["before"], taken["person"]) == (host.id, other.id)
        for key in CUSTODIANS[1:]:
            await release(theatre.stage, tender, key)
        await room.until(lambda one: one.find("DecryptionCompleted"))
        # Who lost the chair comes back, and finds it taken.
        with pytest.raises(HallRefusedError, match="not-in-chair"):
            await host.visitor.command(tender.opening, "AnnounceBids")
        await finish_opening(theatre, tender, room, other)
    await _holds(theatre, tender, room, least=11)
    assert await theatre.verified(tender) == []
