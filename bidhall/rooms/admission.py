"""Who stands at the door: the session a connection brings, and whether its page may connect."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

__all__ = ["COOKIES", "origin_allowed", "token_of"]

COOKIES: Final = ("__Host-bidhall_session", "bidhall_session")


def token_of(headers: Mapping[str, str], cookies: Mapping[str, str]) -> str | None:
    """Find the session token: of the command line in ``Authorization``, of a page in a cookie."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return next((cookies[name] for name in COOKIES if cookies.get(name)), None)


def origin_allowed(headers: Mapping[str, str], allowed: Collection[str]) -> bool:
    """Say whether a WebSocket upgrade comes from a page of ours, or from no page at all.

    Browsers send ``Origin`` with every upgrade and cookies with those of foreign pages too, so
    a foreign origin is refused. The same host as the request's own is ours, whatever scheme a
    proxy in front speaks. Without an origin a cookie counts for nothing: programs use a bearer
    token.
    """
    origin = headers.get("origin")
    if origin is None:
        return "cookie" not in headers
    if origin in allowed:
        return True
    parts = urlsplit(origin)
    return parts.scheme in {"http", "https"} and parts.netloc == headers.get("host", "").lower()
