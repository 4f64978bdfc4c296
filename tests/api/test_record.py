"""The public record over HTTP: enough to check it, from any page, with every cache helping."""

from __future__ import annotations

import httpx
import pytest

from bidhall.accounts.seed import Created
from bidhall.hall import Hall
from crypto import tiles
from crypto.notes import open_checkpoint
from tests.api.client import error_of
from tests.api.events import append, sequence, tender_life


async def test_a_stranger_checks_the_whole_record(
    hall: Hall, http: httpx.AsyncClient, tenderee: Created
) -> None:
    await append(hall, "ten-one", *tender_life(tenderee.person.id))
    await sequence(hall)
    about = (await http.get("/record/key")).json()
    first = await http.get("/record/checkpoint")
    assert first.headers["access-control-allow-origin"] == "*"
    assert first.headers["cache-control"] == "no-cache"
    old = open_checkpoint(first.text, about["origin"], about["vkey"])
    await append(hall, "ten-two", *tender_life(tenderee.person.id))
    await sequence(hall)
    text = (await http.get("/record/checkpoint")).text
    new = open_checkpoint(text, about["origin"], about["vkey"])
    assert (old.size, new.size) == (2, 4)
    answer = await http.get(f"/record/{tiles.tile_path(0, 0, new.size)}")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert tiles.TileReader(lambda _: answer.content, new.size).root(new.size) == new.root
    path = (await http.get("/record/consistency?first=2&second=4")).json()["path"]
    assert [bytes.fromhex(one) for one in path] == await hall.log.consistency(2, 4)


@pytest.mark.parametrize(
    "path",
    ["0/000", "9/000", "0/x001", "0/000.p/3", "entries/000", "0/000%00", "64/000", ""],
)
async def test_tiles_that_are_not_there(hall: Hall, http: httpx.AsyncClient, path: str) -> None:
    await sequence(hall)
    answer = await http.get(f"/record/tile/{path}")
    assert (answer.status_code, error_of(answer)) == (404, "no-such-tile")


@pytest.mark.parametrize(
    ("first", "second"), [(0, 1), (1, 0), (2, 1), (1, 2**40), ("x", 1), (1, 9)]
)
async def test_sizes_that_never_were(
    hall: Hall, http: httpx.AsyncClient, tenderee: Created, first: int | str, second: int
) -> None:
    await append(hall, "ten-one", *tender_life(tenderee.person.id))
    await sequence(hall)
    answer = await http.get(f"/record/consistency?first={first}&second={second}")
    assert (answer.status_code, error_of(answer)) == (422, "bad-field")


async def test_before_the_first_checkpoint(http: httpx.AsyncClient) -> None:
    answer = await http.get("/record/checkpoint")
    assert (answer.status_code, error_of(answer)) == (503, "not-sequenced")
    assert answer.headers["retry-after"] == "1"
