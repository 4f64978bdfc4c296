"""Checks of custody: the ceremony, the shares, the keys they made."""

from __future__ import annotations

from bidhall.facts.keys import dkg_results
from bidhall.verification.bundle import Bundle
from bidhall.verification.outcome import CheckFailedError, require
from crypto import stanzas
from crypto.errors import CryptoError
from crypto.shares import check_share, recover_private_key

__all__ = ["CUSTODY_CHECKS"]


def ceremony(bundle: Bundle) -> dict[str, object]:
    """The tender's keys come from a ceremony all custodians certified."""
    state, tender = bundle.state("cer"), bundle.state("ten")
    manifest = tender.manifest
    require(state.stream == manifest["ceremony"], "the ceremony of the manifest is missing")
    try:
        results = dkg_results(state)
    except (CryptoError, KeyError, ValueError) as error:
        raise CheckFailedError("the key ceremony does not hold: {reason}", reason=error) from error
    for event in bundle.events("cer"):
        seat = state.custodian(event.actor) if "index" in event.body else None
        require("index" not in event.body or (seat and seat.index) == event.body["index"],
                "{kind} of seat {index} comes from another person", kind=event.kind,
                index=event.body.get("index"))  # fmt: skip
    known = {f"{state.stream}.{number}": one for number, one in enumerate(results, 1)}
    for stage, key in manifest["keys"].items():
        made = known.get(key["key"])
        require(made is not None and made["public_key"] == key["public_key"]
                and made["shares"] == key["shares"],
                "the {stage} key of the manifest is not one of the ceremony's", stage=stage)  # fmt: skip
    require(manifest["threshold"] == state.threshold, "the manifest names another threshold")
    people = [one.person for one in state.custodians]
    require([one["person"] for one in manifest["custodians"]] == people,
            "the manifest names other custodians than the ceremony")  # fmt: skip
    return {"keys": len(manifest["keys"]), "custodians": len(people), "threshold": state.threshold}


def shares(bundle: Bundle) -> dict[str, object]:
    """Each released share is the one committed to; t of them give the recorded private key."""
    manifest = bundle.state("ten").manifest
    done = 0
    for prefix in ("ope", "eva"):
        custody = getattr(bundle.state(prefix), "custody", None) if bundle.events(prefix) else None
        for stage, given in (custody.released if custody else {}).items():
            key = manifest["keys"][stage]
            raw = {index: bytes.fromhex(share) for index, share in given.items()}
            for index, share in raw.items():
                try:
                    check_share(bytes.fromhex(key["shares"][index - 1]), share)
                except CryptoError as error:
                    raise CheckFailedError(
                        "share {index} of the {stage} key is not the one committed to",
                        index=index, stage=stage,
                    ) from error  # fmt: skip
                done += 1
            if custody and stage in custody.recovered:
                _check_recovered(stage, raw, manifest, custody.recovered[stage])
    return {"shares": done}


def _check_recovered(
    stage: str, raw: dict[int, bytes], manifest: dict[str, object], recorded: str
) -> None:
    key = manifest["keys"][stage]  # type: ignore[index] # a manifest is JSON
    private = recover_private_key(
        raw, int(str(manifest["threshold"])), bytes.fromhex(key["public_key"])
    )
    scalar = private.private_numbers().private_value.to_bytes(32, "big").hex()
    require(scalar == recorded, "the recorded {stage} key is not what the shares give", stage=stage)


def operator(bundle: Bundle) -> dict[str, object]:
    """The operator's released seed belongs to the public key of the manifest."""
    manifest, opening = bundle.state("ten").manifest, bundle.state("ope")
    for stage, seed in getattr(opening, "operator", {}).items():
        public = stanzas.operator_public_bytes(bytes.fromhex(seed)).hex()
        require(public == manifest["keys"][stage]["operator"],
                "the operator's {stage} key is not that of the manifest", stage=stage)  # fmt: skip
    return {"legs": len(getattr(opening, "operator", {}))}


CUSTODY_CHECKS = {"ceremony": ceremony, "shares": shares, "operator": operator}
