"""Signing in over HTTP: cookies, tokens that turn, and what half a session cannot do."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pyotp
import pytest
from starlette.applications import Starlette

from bidhall.accounts.people import People
from bidhall.accounts.seed import Created, create_person
from bidhall.accounts.sign_in import LIMITS
from bidhall.hall import Hall
from tests.accounts.made import PASSWORD, code_of
from tests.api.client import Browser, Device, bearer, enter, error_of

COOKIE = "bidhall_session"


async def test_a_page_signs_in_in_two_steps(browser: Browser, alice: Created) -> None:
    half = await browser.post("/api/session", json={"account": "alice", "password": PASSWORD})
    assert half.status_code == 201
    assert half.json()["step"] == "code"
    assert "token" not in half.json()
    first = browser.cookies[COOKIE]
    set_cookie = half.headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(set_cookie.split("; "))
    assert "Secure" not in set_cookie  # plain http in this test

    whole = await browser.post("/api/session/code", json={"code": code_of(alice)})
    assert whole.status_code == 200
    assert whole.json()["step"] == "none"
    assert browser.cookies[COOKIE] != first
    me = (await browser.get("/api/me")).json()
    assert me["person"]["id"] == alice.person.id
    assert me["person"]["roles"] == ["bidder"]
    assert me["devices"] == []

    stolen = {"Cookie": f"{COOKIE}={first}"}
    assert (await browser.get("/api/desk", headers=stolen)).status_code == 401


async def test_over_https_the_cookie_is_bound_to_the_host(app: Starlette, alice: Created) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://hall.test") as page:
        page.headers["Origin"] = "https://hall.test"
        given = {"account": "alice", "password": PASSWORD, "code": code_of(alice)}
        answer = await page.post("/api/session", json=given)
        assert answer.headers["set-cookie"].startswith("__Host-bidhall_session=")
        assert "Secure" in answer.headers["set-cookie"]
        assert "strict-transport-security" in answer.headers
        token = page.cookies["__Host-bidhall_session"]
        page.cookies.clear()
        tossed = {"Cookie": f"bidhall_session={token}"}
        assert (await page.get("/api/me", headers=tossed)).json() == {"person": None}


async def test_a_program_signs_in_at_once(http: httpx.AsyncClient, alice: Created) -> None:
    given = {"account": "alice", "password": PASSWORD, "code": code_of(alice), "kind": "bearer"}
    answer = await http.post("/api/session", json=given)
    assert answer.status_code == 201
    assert "set-cookie" not in answer.headers
    token = answer.json()["token"]
    me = await http.get("/api/me", headers=bearer(token))
    assert me.json()["account"] == "alice"
    again = await http.post("/api/session", json=given)  # the code was used
    assert error_of(again) == "sign-in-refused"


async def test_wrong_answers_look_alike(http: httpx.AsyncClient, alice: Created) -> None:
    tries = [
        {"account": "nobody", "password": PASSWORD},
        {"account": "alice", "password": "wrong password"},
        {"account": "alice", "password": PASSWORD, "code": "000000"},
        {"account": "nobody", "password": PASSWORD, "code": "000000"},
        {"account": "a\u0000b", "password": "\ufffd"},
    ]
    answers = [await http.post("/api/session", json=one) for one in tries]
    assert {one.status_code for one in answers} == {401}
    assert len({one.content for one in answers}) == 1
    assert len({str(sorted(one.headers.items())) for one in answers}) == 1


async def test_too_many_tries(http: httpx.AsyncClient, alice: Created) -> None:
    for _ in range(LIMITS.pair.times):
        await http.post("/api/session", json={"account": "alice", "password": "wrong password"})
    for account in ("alice", " ALICE"):
        answer = await http.post("/api/session", json={"account": account, "password": PASSWORD})
        assert answer.status_code == 429
        assert error_of(answer) == "too-many-attempts"
        assert int(answer.headers["retry-after"]) > 0


async def test_half_a_session_can_do_nothing(hall: Hall, browser: Browser, alice: Created) -> None:
    await browser.post("/api/session", json={"account": "alice", "password": PASSWORD})
    assert (await browser.get("/api/me")).json()["step"] == "code"
    assert "devices" not in (await browser.get("/api/me")).json()
    device = Device("half")
    tries = [
        await browser.get("/api/desk"),
        await browser.get("/api/people?role=host"),
        await browser.post("/api/cases/registry/commands", json=device.enrolment("cmd-1")),
        await browser.get("/api/cases/registry"),
    ]
    assert [one.status_code for one in tries[:3]] == [401, 401, 401]
    assert tries[3].status_code in {401, 404}
    assert error_of(await browser.post("/api/totp", json={})) == "enrolled-already"
    assert await hall.streams.head("registry") == 0


async def test_a_weighty_command_asks_for_a_code_and_then_passes(
    hall: Hall, browser: Browser, alice: Created
) -> None:
    given = {"account": "alice", "password": PASSWORD, "code": code_of(alice)}
    await browser.post("/api/session", json=given)
    await hall.pool.execute(
        "UPDATE session SET last_code_at = clock_timestamp() - interval '11 minutes'"
    )
    enrolment = Device("page").enrolment("cmd-1")
    refused = await browser.post("/api/cases/registry/commands", json=enrolment)
    assert (refused.status_code, error_of(refused)) == (403, "second-factor-needed")
    before = browser.cookies[COOKIE]
    assert (
        await browser.post("/api/session/code", json={"code": code_of(alice, steps=1)})
    ).is_success
    assert browser.cookies[COOKIE] != before
    done = await browser.post("/api/cases/registry/commands", json=enrolment)
    assert done.json()["repeated"] is False
    again = await browser.post("/api/cases/registry/commands", json=enrolment)
    assert again.json() == {**done.json(), "repeated": True}
    devices = (await browser.get("/api/me")).json()["devices"]
    assert devices == [
        {"device": "dev-page", "public_key": enrolment["body"]["public_key"], "active": True}
    ]


@pytest.mark.parametrize("body", [{}, {"code": "123456", "recovery": "abcd"}])
async def test_either_a_code_or_a_recovery_code(
    browser: Browser, alice: Created, body: dict[str, str]
) -> None:
    await browser.post("/api/session", json={"account": "alice", "password": PASSWORD})
    assert error_of(await browser.post("/api/session/code", json=body)) == "bad-field"


async def test_a_recovery_code_works_once_over_http(browser: Browser, alice: Created) -> None:
    body = {"recovery": alice.recovery_codes[0]}
    for expected in (200, 403):
        await browser.post("/api/session", json={"account": "alice", "password": PASSWORD})
        assert (await browser.post("/api/session/code", json=body)).status_code == expected


async def test_enrolling_an_authenticator(browser: Browser, people: People, alice: Created) -> None:
    await create_person(
        people, account="newby", name="New", organisation=alice.person.organisation,
        roles=["bidder"], password=PASSWORD, authenticator=False,
    )  # fmt: skip
    signed = await browser.post("/api/session", json={"account": "newby", "password": PASSWORD})
    assert (signed.json()["step"], signed.json()["second_factor"]) == ("enrol", False)
    begun = (await browser.post("/api/totp", json={})).json()
    assert set(begun) == {"secret", "uri"}
    wrong = await browser.post("/api/totp", json={"code": "000000"})
    assert (wrong.status_code, error_of(wrong)) == (403, "code-refused")
    before = browser.cookies[COOKIE]
    done = await browser.post("/api/totp", json={"code": pyotp.TOTP(begun["secret"]).now()})
    assert len(done.json()["recovery_codes"]) == 10
    assert done.json()["step"] == "none"
    assert browser.cookies[COOKIE] != before
    assert (await browser.get("/api/desk")).is_success


async def test_signing_out(hall: Hall, browser: Browser, alice: Created) -> None:
    given = {"account": "alice", "password": PASSWORD, "code": code_of(alice)}
    await browser.post("/api/session", json=given)
    token = browser.cookies[COOKIE]
    other = await enter(hall, alice)
    answer = await browser.delete("/api/session")
    assert answer.status_code == 204
    assert COOKIE not in browser.cookies
    assert await hall.sessions.find_any(token) is None
    assert (await browser.get("/api/desk", headers=other)).is_success
    assert (await browser.delete("/api/session")).status_code == 204
    assert (await browser.delete("/api/session?all=1", headers=other)).status_code == 204
    assert (await browser.get("/api/desk", headers=other)).status_code == 401


async def test_nobody_is_told_politely(http: httpx.AsyncClient) -> None:
    assert (await http.get("/api/me")).json() == {"person": None}
    assert (await http.get("/api/me", headers=bearer("x" * 43))).json() == {"person": None}
    assert (await http.get("/api/time")).json()["now"].endswith("Z")


async def test_behind_a_proxy_each_caller_is_limited_alone(
    hall: Hall, http: httpx.AsyncClient, alice: Created
) -> None:
    """And without one, a made-up header gains nothing."""
    wrong = {"account": "alice", "password": "wrong password"}
    for place in range(LIMITS.pair.times + 1):
        made_up = {"X-Forwarded-For": f"203.0.113.{place}"}
        last = await http.post("/api/session", json=wrong, headers=made_up)
    assert last.status_code == 429
    hall.settings = replace(hall.settings, public_url="http://hall.test")
    for place in range(LIMITS.pair.times + 1):
        added = {"X-Forwarded-For": f"made, up, 203.0.113.{place}"}
        last = await http.post("/api/session", json=wrong, headers=added)
    assert last.status_code == 401
    for _ in range(LIMITS.pair.times):
        last = await http.post(
            "/api/session", json=wrong, headers={"X-Forwarded-For": "198.51.100.1"}
        )
    again = await http.post("/api/session", json=wrong, headers={"X-Forwarded-For": "198.51.100.1"})
    assert (last.status_code, again.status_code) == (401, 429)
