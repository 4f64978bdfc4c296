"""Asking the operator's key process, from a web worker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from bidhall.custody.checks import ReleaseRefusedError
from bidhall.errors import BidhallError

__all__ = ["OperatorAwayError", "OperatorClient"]

_LIMIT = 64 * 1024 * 1024


class OperatorAwayError(BidhallError):
    """The operator's key process does not answer; nothing was released."""


class OperatorClient:
    """One short conversation per request; the process decides, this only carries."""

    def __init__(self, socket: Path) -> None:
        """Talk to the process at ``socket``."""
        self._socket = socket

    async def public_key(self, tender: str, stage: str) -> str:
        """Ask for (and make) the public key of a stage, hex."""
        return str(await self._ask(op="public-key", tender=tender, stage=stage))

    async def last_seen(self) -> int:
        """Ask for the size of the checkpoint the process believes in."""
        return int(await self._ask(op="last-seen"))

    async def release_key(
        self, tender: str, stage: str, evidence: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Ask for the seed of a stage."""
        answer = await self._ask(op="release-key", tender=tender, stage=stage, evidence=evidence)
        return cast("dict[str, Any]", answer)

    async def release_secrets(
        self, tender: str, descriptors: Mapping[str, Any], evidence: Mapping[str, Any]
    ) -> dict[str, str]:
        """Ask for k_O of each technical envelope."""
        answer = await self._ask(
            op="release-secrets", tender=tender, descriptors=descriptors, evidence=evidence
        )
        return cast("dict[str, str]", answer)

    async def _ask(self, **request: object) -> Any:
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket, limit=_LIMIT)
        except OSError as error:
            message = "the operator's key process does not answer; start `bidhall operator`"
            raise OperatorAwayError(message) from error
        try:
            writer.write(json.dumps(request).encode() + b"\n")
            await writer.drain()
            line = await asyncio.wait_for(reader.readline(), 60)
        except (OSError, TimeoutError) as error:
            message = "the operator's key process broke off; it will be asked again"
            raise OperatorAwayError(message) from error
        finally:
            writer.close()
        if not line:
            raise OperatorAwayError("the operator's key process closed the connection")
        answer = json.loads(line)
        if not answer["ok"]:
            raise ReleaseRefusedError(answer["code"], answer["message"])
        return answer["result"]
