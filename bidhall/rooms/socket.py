"""The WebSocket endpoint of the rooms: ``/rooms/{stream}``.

One coroutine a connection reads and acts; nothing but `Outlet` writes. The object is a plain
ASGI application, without Starlette's WebSocket around every connection.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from typing import Any, Final

from starlette.requests import HTTPConnection
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send

from bidhall.accounts.admission import client_address, from_own_page, token_of
from bidhall.cases.errors import ForbiddenError
from bidhall.errors import BidhallError
from bidhall.rooms.errors import RoomsClosedError, RoomUnknownError, SessionChangedError
from bidhall.rooms.member import Member
from bidhall.rooms.messages import (
    Clock,
    Close,
    CommandFrame,
    Denial,
    Failure,
    Success,
    Trouble,
    encode,
)
from bidhall.rooms.outlet import Outlet, QueueOutlet
from bidhall.rooms.protocol import Deny, Dialogue, Enter, Finish, Perform, Tell
from bidhall.rooms.room import Room
from bidhall.rooms.rooms import Rooms
from bidhall.rooms.transport import EXTENSION

__all__ = ["RoomSocket", "denial", "room_route"]

log = logging.getLogger(__name__)

_REASONS: Final = {
    Close.SIGN_IN: "sign in again",
    Close.MAY_NOT_WATCH: "you may not watch this room",
    Close.PROTOCOL_ERROR: "protocol error",
    Close.OVERLOADED: "try again later",
    Close.RESTART: "restart: join again",
    Close.TOO_SLOW: "too slow: join again after the last event you have",
}


def denial(error: BidhallError) -> Denial:
    """Put an error into wire form. The errors of the hall never hold secrets."""
    code = getattr(error, "code", "refused")
    params = {name: _plain(value) for name, value in getattr(error, "params", {}).items()}
    return Denial(code=str(code), message=str(error), params=params)


def _plain(value: object) -> object:
    return value if isinstance(value, (str, int, bool, list, type(None))) else str(value)


class RoomSocket:
    """The ASGI application behind the route."""

    def __init__(self, rooms: Rooms, origins: Collection[str] = ()) -> None:
        """Serve ``rooms`` to pages of the own host and of ``origins``, the proxies in front."""
        self._rooms = rooms
        self._origins = frozenset(origins)
        self._secure = any(one.startswith("https://") for one in self._origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection from upgrade to end."""
        await receive()  # websocket.connect
        request = HTTPConnection(scope)
        if not from_own_page(request.headers, self._origins):
            await send({"type": "websocket.close", "code": Close.MAY_NOT_WATCH})  # HTTP 403
            return
        secure = scope["scheme"] == "wss" or self._secure
        token = token_of(request.headers, request.cookies, secure=secure) or None
        stream = str(scope["path_params"]["stream"])
        address = client_address(
            request.client.host if request.client else "",
            request.headers.get("x-forwarded-for", ""),
            proxied=bool(self._origins),
        )
        await send({"type": "websocket.accept"})
        outlet = scope.get("extensions", {}).get(EXTENSION) or QueueOutlet(send)
        try:
            await self._admitted(stream, token, address, outlet, receive)
        finally:
            if isinstance(outlet, QueueOutlet):
                await outlet.finish()

    async def _admitted(
        self, stream: str, token: str | None, address: str, outlet: Outlet, receive: Receive
    ) -> None:
        member = Member(outlet, None, token=token)
        try:
            self._rooms.door.admit(address, anonymous=token is None)
        except RoomsClosedError as error:
            _turn_away(member, Close.OVERLOADED, error)
            await _until_gone(receive)
            return
        try:
            await _Connection(self._rooms, stream, member, receive).serve()
        finally:
            self._rooms.door.dismiss(address, anonymous=token is None)


class _Connection:
    """What one coroutine knows while it serves one connection."""

    __slots__ = ("_commands", "_dialogue", "_member", "_receive", "_room", "_rooms", "_stream")

    def __init__(self, rooms: Rooms, stream: str, member: Member, receive: Receive) -> None:
        self._rooms = rooms
        self._stream = stream
        self._member = member
        self._receive = receive
        self._room: Room | None = None
        self._commands: set[asyncio.Task[None]] = set()
        loop = asyncio.get_running_loop()
        self._dialogue = Dialogue(at=loop.time(), limits=rooms.settings.limits)

    async def serve(self) -> None:
        """Identify, then take frames until either side closes."""
        try:
            if await self._identify():
                await self._take_frames()
            else:
                await _until_gone(self._receive)
        finally:
            self._dialogue.close()
            self._member.gone = True
            if self._room is not None:
                self._room.leave(self._member)

    async def _identify(self) -> bool:
        if self._member.token is None:
            return True
        session = await self._rooms.sessions.find(self._member.token)
        if session is None:
            error = RoomUnknownError("the session has ended; sign in again", code="sign-in-again")
            _turn_away(self._member, Close.SIGN_IN, error)
            return False
        self._member.person = session.person
        return True

    async def _take_frames(self) -> None:
        loop = asyncio.get_running_loop()
        late = loop.call_later(self._rooms.settings.limits.join_within, self._hurry)
        try:
            while True:
                message = await self._receive()
                if message["type"] != "websocket.receive":
                    return
                data = message.get("text")
                if data is None:
                    data = message.get("bytes") or b""
                step = self._dialogue.receive(data, loop.time())
                if step is not None:
                    await self._do(step)
        finally:
            late.cancel()

    def _hurry(self) -> None:
        finish = self._dialogue.overdue(asyncio.get_running_loop().time() + 0.001)
        if finish is not None:
            _turn_away(self._member, finish.code, finish.error)

    async def _do(self, step: Enter | Perform | Tell | Deny | Finish) -> None:
        match step:
            case Tell():
                self._member.send(encode(Clock(now=self._rooms.now())))
            case Enter():
                await self._enter(step)
            case Perform():
                await self._start(step.frame)
            case Deny():
                self._member.send(encode(Failure(id=step.id, error=denial(step.error))))
            case Finish():
                _turn_away(self._member, step.code, step.error)

    async def _enter(self, step: Enter) -> None:
        try:
            self._room = await self._rooms.room(self._stream)
            await self._room.enter(self._member, step.after, step.audience)
        except (ForbiddenError, RoomUnknownError) as error:
            # One who has not signed in is asked to, whether the room exists or not.
            code = Close.MAY_NOT_WATCH if self._member.person else Close.SIGN_IN
            _turn_away(self._member, code, error)
        except RoomsClosedError as error:
            _turn_away(self._member, Close.OVERLOADED, error)

    async def _start(self, frame: CommandFrame) -> None:
        """Begin a command; while too many are under way, read nothing more."""
        if len(self._commands) >= self._rooms.settings.commands_at_once:
            await asyncio.wait(self._commands, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.get_running_loop().create_task(self._perform(frame))
        self._commands.add(task)
        task.add_done_callback(self._commands.discard)

    async def _perform(self, frame: CommandFrame) -> None:
        if self._room is None:
            return
        try:
            result = await self._rooms.perform(self._room, self._member, frame)
        except SessionChangedError as error:
            # No reply: the client joins again and repeats the command under its new session.
            self._member.close(Close.RESTART, error.message)
        except BidhallError as error:
            self._member.send(encode(Failure(id=frame.id, error=denial(error))))
        except Exception:
            log.exception("command %s of kind %s failed", frame.id, frame.kind)
            message = "the hall could not carry this out; send it again with the same id"
            internal = Denial(code="internal", message=message, params={})
            self._member.send(encode(Failure(id=frame.id, error=internal)))
        else:
            self._member.send(encode(Success(id=frame.id, result=result)))


def _turn_away(member: Member, code: Close, error: BidhallError) -> None:
    member.send(encode(Trouble(error=denial(error))))
    member.close(code, _REASONS[code])


async def _until_gone(receive: Receive) -> None:
    """Wait for the other side's end of a connection that this side has closed."""
    while (await receive())["type"] == "websocket.receive":
        pass


def room_route(rooms: Rooms, origins: Collection[str] = (), path: str = "/rooms/{stream}") -> Any:
    """Make the route of the rooms."""
    return WebSocketRoute(path, RoomSocket(rooms, origins), name="room")
