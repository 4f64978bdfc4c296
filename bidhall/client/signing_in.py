"""Signing in from the command line: secrets come from prompts or files, never from arguments."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pyotp
import typer

from bidhall.client.keystore import KeyStore
from bidhall.client.visitor import Visitor

__all__ = ["signed_in"]


def _secret(variable: str, prompt: str) -> str:
    """Take a secret from a file named by the variable, or ask for it; arguments show in `ps`."""
    path = os.environ.get(f"{variable}_FILE")
    if path:
        return Path(path).read_text().strip()
    return str(typer.prompt(prompt, hide_input=True))


@asynccontextmanager
async def signed_in(
    hall: str, account: str, store: Path
) -> AsyncIterator[tuple[Visitor, KeyStore]]:
    """Sign in to a hall with the key store at ``store``; its device is enrolled where it is new."""
    keys = KeyStore.open(store, _secret("BIDHALL_PASSPHRASE", "key store passphrase / 密钥库口令"))
    password = _secret("BIDHALL_PASSWORD", "password / 密码")
    seed = os.environ.get("BIDHALL_TOTP_FILE")
    code = (
        pyotp.TOTP(Path(seed).read_text().strip()).now() if seed else typer.prompt("code / 验证码")  # noqa: ASYNC240 - a look at one local file
    )
    async with Visitor(hall) as visitor:
        await visitor.sign_in(account, password, str(code))
        await visitor.enrol_device(keys.device())
        yield visitor, keys
