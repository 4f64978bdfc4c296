"""Reading requests: bounded, typed, and refused with a reason. Nothing read here is believed yet."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from starlette.requests import Request

from bidhall.api.errors import (
    BadFieldError,
    BadJsonError,
    BodyStalledError,
    BodyTooLargeError,
    MediaTypeError,
)
from bidhall.cases.case import Signed
from bidhall.cases.errors import NotFoundError
from bidhall.desk import RawCommand
from crypto import canonical
from crypto.errors import CanonicalError

__all__ = [
    "CODE_BYTES",
    "COMMAND_BYTES",
    "DEPTH",
    "CodeForm",
    "EnrolForm",
    "SignInForm",
    "read_command",
    "read_json",
    "stream_of",
    "whole_number",
    "words",
]

CODE_BYTES: Final = 8 * 1024
"""How long the body of a request about a session may be."""
COMMAND_BYTES: Final = 2 * 1024 * 1024
"""How long a command may be; a custodian's part in a batch of keys is the longest."""
DEPTH: Final = 32
"""How deep a body may be nested."""

_PATIENCE: Final = 30.0
_STREAM: Final = re.compile(r"[a-z]{2,9}(?:-[a-z0-9]{1,64})?")
_WORD: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
# The last of the places a message of msgspec names, in backticks.
_FIELD: Final = re.compile(r"`([^`]{1,60})`")
_MOST_DIGITS: Final = 15

Text = Annotated[str, msgspec.Meta(max_length=1000)]
Word = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z")]
_Form = TypeVar("_Form")


class SignInForm(msgspec.Struct, forbid_unknown_fields=True):
    """``POST /api/session``; without ``code`` the first of two steps."""

    account: Text
    password: Text
    code: Text = ""
    kind: Literal["page", "bearer"] = "page"


class CodeForm(msgspec.Struct, forbid_unknown_fields=True):
    """``POST /api/session/code``: a code, or a recovery code."""

    code: Text = ""
    recovery: Text = ""


class EnrolForm(msgspec.Struct, forbid_unknown_fields=True):
    """``POST /api/totp``: without ``code`` it begins, with it it ends."""

    code: Text = ""


class _SignedForm(msgspec.Struct, forbid_unknown_fields=True):
    device: Word
    signature: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{128}\Z")]


class _CommandForm(msgspec.Struct, forbid_unknown_fields=True):
    id: Word
    kind: Word
    body: dict[str, Any] = {}
    signed: _SignedForm | None = None


async def read_json(request: Request, form: type[_Form], limit: int) -> _Form:
    """Read a JSON body of at most ``limit`` bytes.

    Raises:
        MediaTypeError, BodyTooLargeError, BodyStalledError: before anything is parsed.
        BadJsonError: not JSON, or nested too deep.
        BadFieldError: a field is missing, unknown or of the wrong type; its value is not repeated.
    """
    declared = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    if declared != "application/json":
        raise MediaTypeError(f"the body is {declared[:80]!a}; send application/json")
    data = await _read(request, limit)
    try:
        tree = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BadJsonError(f"the body is not JSON: {error}") from error
    except RecursionError as error:
        raise _too_deep() from error
    if not _shallow(tree):
        raise _too_deep()
    try:
        return msgspec.convert(tree, form)
    except msgspec.ValidationError as error:
        named = _FIELD.findall(str(error))
        message = f"the body does not fit: {error}"
        raise BadFieldError(message, field=named[-1] if named else "body") from error


async def read_command(request: Request) -> RawCommand:
    """Read a command for the stream in the path.

    Raises:
        NotFoundError: the path holds no id of a case.
        RequestError: as `read_json`; also a number with decimals, which no hash can be taken of.
    """
    stream = stream_of(request)
    form = await read_json(request, _CommandForm, COMMAND_BYTES)
    try:
        canonical.encode(form.body)
    except CanonicalError as error:
        raise BadJsonError(f"the command cannot be recorded: {error}") from error
    signed = None if form.signed is None else Signed(form.signed.device, form.signed.signature)
    return RawCommand(form.id, stream, form.kind, form.body, signed)


def stream_of(request: Request) -> str:
    """Read the id of a case from the path.

    Raises:
        NotFoundError: it cannot be one.
    """
    stream = str(request.path_params["stream"])
    if not _STREAM.fullmatch(stream):
        message = (
            f"{stream[:80]!a} is not the id of a case; ids look like ten-..., ope-... or eva-..."
        )
        raise NotFoundError(message, code="no-such-case")
    return stream


def whole_number(request: Request, name: str, *, default: int, maximum: int = 2**53 - 1) -> int:
    """Read a number from the query.

    Raises:
        BadFieldError: not a whole number from 0 to ``maximum``.
    """
    text = request.query_params.get(name, str(default))
    plain = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    if not plain or int(text) > maximum:
        message = f"{name} is {text[:40]!a}; it must be a whole number from 0 to {maximum}"
        raise BadFieldError(message, field=name)
    return int(text)


def words(request: Request, name: str, *, most: int = 20) -> frozenset[str]:
    """Read a list of words, separated by commas, from the query.

    Raises:
        BadFieldError: none, too many, or not words.
    """
    found = request.query_params.get(name, "").split(",")
    if not 1 <= len(found) <= most or not all(_WORD.fullmatch(one) for one in found):
        message = f"{name} must be 1 to {most} words, separated by commas"
        raise BadFieldError(message, field=name)
    return frozenset(found)


async def _read(request: Request, limit: int) -> bytes:
    announced = request.headers.get("content-length", "0")
    if not announced.isascii() or not announced.isdigit() or int(announced[:18]) > limit:
        raise BodyTooLargeError(f"the body may have {limit} bytes", maximum=limit)
    pieces, size = [], 0
    try:
        async with asyncio.timeout(_PATIENCE):
            async for piece in request.stream():
                size += len(piece)
                if size > limit:
                    raise BodyTooLargeError(f"the body may have {limit} bytes", maximum=limit)
                pieces.append(piece)
    except TimeoutError as error:
        raise BodyStalledError(f"the body did not come within {_PATIENCE:.0f} s") from error
    return b"".join(pieces)


def _shallow(tree: object) -> bool:
    level, depth = [tree], 0
    while level:
        depth += 1
        inner: list[object] = []
        for one in level:
            if isinstance(one, dict):
                inner.extend(one.values())
            elif isinstance(one, list):
                inner.extend(one)
        level = inner
        if depth > DEPTH + 1:
            return False
    return True


def _too_deep() -> BadJsonError:
    return BadJsonError(f"the body is nested deeper than {DEPTH} levels", maximum=DEPTH)
