"""Canonical JSON (RFC 8785) without floats: one value, one spelling, one hash.

Money and scores are strings, counts are integers within +-(2^53 - 1), so nothing here depends on
how a language prints a float. ``decode`` refuses whatever ``encode`` would not have written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final, NoReturn

import rfc8785

from crypto.errors import CanonicalError

__all__ = ["decode", "digest", "encode", "frame"]

MAX_INTEGER: Final = 2**53 - 1
MAX_DEPTH: Final = 64


def encode(value: object) -> bytes:
    """Write a value as canonical JSON.

    Raises:
        CanonicalError: a float, an integer beyond 2^53 - 1, a key that is not a text, a lone
            surrogate, deeper than 64 levels, or a type JSON does not have.
    """
    _check(value, 0)
    try:
        return rfc8785.dumps(_plain(value))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        message = f"cannot be written as canonical JSON: {type(error).__name__}"
        raise CanonicalError(message) from error


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


def _check(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        message = f"nested deeper than {MAX_DEPTH} levels"
        raise CanonicalError(message)
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            message = (
                f"an integer of {value.bit_length()} bits is beyond 2^53 - 1; write it as a string"
            )
            raise CanonicalError(message)
    elif isinstance(value, str):
        _check_text(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                message = f"a key is {type(key).__name__}; keys are texts"
                raise CanonicalError(message)
            _check_text(key)
            _check(item, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item, depth + 1)
    else:
        message = f"{type(value).__name__} has no place in canonical JSON; write numbers with decimals as strings"
        raise CanonicalError(message)


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CanonicalError("a text holds half of a surrogate pair") from error


def decode(data: bytes) -> Any:
    """Read canonical JSON, refusing every other spelling of the same value.

    Raises:
        CanonicalError: not JSON, not UTF-8, a float, a repeated key, or not canonical.
    """
    try:
        value = json.loads(
            data.decode(), object_pairs_hook=_object, parse_float=_refuse_float,
            parse_constant=_refuse_float,
        )  # fmt: skip
    except CanonicalError:
        raise
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        message = f"not JSON: {type(error).__name__}"
        raise CanonicalError(message) from error
    if encode(value) != data:
        raise CanonicalError(
            "JSON, but not canonical: order, spaces or escapes differ from RFC 8785"
        )
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise CanonicalError("an object repeats a key")
    return found


def _refuse_float(text: str) -> NoReturn:
    message = f"{text[:40]!a} is a float; numbers with decimals are strings"
    raise CanonicalError(message)


def digest(value: object) -> bytes:
    """Hash a value: SHA-256 of its canonical JSON, 32 bytes."""
    return hashlib.sha256(encode(value)).digest()


def frame(*fields: bytes) -> bytes:
    """Join fields so that no two different rows give the same bytes: 8-byte length before each."""
    return b"".join(len(one).to_bytes(8, "big") + one for one in fields)
