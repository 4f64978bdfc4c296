"""Pages and what they load, as the files lie in the web folder.

The folder is walked once, when the worker starts: a request names an entry of that table or nothing,
so no path from outside is ever opened. Hidden files, links that lead out of the folder, and kinds
of file that are not in ``TYPES`` are not in the table.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bidhall.places import web_folder

__all__ = ["PAGES", "TYPES", "Shelf"]

PAGES: Final = {
    "/": "index.html",
    "/tenders/{id}": "tender.html",
    "/seal/{id}": "seal.html",
    "/opening/{id}": "opening.html",
    "/evaluation/{id}": "evaluation.html",
    "/host/{id}": "host.html",
    "/custodian": "custodian.html",
    "/supervise": "supervise.html",
    "/verify": "verify.html",
    "/sign-in": "sign-in.html",
    "/desk": "desk.html",
}
"""Which page lies at which address. A page reads the id from its own address."""

_MISSING: Final = "404.html"
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".txt": "text/plain; charset=utf-8",
    ".ttf": "font/ttf",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    ".bcmap": "application/octet-stream",
}
_PACKED: Final = frozenset({".html", ".css", ".js", ".mjs", ".json", ".svg", ".txt", ".ttf"})
_WORTH_PACKING: Final = 1024
_LASTING: Final = ("vendor/", "fonts/")
_FOREVER: Final = "public, max-age=31536000, immutable"
_ASK: Final = "no-cache"
_NOTHING: Final = (
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>404</title>'
    '<p>没有这个页面。<a href="/">回到首页</a></p>'
    '<p lang="en">There is no such page. <a href="/">To the hall</a></p></html>'
).encode()


@dataclass(frozen=True, slots=True)
class _File:
    data: bytes
    packed: bytes | None
    etag: str


class Shelf:
    """The files of the web folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = (folder or web_folder()).resolve()
        self._paths = _walk(self._folder)
        self._read: dict[str, tuple[tuple[int, int], _File]] = {}

    async def page(self, request: Request) -> Response:
        """Answer with the page that lies at the address of the route.

        A file of the folder under that very name goes first: ``/seal/worker.js`` is no tender.
        """
        name = request.url.path.removeprefix("/")
        route = request.scope["route"].path
        return await self._answer(request, name if name in self._paths else PAGES[route])

    async def asset(self, request: Request) -> Response:
        """Answer with a file of the folder by its own name."""
        return await self._answer(request, str(request.path_params["path"]))

    async def _answer(self, request: Request, name: str) -> Response:
        path = self._paths.get(name)
        if path is None:
            return await self.missing(request)
        found = await asyncio.to_thread(self._load, name, path)
        if found is None:
            return await self.missing(request)
        headers = {
            "Cache-Control": _FOREVER if name.startswith(_LASTING) else _ASK,
            "ETag": found.etag,
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == found.etag:
            return Response(status_code=304, headers=headers)
        data = found.data
        if found.packed is not None and _takes_gzip(request):
            data, headers["Content-Encoding"] = found.packed, "gzip"
        return Response(data, headers=headers, media_type=TYPES[path.suffix])

    async def missing(self, request: Request) -> Response:
        """Answer that there is no such page; to who asks for data, in JSON."""
        if not request.headers.get("accept", "").startswith("text/html"):
            raise HTTPException(404, "there is nothing at this address")
        path = self._paths.get(_MISSING)
        found = None if path is None else await asyncio.to_thread(self._load, _MISSING, path)
        data = _NOTHING if found is None else found.data
        headers = {"Cache-Control": "no-store"}
        return Response(data, status_code=404, headers=headers, media_type=TYPES[".html"])

    def _load(self, name: str, path: Path) -> _File | None:
        # Read again when it changed: a checkout is worked on while it serves.
        try:
            stat = path.stat()
            version = (stat.st_mtime_ns, stat.st_size)
            known = self._read.get(name)
            if known is not None and known[0] == version:
                return known[1]
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        packed = None
        if path.suffix in _PACKED and len(data) > _WORTH_PACKING:
            packed = gzip.compress(data, compresslevel=6, mtime=0)
        found = _File(data, packed, f'"{hashlib.sha256(data).hexdigest()[:32]}"')
        self._read[name] = (version, found)
        return found


def _takes_gzip(request: Request) -> bool:
    offered = request.headers.get("accept-encoding", "").lower().split(",")
    return any(one.strip().split(";", 1)[0] == "gzip" and "q=0" not in one for one in offered)


def _walk(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        inside = path.resolve().is_relative_to(folder)
        if not hidden and inside and path.is_file() and path.suffix in TYPES:
            found[name.as_posix()] = path
    return found
