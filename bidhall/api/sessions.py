"""Handlers: who is signed in, signing in and out, codes, enrolment of an authenticator."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bidhall.accounts.sessions import Opened, Session
from bidhall.accounts.sign_in import Credentials, SignIn
from bidhall.api.door import (
    address_of,
    drop_cookie,
    hall_of,
    set_cookie,
    shown_session,
    token,
)
from bidhall.api.errors import BadFieldError, json_response
from bidhall.api.parse import CODE_BYTES, CodeForm, EnrolForm, SignInForm, read_json
from bidhall.cases.case import stamp

__all__ = ["code", "enrol", "me", "now", "sign_in", "sign_out"]


async def now(request: Request) -> Response:
    """``GET /api/time``: the clock of the deadlines, which is the database's."""
    return json_response({"now": stamp(await hall_of(request).sessions.database_now())})


async def me(request: Request) -> Response:
    """``GET /api/me``: who is signed in, and how far; ``person`` null where nobody is."""
    hall, found = hall_of(request), token(request)
    session = await hall.sessions.find_any(found) if found else None
    if session is None:
        return json_response({"person": None})
    shown = shown_session(session)
    if session.fresh_until is not None:
        devices = await hall.devices.of(session.person.id)
        shown["devices"] = [
            {"device": name, "public_key": one.public_key, "active": one.active}
            for name, one in sorted(devices.items())
        ]
        # So that a person notices a session that is not theirs, and can end them all.
        shown["pages"] = await hall.sessions.count(session.person.id, "page")
    return json_response(shown)


async def sign_in(request: Request) -> Response:
    """``POST /api/session``: account and password, and the code at once or in a second step."""
    form = await read_json(request, SignInForm, CODE_BYTES)
    given = Credentials(form.account, form.password, form.code, form.kind)
    opened = await _door(request).sign_in(given, address_of(request))
    return _opened(request, opened, status=201)


async def sign_out(request: Request) -> Response:
    """``DELETE /api/session``: end this session, with ``?all=1`` all of the person."""
    hall, found = hall_of(request), token(request)
    session: Session | None = None
    if found and request.query_params.get("all") == "1":
        session = await hall.sessions.find(found)
    if session is not None:
        await hall.sessions.end_all(session.person.id)
    elif found:
        await hall.sessions.end(found)
    response = Response(status_code=204)
    drop_cookie(request, response)
    return response


async def code(request: Request) -> Response:
    """``POST /api/session/code``: the second step, or a code once more before a weighty command."""
    form = await read_json(request, CodeForm, CODE_BYTES)
    if bool(form.code) == bool(form.recovery):
        raise BadFieldError("give either code or recovery", field="code")
    opened = await _door(request).give_code(token(request), code=form.code, recovery=form.recovery)
    return _opened(request, opened)


async def enrol(request: Request) -> Response:
    """``POST /api/totp``: begin with a new secret, end with its first code."""
    form = await read_json(request, EnrolForm, CODE_BYTES)
    if not form.code:
        begun = await _door(request).begin_enrolment(token(request))
        return json_response({"secret": begun.secret, "uri": begun.uri})
    opened, codes = await _door(request).finish_enrolment(token(request), form.code)
    return _opened(request, opened, {"recovery_codes": codes})


def _door(request: Request) -> SignIn:
    hall = hall_of(request)
    return SignIn(hall.people, hall.sessions)


def _opened(
    request: Request, opened: Opened, more: dict[str, Any] | None = None, *, status: int = 200
) -> Response:
    shown = {**shown_session(opened.session), **(more or {})}
    if opened.session.kind == "bearer":
        # A program keeps its token itself; a page never sees its own.
        return json_response({**shown, "token": opened.token}, status=status)
    response = json_response(shown, status=status)
    set_cookie(request, response, opened)
    return response
