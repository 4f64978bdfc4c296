"""Ids: a prefix that says what it names, and 26 characters nobody can guess (130 bits)."""

from __future__ import annotations

import secrets

__all__ = ["new_id"]

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_LENGTH = 26


def new_id(prefix: str) -> str:
    """Make an id such as ``ten-c4k...``."""
    return f"{prefix}-" + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
