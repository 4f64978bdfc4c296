"""The clerk: sets papers and files them, and completes ceremonies."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any

from bidhall.papers.opening_record import set_opening_record
from bidhall.papers.report import set_report

if TYPE_CHECKING:
    from bidhall.hall import Hall

__all__ = ["opening_record", "report"]


async def opening_record(hall: Hall, stream: str) -> dict[str, Any]:
    """Set and store the opening record; gives the facts of ``FileOpeningRecord``."""
    state, _ = await hall.streams.state(stream)
    events = await hall.streams.events(stream)
    return await _store(hall, await asyncio.to_thread(set_opening_record, state, events))


async def report(hall: Hall, stream: str) -> dict[str, Any]:
    """Set and store the evaluation report; gives the facts of ``FileReport``."""
    state, _ = await hall.streams.state(stream)
    events = await hall.streams.events(stream)
    return await _store(hall, await asyncio.to_thread(set_report, state, events))


async def _store(hall: Hall, pdf: bytes) -> dict[str, Any]:
    stored = await hall.files.put(pdf)
    return {"file": stored, "sha256": hashlib.sha256(pdf).hexdigest(), "size": len(pdf)}
