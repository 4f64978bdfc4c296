"""Resumable upload over HTTP: tus 1.0 with creation, checksum, termination and expiration.

One table, `STATUSES`, maps errors to HTTP. Every request but OPTIONS needs a signed-in person
and the header ``Tus-Resumable``, which no page of another origin can send.
"""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Final

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bidhall.cases.case import Person
from bidhall.files import errors, headers
from bidhall.files.store import FileStore, Upload, owner_of
from bidhall.files.writing import Writing

__all__ = ["STATUSES", "PersonOf", "Tus", "tus_routes"]

log = logging.getLogger(__name__)

PersonOf = Callable[[Request], Awaitable[Person | None]]

PATIENCE: Final = 60.0
"""How long a client may be silent within a piece, in seconds; then the upload is free again."""

STATUSES: Final[tuple[tuple[type[errors.FilesError], int], ...]] = (
    (errors.VersionError, 412),
    (errors.MediaTypeError, 415),
    (errors.HeaderInvalidError, 400),
    (errors.SignInNeededError, 401),
    (errors.UploadMissingError, 404),
    (errors.UploadExpiredError, 410),
    (errors.UploadBusyError, 423),
    (errors.UploadPinnedError, 403),
    (errors.OffsetConflictError, 409),
    (errors.TooLargeError, 413),
    (errors.QuotaExceededError, 413),
    (errors.StorageFullError, 507),
    (errors.StorageDamagedError, 500),
    (errors.ChecksumMismatchError, 460),
    (errors.StalledError, 408),
    (errors.FilesError, 400),
)


class Tus:
    """The two addresses of tus: ``/files`` and ``/files/{upload}``."""

    def __init__(
        self, store: FileStore, person_of: PersonOf, *, patience: float = PATIENCE
    ) -> None:
        """Serve ``store`` to the people ``person_of`` finds behind requests."""
        self._store = store
        self._person_of = person_of
        self._patience = patience

    async def collection(self, request: Request) -> Response:
        """Create an upload (POST) or say what is offered (OPTIONS)."""
        if request.method == "OPTIONS":
            return self._offer()
        return await self._guarded(request, self._create)

    async def upload(self, request: Request) -> Response:
        """Ask for (HEAD), continue (PATCH) or remove (DELETE) an upload."""
        if request.method == "OPTIONS":
            return self._offer()
        return await self._guarded(request, self._on_upload)

    async def _guarded(
        self, request: Request, work: Callable[[Request, Person], Awaitable[Response]]
    ) -> Response:
        try:
            headers.version(request.headers)
            person = await self._person_of(request)
            if person is None:
                message = "only people who are signed in may upload; sign in and go on"
                raise errors.SignInNeededError(message)
            return await work(request, person)
        except errors.FilesError as error:
            return _refusal(error)

    def _offer(self) -> Response:
        return Response(
            status_code=204,
            headers={
                "Tus-Resumable": headers.TUS_VERSION,
                "Tus-Version": headers.TUS_VERSION,
                "Tus-Extension": "creation,checksum,termination,expiration",
                "Tus-Checksum-Algorithm": headers.CHECKSUM_ALGORITHM,
                "Tus-Max-Size": str(self._store.limits.longest),
            },
        )

    async def _create(self, request: Request, person: Person) -> Response:
        length, name = headers.length(request.headers), headers.file_name(request.headers)
        made = await self._store.create(person, length, name)
        location = f"{request.url.path.rstrip('/')}/{made.id}"
        return Response(status_code=201, headers={**_state(made), "Location": location})

    async def _on_upload(self, request: Request, person: Person) -> Response:
        upload, owner = request.path_params["upload"], owner_of(person)
        match headers.method(request.method, request.headers):
            case "HEAD":
                found = await self._store.find(upload, owner)
                described = {"Upload-Length": str(found.length), "Cache-Control": "no-store"}
                if found.name:
                    encoded = b64encode(found.name.encode()).decode()
                    described["Upload-Metadata"] = f"filename {encoded}"
                return Response(status_code=200, headers={**_state(found), **described})
            case "PATCH":
                return await self._continue(request, upload, owner)
            case "DELETE":
                await self._store.terminate(upload, owner)
                return Response(status_code=204, headers={"Tus-Resumable": headers.TUS_VERSION})
            case other:
                message = f"{other} means nothing here; use HEAD, PATCH or DELETE"
                raise errors.HeaderInvalidError(message)

    async def _continue(self, request: Request, upload: str, owner: str) -> Response:
        offset = headers.piece(request.headers)
        checksum = headers.checksum(request.headers)
        size = headers.whole(request.headers, "Content-Length")
        async with await self._store.write(upload, owner, offset, size) as writing:
            writing.expect(checksum)
            try:
                await self._pour(request, writing)
            except (ClientDisconnect, errors.StalledError):
                await writing.keep_what_came()
                raise
            done = await writing.settle()
        return Response(status_code=204, headers=_state(done))

    async def _pour(self, request: Request, writing: Writing) -> None:
        loop = asyncio.get_running_loop()
        heard = loop.time()
        try:
            async with asyncio.timeout(self._patience) as limit:
                async for piece in request.stream():
                    await writing.feed(piece)
                    if loop.time() - heard > 1:  # not for every piece: there are thousands
                        heard = loop.time()
                        limit.reschedule(heard + self._patience)
        except TimeoutError as error:
            message = f"nothing came for {self._patience:g} s; what came is kept: ask with HEAD"
            raise errors.StalledError(message) from error


def _state(upload: Upload) -> dict[str, str]:
    found = {"Tus-Resumable": headers.TUS_VERSION, "Upload-Offset": str(upload.received)}
    if upload.expires:
        found["Upload-Expires"] = formatdate(upload.expires, usegmt=True)
    if upload.sha256 is not None:
        digest = b64encode(bytes.fromhex(upload.sha256)).decode()
        found["Repr-Digest"] = f"sha-256=:{digest}:"
    return found


def _refusal(error: errors.FilesError) -> Response:
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    shown = {"code": error.code, "message": error.message, "params": error.params}
    answer = Response(
        msgspec.json.encode({"error": shown}), status_code=status, media_type="application/json"
    )
    answer.headers["Tus-Resumable"] = headers.TUS_VERSION
    if isinstance(error, errors.VersionError):
        answer.headers["Tus-Version"] = headers.TUS_VERSION
    return answer


def tus_routes(store: FileStore, person_of: PersonOf, path: str = "/files") -> list[Route]:
    """Make the two routes."""
    tus = Tus(store, person_of)
    return [
        Route(path, tus.collection, methods=["POST", "OPTIONS"], name="files"),
        Route(
            path + "/{upload}", tus.upload, name="file",
            methods=["HEAD", "PATCH", "DELETE", "POST", "OPTIONS"],
        ),
    ]  # fmt: skip
