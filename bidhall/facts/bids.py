"""Facts of a bid that is handed in: what was stored, and that it is the sealed bid it claims to be."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bidhall.cases import fields, tender
from bidhall.cases.case import Person
from bidhall.cases.errors import InvalidCommandError, LateError
from crypto.descriptor import Expected, check_descriptor
from crypto.errors import CryptoError
from crypto.plaintext import looks_like_plaintext

if TYPE_CHECKING:
    from bidhall.desk import RawCommand
    from bidhall.hall import Hall

__all__ = ["bid_facts"]


async def bid_facts(
    hall: Hall, state: tender.State, raw: RawCommand, person: Person
) -> Mapping[str, Any]:
    """Check both envelopes of a bid against what was stored, and pin the stored files.

    Raises:
        LateError: bids are closed; said before any work is done.
        InvalidCommandError: plaintext, wrong manifest, size, root, bidder, signature, each by code.
    """
    if state.phase is tender.Phase.CLOSED:
        closed = state.manifest["closes_at"]
        message = f"bids closed at {closed}; this bid was not handed in"
        raise LateError(message, closes_at=closed)
    if state.phase is not tender.Phase.PUBLISHED or raw.signed is None:
        return {"stages": []}  # decide refuses it with the phase
    given = {
        str(fields.table(one, "stages").get("stage")): one
        for one in fields.items(raw.body, "stages", low=len(tender.STAGES), high=len(tender.STAGES))
    }
    if set(given) != set(tender.STAGES):
        message = f"a bid has the stages {' and '.join(tender.STAGES)}, each once"
        raise InvalidCommandError(message, code="wrong-stages")
    device = await hall.devices.find(raw.signed.device)
    stages = []
    for stage in tender.STAGES:
        part = given[stage]
        fields.only(part, "stage", "upload", "descriptor", "signature")
        stored = await hall.files.facts(fields.ident(part, "upload"), person.organisation)
        expected = Expected(
            manifest=bytes.fromhex(state.manifest_hash), lot=str(raw.body.get("lot")),
            bidder=person.organisation, bidder_key=bytes.fromhex(device.public_key), stage=stage,
            size=stored.size, root=bytes.fromhex(stored.root),
        )  # fmt: skip
        await asyncio.to_thread(_check, part, stored.head, expected)
        await hall.files.adopt(stored.upload)
        stages.append({
            "stage": stage, "upload": stored.upload, "descriptor": part["descriptor"],
            "signature": part["signature"],
        })  # fmt: skip
    return {"stages": stages}


def _check(part: Mapping[str, Any], head: bytes, expected: Expected) -> None:
    kind = looks_like_plaintext(head, expected.size or 0)
    if kind is not None:
        message = f"the {expected.stage} file is not sealed: it looks like {kind}. "
        message += "Seal it with `bidhall bid seal` or on the sealing page, then send it (D20 26)"
        raise InvalidCommandError(
            message, code="plaintext-refused", stage=expected.stage, looks_like=kind
        )
    try:
        check_descriptor(part["descriptor"], part.get("signature"), expected)
    except CryptoError as error:
        message = f"the {expected.stage} envelope is refused: {error}"
        raise InvalidCommandError(message, code=error.code, stage=expected.stage) from error
