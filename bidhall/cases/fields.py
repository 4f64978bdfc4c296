"""Strict reading of a command's body: every field named, typed and bounded, or refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bidhall.cases.case import Body, instant
from bidhall.cases.errors import InvalidCommandError

__all__ = ["choice", "hexed", "ident", "items", "moment", "only", "optional", "text", "whole"]

_IDENT = re.compile(r"[a-z]{2,9}-[a-z2-7.0-9-]{1,64}")
_HEX = re.compile(r"(?:[0-9a-f]{2})+")
# C0 and C1 controls, and the marks that reorder text: a name must look like what it is.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def _wrong(name: str, expected: str, value: object) -> InvalidCommandError:
    shown = repr(value)[:60]
    return InvalidCommandError(
        f"{name} is {shown}; it must be {expected}",
        code="bad-field", field=name, expected=expected,
    )  # fmt: skip


def only(body: Body, *names: str) -> None:
    """Refuse fields nobody asked for: they would be recorded without being understood."""
    extra = sorted(set(body) - set(names))
    if extra:
        raise _wrong(extra[0], f"absent (known here: {', '.join(names) or 'none'})", body[extra[0]])


def text(body: Body, name: str, *, maximum: int = 200, empty: bool = False) -> str:
    """Read a text without control characters, 1..maximum characters."""
    value = body.get(name, "" if empty else None)
    if not isinstance(value, str) or len(value) > maximum or _UNSAFE.search(value):
        raise _wrong(name, f"a text of at most {maximum} characters", value)
    if not value.strip() and not empty:
        raise _wrong(name, "a text that is not empty", value)
    return value


def optional(body: Body, name: str, *, maximum: int = 200) -> str:
    """Read a text that may be missing, "" then."""
    return text(body, name, maximum=maximum, empty=True)


def ident(body: Body, name: str) -> str:
    """Read an id such as ``ten-abc``."""
    value = body.get(name)
    if not isinstance(value, str) or not _IDENT.fullmatch(value):
        raise _wrong(name, "an id such as per-abcd", value)
    return value


def whole(body: Body, name: str, low: int, high: int) -> int:
    """Read a whole number within bounds, both included."""
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _wrong(name, f"a whole number from {low} to {high}", value)
    return value


def hexed(body: Body, name: str, size: int) -> str:
    """Read ``size`` bytes in lower-case hex. The value is never repeated in the error."""
    value = body.get(name)
    if not isinstance(value, str) or len(value) != 2 * size or not _HEX.fullmatch(value):
        raise _wrong(name, f"{size} bytes in lower-case hex", "(not shown)")
    return value


def moment(body: Body, name: str) -> datetime:
    """Read a time with zone."""
    value = body.get(name)
    try:
        return instant(str(value))
    except ValueError as error:
        raise _wrong(name, "a time such as 2026-11-24T09:30:00.000Z", value) from error


def choice(body: Body, name: str, *allowed: str) -> str:
    """Read one of a few words."""
    value = body.get(name)
    if value not in allowed:
        raise _wrong(name, f"one of {', '.join(allowed)}", value)
    return str(value)


def items(body: Body, name: str, *, low: int = 1, high: int = 100) -> Sequence[Any]:
    """Read a list with a bounded number of items."""
    value = body.get(name)
    if not isinstance(value, list) or not low <= len(value) <= high:
        raise _wrong(name, f"a list of {low} to {high} items", type(value).__name__)
    return value


def table(value: object, name: str) -> Mapping[str, Any]:
    """Take a value that must be a JSON object."""
    if not isinstance(value, Mapping):
        raise _wrong(name, "an object", value)
    return value
