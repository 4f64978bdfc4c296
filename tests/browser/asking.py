"""Asking the browser what its half of the formats says."""

from __future__ import annotations

import base64
from typing import Any

from playwright.async_api import Page

from crypto.errors import CryptoError

__all__ = ["ask", "b64", "outcome"]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def ask(page: Page, name: str, argument: Any = None) -> Any:
    """Call a function of sealing.js."""
    call = "async ([name, argument]) => (await import('/tests/sealing.js'))[name](argument)"
    return await page.evaluate(call, [name, argument])


def outcome(work: Any) -> str:
    try:
        work()
    except CryptoError as error:
        return error.code
    return "ok"
