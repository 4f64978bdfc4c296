"""Pages and programs for tests of the api."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette

from bidhall.accounts.seed import Created
from bidhall.hall import Hall
from crypto import signatures

ORIGIN = "http://hall.test"


class Browser(httpx.AsyncClient):
    """Sends what a browser sends with a request from a page of the hall, and keeps cookies."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=ORIGIN,
            headers={"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"},
        )  # fmt: skip


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def enter(hall: Hall, created: Created) -> dict[str, str]:
    """Open a whole session past the door, and give the header that uses it."""
    opened = await hall.sessions.open(created.person.id, "bearer", code_given=True)
    return bearer(opened.token)


def error_of(response: httpx.Response) -> str:
    """Give the code of an error, having looked at its shape."""
    body = response.json()
    assert set(body) == {"error"}, body
    assert set(body["error"]) == {"code", "message", "params"}
    assert isinstance(body["error"]["message"], str)
    assert isinstance(body["error"]["params"], dict)
    assert response.headers["cache-control"] == "no-store"
    code: str = body["error"]["code"]
    return code


class Device:
    """A device key that signs commands."""

    def __init__(self, name: str) -> None:
        self.id = f"dev-{name}"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public_key = signatures.compress(self._key.public_key()).hex()

    def command(self, id_: str, stream: str, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """Give a signed command as it goes over the wire."""
        message = signatures.command_message(id_, stream, kind, body)
        signed = {"device": self.id, "signature": signatures.sign(self._key, message).hex()}
        return {"id": id_, "kind": kind, "body": body, "signed": signed}

    def enrolment(self, id_: str) -> dict[str, Any]:
        """Give the command that enrols this key."""
        body = {"device": self.id, "public_key": self.public_key}
        return {"id": id_, "kind": "EnrolDevice", "body": body}


def make_web(folder: Path) -> Path:
    """Lay out a web folder, with things in and around it that must never be served."""
    files = {
        "index.html": "<!doctype html><title>index</title>" + " " * 2000,
        "tender.html": "<!doctype html><title>tender</title>",
        "sign-in.html": "<!doctype html><title>sign-in</title>",
        "404.html": "<!doctype html><title>missing</title>",
        "tokens.css": "body{}",
        "app.js": "export {}",
        "vendor/preact-10.mjs": "export {}",
        "fonts/noto.woff2": "font",
        "locales/zh.json": "{}",
        ".secret.js": "hidden",
        ".git/config.txt": "hidden",
        "vendor/notes.py": "not a kind that is served",
        "vendor/plain": "no kind at all",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("outside")
    (folder / "leak.txt").symlink_to(outside / "secret.txt")
    (folder / "way-out").symlink_to(outside)
    (folder / "alias.css").symlink_to(folder / "tokens.css")
    return folder
