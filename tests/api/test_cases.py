"""Cases over HTTP: nobody gets by another address what the case does not show them."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from bidhall.accounts.people import People
from bidhall.accounts.pool import NewExpert
from bidhall.accounts.seed import Created, create_person
from bidhall.hall import Hall
from crypto import receipt
from tests.api.client import Device, enter, error_of
from tests.api.events import append, bid, sequence, tender_life

TENDER = "ten-one"
EVALUATION = "eva-one"
PDF = b"%PDF-1.7 " + bytes(range(256)) * 40


async def _kept(hall: Hall, data: bytes, name: str) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    return {"name": name, "file": await hall.files.put(data), "sha256": digest, "size": len(data)}


@pytest_asyncio.fixture
async def tender(hall: Hall, tenderee: Created, alice: Created, bruno: Created) -> str:
    """Published, with two documents, of which one was never published; and two sealed bids."""
    published = await _kept(hall, PDF, "招标文件 第1号.pdf")
    withheld = await _kept(hall, b"draft only", "草稿.pdf")
    life = tender_life(tenderee.person.id, [published])
    life.insert(1, ("DocumentAttached", tenderee.person.id, withheld))
    alices = bid("bid-alice", alice.person.organisation)
    brunos = bid("bid-bruno", bruno.person.organisation)
    await append(hall, TENDER, *life, brunos, alices)
    return TENDER


async def test_each_sees_its_own(
    hall: Hall, http: httpx.AsyncClient, tender: str, alice: Created, tenderee: Created
) -> None:
    public = (await http.get(f"/api/cases/{tender}")).json()
    assert [one["kind"] for one in public["events"]] == ["TenderPublished"]
    mine = (await http.get(f"/api/cases/{tender}", headers=await enter(hall, alice))).json()
    assert [(one["seq"], one["kind"]) for one in mine["events"]] == [
        (1, "TenderPublished"), (2, "BidSubmitted"),
    ]  # fmt: skip
    assert mine["events"][1]["body"]["bid"] == "bid-alice"
    staff = (await http.get(f"/api/cases/{tender}", headers=await enter(hall, tenderee))).json()
    assert "BidSubmitted" not in str(staff)
    after = (
        await http.get(f"/api/cases/{tender}?after=1", headers=await enter(hall, alice))
    ).json()
    assert [one["seq"] for one in after["events"]] == [2]


async def test_a_bid_leaks_by_no_address(
    hall: Hall, http: httpx.AsyncClient, tender: str, alice: Created, bruno: Created,
    tenderee: Created, supervisor: Created,
) -> None:  # fmt: skip
    """Bruno's bid is there, and no other viewer finds a trace of it or of how many there are."""
    await sequence(hall)
    headers: list[dict[str, str]] = [{}]
    headers += [await enter(hall, one) for one in (alice, tenderee, supervisor)]
    paths = [
        f"/api/cases/{tender}", f"/api/cases/{tender}?after=0", "/api/tenders", "/api/desk",
        f"/api/cases/{tender}/evidence?kinds=BidSubmitted,BidReplaced,TenderPublished",
        f"/api/receipts/{tender}/bid-bruno", f"/api/cases/{tender}/documents/bid-bruno",
        *(f"/api/receipts/{tender}/{number}" for number in range(8)),
        f"/api/cases/{tender}/bids/bid-bruno/files/1", f"/api/cases/{tender}/committee",
    ]  # fmt: skip
    for one in headers:
        for path in paths:
            answer = await http.get(path, headers=one)
            assert bruno.person.organisation not in answer.text, path
    own = await http.get(f"/api/receipts/{tender}/bid-bruno", headers=await enter(hall, bruno))
    assert bruno.person.organisation in own.text  # there was something to leak


async def test_a_receipt_proves_the_bid(
    hall: Hall, http: httpx.AsyncClient, tender: str, alice: Created
) -> None:
    await sequence(hall)
    mine = await enter(hall, alice)
    about = (await http.get("/record/key")).json()
    for item in ("bid-alice", "2"):
        form = (await http.get(f"/api/receipts/{tender}/{item}", headers=mine)).json()
        proven = receipt.verify(form, about["origin"], about["vkey"])
        assert proven.event["body"]["bid"] == "bid-alice"
    evidence = await http.get(f"/api/cases/{tender}/evidence?kinds=BidSubmitted", headers=mine)
    assert [one["event"]["body"]["bid"] for one in evidence.json()["receipts"]] == ["bid-alice"]


@pytest.mark.parametrize("kinds", ["", "a b", "A,,B", ",".join("A" * 21), "x" * 65])
async def test_kinds_that_are_none(http: httpx.AsyncClient, tender: str, kinds: str) -> None:
    answer = await http.get(f"/api/cases/{tender}/evidence", params={"kinds": kinds})
    assert (answer.status_code, error_of(answer)) == (422, "bad-field")


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "1e9", "\uff19", "9" * 30, ""])
async def test_a_number_that_is_none(http: httpx.AsyncClient, tender: str, after: str) -> None:
    answer = await http.get(f"/api/cases/{tender}", params={"after": after})
    assert (answer.status_code, error_of(answer)) == (422, "bad-field")


@pytest.mark.parametrize(
    "stream", ["ten-unknown", "nix-one", "TEN-ONE", "ten", "ten-%00", "ten-one%0d%0ax", "..", "ten-" + "x" * 90,
               "ten-one'--", "%E7%9A%84"],
)  # fmt: skip
async def test_no_such_case(
    hall: Hall, http: httpx.AsyncClient, tender: str, alice: Created, stream: str
) -> None:
    mine = await enter(hall, alice)
    for path in (
        f"/api/cases/{stream}",
        f"/api/cases/{stream}/documents/x",
        f"/api/receipts/{stream}/1",
    ):
        answer = await http.get(path, headers=mine)
        assert answer.status_code == 404, path
    command = {"id": "cmd-1", "kind": "ReviseTender", "body": {}}
    answer = await http.post(f"/api/cases/{stream}/commands", json=command, headers=mine)
    assert answer.status_code in {404, 405}


async def test_a_document_as_it_was_published(
    hall: Hall, http: httpx.AsyncClient, tender: str, tenderee: Created
) -> None:
    path = f"/api/cases/{tender}/documents/招标文件 第1号.pdf"
    answer = await http.get(path)
    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-length"] == str(len(PDF))
    assert "sandbox" in answer.headers["content-security-policy"]
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; filename*=UTF-8''%E6%8B%9B")
    assert disposition.isascii()
    again = await http.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    draft = f"/api/cases/{tender}/documents/草稿.pdf"
    assert error_of(await http.get(draft)) == "no-such-document"
    staff = await http.get(draft, headers=await enter(hall, tenderee))
    assert staff.content == b"draft only"


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [("bytes=0-9", 206, 0, 10), ("bytes=10-", 206, 10, len(PDF)), ("bytes=-5", 206, len(PDF) - 5, len(PDF)),
     ("bytes=0-999999", 200, 0, len(PDF)), ("bytes=5-5", 206, 5, 6), ("bytes=-999999", 200, 0, len(PDF)),
     ("bytes=0-1,5-6", 200, 0, len(PDF)), ("rows=0-1", 200, 0, len(PDF)), ("bytes=-", 200, 0, len(PDF)),
     ("bytes=999999-", 416, 0, 0), ("bytes=9-2", 416, 0, 0)],
)  # fmt: skip
async def test_part_of_a_document(
    http: httpx.AsyncClient, tender: str, asked: str, status: int, start: int, end: int
) -> None:
    path = f"/api/cases/{tender}/documents/招标文件 第1号.pdf"
    answer = await http.get(path, headers={"Range": asked})
    assert answer.status_code == status
    assert answer.content == PDF[start:end]
    if status == 206:
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(PDF)}"


async def test_a_name_that_breaks_headers_breaks_none(
    hall: Hall, http: httpx.AsyncClient, tenderee: Created
) -> None:
    name = 'a\r\nSet-Cookie: x=y"; filename=evil.html'
    document = await _kept(hall, b"<script>alert(1)</script>", name)
    await append(hall, TENDER, *tender_life(tenderee.person.id, [document]))
    answer = await http.get(f"/api/cases/{TENDER}/documents/{quote(name, safe='')}")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].count(";") == 1


async def _expert(people: People, organisation: str, number: int) -> Created:
    return await create_person(
        people, account=f"expert{number}", name=f"秘密姓名{number}", organisation=organisation,
        roles=["expert"], expert=NewExpert("532901", ["A08"]),
    )  # fmt: skip


@pytest_asyncio.fixture
async def experts(people: People, tenderee: Created) -> list[Created]:
    return [await _expert(people, tenderee.person.organisation, number) for number in (1, 2, 3)]


@pytest_asyncio.fixture
async def evaluation(hall: Hall, tenderee: Created, experts: list[Created]) -> str:
    """Seated with two of three experts, one bid opened, not reported."""
    host = tenderee.person.id
    convened = {
        "tender": TENDER, "title": "洱海截污", "title_en": "", "manifest_hash": "ab" * 32,
        "threshold": 2, "custodians": [], "keys": {"lot": {}}, "hosts": [host], "lots": [{"lot": "1"}],
        "draw": {"seats": []}, "bids": [{"bid": "bid-alice", "lot": "1"}],
    }  # fmt: skip
    seats = [
        {"seat": seat, "county": "532901", "speciality": "A08", "expert": one.person.id}
        for seat, one in enumerate(experts[:2], 1)
    ]
    drawn = {"seed": "00" * 32, "seats": seats, "substitutes": [], "codes": {"bid-alice": "A2"}}
    folder = hall.settings.data / "opened"
    folder.mkdir()
    (folder / "bid-alice").write_bytes(b"before" + PDF + b"after")
    files = [{"name": "技术.pdf", "type": "application/pdf", "size": len(PDF), "offset": 6,
              "sha256": "cd" * 32}]  # fmt: skip
    opened = {"bid": "bid-alice", "plaintext_root": "ef" * 32, "files": files}
    await append(
        hall, EVALUATION, ("EvaluationConvened", "clock", convened), ("DrawMade", host, drawn),
        ("FilesOpened", "opener", opened),
    )  # fmt: skip
    return EVALUATION


async def test_an_opened_file_is_for_those_who_evaluate(
    hall: Hall, http: httpx.AsyncClient, evaluation: str, experts: list[Created], alice: Created
) -> None:
    path = f"/api/cases/{evaluation}/bids/bid-alice/files/1"
    seated, unseated = await enter(hall, experts[0]), await enter(hall, experts[2])
    answer = await http.get(path, headers=seated)
    assert answer.content == PDF
    part = await http.get(path, headers={**seated, "Range": "bytes=2-4"})
    assert part.content == PDF[2:5]
    assert error_of(await http.get(path)) == "sign-in-first"
    for other in (unseated, await enter(hall, alice)):
        assert error_of(await http.get(path, headers=other)) == "may-not-watch"
    for wrong in ("files/0", "files/2", "files/99999999999999999999"):
        missing = f"/api/cases/{evaluation}/bids/bid-alice/{wrong}"
        assert error_of(await http.get(missing, headers=seated)) == "no-such-file"
    for wrong in ("bid-other", "..", "%2e%2e%2fkeys%2faccounts.key"):
        answer = await http.get(f"/api/cases/{evaluation}/bids/{wrong}/files/1", headers=seated)
        assert answer.status_code == 404


async def test_what_is_shown_in_part_has_no_receipt(
    hall: Hall, http: httpx.AsyncClient, evaluation: str, experts: list[Created]
) -> None:
    await sequence(hall)
    seated = await enter(hall, experts[0])
    shown = (await http.get(f"/api/cases/{evaluation}", headers=seated)).json()["events"]
    assert [one["kind"] for one in shown] == ["EvaluationConvened", "DrawMade", "FilesOpened"]
    drawn = await http.get(f"/api/receipts/{evaluation}/2", headers=seated)
    assert error_of(drawn) == "no-such-event"
    kinds = f"/api/cases/{evaluation}/evidence?kinds=DrawMade"
    assert (await http.get(kinds, headers=seated)).json() == {"receipts": []}
    opened = await http.get(f"/api/receipts/{evaluation}/3", headers=seated)
    assert error_of(opened) == "no-such-event"


async def test_file_names_do_not_tell_the_committee_whose_bid_it_is(
    hall: Hall, http: httpx.AsyncClient, evaluation: str, experts: list[Created]
) -> None:
    seated = await enter(hall, experts[0])
    shown = await http.get(f"/api/cases/{evaluation}", headers=seated)
    assert "技术" not in shown.text
    assert shown.json()["events"][2]["body"]["files"][0]["name"] == "A2-1.pdf"
    path = f"/api/cases/{evaluation}/bids/bid-alice/files/1"
    told = (await http.get(path, headers=seated)).headers["content-disposition"]
    assert "A2-1.pdf" in told


async def test_experts_names_stay_secret_until_the_report(
    hall: Hall, http: httpx.AsyncClient, evaluation: str, experts: list[Created],
    tenderee: Created, supervisor: Created,
) -> None:  # fmt: skip
    viewers = [{}, *[await enter(hall, one) for one in (experts[0], tenderee, supervisor)]]
    paths = [
        f"/api/cases/{evaluation}", f"/api/cases/{evaluation}/committee", "/api/desk", "/api/tenders",
        "/api/people?role=host", "/api/people?role=custodian", "/api/people?role=expert",
    ]  # fmt: skip
    for headers in viewers:
        for path in paths:
            text = (await http.get(path, headers=headers)).text
            assert "秘密姓名" not in text, path
            assert experts[1].person.id not in text, path
    path = f"/api/cases/{evaluation}/committee"
    assert error_of(await http.get(path)) == "names-secret"
    await append(hall, evaluation, ("ReportFiled", "clerk", {"file": "upl-x"}))
    seats = (await http.get(path)).json()["seats"]
    assert [(one["seat"], one["name"]) for one in seats] == [(1, "秘密姓名1"), (2, "秘密姓名2")]
    assert experts[2].person.name not in str(seats)
    assert error_of(await http.get(f"/api/cases/{TENDER}/committee")) == "no-such-case"


async def test_a_paper_that_was_filed(
    hall: Hall, http: httpx.AsyncClient, evaluation: str, experts: list[Created]
) -> None:
    path = f"/api/cases/{evaluation}/documents/evaluation-report.pdf"
    seated = await enter(hall, experts[0])
    assert error_of(await http.get(path, headers=seated)) == "no-such-document"
    filed = await _kept(hall, b"%PDF report", "")
    await append(hall, evaluation, ("ReportFiled", "clerk", filed))
    assert (await http.get(path, headers=seated)).content == b"%PDF report"
    assert error_of(await http.get(path)) == "sign-in-first"


async def test_a_signature_over_http(
    hall: Hall, http: httpx.AsyncClient, tender: str, alice: Created, bruno: Created
) -> None:
    device, mine = Device("alice"), await enter(hall, alice)
    await http.post("/api/cases/registry/commands", json=device.enrolment("cmd-e"), headers=mine)
    path = f"/api/cases/{tender}/commands"
    command = device.command("cmd-1", tender, "WithdrawBid", {"bid": "bid-alice"})
    unsigned = {name: value for name, value in command.items() if name != "signed"}
    moved = {**command, "body": {"bid": "bid-bruno"}}
    for form, code in ((unsigned, "signature-needed"), (moved, "signature-invalid")):
        answer = await http.post(path, json=form, headers=mine)
        assert (answer.status_code, error_of(answer)) == (403, code)
    other = await http.post(path, json=command, headers=await enter(hall, bruno))
    assert error_of(other) == "no-such-device"
    close = await http.post(path, json={"id": "c", "kind": "CloseTender", "body": {}}, headers=mine)
    assert (close.status_code, error_of(close)) == (403, "forbidden")
    done = await http.post(path, json=command, headers=mine)
    assert done.status_code == 200
    assert set(done.json()) == {"at", "repeated"}
    again = await http.post(path, json=command, headers=mine)
    assert again.json()["repeated"] is True
    assert error_of(await http.post(path, json=command)) == "sign-in-first"
