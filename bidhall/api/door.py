"""What every handler asks of a request: the hall, the session, the address; and the cookie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from starlette.requests import Request
from starlette.responses import Response

from bidhall.accounts.admission import client_address, cookie_name, token_of
from bidhall.accounts.errors import SignInNeededError
from bidhall.cases.case import Person, stamp

if TYPE_CHECKING:
    from bidhall.accounts.sessions import Opened, Session
    from bidhall.hall import Hall

__all__ = [
    "address_of",
    "drop_cookie",
    "hall_of",
    "is_secure",
    "person_of",
    "session_of",
    "set_cookie",
    "shown_person",
    "shown_session",
    "signed_in",
    "token",
]


def hall_of(request: Request) -> Hall:
    """Give the hall."""
    return cast("Hall", request.app.state.hall)


def is_secure(request: Request) -> bool:
    """Tell whether the browser speaks https with us, a proxy in between or not."""
    public_url = hall_of(request).settings.public_url
    return request.url.scheme == "https" or public_url.startswith("https://")


def token(request: Request) -> str:
    """Give the token a request brings, "" if none."""
    return token_of(request.headers, request.cookies, secure=is_secure(request))


def address_of(request: Request) -> str:
    """Give the address a request comes from."""
    peer = request.client.host if request.client else ""
    forwarded = request.headers.get("x-forwarded-for", "")
    return client_address(peer, forwarded, proxied=bool(hall_of(request).settings.public_url))


async def session_of(request: Request) -> Session | None:
    """Find the whole session of a request, if there is one."""
    found = token(request)
    return await hall_of(request).sessions.find(found) if found else None


async def person_of(request: Request) -> Person | None:
    """Find who sends a request."""
    session = await session_of(request)
    return None if session is None else session.person


async def signed_in(request: Request) -> Session:
    """Find the session of a request.

    Raises:
        SignInNeededError: there is none.
    """
    session = await session_of(request)
    if session is None:
        raise SignInNeededError("sign in first")
    return session


def set_cookie(request: Request, response: Response, opened: Opened) -> None:
    """Give a page its token, where no script can read it."""
    secure = is_secure(request)
    left = opened.session.expires_at - hall_of(request).sessions.now()
    response.set_cookie(
        cookie_name(secure=secure), opened.token, max_age=max(0, int(left.total_seconds())),
        path="/", secure=secure, httponly=True, samesite="strict",
    )  # fmt: skip


def drop_cookie(request: Request, response: Response) -> None:
    """Take a page's token away."""
    secure = is_secure(request)
    response.delete_cookie(
        cookie_name(secure=secure), path="/", secure=secure, httponly=True, samesite="strict"
    )


def shown_person(person: Person) -> dict[str, Any]:
    """Show a person to itself, or to who may ask whom."""
    return {
        "id": person.id, "name": person.name, "organisation": person.organisation,
        "organisation_name": person.organisation_name, "county": person.county,
        "roles": sorted(person.roles),
    }  # fmt: skip


def shown_session(session: Session) -> dict[str, Any]:
    """Show a session to its holder; ``step`` is what is left to do: code, enrol or none."""
    left = "code" if session.enrolled else "enrol"
    return {
        "person": shown_person(session.person), "account": session.account,
        "step": left if session.fresh_until is None else "none",
        "second_factor": session.enrolled, "expires_at": stamp(session.expires_at),
        "fresh_until": None if session.fresh_until is None else stamp(session.fresh_until),
    }  # fmt: skip
