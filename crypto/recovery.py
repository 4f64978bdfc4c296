"""The recovery file: a bidder's own way to open its bid, under a passphrase.

Source: docs/spec/envelope.md, "Recovery file". An age file (age-encryption.org/v1, scrypt
recipient), so that any age tool opens it. Encrypting and decrypting take about a second on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crypto import canonical
from crypto import passphrase as passphrases
from crypto.descriptor import Context
from crypto.envelope import Secrets
from crypto.errors import CryptoError, RecoveryInvalidError

MAX_FILE: Final = 1 << 20
_MEMBERS: Final = frozenset({"v", "tender", "manifest", "lot", "bidder", "seq", "stages"})
_STAGE_MEMBERS: Final = frozenset({"stage", "nonce", "k_t", "k_o"})
_HEX32: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RecoveryStage:
    """The secrets of one stage and the nonce of the envelope they belong to."""

    stage: str
    nonce: bytes
    secrets: Secrets


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a bidder keeps of one sealed bid."""

    tender: str
    manifest: bytes
    lot: str
    bidder: str
    seq: int
    stages: tuple[RecoveryStage, ...]


def recovery_of(tender: str, sealed: Sequence[tuple[Context, Secrets]]) -> Recovery:
    """Gather the secrets of a bid's stages, of which there is at least one."""
    first = sealed[0][0]
    stages = tuple(
        RecoveryStage(context.stage, context.nonce, secrets) for context, secrets in sealed
    )
    return Recovery(tender, first.manifest, first.lot, first.bidder, first.seq, stages)


def encrypt(recovery: Recovery, passphrase: str) -> bytes:
    """Return the recovery file.

    Raises:
        RecoveryInvalidError: the passphrase is empty.
    """
    if not passphrase:
        message = "a recovery file needs a passphrase"
        raise RecoveryInvalidError(message)
    value = {
        "v": 1,
        "tender": recovery.tender,
        "manifest": recovery.manifest.hex(),
        "lot": recovery.lot,
        "bidder": recovery.bidder,
        "seq": recovery.seq,
        "stages": [_stage_json(stage) for stage in recovery.stages],
    }
    return passphrases.lock(canonical.encode(value), passphrase)


def _stage_json(stage: RecoveryStage) -> dict[str, str]:
    secrets = stage.secrets
    return {
        "stage": stage.stage,
        "nonce": stage.nonce.hex(),
        "k_t": secrets.k_t.hex(),
        "k_o": secrets.k_o.hex(),
    }


def decrypt(file: bytes, passphrase: str) -> Recovery:
    """Read a recovery file.

    Raises:
        RecoveryInvalidError: a wrong passphrase, not a recovery file, or `too-much-work`.
    """
    if len(file) > MAX_FILE:
        message = f"a recovery file has at most {MAX_FILE} bytes"
        raise RecoveryInvalidError(message)
    plaintext = passphrases.unlock(file, passphrase)
    try:
        value = canonical.decode(plaintext)
    except CryptoError:
        value = None
    # The error must not quote the file: it holds the secrets.
    if not _is_recovery(value):
        message = "the file opens, but it is not a recovery file of version 1"
        raise RecoveryInvalidError(message)
    return _parse(value)


def _is_recovery(value: object) -> bool:
    if not isinstance(value, dict) or set(value) != _MEMBERS or value["v"] != 1:
        return False
    texts = all(isinstance(value[name], str) for name in ("tender", "lot", "bidder"))
    numbers = isinstance(value["seq"], int) and _is_hex(value["manifest"])
    stages = value["stages"]
    return (
        texts and numbers and isinstance(stages, list) and all(_is_stage(stage) for stage in stages)
    )


def _is_stage(stage: object) -> bool:
    if (
        not isinstance(stage, dict)
        or set(stage) != _STAGE_MEMBERS
        or not isinstance(stage["stage"], str)
    ):
        return False
    return all(_is_hex(stage[name]) for name in ("nonce", "k_t", "k_o"))


def _is_hex(value: object) -> bool:
    return isinstance(value, str) and _HEX32.fullmatch(value) is not None


def _parse(value: Mapping[str, Any]) -> Recovery:
    stages = tuple(
        RecoveryStage(
            stage["stage"],
            bytes.fromhex(stage["nonce"]),
            Secrets(bytes.fromhex(stage["k_t"]), bytes.fromhex(stage["k_o"])),
        )
        for stage in value["stages"]
    )
    manifest = bytes.fromhex(value["manifest"])
    return Recovery(value["tender"], manifest, value["lot"], value["bidder"], value["seq"], stages)
