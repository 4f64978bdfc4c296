"""``kill -9`` between saved and locked sheets: no draft, no lock and no reveal is lost or doubled."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.stage import FAULTS, Theatre, evaluate, opened

pytestmark = [
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]
SEATS = 5


@pytest.mark.parametrize("name", [one for one in FAULTS if one != "operator"])
async def test_an_evaluation_goes_on(theatre: Theatre, name: str) -> None:
    await opened(theatre, name)
    tender, fault = theatre.tenders[name], theatre.fault(name)
    rooms = await evaluate(theatre, name, (fault, fault))
    assert theatre.killed[-2:] == [name, name]
    record = await theatre.record()
    stream = tender.evaluation
    # Roster, three shares, and from each seat: sign in, pledge, save, lock, sign the report.
    assert len(theatre.promised.of(stream)) >= 4 + 5 * SEATS
    assert record.missing(theatre.promised, stream) == []
    assert record.doubled(stream) == []
    assert record.gaps() == []
    kinds = [one["kind"] for one in record.stream(stream)]
    assert [kinds.count(one) for one in ("SheetSaved", "SheetLocked", "ReportSigned")] == [
        SEATS
    ] * 3
    assert [kinds.count(one) for one in ("SheetsRevealed", "LotRanked", "ReportFiled")] == [1] * 3
    for room in rooms:
        await room.until(lambda one: one.find("ReportFiled"))
        case = await room.visitor.case(stream)
        assert room.audience == case["audience"]
        assert [{k: v for k, v in one.items() if k != "t"} for one in room.events] == case["events"]
    if name == "hall":
        assert all(one.joins >= 2 for one in rooms)
    assert await theatre.verified(tender) == []


async def test_what_a_killed_hall_left_has_ended(theatre: Theatre) -> None:
    """A hall that was killed leaves no worker, no key process and no service behind."""
    left = theatre.hall.kill_whole()
    assert len(left) > 4
    await theatre.hall.start()
    async with asyncio.timeout(20):
        while still := [one for one in left if one.is_running() and one.status() != "zombie"]:
            await asyncio.sleep(0.1)
    assert still == []
    assert len(theatre.hall.pids("worker")) == theatre.hall.workers
    assert [len(theatre.hall.pids(one)) for one in ("postgres", "valkey", "operator")] == [1, 1, 1]
