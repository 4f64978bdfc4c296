"""Logs: one line a thing, readable on a terminal, JSON elsewhere, and never a secret in it."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

__all__ = ["HIDDEN", "redact", "set_up_logs"]

HIDDEN = "(not shown)"

# A value is hidden when its name holds one of these words: `session_token`, `apiKey`, `Set-Cookie`.
_SECRET_WORDS = frozenset(
    [
        *("authorization", "code", "codes", "cookie", "cookies", "credential", "credentials"),
        *("dsn", "key", "keys", "passphrase", "password", "passwords", "private", "salt", "salts"),
        *("secret", "secrets", "seed", "share", "shares", "token", "tokens", "totp", "url", "urls"),
    ]
)
# Names with such a word whose value everybody may see. `code` alone is an error's name or a code
# somebody typed: words pass, digits do not.
_OPEN = frozenset(("public_key", "public_url", "key_id", "status_code", "exit_code"))
_ERROR_CODE = re.compile(r"[a-z]+(?:-[a-z0-9]+)*")
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
# user:password@ in an address, and what follows Bearer, wherever they stand in a text
_IN_TEXT = (
    (re.compile(r"(\w+://[^\s/:@]*):[^\s/@]+@"), r"\1:***@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), r"\1 ***"),
)


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide what sounds like a secret, at any depth; a processor of structlog."""
    for name, value in event.items():
        event[name] = _shown(name, value)
    return event


def _shown(name: str, value: object) -> object:
    if _is_secret(name, value):
        return HIDDEN
    if isinstance(value, Mapping):
        return {key: _shown(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_shown("", inner) for inner in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value)} bytes"
    if isinstance(value, str):
        for pattern, instead in _IN_TEXT:
            value = pattern.sub(instead, value)
    return value


def _is_secret(name: str, value: object) -> bool:
    if name.lower() in _OPEN or value is None or isinstance(value, bool):
        return False
    if name.lower() == "code" and isinstance(value, str) and _ERROR_CODE.fullmatch(value):
        return False
    return any(word.lower() in _SECRET_WORDS for word in _WORDS.findall(name))


def set_up_logs(*, quiet: bool = False) -> None:
    """Log to standard error, our own lines and those of libraries in one form."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.ERROR if quiet else logging.INFO
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.ERROR if quiet else logging.WARNING)
