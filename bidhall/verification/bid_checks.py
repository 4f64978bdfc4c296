"""Checks of the bids: what came in is what was closed, opened and announced."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Mapping
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric import ec

from bidhall.cases.case import Event, instant
from bidhall.opening_bids import NotOpenable, open_stage
from bidhall.verification.bundle import Bundle
from bidhall.verification.outcome import CheckFailedError, require
from bidhall.verification.record_checks import RECEIVED
from crypto import canonical
from crypto.descriptor import Expected, check_descriptor
from crypto.errors import CryptoError
from crypto.treehash import RootHasher

__all__ = ["BID_CHECKS"]

_SPOOL = 16 << 20


def submitted(bundle: Bundle) -> dict[str, object]:
    """Each bid came before the deadline and the close, signed, and sealed for this very tender."""
    state = bundle.state("ten")
    closes = instant(state.manifest["closes_at"])
    nonces: set[str] = set()
    closed = False
    count = 0
    for event in bundle.events("ten"):
        closed = closed or event.kind == "TenderClosed"
        if event.kind not in RECEIVED:
            continue
        where = f"{event.body['bid']} version {event.body['number']}"
        require(not closed and event.at < closes, "{bid} lies after the close", bid=where)
        for stage in event.body["stages"]:
            _check_stage(state, event, stage, where)
            _check_stored(bundle, stage, where)
            nonce = stage["descriptor"]["nonce"]
            require(nonce not in nonces, "{bid} reuses an envelope", bid=where)
            nonces.add(nonce)
        count += 1
    return {"versions": count}


def _check_stage(state: Any, event: Event, stage: Mapping[str, Any], where: str) -> None:
    expected = Expected(
        manifest=bytes.fromhex(state.manifest_hash), lot=event.body["lot"],
        bidder=event.body["bidder"], bidder_key=bytes.fromhex(stage["descriptor"]["bidder_key"]),
        stage=stage["stage"], seq=event.body["number"],
    )  # fmt: skip
    try:
        check_descriptor(stage["descriptor"], stage["signature"], expected)
    except CryptoError as error:
        raise CheckFailedError(
            "the {stage} envelope of {bid} does not hold: {reason}",
            stage=stage["stage"], bid=where, reason=error,
        ) from error  # fmt: skip


def _check_stored(bundle: Bundle, stage: Mapping[str, Any], where: str) -> None:
    """Compare the ciphertext with its descriptor, also of a bid that was replaced or withdrawn."""
    if not bundle.has(stage["upload"]):
        require(stage["stage"] != "form", "the sealed form of {bid} is missing", bid=where)
        return
    hasher = RootHasher()
    for piece in bundle.pieces(stage["upload"]):
        hasher.update(piece)
    descriptor = stage["descriptor"]
    require(
        (hasher.length, hasher.digest().hex()) == (descriptor["size"], descriptor["root"]),
        "the sealed {stage} part of {bid} in files/{upload} was changed",
        stage=stage["stage"], bid=where, upload=stage["upload"],
    )  # fmt: skip


def closed_list(bundle: Bundle) -> dict[str, object]:
    """The close lists exactly the bids in force; submitted = opened + void + not opened + withdrawn."""
    state = bundle.state("ten")
    require(bool(state.closed), "the tender was never closed")
    live = {one.bid: one for one in state.bids.values() if not one.withdrawn}
    listed = {one["bid"]: one for one in state.closed["bids"]}
    require(set(live) == set(listed), "the close lists other bids than were in force")
    for bid, entry in listed.items():
        hashes = {s["stage"]: canonical.digest(s["descriptor"]).hex() for s in live[bid].stages}
        require(
            entry["descriptors"] == hashes, "the close lists another envelope for {bid}", bid=bid
        )
    root = canonical.digest(state.closed["bids"]).hex()
    require(root == state.closed["root"], "the list of the close has another root")
    opening = bundle.events("ope")
    if not opening:
        return {"live": len(live), "withdrawn": len(state.closed["withdrawn"])}
    short = {one.body["lot"] for one in opening if one.kind == "LotNotOpened"}
    settled = [one.body["bid"] for one in opening if one.kind in {"BidOpened", "BidVoided"}]
    wanted = sorted(bid for bid, one in live.items() if one.lot not in short)
    require(sorted(settled) == wanted, "opened and void bids are not the bids of the close")
    _check_convened(opening[0].body, state, live)
    return {"live": len(live), "withdrawn": len(state.closed["withdrawn"]), "opened": len(settled)}


def _check_convened(body: Mapping[str, Any], tender: Any, live: Mapping[str, Any]) -> None:
    """The session has the bids of the close and the terms of the manifest."""
    wanted = {(one.bid, one.lot, one.bidder, one.bidder_name) for one in live.values()}
    found = {(one["bid"], one["lot"], one["bidder"], one["bidder_name"]) for one in body["bids"]}
    require(found == wanted, "the opening session has other bids than the close")
    for name in (
        "tender", "closes_at", "opens_at", "threshold", "custodians", "minimum_bids", "hosts", "keys",
    ):  # fmt: skip
        require(body[name] == tender.manifest[name],
                "the opening was convened with another {name} than the manifest's", name=name)  # fmt: skip
    require(body["counts"] == tender.closed["counts"],
            "the opening counts other bids than the close")  # fmt: skip


def opened(bundle: Bundle) -> dict[str, object]:
    """Each form, decrypted again here, is the one that was recorded and announced."""
    tender, opening = bundle.state("ten"), bundle.state("ope")
    if "form" not in opening.custody.recovered:
        return {"opened": 0}
    key = _private(opening.custody.recovered["form"])
    seed = opening.operator["form"]
    count = 0
    for event in bundle.events("ope"):
        if event.kind not in {"BidOpened", "BidVoided"}:
            continue
        bid = tender.bids[event.body["bid"]]
        stage = next(one for one in bid.stages if one["stage"] == "form")
        with _file(bundle, stage["upload"]) as source:
            result = open_stage(stage["descriptor"], key, source, None, operator_seed=seed)
        if event.kind == "BidVoided":
            require(isinstance(result, NotOpenable), "{bid} was void, but it opens", bid=bid.bid)
            continue
        if isinstance(result, NotOpenable):
            raise CheckFailedError(
                "{bid} does not open: {reason}", bid=bid.bid, reason=result.reason
            )
        require(result.plaintext_root == event.body["plaintext_root"],
                "{bid} opens to another content than recorded", bid=bid.bid)  # fmt: skip
        require(result.header.form == event.body["form"],
                "{bid} opens to other prices than recorded", bid=bid.bid)  # fmt: skip
        count += 1
    return {"opened": count}


def announced(bundle: Bundle) -> dict[str, object]:
    """What was announced is what was opened, and after all of it was open."""
    opening = bundle.state("ope")
    events = bundle.events("ope")
    told = next((one for one in events if one.kind == "BidsAnnounced"), None)
    if told is None:
        require(not opening.bids, "bids were opened but never announced")
        return {"announced": 0}
    done = next((one for one in events if one.kind == "DecryptionCompleted"), None)
    require(done is not None and done.seq < told.seq, "bids were announced before all were open")
    for one in told.body["bids"]:
        known = opening.bids.get(one["bid"])
        require(known is not None, "{bid} was announced but never opened", bid=one["bid"])
        require(one.get("form") == known.form and one["bidder"] == known.bidder,
                "{bid} was announced with other terms than it holds", bid=one["bid"])  # fmt: skip
    require(len(told.body["bids"]) == len(opening.bids), "bids are missing from the announcement")
    return {"announced": len(told.body["bids"])}


def technical(bundle: Bundle) -> dict[str, object]:
    """Each technical part in the bundle opens to what the committee was given."""
    evaluation, tender = bundle.state("eva"), bundle.state("ten")
    opening = bundle.state("ope")
    count = 0
    for bid, record in getattr(evaluation, "files", {}).items():
        stage = next(one for one in tender.bids[bid].stages if one["stage"] == "technical")
        if not bundle.has(stage["upload"]):
            continue
        key = _private(opening.custody.recovered["technical"])
        with _file(bundle, stage["upload"]) as source:
            result = open_stage(
                stage["descriptor"], key, source, None, operator_secret=evaluation.secrets[bid]
            )
        if isinstance(result, NotOpenable):
            require(bool(record.get("reason")), "the files of {bid} do not open: {reason}",
                    bid=bid, reason=result.reason)  # fmt: skip
            continue
        require(result.plaintext_root == record.get("plaintext_root"),
                "the files of {bid} open to another content than recorded", bid=bid)  # fmt: skip
        count += 1
    return {"opened": count}


def _private(scalar: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int(scalar, 16), ec.SECP256R1())


def _file(bundle: Bundle, upload: str) -> io.BufferedReader:
    # A form is small and stays in memory; files spill to disk, so memory stays constant.
    spool = tempfile.SpooledTemporaryFile(max_size=_SPOOL)  # noqa: SIM115 - the caller closes it
    try:
        for piece in bundle.pieces(upload):
            spool.write(piece)
    except BaseException:
        spool.close()
        raise
    spool.seek(0)
    return io.BufferedReader(cast("io.RawIOBase", spool))


BID_CHECKS = {
    "submitted": submitted,
    "closed-list": closed_list,
    "opened": opened,
    "announced": announced,
    "technical": technical,
}
