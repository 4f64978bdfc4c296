"""Events put straight into the record, for cases whose way there is not the point of a test."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from bidhall.cases import case_of
from bidhall.cases.case import Event, canonical_event
from bidhall.hall import Hall
from bidhall.record.keys import load_log_key
from bidhall.record.sequencer import Sequencer
from crypto import canonical, records

Entry = tuple[str, str, dict[str, Any]]


async def append(hall: Hall, stream: str, *entries: Entry) -> None:
    """Append (kind, actor, body) to a stream."""
    async with hall.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "INSERT INTO stream (id, kind) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            stream, case_of(stream).KIND,
        )  # fmt: skip
        head = await connection.fetchval("SELECT head FROM stream WHERE id = $1", stream)
        at = await connection.fetchval("SELECT date_trunc('milliseconds', clock_timestamp())")
        for seq, (kind, actor, body) in enumerate(entries, head + 1):
            salt, command = os.urandom(32), f"cmd-{stream}-{seq}"
            event = Event(stream, seq, at, kind, actor, command, body)
            await connection.execute(
                "INSERT INTO event (stream, seq, at, kind, actor, command_id, ordinal, digest, body, salt, leaf)"
                " VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, $10)",
                stream, seq, at, kind, actor, command, b"", canonical.encode(body), salt,
                records.leaf_data(salt, canonical_event(event)),
            )  # fmt: skip
        await connection.execute(
            "UPDATE stream SET head = $2, at = $3 WHERE id = $1", stream, head + len(entries), at
        )


async def sequence(hall: Hall) -> None:
    """Give every event its place, and sign the checkpoint: one round of the sequencer."""
    settings = hall.settings
    key = load_log_key(settings.data / "keys" / "record.key")
    sequencer = Sequencer(settings.database_url, settings.origin, key)
    async with hall.pool.acquire() as connection:
        await sequencer.round(connection)


def tender_life(owner: str, documents: Sequence[dict[str, Any]] = ()) -> list[Entry]:
    """Give the events of a published tender, as far as a viewer needs them."""
    manifest = {
        "tender": "ten-one", "title": "洱海截污", "closes_at": "2026-12-24T01:30:00.000Z",
        "opens_at": "2026-12-24T01:30:00.000Z", "lots": [{"lot": "1"}],
        "documents": [{name: one[name] for name in ("name", "sha256", "size")} for one in documents],
    }  # fmt: skip
    created = {"owner": owner, "tenderee": "org-tenderee", "terms": {"title": "洱海截污"}}
    return [
        ("TenderCreated", owner, created),
        *(("DocumentAttached", owner, one) for one in documents),
        ("TenderPublished", owner, {"manifest": manifest, "manifest_hash": "ab" * 32}),
    ]


def bid(name: str, organisation: str) -> Entry:
    """Give the event of a bid that was handed in."""
    body = {
        "bid": name, "lot": "1", "bidder": organisation, "bidder_name": f"名称 {organisation}",
        "number": 1, "stages": [{"stage": "form", "descriptor": {"nonce": name}}],
    }  # fmt: skip
    return ("BidSubmitted", "per-bidder", body)
