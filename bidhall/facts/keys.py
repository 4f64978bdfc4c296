"""Facts about keys: the result of a ceremony, and the keys a tender takes from it."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any

import asyncpg

from bidhall.cases import ceremony
from bidhall.cases.errors import ConflictError
from bidhall.cases.manifest import STAGES
from crypto import dkg

if TYPE_CHECKING:
    from bidhall.operator.client import OperatorClient

__all__ = ["assign_keys", "complete_ceremony"]


def complete_ceremony(state: ceremony.State) -> list[dict[str, Any]]:
    """Compute every key of the batch from the record alone, checking all certificates.

    A signature that does not verify is a CeremonyError naming its signer. Takes some 10 ms a key.
    """
    return [
        {"key": f"{state.stream}.{number}", **result}
        for number, result in enumerate(dkg_results(state), 1)
    ]


def dkg_results(state: ceremony.State) -> list[dict[str, Any]]:
    """Give public key, public shares, transcript hash and certificate of each key, hex."""
    order = [one.index for one in state.custodians]
    static_keys = tuple(bytes.fromhex(one.static_key) for one in state.custodians)
    results = []
    for place in range(state.batch):
        session = key_session(state.stream, place, state.threshold, static_keys)
        messages = [b64decode(str(state.round_one[index][place])) for index in order]
        outcome = dkg.public_outcome(session, messages)
        certificate = [bytes.fromhex(state.signatures[index][place]) for index in order]
        dkg.verify_certificate(session, outcome, certificate)
        results.append({
            "public_key": outcome.public_key.hex(),
            "shares": [one.hex() for one in outcome.public_shares],
            "transcript_hash": outcome.transcript_hash.hex(),
            "certificate": [one.hex() for one in certificate],
        })  # fmt: skip
    return results


def key_session(
    stream: str, place: int, threshold: int, static_keys: tuple[bytes, ...]
) -> dkg.Session:
    """Set up one key of one ceremony; no message of another key or ceremony fits it."""
    name = f"bidhall/key-ceremony/v1 {stream} {place}".encode()
    return dkg.Session(threshold, static_keys, dkg.session_context(name, static_keys))


async def assign_keys(
    pool: asyncpg.Pool, operator: OperatorClient, tender: str, made: ceremony.State
) -> dict[str, Any]:
    """Reserve one unused key per stage for the tender, and make the operator's keys.

    Asking again gives the same keys: the reservation is by tender and stage.

    Raises:
        ConflictError: the ceremony has no unused keys left.
    """
    keys: dict[str, Any] = {}
    for stage in (*STAGES, "lot"):
        key = await _reserve(pool, tender, stage, made)
        keys[stage] = {k: key[k] for k in ("key", "public_key", "shares")}
        if stage in STAGES:
            keys[stage]["operator"] = await operator.public_key(tender, stage)
    custodians = [
        {"index": one.index, "person": one.person, "name": one.name, "public_key": one.static_key}
        for one in made.custodians
    ]
    return {"ceremony": made.stream, "threshold": made.threshold, "custodians": custodians,
            "keys": keys}  # fmt: skip


async def _reserve(
    pool: asyncpg.Pool, tender: str, stage: str, made: ceremony.State
) -> dict[str, Any]:
    by_id = {one["key"]: dict(one) for one in made.keys}
    for key in by_id:
        # The unique constraints decide between two tenders that want the same key.
        await pool.execute(
            """
            INSERT INTO key_use (key, ceremony, tender, stage)
            SELECT $1, $2, $3, $4
            WHERE NOT EXISTS (SELECT 1 FROM key_use WHERE tender = $3 AND stage = $4)
            ON CONFLICT DO NOTHING
            """,
            key, made.stream, tender, stage,
        )  # fmt: skip
        held = await pool.fetchval(
            "SELECT key FROM key_use WHERE tender = $1 AND stage = $2", tender, stage
        )
        if held in by_id:
            return by_id[held]
    message = f"the key ceremony {made.stream} has no unused keys left; hold another"
    raise ConflictError(message, code="no-keys-left", ceremony=made.stream)
