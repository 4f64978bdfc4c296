"""Logs: one line a thing, and never a secret in it."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

__all__ = ["redact", "set_up_logs"]

_SECRET_WORDS = ("password", "passphrase", "code", "token", "cookie", "share", "secret", "seed",
                 "authorization", "private", "salt", "database_url", "redis_url")  # fmt: skip
_KEPT = frozenset({"code"})


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401 - structlog's shape
    """Replace the value of everything whose name sounds like a secret.

    ``code`` alone is kept where it is an error code (a word), never where it is digits.
    """
    for name, value in event.items():
        lowered = name.lower()
        if lowered in _KEPT and isinstance(value, str) and not value.isdigit():
            continue
        if any(word in lowered for word in _SECRET_WORDS):
            event[name] = "(not shown)"
    return event


def set_up_logs(*, quiet: bool = False) -> None:
    """Log to standard error: for people on a terminal, as JSON elsewhere."""
    level = logging.ERROR if quiet else logging.INFO
    logging.basicConfig(level=logging.WARNING if not quiet else logging.ERROR, stream=sys.stderr)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
