"""What every request passes and every answer carries; and bodies made to hurt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bidhall.accounts.seed import Created
from bidhall.api import parse
from bidhall.api.errors import handlers
from bidhall.api.security import POLICY, SecurityMiddleware
from bidhall.hall import Hall
from tests.api.client import ORIGIN, Browser, Device, enter, error_of

WANTED = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
COMMANDS = "/api/cases/registry/commands"


@pytest.mark.parametrize(
    "path", ["/", "/tenders/ten-x", "/tokens.css", "/nothing", "/api/me", "/api/desk", "/api/nothing",
             "/record/key", "/fonts/noto.woff2", "/api/cases/ten-unknown"],
)  # fmt: skip
async def test_every_answer_carries_the_headers(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    assert {name: answer.headers.get(name) for name in WANTED} == WANTED
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "cache-control" in answer.headers


@pytest.mark.parametrize("path", ["/api/me", "/api/time", "/api/tenders", "/api/desk", "/api/x"])
async def test_nothing_of_the_api_is_kept(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).headers["cache-control"] == "no-store"


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://other.hall.test"},
    {"Origin": "http://hall.test:81"},
    {"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/session"), ("DELETE", "/api/session"), ("POST", COMMANDS), ("POST", "/api/totp"),
     ("PATCH", "/files/upl-x"), ("POST", "/files"), ("PUT", "/anything")],
)  # fmt: skip
async def test_foreign_pages_change_nothing(
    http: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = await http.request(method, path, headers=headers, json={})
    assert (answer.status_code, error_of(answer)) == (403, "foreign-origin")


async def test_a_foreign_page_with_the_cookie_does_not_sign_anyone_out(
    hall: Hall, browser: Browser, alice: Created
) -> None:
    opened = await hall.sessions.open(alice.person.id, "page", code_given=True)
    browser.cookies.set("bidhall_session", opened.token)
    answer = await browser.delete("/api/session", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert await hall.sessions.find(opened.token) is not None


async def test_a_cookie_without_any_origin_changes_nothing(
    hall: Hall, http: httpx.AsyncClient, alice: Created
) -> None:
    opened = await hall.sessions.open(alice.person.id, "page", code_given=True)
    cookie = {"Cookie": f"bidhall_session={opened.token}"}
    answer = await http.delete("/api/session", headers=cookie)
    assert error_of(answer) == "foreign-origin"
    assert (await http.get("/api/desk", headers=cookie)).is_success  # reading is harmless


def nested(depth: int) -> str:
    return '{"id":"cmd-1","kind":"EnrolDevice","body":{"a":' + "[" * depth + "]" * depth + "}}"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "bad-json"),
        ("{", 400, "bad-json"),
        ("\ufeff{}", 400, "bad-json"),
        ("[]", 422, "bad-field"),
        ("null", 422, "bad-field"),
        ('{"id":1,"kind":"EnrolDevice"}', 422, "bad-field"),
        ('{"id":"cmd 1","kind":"EnrolDevice"}', 422, "bad-field"),
        ('{"id":"cmd-1\\n","kind":"EnrolDevice"}', 422, "bad-field"),
        ('{"id":"cmd-1","kind":"EnrolDevice","body":[]}', 422, "bad-field"),
        ('{"id":"cmd-1","kind":"EnrolDevice","facts":{}}', 422, "bad-field"),
        ('{"id":"cmd-1","kind":"EnrolDevice","actor":"clock"}', 422, "bad-field"),
        ('{"id":"cmd-1","kind":"EnrolDevice","body":{"price":1.5}}', 400, "bad-json"),
        ('{"id":"cmd-1","kind":"EnrolDevice","body":{"n":99999999999999999999}}', 400, "bad-json"),
        ('{"id":"cmd-1","kind":"EnrolDevice","body":{"n":NaN}}', 400, "bad-json"),
        ('{"id":"cmd-1","kind":"EnrolDevice","body":{"s":"\\ud800"}}', 400, "bad-json"),
        (nested(parse.DEPTH), 400, "bad-json"),
        (nested(900), 400, "bad-json"),
        (nested(200_000), 400, "bad-json"),
        (nested(parse.DEPTH - 2), 422, "bad-device"),
        ('{"id":"cmd-1","kind":"Clock","body":{}}', 422, "no-such-command"),
    ],
)
async def test_bodies_made_to_hurt(
    hall: Hall, http: httpx.AsyncClient, alice: Created, body: str, status: int, code: str
) -> None:
    headers = {**await enter(hall, alice), "Content-Type": "application/json"}
    answer = await http.post(COMMANDS, content=body.encode(), headers=headers)
    assert (answer.status_code, error_of(answer)) == (status, code)
    assert await hall.streams.head("registry") == 0


async def test_bytes_that_are_no_text(hall: Hall, http: httpx.AsyncClient, alice: Created) -> None:
    headers = {**await enter(hall, alice), "Content-Type": "application/json"}
    body = b'{"id":"cmd-1","kind":"EnrolDevice","body":{"a":"\xff\xfe"}}'
    assert error_of(await http.post(COMMANDS, content=body, headers=headers)) == "bad-json"


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "x"])
async def test_what_a_form_can_send_is_not_read(http: httpx.AsyncClient, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    body = b'{"account":"alice","password":"x"}'
    answer = await http.post("/api/session", content=body, headers=headers)
    assert (answer.status_code, error_of(answer)) == (415, "not-json")


@pytest.mark.parametrize(
    ("path", "limit"), [("/api/session", parse.CODE_BYTES), (COMMANDS, parse.COMMAND_BYTES)]
)
async def test_a_body_is_bounded_announced_or_not(
    hall: Hall, http: httpx.AsyncClient, alice: Created, path: str, limit: int
) -> None:
    headers = {**await enter(hall, alice), "Content-Type": "application/json"}
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while taken < 50 * limit:
            taken += 4096
            yield b" " * 4096

    for content in (b" " * (limit + 1), endless()):
        answer = await http.post(path, content=content, headers=headers)
        assert (answer.status_code, error_of(answer)) == (413, "body-too-large")
    assert taken <= 50 * limit
    lied = {**headers, "Content-Length": "12x"}
    assert error_of(await http.post(path, content=b"{}", headers=lied)) == "body-too-large"


async def test_a_secret_is_not_repeated_in_an_error(http: httpx.AsyncClient) -> None:
    given = {"account": "alice", "password": ["hunter2-secret"], "code": "123456"}
    answer = await http.post("/api/session", json=given)
    assert answer.status_code == 422
    assert "hunter2" not in answer.text


async def _app(handler: Any) -> httpx.AsyncClient:
    app = Starlette(
        routes=[Route("/", handler)], exception_handlers=handlers(),
        middleware=[Middleware(SecurityMiddleware, public_url="https://hall.example.org")],
    )  # fmt: skip
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://10.0.0.5:8000")


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x=y", "a\nb", "a\0b"])
async def test_a_header_cannot_be_broken(value: str) -> None:
    async def handler(request: Request) -> Response:
        response = PlainTextResponse("ok")
        response.raw_headers.append((b"x-name", value.encode()))
        return response

    async with await _app(handler) as client:
        answer = await client.get("/")
    assert (answer.status_code, error_of(answer)) == (500, "internal")
    assert "x-name" not in answer.headers


async def test_a_mistake_is_told_by_its_reference_alone() -> None:
    async def handler(request: Request) -> Response:
        raise RuntimeError("the password is hunter2")

    async with await _app(handler) as client:
        answer = await client.get("/")
    assert (answer.status_code, error_of(answer)) == (500, "internal")
    assert "hunter2" not in answer.text
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["strict-transport-security"]
    assert answer.json()["error"]["params"]["reference"] in answer.json()["error"]["message"]


async def test_a_store_that_is_away_may_be_asked_again() -> None:
    async def handler(request: Request) -> Response:
        raise ConnectionRefusedError("postgresql://secret@host")

    async with await _app(handler) as client:
        answer = await client.get("/")
    assert (answer.status_code, error_of(answer)) == (503, "unavailable")
    assert "secret" not in answer.text
    assert answer.headers["retry-after"] == "1"


async def test_the_public_address_counts_as_our_own() -> None:
    async def handler(request: Request) -> Response:
        return PlainTextResponse("done")

    app = Starlette(
        routes=[Route("/", handler, methods=["POST"])],
        middleware=[Middleware(SecurityMiddleware, public_url="https://hall.example.org")],
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.5:8000") as client:
        own = {"Origin": "https://hall.example.org", "Sec-Fetch-Site": "same-origin"}
        assert (await client.post("/", headers=own)).text == "done"
        foreign = {"Origin": "http://hall.example.org"}
        assert (await client.post("/", headers=foreign)).status_code == 403


async def test_the_wrong_method_and_the_wrong_address(http: httpx.AsyncClient) -> None:
    wrong = await http.put("/api/me", json={})
    assert (wrong.status_code, error_of(wrong)) == (405, "method-not-allowed")
    assert "GET" in wrong.headers["allow"]
    missing = await http.get("/api/nothing")
    assert (missing.status_code, error_of(missing)) == (404, "no-such-address")


async def test_a_device_key_of_another_cannot_be_used_up(
    hall: Hall, http: httpx.AsyncClient, alice: Created, bruno: Created
) -> None:
    device = Device("alice")
    mine, other = await enter(hall, alice), await enter(hall, bruno)
    assert (await http.post(COMMANDS, json=device.enrolment("cmd-1"), headers=mine)).is_success
    taken = await http.post(COMMANDS, json=device.enrolment("cmd-2"), headers=other)
    assert (taken.status_code, error_of(taken)) == (409, "device-exists")
    revoke = {"id": "cmd-3", "kind": "RevokeDevice", "body": {"device": device.id}}
    assert error_of(await http.post(COMMANDS, json=revoke, headers=other)) == "no-such-device"
