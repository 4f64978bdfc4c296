"""The canonical form of what is stored, made once and fast.

``encode`` gives the very bytes of ``crypto.canonical.encode``, which stays the rule: whatever is
not plainly the same in both, by one look at the result, goes there. ``event_bytes`` puts an event's
form together around its body, so that a body is written once and hashed as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

import msgspec

from bidhall.cases.case import Event, stamp
from crypto import canonical

__all__ = ["encode", "event_bytes"]

# Where the two may differ: beyond U+FFFF keys sort otherwise in UTF-16, and 16 digits may be an
# integer past 2^53.
_DOUBTFUL: Final = re.compile(rb"[\xf0-\xf4]|[0-9]{16}")
_DEEP: Final = 64


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


_encoder: Final = msgspec.json.Encoder(order="sorted")
_decoder: Final = msgspec.json.Decoder(float_hook=_refuse)


def encode(value: Any) -> tuple[bytes, Any]:
    """Write a value canonically; gives the bytes, and the value as reading them gives it.

    Raises:
        CanonicalError: it has no canonical form.
    """
    try:
        data = _encoder.encode(value)
        if not _DOUBTFUL.search(data) and data.count(b"{") + data.count(b"[") <= _DEEP:
            read = _decoder.decode(data)
            # Equal means that nothing was turned into a text or a list to fit (Decimal, tuple).
            if read == value:
                return data, read
    except (TypeError, ValueError, RecursionError):
        pass  # the rule's own code says what is wrong
    data = canonical.encode(value)
    return data, msgspec.json.decode(data)


def event_bytes(event: Event, body: bytes, signed: bytes | None) -> bytes:
    """Write the canonical form of an event around its canonical body and signature."""
    members: Mapping[str, Any] = {
        "actor": event.actor, "at": stamp(event.at), "body": msgspec.Raw(body),
        "command": event.command, "kind": event.kind, "seq": event.seq,
        **({} if signed is None else {"signed": msgspec.Raw(signed)}),
        "stream": event.stream, "v": 1,
    }  # fmt: skip
    return _encoder.encode(members)
