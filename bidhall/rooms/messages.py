"""The frames of the rooms protocol, version 1, as ``docs/spec/rooms.md`` shows them.

Every frame is one WebSocket text message holding one JSON object whose ``t`` names its type. The
structs below are the only definition: the JSON schemas of the specification are made from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Annotated, Any, Final

import msgspec

from bidhall.rooms.errors import FrameInvalidError

__all__ = [
    "CLIENT_FRAMES",
    "MAX_FRAME_BYTES",
    "SERVER_FRAMES",
    "VERSION",
    "ClientFrame",
    "Clock",
    "Close",
    "CommandFrame",
    "Denial",
    "Failure",
    "Happened",
    "Join",
    "Joined",
    "Ping",
    "Presence",
    "Result",
    "Success",
    "Trouble",
    "You",
    "decode",
    "encode",
]

VERSION: Final = 1
MAX_FRAME_BYTES: Final = 65_536
"""The longest frame a client may send, in bytes of UTF-8."""


class Close(IntEnum):
    """Why the server ends a connection (WebSocket close codes)."""

    RESTART = 1012
    OVERLOADED = 1013
    SIGN_IN = 4001
    MAY_NOT_WATCH = 4003
    TOO_SLOW = 4008
    PROTOCOL_ERROR = 4009


Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern="^[A-Za-z0-9._-]+$")]


class DeviceSignature(msgspec.Struct, forbid_unknown_fields=True):
    """A device key's signature over the canonical command; ``signature`` is raw r||s, hex."""

    device: Word
    signature: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$")]


class Join(msgspec.Struct, tag_field="t", tag="join", forbid_unknown_fields=True):
    """First frame: join, and send the events after number ``after`` of ``audience``."""

    v: int
    after: Count = 0
    audience: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class CommandFrame(
    msgspec.Struct, tag_field="t", tag="command", forbid_unknown_fields=True, omit_defaults=True
):
    """Ask the case to do something; sent again with the same ``id`` it is done once."""

    id: Word
    kind: Word
    body: dict[str, Any]
    signed: DeviceSignature | None = None


class Ping(msgspec.Struct, tag_field="t", tag="ping", forbid_unknown_fields=True):
    """Ask for the server's time."""


class You(msgspec.Struct, kw_only=True):
    """Who the server takes this member for."""

    id: str
    name: str
    organisation: str
    roles: list[str]


class Joined(msgspec.Struct, tag_field="t", tag="joined", kw_only=True):
    """The member is in: events numbered ``after + 1`` ... follow; at this moment ``seq`` exist.

    When ``after`` is not what the member has (another audience, or 0), the member forgets what
    it has and begins anew.
    """

    v: int
    stream: str
    kind: str
    audience: str
    you: You | None
    after: int
    seq: int
    now: str


class Happened(msgspec.Struct, tag_field="t", tag="event", kw_only=True):
    """One event as this audience may see it; ``seq`` is the audience's own numbering."""

    seq: int
    at: str
    kind: str
    body: Any


class Result(msgspec.Struct, kw_only=True):
    """What became of a command.

    ``seq`` is the number of its last event that this member sees, null if it sees none.
    """

    at: str
    seq: int | None
    repeated: bool


class Denial(msgspec.Struct, kw_only=True):
    """Why something was refused: ``code`` is stable, ``params`` fill a translation."""

    code: str
    message: str
    params: dict[str, Any]


class Success(msgspec.Struct, tag_field="t", tag="reply", kw_only=True):
    """The command ``id`` is decided and durable."""

    id: str
    result: Result
    ok: bool = True


class Failure(msgspec.Struct, tag_field="t", tag="reply", kw_only=True):
    """The command ``id`` changed nothing."""

    id: str
    error: Denial
    ok: bool = False


class Presence(msgspec.Struct, tag_field="t", tag="presence", kw_only=True):
    """Who is in the room now: distinct cards, and the number of other listeners."""

    members: list[Any]
    listeners: int


class Clock(msgspec.Struct, tag_field="t", tag="clock", kw_only=True):
    """The server's time; sent every 10 seconds and as answer to a ping."""

    now: str


class Trouble(msgspec.Struct, tag_field="t", tag="error", kw_only=True):
    """Something about the connection itself went wrong; a close frame may follow."""

    error: Denial


ClientFrame = Join | CommandFrame | Ping
ServerFrame = Joined | Happened | Success | Failure | Presence | Clock | Trouble
CLIENT_FRAMES: Final = (Join, CommandFrame, Ping)
SERVER_FRAMES: Final = (Joined, Happened, Success, Failure, Presence, Clock, Trouble)

_decoder: Final = msgspec.json.Decoder(ClientFrame)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    message = f"a {type(value).__name__} cannot go into a frame"
    raise TypeError(message)


_encoder: Final = msgspec.json.Encoder(enc_hook=_plain, order="sorted")


def decode(data: str | bytes) -> ClientFrame:
    """Read a client's frame.

    Raises:
        FrameInvalidError: it is too long, no JSON, or not a frame of the protocol.
    """
    size = len(data) if isinstance(data, bytes) else len(data.encode())
    if size > MAX_FRAME_BYTES:
        message = f"the frame has {size} bytes; send at most {MAX_FRAME_BYTES}"
        raise FrameInvalidError(message, code="frame-too-long", maximum=MAX_FRAME_BYTES)
    try:
        frame: ClientFrame = _decoder.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        message = f"not a frame of the rooms protocol: {str(error)[:200]}"
        raise FrameInvalidError(message) from error
    return frame


def encode(frame: ServerFrame) -> bytes:
    """Write a server's frame as JSON with sorted keys, in UTF-8."""
    return _encoder.encode(frame)
