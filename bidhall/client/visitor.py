"""One person at the hall's door: signs in, asks, commands, uploads."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from bidhall.client.errors import HallAwayError, HallRefusedError
from bidhall.client.keystore import Device
from bidhall.client.patience import persist
from bidhall.ids import new_id
from crypto import signatures

__all__ = ["Visitor"]

_PIECE = 4 * 1024 * 1024
_BAD = 400


class Visitor:
    """A client session with one hall. Repeating a command with the same id is harmless."""

    def __init__(self, base: str, *, device: Device | None = None) -> None:
        """Visit the hall at ``base``, such as http://127.0.0.1:8000."""
        self.base = base.rstrip("/")
        self.device = device
        self.person: dict[str, Any] = {}
        self.token = ""
        self.log_origin = ""
        self.log_vkey = ""
        self._http = httpx.AsyncClient(base_url=self.base, timeout=60, trust_env=False)

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def sign_in(self, account: str, password: str, code: str) -> dict[str, Any]:
        """Sign in with password and second factor; keeps the token for later requests."""
        answer = await self.request(
            "POST", "/api/session",
            json={"account": account, "password": password, "code": code, "kind": "bearer"},
        )  # fmt: skip
        self._carry(answer["token"])
        self.person = answer["person"]
        await self.meet_log()
        return self.person

    async def give_code(self, code: str) -> None:
        """Make the second factor fresh again; the session's token turns."""
        answer = await self.request("POST", "/api/session/code", json={"code": code})
        self._carry(answer["token"])

    def _carry(self, token: str) -> None:
        self.token = token
        self._http.headers["Authorization"] = f"Bearer {token}"

    async def meet_log(self) -> None:
        """Learn which record this hall writes; a key store pins it at the first meeting."""
        about = await self.request("GET", "/record/key")
        self.log_origin, self.log_vkey = about["origin"], about["vkey"]

    async def request(self, method: str, path: str, **options: Any) -> Any:
        """Send one request; an answer is JSON.

        Raises:
            HallRefusedError: the hall said no.
            HallAwayError: the hall does not answer, also after several tries.
        """
        response = await persist(lambda: self._http.request(method, path, **options))
        if response.status_code >= _BAD:
            raise HallRefusedError(response.status_code, _error_of(response))
        if response.headers.get("content-type", "").startswith("application/json"):
            return response.json()
        return response.content

    async def command(
        self,
        stream: str,
        kind: str,
        body: Mapping[str, Any] | None = None,
        *,
        signed: bool = False,
        id_: str | None = None,
    ) -> dict[str, Any]:
        """Send one command, signed by the device key where its weight asks for it."""
        form = self.form(stream, kind, body or {}, signed=signed, id_=id_)
        answer: dict[str, Any] = await self.request(
            "POST", f"/api/cases/{stream}/commands", json=form
        )
        return answer

    def form(
        self,
        stream: str,
        kind: str,
        body: Mapping[str, Any],
        *,
        signed: bool,
        id_: str | None = None,
    ) -> dict[str, Any]:
        """Give a command as it goes over HTTP or a socket."""
        form: dict[str, Any] = {"id": id_ or new_id("cmd"), "kind": kind, "body": dict(body)}
        if signed:
            if self.device is None:
                message = "this command must be signed, and no device key is at hand"
                raise HallAwayError(message)
            text = signatures.command_message(form["id"], stream, kind, form["body"])
            form["signed"] = {"device": self.device.id, "signature": self.device.sign(text)}
        return form

    async def enrol_device(self, device: Device) -> None:
        """Enrol the device key under the second factor just given; again is harmless."""
        body = {"device": device.id, "public_key": device.public_key.hex()}
        try:
            await self.command("registry", "EnrolDevice", body)
        except HallRefusedError as error:
            if error.code != "device-exists":
                raise
        self.device = device

    async def case(self, stream: str, after: int = 0) -> dict[str, Any]:
        """Ask for a case as this person may see it."""
        answer: dict[str, Any] = await self.request("GET", f"/api/cases/{stream}?after={after}")
        return answer

    async def evidence(self, stream: str, *kinds: str) -> list[dict[str, Any]]:
        """Ask for receipts of events this person may see whole."""
        query = ",".join(kinds)
        answer = await self.request("GET", f"/api/cases/{stream}/evidence?kinds={query}")
        receipts: list[dict[str, Any]] = answer["receipts"]
        return receipts

    async def upload(
        self, path: Path, *, offset: int = 0, size: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> str:  # fmt: skip
        """Upload part of a file by tus, resuming where the hall says it stands; gives its id."""
        total = path.stat().st_size - offset if size is None else size  # noqa: ASYNC240 - a look at one local file
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(total)}
        created = await persist(lambda: self._http.post("/files", headers=headers))
        if created.status_code >= _BAD:
            raise HallRefusedError(created.status_code, _error_of(created))
        location = created.headers["location"]
        with path.open("rb") as file:
            done = 0
            while done < total:
                file.seek(offset + done)
                piece = file.read(min(_PIECE, total - done))
                done = await self._send(location, done, piece)
                if progress:
                    progress(done, total)
        return str(location.rsplit("/", 1)[-1])

    async def _send(self, location: str, done: int, piece: bytes) -> int:
        checksum = base64.b64encode(hashlib.sha256(piece).digest()).decode()
        headers = {
            "Tus-Resumable": "1.0.0", "Upload-Offset": str(done),
            "Content-Type": "application/offset+octet-stream",
            "Upload-Checksum": f"sha256 {checksum}",
        }  # fmt: skip
        try:
            answer = await self._http.patch(location, content=piece, headers=headers)
        except httpx.TransportError:
            # Some of the piece may have arrived: the hall says how much.
            return await self._offset(location)
        if answer.status_code == httpx.codes.NO_CONTENT:
            return int(answer.headers["upload-offset"])
        if answer.status_code in {httpx.codes.CONFLICT, httpx.codes.LOCKED}:
            return await self._offset(location)
        raise HallRefusedError(answer.status_code, _error_of(answer))

    async def _offset(self, location: str) -> int:
        head = await persist(lambda: self._http.head(location, headers={"Tus-Resumable": "1.0.0"}))
        if head.status_code >= _BAD:
            raise HallRefusedError(head.status_code, {"code": "no-such-upload"})
        return int(head.headers["upload-offset"])


def _error_of(response: httpx.Response) -> dict[str, Any]:
    try:
        error = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        return {"code": f"http-{response.status_code}", "message": response.text[:200]}
    return dict(error)
