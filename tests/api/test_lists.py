"""Lists: what is published, one's own work, and pages that neither repeat nor skip."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bidhall.accounts.people import People
from bidhall.accounts.seed import Created, create_person
from bidhall.hall import Hall
from tests.api.client import enter, error_of

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


async def _row(
    hall: Hall, stream: str, *, kind: str = "tender", published: bool = True, title: str = "",
    county: str = "532901", phase: str = "published", tenderee: str = "", tender: str = "", hours: int = 0,
) -> None:  # fmt: skip
    at = NOON + timedelta(hours=hours) if kind == "tender" else None
    await hall.pool.execute(
        "INSERT INTO case_list (stream, kind, tender, title, title_en, tenderee, county, phase,"
        " published, closes_at, opens_at) VALUES ($1,$2,$3,$4,'',$5,$6,$7,$8,$9,$9)",
        stream, kind, tender or stream, title, tenderee, county, phase, published, at,
    )  # fmt: skip


async def _listed(http: httpx.AsyncClient, query: str = "") -> list[str]:
    answer = await http.get(f"/api/tenders{query}")
    assert answer.status_code == 200, answer.text
    return [one["tender"] for one in answer.json()["tenders"]]


async def test_what_is_published_and_nothing_else(
    hall: Hall, http: httpx.AsyncClient, tenderee: Created
) -> None:
    organisation = tenderee.person.organisation
    await _row(hall, "ten-a", title="洱海截污", tenderee=organisation)
    await _row(hall, "ten-b", title="秘密草稿", published=False, phase="draft", hours=1)
    await _row(hall, "eva-a", kind="evaluation", tender="ten-a", published=False, phase="scoring")
    answer = (await http.get("/api/tenders")).json()
    assert answer["next"] is None
    assert [one["tender"] for one in answer["tenders"]] == ["ten-a"]
    shown = answer["tenders"][0]
    assert shown["tenderee_name"] == "tessa 单位"
    assert shown["closes_at"] == "2026-12-01T12:00:00.000Z"
    assert shown["opening"] is None
    for query in ("?q=草稿", "?phase=draft", "?live=1"):
        assert await _listed(http, query) == []


async def test_filters(hall: Hall, http: httpx.AsyncClient, tenderee: Created) -> None:
    await _row(hall, "ten-a", title="洱海截污 100%", tenderee=tenderee.person.organisation)
    await _row(hall, "ten-b", title="Road Works", county="532923", phase="closed", hours=1)
    await _row(hall, "ope-b", kind="opening", tender="ten-b", phase="decrypting")
    await _row(hall, "ten-c", title="Bridge", phase="closed", hours=2)
    await _row(hall, "ope-c", kind="opening", tender="ten-c", phase="ended")
    assert await _listed(http) == ["ten-c", "ten-b", "ten-a"]
    assert await _listed(http, "?county=532923") == ["ten-b"]
    assert await _listed(http, "?phase=closed") == ["ten-c", "ten-b"]
    assert await _listed(http, "?live=1") == ["ten-b"]
    assert await _listed(http, "?q=road") == ["ten-b"]
    assert await _listed(http, "?q=TESSA") == ["ten-a"]
    assert await _listed(http, "?q=%25") == ["ten-a"]
    assert await _listed(http, "?q=_") == []
    assert await _listed(http, "?q=' OR 1=1 --") == []


async def test_pages(hall: Hall, http: httpx.AsyncClient) -> None:
    """Several deadlines are the same instant: the place is by deadline and id together."""
    for place in range(7):
        await _row(hall, f"ten-{place}", hours=place // 3)
    seen: list[str] = []
    before = ""
    for _ in range(10):
        answer = (await http.get("/api/tenders", params={"limit": 2, "before": before})).json()
        seen += [one["tender"] for one in answer["tenders"]]
        if answer["next"] is None:
            break
        before = answer["next"]
    assert seen == ["ten-6", "ten-5", "ten-4", "ten-3", "ten-2", "ten-1", "ten-0"]


@pytest.mark.parametrize(
    "query",
    ["before=x", "before=2026-12-01,ten-a", "before=2026-12-01T00:00:00Z", "limit=51", "limit=-1",
     "q=" + "x" * 101, "q=%00", "county=%00", "before=2026-12-01T00:00:00Z,a%00"],
)  # fmt: skip
async def test_queries_that_cannot_be(http: httpx.AsyncClient, query: str) -> None:
    answer = await http.get(f"/api/tenders?{query}")
    assert (answer.status_code, error_of(answer)) == (422, "bad-field")


async def test_a_desk_holds_own_work_alone(
    hall: Hall, http: httpx.AsyncClient, tenderee: Created, alice: Created, supervisor: Created
) -> None:
    await _row(hall, "ten-a", title="洱海截污", published=False, phase="draft")
    await _row(hall, "ope-a", kind="opening", tender="ten-a", phase="releasing")
    await _row(hall, "eva-a", kind="evaluation", tender="ten-a", published=False, phase="scoring")
    await _row(hall, "cer-a", kind="ceremony", title="密钥", phase="joining")
    await hall.pool.execute(
        "INSERT INTO case_person VALUES ('ten-a', $1, 'owner'), ('ten-a', $1, 'host')",
        tenderee.person.id,
    )

    async def desk(who: Created) -> dict[str, list[str]]:
        answer = await http.get("/api/desk", headers=await enter(hall, who))
        return {one["stream"]: one["roles"] for one in answer.json()["cases"]}

    assert await desk(tenderee) == {"ten-a": ["host", "owner"], "cer-a": ["tenderee"]}
    assert await desk(alice) == {}
    assert await desk(supervisor) == {"ope-a": ["supervisor"], "eva-a": ["supervisor"]}
    titled = await http.get("/api/desk", headers=await enter(hall, supervisor))
    assert {one["title"] for one in titled.json()["cases"]} == {"洱海截污"}
    assert error_of(await http.get("/api/desk")) == "sign-in-first"


async def test_who_may_be_asked(
    hall: Hall, http: httpx.AsyncClient, people: People, tenderee: Created, alice: Created
) -> None:
    for account, role in (("hanna", "host"), ("carl", "custodian"), ("eva", "expert")):
        await create_person(
            people, account=account, name=account.title(), roles=[role],
            organisation=tenderee.person.organisation,
        )  # fmt: skip
    asking = await enter(hall, tenderee)
    found = (await http.get("/api/people?role=host", headers=asking)).json()["people"]
    assert [one["name"] for one in found] == ["Hanna"]
    assert set(found[0]) == {"id", "name", "organisation", "organisation_name", "county", "roles"}
    for role in ("expert", "bidder", "", "host' OR 1=1"):
        answer = await http.get("/api/people", params={"role": role}, headers=asking)
        assert error_of(answer) == "bad-field"
    refused = await http.get("/api/people?role=host", headers=await enter(hall, alice))
    assert error_of(refused) == "forbidden"
    assert error_of(await http.get("/api/people?role=host")) == "sign-in-first"
