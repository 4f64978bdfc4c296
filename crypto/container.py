"""The sealed bid file (`.bidhall`): all stages of one bid, to carry from sealer to sender.

Source: docs/spec/envelope.md, "Sealed bid file".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Protocol

from crypto import canonical
from crypto.descriptor import Descriptor, check_signature, parse_descriptor
from crypto.errors import ContainerInvalidError, CryptoError

MAGIC: Final = b"bidhall-bid/v1\n"
MAX_HEADER: Final = 1 << 20
MAX_STAGES: Final = 8
BATCH: Final = 1 << 20
_HEADER_MEMBERS: Final = frozenset({"v", "tender", "manifest", "lot", "bidder", "seq", "stages"})
_STAGE_MEMBERS: Final = frozenset({"stage", "descriptor", "signature", "offset", "size"})
_TENDER: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)


class Reader(Protocol):
    """A binary stream that can be read in order."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end."""


@dataclass(frozen=True, slots=True)
class SealedStage:
    """One stage: descriptor, signature (hex), where its ciphertext starts after the header."""

    descriptor: Descriptor
    signature: str
    offset: int


@dataclass(frozen=True, slots=True)
class SealedBid:
    """The header of a sealed bid file; its stages are all of one bid."""

    tender: str
    stages: tuple[SealedStage, ...]

    @property
    def size(self) -> int:
        """Bytes of ciphertext after the header."""
        last = self.stages[-1]
        return last.offset + last.descriptor.size

    def to_bytes(self) -> bytes:
        """Encode magic, length and header."""
        context = self.stages[0].descriptor.context
        header = {
            "v": 1,
            "tender": self.tender,
            "manifest": context.manifest.hex(),
            "lot": context.lot,
            "bidder": context.bidder,
            "seq": context.seq,
            "stages": [_stage_json(stage) for stage in self.stages],
        }
        encoded = canonical.encode(header)
        return MAGIC + len(encoded).to_bytes(4, "big") + encoded


def _stage_json(stage: SealedStage) -> dict[str, Any]:
    return {
        "stage": stage.descriptor.context.stage,
        "descriptor": stage.descriptor.to_json(),
        "signature": stage.signature,
        "offset": stage.offset,
        "size": stage.descriptor.size,
    }


def bundle(tender: str, stages: Sequence[tuple[Descriptor, str]]) -> SealedBid:
    """Return the header for stages (descriptor, signature in hex), their ciphertexts in this order.

    Raises:
        ContainerInvalidError: the stages are not of one bid, or not signed.
    """
    placed: list[SealedStage] = []
    at = 0
    for descriptor, signature in stages:
        placed.append(SealedStage(descriptor, signature, at))
        at += descriptor.size
    bid = SealedBid(tender, tuple(placed))
    if placed:
        return _parse_header(bid.to_bytes()[len(MAGIC) + 4 :])
    message = "a sealed bid file has at least one stage"
    raise ContainerInvalidError(message)


def write(bid: SealedBid, ciphertexts: Sequence[Reader], out: BinaryIO) -> None:
    """Write a sealed bid file. If this raises, `out` holds a useless part of one.

    Raises:
        ContainerInvalidError: a ciphertext has another size than its descriptor says.
    """
    out.write(bid.to_bytes())
    for stage, source in zip(bid.stages, ciphertexts, strict=True):
        out.writelines(_exactly(source, stage.descriptor.size))
        if source.read(1):
            name = stage.descriptor.context.stage
            message = f"the ciphertext of stage {name} is longer than its descriptor says"
            raise ContainerInvalidError(message)


def read_header(source: Reader) -> SealedBid:
    """Read the header and leave the source at the first ciphertext; every signature is checked.

    Raises:
        ContainerInvalidError: it is not the start of a sealed bid file.
    """
    start = b"".join(_exactly(source, len(MAGIC) + 4))
    length = int.from_bytes(start[len(MAGIC) :], "big")
    if not start.startswith(MAGIC) or not 0 < length <= MAX_HEADER:
        message = "not a sealed bid file of version 1; make one with `bidhall bid seal`"
        raise ContainerInvalidError(message)
    return _parse_header(b"".join(_exactly(source, length)))


def read_stages(
    source: Reader, bid: SealedBid, sink: Callable[[SealedStage, Iterator[bytes]], None]
) -> None:
    """Hand each stage's ciphertext to `sink`, in pieces; then insist on the end of the file.

    Raises:
        ContainerInvalidError: the file ends early, or goes on.
    """
    for stage in bid.stages:
        pieces = _exactly(source, stage.descriptor.size)
        sink(stage, pieces)
        for _ in pieces:  # a sink that stopped early must not shift the next stage
            pass
    if source.read(1):
        message = "the sealed bid file goes on after its last stage"
        raise ContainerInvalidError(message)


def _exactly(source: Reader, size: int) -> Iterator[bytes]:
    left = size
    while left:
        piece = source.read(min(BATCH, left))
        if not piece:
            message = f"the sealed bid file or ciphertext ends {left} bytes early"
            raise ContainerInvalidError(message)
        left -= len(piece)
        yield piece


def _parse_header(encoded: bytes) -> SealedBid:
    try:
        return _parse(canonical.decode(encoded))
    except ContainerInvalidError:
        raise
    except CryptoError as error:
        message = f"the header of the sealed bid file is not right: {error}"
        raise ContainerInvalidError(message) from error


def _parse(value: object) -> SealedBid:
    if not isinstance(value, Mapping) or set(value) != _HEADER_MEMBERS or value["v"] != 1:
        message = "the header of the sealed bid file is not of version 1"
        raise ContainerInvalidError(message)
    tender, listed = value["tender"], value["stages"]
    if not isinstance(tender, str) or not _TENDER.fullmatch(tender):
        message = f"not the id of a tender: {str(tender)[:64]!a}"
        raise ContainerInvalidError(message)
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_STAGES:
        message = f"a sealed bid file has 1 to {MAX_STAGES} stages"
        raise ContainerInvalidError(message)
    stages: list[SealedStage] = []
    at = 0
    for item in listed:
        stage = _parse_stage(item, value, at)
        at += stage.descriptor.size
        stages.append(stage)
    if len({stage.descriptor.context.stage for stage in stages}) != len(stages):
        message = "a stage occurs twice in the sealed bid file"
        raise ContainerInvalidError(message)
    return SealedBid(tender, tuple(stages))


def _parse_stage(item: object, header: Mapping[str, Any], offset: int) -> SealedStage:
    if (
        not isinstance(item, Mapping)
        or set(item) != _STAGE_MEMBERS
        or not isinstance(item["signature"], str)
    ):
        message = f"a stage of the sealed bid file has the members {sorted(_STAGE_MEMBERS)}"
        raise ContainerInvalidError(message)
    descriptor = parse_descriptor(item["descriptor"])
    check_signature(descriptor, item["signature"])
    context = descriptor.context
    found = [
        context.manifest.hex(),
        context.lot,
        context.bidder,
        context.seq,
        context.stage,
        descriptor.size,
        offset,
    ]
    said = [header["manifest"], header["lot"], header["bidder"], header["seq"]]
    said += [item["stage"], item["size"], item["offset"]]
    if found != said:
        message = (
            f"stage {context.stage} of the sealed bid file does not agree with the file's header"
        )
        raise ContainerInvalidError(message)
    return SealedStage(descriptor, item["signature"], offset)
