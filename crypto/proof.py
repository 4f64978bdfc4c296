"""Transparency-log proofs: one text that shows, offline, that a leaf is in a log.

Source: c2sp.org/tlog-proof@v1.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crypto import merkle, notes
from crypto.errors import NoteInvalidError, ProofInvalidError
from crypto.notes import Checkpoint, Cosignature, VerifierKey

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_PATH: Final = 63
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class LogProof:
    """A proof as read, not verified; `checkpoint` is the signed note, `extra` has no authority."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def __str__(self) -> str:
        """Encode as the text of the specification."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines.extend(base64.b64encode(sibling).decode() for sibling in self.path)
        return "\n".join(lines) + "\n\n" + self.checkpoint


@dataclass(frozen=True, slots=True)
class Proved:
    """What a verified proof shows: the leaf's index, the checkpoint, and who cosigned that."""

    index: int
    checkpoint: Checkpoint
    cosignatures: tuple[Cosignature, ...]


def parse_proof(text: str) -> LogProof:
    """Read a proof, without verifying anything.

    Raises:
        ProofInvalidError: it is not one.
    """
    head, blank, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or lines[0] != HEADER or len(text) > notes.MAX_NOTE:
        message = f"not a proof: the first line is {HEADER}, a checkpoint follows an empty line"
        raise ProofInvalidError(message)
    del lines[0]
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = _decode(lines.pop(0).removeprefix("extra "))
    index = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if index is None or len(lines) > MAX_PATH:
        message = f"a proof has an index line and at most {MAX_PATH} hashes"
        raise ProofInvalidError(message)
    path = tuple(_decode(line) for line in lines)
    return LogProof(int(index[1]), path, checkpoint, extra)


def _decode(text: str) -> bytes:
    try:
        return notes.decode_base64(text, "proof")
    except NoteInvalidError as error:
        raise ProofInvalidError(str(error)) from error


def verify_proof(  # noqa: PLR0913 - proof and leaf against a policy of four parts
    proof: LogProof | str,
    leaf_data: bytes,
    origin: str,
    key: VerifierKey | str,
    *,
    witnesses: Sequence[VerifierKey | str] = (),
    quorum: int = 0,
) -> Proved:
    """Check that a leaf is in the log, by a checkpoint it signed and `quorum` witnesses cosigned.

    Raises:
        ProofInvalidError: not a proof, the path does not lead to the root, or too few cosignatures.
        NoteInvalidError: the checkpoint is not of this log or a signature does not verify.
    """
    parsed = parse_proof(proof) if isinstance(proof, str) else proof
    checkpoint, cosignatures = notes.open_cosigned(parsed.checkpoint, origin, key, witnesses)
    if len(cosignatures) < quorum:
        found = len(cosignatures)
        message = f"{found} known witnesses cosigned size {checkpoint.size}, {quorum} are needed"
        raise ProofInvalidError(message)
    hashed = merkle.leaf_hash(leaf_data)
    merkle.verify_inclusion(hashed, parsed.index, checkpoint.size, parsed.path, checkpoint.root)
    return Proved(parsed.index, checkpoint, cosignatures)
