"""What a request brings to the door: its token, where its page is from, and where it comes from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

__all__ = ["client_address", "cookie_name", "from_own_page", "token_of"]

_SECURE: Final = "__Host-bidhall_session"
_PLAIN: Final = "bidhall_session"
_OWN: Final = frozenset({"same-origin", "none"})


def cookie_name(*, secure: bool) -> str:
    """Name the session cookie; over https no other site of the domain can set one of this name."""
    return _SECURE if secure else _PLAIN


def token_of(headers: Mapping[str, str], cookies: Mapping[str, str], *, secure: bool) -> str:
    """Find the token: of a program in ``Authorization``, of a page in the cookie; "" if none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return cookies.get(cookie_name(secure=secure), "")


def from_own_page(headers: Mapping[str, str], allowed: Collection[str] = ()) -> bool:
    """Tell whether a request that changes something comes from a page of ours, or from no page.

    Browsers add ``Sec-Fetch-Site`` and ``Origin`` to it, and cookies even for foreign pages. What has
    neither is a program, which has no cookie to lend: with one it is refused.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if origin is not None and origin in allowed:
        return True
    if site is not None and site not in _OWN:
        return False
    if origin is not None:
        parts = urlsplit(origin)
        host = headers.get("host", "").lower()
        return parts.scheme in {"http", "https"} and bool(host) and parts.netloc == host
    return site is not None or "cookie" not in headers


def client_address(peer: str, forwarded: str, *, proxied: bool) -> str:
    """Give the address a request comes from.

    ``forwarded`` (X-Forwarded-For) is believed only behind a proxy on this or a private network,
    and of it only the last entry, which that proxy itself wrote.
    """
    if not proxied or not forwarded:
        return peer
    try:
        near = ip_address(peer)
    except ValueError:
        near = None  # a Unix socket: the proxy is on this machine
    if near is not None and not (near.is_loopback or near.is_private):
        return peer
    last = forwarded.rsplit(",", 1)[-1].strip()
    try:
        return str(ip_address(last))
    except ValueError:
        return peer
