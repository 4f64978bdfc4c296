"""Releasing shares of a tender key: the same rules in the opening and in the draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bidhall.cases import fields
from bidhall.cases.case import Body, Command, Happening, Person
from bidhall.cases.errors import ConflictError, ForbiddenError, InvalidCommandError
from crypto.errors import CryptoError
from crypto.shares import check_share, recover_private_key

__all__ = ["Custody", "release_share", "with_event"]


@dataclass(frozen=True, slots=True)
class Custody:
    """Who holds shares of which tender keys, and what was released so far (hex).

    ``keys``: stage -> {key, public_key, shares [Y_1..Y_n]}, as in the manifest.
    """

    threshold: int = 0
    custodians: tuple[Body, ...] = ()
    keys: Mapping[str, Body] = field(default_factory=dict)
    released: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    recovered: Mapping[str, str] = field(default_factory=dict)

    def index_of(self, person: str) -> int | None:
        """Tell which share a person holds, from 1."""
        return next((one["index"] for one in self.custodians if one["person"] == person), None)

    def complete(self, *stages: str) -> bool:
        """Tell whether the keys of these stages are recovered."""
        return all(stage in self.recovered for stage in stages)


def release_share(custody: Custody, command: Command, actor: Person) -> tuple[Happening, ...]:
    """Take a share; the t-th makes the private key, which is then part of the record.

    Raises:
        InvalidCommandError: the share is not the one whose public share the manifest names.
        ConflictError: it was released before, or enough others came first.
    """
    fields.only(command.body, "stage", "share", "checkpoint")
    stage = fields.choice(command.body, "stage", *custody.keys)
    share = fields.hexed(command.body, "share", 32)
    seen = fields.table(command.body.get("checkpoint"), "checkpoint")
    fields.only(seen, "origin", "size", "root")
    index = custody.index_of(actor.id)
    if index is None:
        message = "you hold no share of this tender's keys"
        raise ForbiddenError(message, code="no-share")
    given = custody.released.get(stage, {})
    if index in given:
        message = f"share {index} of the {stage} key was released before"
        raise ConflictError(message, code="released-already", index=index, stage=stage)
    if stage in custody.recovered:
        message = f"the {stage} key is open already; your share is not needed"
        raise ConflictError(message, code="recovered-already", stage=stage)
    key = custody.keys[stage]
    try:
        check_share(bytes.fromhex(key["shares"][index - 1]), bytes.fromhex(share))
    except CryptoError as error:
        message = f"share {index} of the {stage} key does not match its public share"
        raise InvalidCommandError(message, code="wrong-share", index=index) from error
    released = Happening(
        "ShareReleased",
        {"stage": stage, "index": index, "share": share, "checkpoint": dict(seen)},
    )
    shares = {**given, index: share}
    if len(shares) < custody.threshold:
        return (released,)
    private = recover_private_key(
        {place: bytes.fromhex(one) for place, one in shares.items()},
        custody.threshold,
        bytes.fromhex(key["public_key"]),
    )
    scalar = private.private_numbers().private_value.to_bytes(32, "big").hex()
    recovered = Happening(
        "KeyRecovered", {"stage": stage, "public_key": key["public_key"], "private_key": scalar}
    )
    return (released, recovered)


def with_event(custody: Custody, kind: str, body: Body) -> Custody:
    """Apply ``ShareReleased`` or ``KeyRecovered``."""
    stage = body["stage"]
    if kind == "ShareReleased":
        given = {**custody.released.get(stage, {}), body["index"]: body["share"]}
        return replace(custody, released={**custody.released, stage: given})
    return replace(custody, recovered={**custody.recovered, stage: body["private_key"]})


def shown(kind: str, body: Body) -> Body:
    """Show a release without the secret: the share and the key leave with the bundle."""
    hidden = "share" if kind == "ShareReleased" else "private_key"
    return {name: value for name, value in body.items() if name != hidden}
