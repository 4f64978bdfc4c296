"""Leaves of the record: what of an event goes into the log.

Source: docs/spec/record.md. The leaf's data is a salted hash, so that it tells nothing until the
event and its salt are shown to whom they may be shown.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from crypto import canonical
from crypto.errors import CryptoError, EventInvalidError

SALT_SIZE: Final = 32
LEAF_SIZE: Final = 32
_MEMBERS: Final = frozenset({"v", "stream", "seq", "at", "kind", "actor", "command", "body"})
_TEXTS: Final = ("stream", "kind", "actor", "command")
_SIGNED: Final = frozenset({"body", "device", "signature"})
_AT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", re.ASCII
)


def event_bytes(event: Mapping[str, Any]) -> bytes:
    """Return an event's canonical JSON, after a check of its members.

    Raises:
        EventInvalidError: a member is missing, unknown or not of its type, or cannot be written
        canonically.
    """
    if set(event) - {"signed"} != _MEMBERS or event["v"] != 1 or isinstance(event["v"], bool):
        odd = sorted(str(name)[:40] for name in (set(event) - {"signed"}) ^ _MEMBERS)
        message = f"not an event of version 1; members missing or not known: {odd[:20]}"
        raise EventInvalidError(message)
    if not all(isinstance(event[name], str) and event[name] for name in _TEXTS):
        message = f"the members {', '.join(_TEXTS)} of an event are strings, not empty"
        raise EventInvalidError(message)
    seq, at = event["seq"], event["at"]
    if not isinstance(seq, int) or isinstance(seq, bool) or seq < 1:
        message = f"an event's seq counts from 1, this one is {str(seq)[:40]}"
        raise EventInvalidError(message)
    if not isinstance(at, str) or not _AT.fullmatch(at):
        message = f"an event's time is like 2026-11-24T09:30:00.123Z, this one is {str(at)[:40]!a}"
        raise EventInvalidError(message)
    if not isinstance(event["body"], Mapping) or (
        "signed" in event and not _is_signed(event["signed"])
    ):
        message = (
            "an event's body is an object; signed, where present, has body, device and signature"
        )
        raise EventInvalidError(message)
    try:
        return canonical.encode(event)
    except CryptoError as error:
        message = f"event {event['stream']}/{seq} cannot be written as canonical JSON: {error}"
        raise EventInvalidError(message) from error


def _is_signed(signed: object) -> bool:
    return isinstance(signed, Mapping) and set(signed) == _SIGNED


def parse_event(encoded: bytes) -> dict[str, Any]:
    """Read an event's canonical JSON.

    Raises:
        EventInvalidError: it is not an event, or not canonical.
    """
    try:
        event = canonical.decode(encoded)
    except CryptoError as error:
        message = f"an event is canonical JSON: {error}"
        raise EventInvalidError(message) from error
    if not isinstance(event, dict):
        message = "an event is an object"
        raise EventInvalidError(message)
    event_bytes(event)
    return event


def leaf_data(salt: bytes, event: Mapping[str, Any] | bytes) -> bytes:
    """Return the leaf's data, ``SHA-256(salt || canonical event)``.

    An event in bytes is taken to be canonical.

    Raises:
        EventInvalidError: the salt has not 32 bytes, or the event is not one.
    """
    if len(salt) != SALT_SIZE:
        message = f"a salt has {SALT_SIZE} bytes, not {len(salt)}"
        raise EventInvalidError(message)
    encoded = event if isinstance(event, bytes) else event_bytes(event)
    return hashlib.sha256(salt + encoded).digest()
