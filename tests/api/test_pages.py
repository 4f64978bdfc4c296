"""Pages and files: found by name alone, kept as long as they may be, and never from elsewhere."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import Message

from bidhall.api.errors import handlers
from bidhall.api.pages import PAGES
from bidhall.api.routes import routes
from bidhall.api.security import SecurityMiddleware

HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest_asyncio.fixture
async def app(web: Path) -> Starlette:
    """The pages alone: they need no hall."""
    return Starlette(
        routes=routes(web),
        exception_handlers=handlers(),
        middleware=[Middleware(SecurityMiddleware)],
    )


@pytest.mark.parametrize(
    ("path", "title"),
    [("/", "index"), ("/tenders/ten-abc", "tender"), ("/tenders/%2e%2e", "tender"),
     ("/sign-in", "sign-in")],
)  # fmt: skip
async def test_clean_addresses(http: httpx.AsyncClient, path: str, title: str) -> None:
    answer = await http.get(path, headers=HTML)
    assert answer.status_code == 200
    assert f"<title>{title}</title>" in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


def test_every_page_has_an_address_of_its_own() -> None:
    assert len(set(PAGES.values())) == len(PAGES)


async def test_a_page_that_is_not_there_yet(http: httpx.AsyncClient) -> None:
    answer = await http.get("/custodian", headers=HTML)
    assert answer.status_code == 404
    assert "<title>missing</title>" in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_the_404_page_and_the_404_answer(http: httpx.AsyncClient, web: Path) -> None:
    assert "<title>missing</title>" in (await http.get("/nope", headers=HTML)).text
    assert (await http.get("/nope.js")).json()["error"]["code"] == "no-such-address"
    (web / "404.html").unlink()
    plain = await http.get("/nope/again", headers=HTML)
    assert plain.status_code == 404
    assert 'href="/"' in plain.text


@pytest.mark.parametrize("path", ["/vendor/preact-10.mjs", "/fonts/noto.woff2"])
async def test_what_lasts(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/tokens.css", "text/css; charset=utf-8"), ("/app.js", "text/javascript; charset=utf-8"),
     ("/locales/zh.json", "application/json"), ("/vendor/preact-10.mjs", "text/javascript; charset=utf-8"),
     ("/fonts/noto.woff2", "font/woff2"), ("/alias.css", "text/css; charset=utf-8")],
)  # fmt: skip
async def test_kinds(http: httpx.AsyncClient, path: str, kind: str) -> None:
    assert (await http.get(path)).headers["content-type"] == kind


async def test_asking_again(http: httpx.AsyncClient, web: Path) -> None:
    first = await http.get("/tokens.css")
    same = await http.get("/tokens.css", headers={"If-None-Match": first.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    (web / "tokens.css").write_text("body{color:red}")
    changed = await http.get("/tokens.css", headers={"If-None-Match": first.headers["etag"]})
    assert changed.text == "body{color:red}"


async def test_packed_for_who_unpacks(app: Starlette, http: httpx.AsyncClient) -> None:
    plain = await http.get("/", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    refused = await http.get("/", headers={"Accept-Encoding": "gzip;q=0, br"})
    assert "content-encoding" not in refused.headers
    packed = await http.get("/", headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) < len(plain.content) // 2
    assert packed.text == plain.text


HOSTILE = [
    "/../outside/secret.txt",
    "/vendor/../../outside/secret.txt",
    "/vendor/..\\..\\outside\\secret.txt",
    "/....//outside/secret.txt",
    "/..%2foutside%2fsecret.txt",
    "//etc/passwd",
    "/etc/passwd\0.css",
    "/tokens.css\0",
    "/tokens.css/",
    "/TOKENS.CSS",
    "/./tokens.css",
    "/vendor//preact-10.mjs",
    "/leak.txt",
    "/way-out/secret.txt",
    "/.secret.js",
    "/.git/config.txt",
    "/vendor/notes.py",
    "/vendor/plain",
    "/vendor",
    "/vendor/",
    "/\udcc0\udcae\udcc0\udcae/outside/secret.txt",
    "/\u2025/outside/secret.txt",
]


@pytest.mark.parametrize("path", HOSTILE)
async def test_nothing_from_elsewhere(app: Starlette, path: str) -> None:
    """Paths as they reach the application, unescaped and not tidied up by any client."""
    status, body = await _raw(app, path)
    assert status == 404, body
    assert b"hidden" not in body
    assert b"<title>missing</title>" in body


async def test_what_is_served_is_reached_by_this_very_way(app: Starlette) -> None:
    assert await _raw(app, "/tokens.css") == (200, b"body{}")


async def _raw(app: Starlette, path: str) -> tuple[int, bytes]:
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "query_string": b"", "root_path": "",
        "headers": [(b"host", b"hall.test"), (b"accept", b"text/html")], "client": ("127.0.0.1", 9),
        "server": ("hall.test", 80),
    }  # fmt: skip
    got: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        got.append(message)

    await app(scope, receive, send)
    body = b"".join(one.get("body", b"") for one in got)
    return int(got[0]["status"]), body
