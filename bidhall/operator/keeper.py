"""The operator's keys: made per tender and stage, released on evidence alone.

The seeds (32 bytes each, X-Wing) lie in one file per tender and stage, readable by this process's
user only; copy the folder offline. A crash while a key is made leaves either no key or
the whole key: the file is written aside, fsynced and renamed before its public key is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bidhall.custody.checks import (
    LogIdentity,
    ReleaseRefusedError,
    check_lot_release,
    check_opening,
)
from bidhall.durable import write_aside
from crypto import stanzas
from crypto.descriptor import parse_descriptor
from crypto.notes import Checkpoint

__all__ = ["Keeper"]

_NAME = re.compile(r"ten-[a-z2-7]{4,40}\.(form|technical)")


class Keeper:
    """Operator keys in ``folder``; ``clock`` gives this machine's own UTC time."""

    def __init__(
        self,
        folder: Path,
        log: LogIdentity,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        """Use (and make, 0700) the folder."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._folder, self._log, self._clock, self._random = folder, log, clock, random

    def public_key(self, tender: str, stage: str) -> str:
        """Give the public key (hex) of a tender's stage, making the key pair the first time."""
        path = self._path(tender, stage)
        if not path.exists():
            write_aside(path, self._random(stanzas.OPERATOR_SEED_SIZE).hex().encode(), mode=0o600)
        return stanzas.operator_public_bytes(self._seed(path)).hex()

    def release_key(self, tender: str, stage: str, evidence: Mapping[str, Any]) -> dict[str, Any]:
        """Release the seed of the ``form`` stage when bids are closed and the time has come.

        Raises:
            ReleaseRefusedError: a check failed; or the stage is one that is released per bid.
        """
        if stage != "form":
            message = f"the {stage} leg is released bid by bid, never as a key"
            raise ReleaseRefusedError("per-bid", message)
        path = self._path(tender, stage)
        self._check(tender, stage, path, evidence)
        return {"stage": stage, "private_key": self._seed(path).hex()}

    def release_secrets(
        self,
        tender: str,
        descriptors: Mapping[str, Mapping[str, Any]],
        evidence: Mapping[str, Any],
    ) -> dict[str, str]:
        """Release k_O (hex) of each technical envelope, after the roster is committed.

        ``descriptors``: bid -> descriptor.

        Raises:
            ReleaseRefusedError: a check failed.
        """
        path = self._path(tender, "technical")
        release = self._check(tender, "technical", path, evidence)
        lot_key = release["keys"]["lot"]["public_key"]
        check_lot_release(evidence, log=self._log, public_key=lot_key, seen=None)
        key = stanzas.operator_private_key(self._seed(path))
        secrets: dict[str, str] = {}
        for bid, form in descriptors.items():
            descriptor = parse_descriptor(form)
            ctx = descriptor.context.digest()
            try:
                secrets[bid] = stanzas.unseal_o(descriptor.stanza_o, key, ctx).hex()
            except Exception:  # noqa: BLE001 - a bidder's broken stanza must not stop the others
                secrets[bid] = ""
        return secrets

    def _check(
        self, tender: str, stage: str, path: Path, evidence: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if evidence["published"]["event"]["stream"] != tender:
            raise ReleaseRefusedError("wrong-tender", "the evidence is of another tender")
        seen = self._last_seen()
        release = check_opening(
            evidence, log=self._log, stage=stage,
            public_key=stanzas.operator_public_bytes(self._seed(path)).hex(),
            now=self._clock(), seen=seen, consistency=evidence.get("consistency", ()),
        )  # fmt: skip
        self._remember(release.checkpoint)
        return release.manifest

    def last_seen(self) -> int:
        """Tell the size of the newest checkpoint this process believes in, 0 before the first."""
        seen = self._last_seen()
        return seen.size if seen else 0

    def _last_seen(self) -> Checkpoint | None:
        path = self._folder / "checkpoint.json"
        if not path.exists():
            return None
        form = json.loads(path.read_bytes())
        return Checkpoint(form["origin"], form["size"], bytes.fromhex(form["root"]))

    def _remember(self, checkpoint: Checkpoint) -> None:
        form = {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
        write_aside(self._folder / "checkpoint.json", json.dumps(form).encode(), mode=0o600)

    def _path(self, tender: str, stage: str) -> Path:
        name = f"{tender}.{stage}"
        if not _NAME.fullmatch(name):
            raise ReleaseRefusedError("bad-name", f"{tender!a} {stage!a} names no key")
        return self._folder / name

    def _seed(self, path: Path) -> bytes:
        if not path.exists():
            raise ReleaseRefusedError("no-such-key", f"there is no operator key {path.name}")
        return bytes.fromhex(path.read_text())
