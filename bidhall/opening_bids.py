"""Opening one stage of a bid once its keys are released: the hall and the verifier do the same."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.asymmetric import ec

from crypto import envelope, stanzas
from crypto.descriptor import parse_descriptor
from crypto.errors import CryptoError
from crypto.payload import Header
from crypto.streams import Source

__all__ = ["NotOpenable", "OpenedStage", "open_stage"]


@dataclass(frozen=True, slots=True)
class OpenedStage:
    """A stage that opened: its header, root (hex) and where its files begin."""

    header: Header
    plaintext_root: str
    offsets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NotOpenable:
    """A stage that does not open, with a reason anyone can reproduce from the record."""

    code: str
    reason: str


def open_stage(  # noqa: PLR0913 - what, with which keys, from where, to where
    descriptor: Mapping[str, Any],
    tender_key: ec.EllipticCurvePrivateKey,
    ciphertext: Source,
    out: BinaryIO | None,
    *,
    operator_seed: str = "",
    operator_secret: str = "",
    executor: Executor | None = None,
) -> OpenedStage | NotOpenable:
    """Open a stage with the tender key and the operator's leg (its seed, or k_O of this bid; hex).

    What was written to ``out`` must be thrown away when the answer is ``NotOpenable``.
    """
    try:
        parsed = parse_descriptor(descriptor)
        ctx = parsed.context.digest()
        if operator_seed:
            key = stanzas.operator_private_key(bytes.fromhex(operator_seed))
            k_o = stanzas.unseal_o(parsed.stanza_o, key, ctx)
        else:
            k_o = bytes.fromhex(operator_secret)
        secrets = envelope.Secrets(stanzas.unseal_t(parsed.stanza_t, tender_key, ctx), k_o)
        opened = envelope.open_(parsed, secrets, ciphertext, out, executor=executor)
    except CryptoError as error:
        return NotOpenable(error.code, str(error))
    return OpenedStage(opened.header, opened.plaintext_root.hex(), opened.offsets)
