"""What every request passes and every answer carries, whoever made it.

- A request that changes something must come from a page of ours, or from no page (`from_own_page`).
- Every answer carries the headers below; none may hold a line break, so no header can be injected.
- Whatever goes wrong unforeseen is logged here, and the sender learns no more than that.
"""

from __future__ import annotations

import uuid
from typing import Final
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bidhall.accounts.admission import from_own_page
from bidhall.api.errors import ForeignOriginError, error_response

__all__ = ["POLICY", "SecurityMiddleware"]

_log = structlog.get_logger(__name__)

POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
_STRICT_TRANSPORT: Final = "max-age=31536000; includeSubDomains"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_BREAKS: Final = (b"\r", b"\n", b"\0")


class SecurityMiddleware:
    """Stands before everything; ``public_url`` is the hall's address as browsers see it, or ""."""

    def __init__(self, app: ASGIApp, public_url: str = "") -> None:
        self._app = app
        parts = urlsplit(public_url)
        self._allowed = frozenset({f"{parts.scheme}://{parts.netloc}"} if parts.netloc else ())
        self._https = parts.scheme == "https"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, https=self._https or scope.get("scheme") == "https")
        if scope["method"] not in _SAFE and not from_own_page(Headers(scope=scope), self._allowed):
            message = "this request comes from a page that is not the hall's; open the hall itself"
            refusal = error_response(403, ForeignOriginError.default_code, message)
            await refusal(scope, receive, answer)
            return
        try:
            await self._app(scope, receive, answer)
        except ClientDisconnect:
            pass  # nobody is left to answer
        except Exception:
            reference = uuid.uuid4().hex[:12]
            _log.exception("unforeseen", path=scope["path"], reference=reference)
            if answer.started:
                raise  # the server cuts the connection: half an answer must not look whole
            message = f"the hall made a mistake; tell its operators the reference {reference}"
            internal = error_response(500, "internal", message, {"reference": reference})
            await internal(scope, receive, answer)


class _Answer:
    """Sends on, adding the headers to the first message."""

    def __init__(self, send: Send, *, https: bool) -> None:
        self._send, self._https = send, https
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            _refuse_breaks(message)
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if self._https:
                headers.setdefault("Strict-Transport-Security", _STRICT_TRANSPORT)
            self.started = True
        await self._send(message)


def _refuse_breaks(message: Message) -> None:
    for name, value in message.get("headers", ()):
        if any(one in name or one in value for one in _BREAKS):
            raise ValueError(f"the header {name!a} holds a line break")
