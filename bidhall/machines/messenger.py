"""Carrying evidence to the operator's key process, and its answer into the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bidhall.hall import Hall

__all__ = ["operator_key", "operator_secrets"]


async def _evidence(hall: Hall, number: str, *, rostered: bool) -> dict[str, Any]:
    wanted = {"published": (f"ten-{number}", "TenderPublished"),
              "closed": (f"ten-{number}", "TenderClosed")}  # fmt: skip
    if rostered:
        wanted["rostered"] = (f"eva-{number}", "RosterCommitted")
    evidence: dict[str, Any] = {}
    for name, (stream, kind) in wanted.items():
        seq = next(one.seq for one in await hall.streams.events(stream) if one.kind == kind)
        evidence[name] = await hall.log.receipt(stream, seq)
    seen = await hall.operator.last_seen()
    evidence["consistency"] = await hall.log.consistency_for(evidence["closed"], seen)
    return evidence


async def operator_key(hall: Hall, stream: str) -> dict[str, Any]:
    """Ask the operator for the seed of the form stage; gives the facts of ``ReleaseOperatorKey``."""
    number = stream.split("-", 1)[1]
    evidence = await _evidence(hall, number, rostered=False)
    return await hall.operator.release_key(f"ten-{number}", "form", evidence)


async def operator_secrets(hall: Hall, stream: str) -> dict[str, Any]:
    """Ask the operator for k_O of each bid; gives the facts of ``ReleaseOperatorSecrets``."""
    number = stream.split("-", 1)[1]
    state, _ = await hall.streams.state(stream)
    source, _ = await hall.streams.state(f"ten-{number}")
    descriptors = {
        bid: next(s["descriptor"] for s in source.bids[bid].stages if s["stage"] == "technical")
        for bid in state.bids
    }
    evidence = await _evidence(hall, number, rostered=True)
    secrets = await hall.operator.release_secrets(f"ten-{number}", descriptors, evidence)
    return {"secrets": secrets}
