"""Facts: what the hall itself knows and a command needs, found before the streams are locked.

Only what cannot change under the command's feet is a fact: the hash of a stored file, the end of
another case, a key reserved for this tender. ``decide`` stays pure; nothing here decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from bidhall.cases import ceremony, fields, tender
from bidhall.cases.case import Case, Person
from bidhall.cases.errors import ConflictError, InvalidCommandError, NotFoundError
from bidhall.facts.bids import bid_facts
from bidhall.facts.keys import assign_keys, complete_ceremony
from bidhall.facts.roster import roster_facts

if TYPE_CHECKING:
    from bidhall.desk import RawCommand
    from bidhall.hall import Hall

__all__ = ["gatherer"]

Facts = Mapping[str, Any]
NONE: Facts = {}


def gatherer(
    hall: Hall,
) -> Callable[[Case, Any, RawCommand, Person], Awaitable[Facts]]:
    """Give the function that finds the facts of a command."""

    async def gather(case: Case, state: Any, raw: RawCommand, person: Person) -> Facts:
        find = _FINDERS.get((case.KIND, raw.kind))
        return NONE if find is None else await find(hall, state, raw, person)

    return gather


async def _custodians(hall: Hall, state: Any, raw: RawCommand, person: Person) -> Facts:
    del state, person
    wanted = [str(one) for one in fields.items(raw.body, "custodians", low=2, high=15)]
    people = [await hall.people.find(one) for one in wanted]
    missing = [
        one for one, found in zip(wanted, people, strict=True)
        if found is None or "custodian" not in found.roles
    ]  # fmt: skip
    if missing:
        message = f"not a custodian of this hall: {', '.join(missing)}"
        raise InvalidCommandError(message, code="not-a-custodian", people=missing)
    return {
        "custodians": [
            {"person": one.id, "name": f"{one.organisation_name} {one.name}".strip()}
            for one in people if one is not None
        ]
    }  # fmt: skip


async def _completed(hall: Hall, state: ceremony.State, raw: RawCommand, person: Person) -> Facts:
    del hall, raw, person
    return {"keys": await asyncio.to_thread(complete_ceremony, state)}


async def _document(hall: Hall, state: Any, raw: RawCommand, person: Person) -> Facts:
    del state
    fields.only(raw.body, "name", "upload")
    found = await hall.files.facts(fields.ident(raw.body, "upload"), person.organisation)
    await hall.files.adopt(found.upload)
    return {"file": found.upload, "sha256": found.sha256, "size": found.size}


async def _keys(hall: Hall, state: tender.State, raw: RawCommand, person: Person) -> Facts:
    del person
    source = fields.ident(raw.body, "ceremony")
    made, head = await hall.streams.state(source)
    if head == 0 or not isinstance(made, ceremony.State):
        message = f"there is no key ceremony {source!a}"
        raise NotFoundError(message, code="no-such-ceremony")
    if made.phase is not ceremony.Phase.COMPLETED:
        message = f"the key ceremony {source} is {made.phase}; wait until it is completed"
        raise ConflictError(message, code="ceremony-unfinished", phase=made.phase)
    return await assign_keys(hall.pool, hall.operator, state.stream, made)


async def _origin(hall: Hall, state: Any, raw: RawCommand, person: Person) -> Facts:
    del state, raw, person
    return {"origin": hall.settings.origin}


async def _bid(hall: Hall, state: tender.State, raw: RawCommand, person: Person) -> Facts:
    return await bid_facts(hall, state, raw, person)


async def _opening(hall: Hall, state: Any, raw: RawCommand, person: Person) -> Facts:
    del state, person
    source, _ = await hall.streams.state("ten-" + raw.stream.split("-", 1)[1])
    if source.phase is not tender.Phase.CLOSED:
        raise ConflictError("the tender is not closed yet", code="not-closed")
    manifest = source.manifest
    live = {one["bid"] for one in source.closed["bids"]}
    return {
        **{k: manifest[k] for k in (
            "tender", "title", "title_en", "tenderee", "closes_at", "opens_at", "threshold",
            "custodians", "minimum_bids", "hosts", "keys",
        )},
        "manifest_hash": source.manifest_hash,
        "counts": source.closed["counts"],
        "root": source.closed["root"],
        "lots": [
            {k: lot[k] for k in ("lot", "name", "ceiling")} | {"name_en": lot.get("name_en", "")}
            for lot in manifest["lots"]
        ],
        "bids": [
            {"bid": one.bid, "lot": one.lot, "bidder": one.bidder, "bidder_name": one.bidder_name}
            for one in sorted(source.bids.values(), key=lambda bid: (bid.lot, bid.at, bid.bid))
            if one.bid in live
        ],
    }  # fmt: skip


async def _evaluation(hall: Hall, state: Any, raw: RawCommand, person: Person) -> Facts:
    del state, person
    number = raw.stream.split("-", 1)[1]
    source, _ = await hall.streams.state(f"ten-{number}")
    opened, _ = await hall.streams.state(f"ope-{number}")
    manifest = source.manifest
    bids = [
        {"bid": one.bid, "lot": one.lot, "bidder": one.bidder, "bidder_name": one.bidder_name,
         "price": one.form["price"]}
        for one in opened.bids.values() if one.form is not None
    ]  # fmt: skip
    used = {one["lot"] for one in bids}
    return {
        **{k: manifest[k] for k in (
            "tender", "title", "title_en", "threshold", "custodians", "hosts", "keys", "draw",
        )},
        "manifest_hash": source.manifest_hash,
        "lots": [lot for lot in manifest["lots"] if lot["lot"] in used],
        "bids": bids,
    }  # fmt: skip


_FINDERS: dict[tuple[str, str], Callable[..., Awaitable[Facts]]] = {
    ("ceremony", "ConveneCeremony"): _custodians,
    ("ceremony", "CompleteCeremony"): _completed,
    ("tender", "AttachDocument"): _document,
    ("tender", "AssignKeys"): _keys,
    ("tender", "PublishTender"): _origin,
    ("tender", "SubmitBid"): _bid,
    ("tender", "ReplaceBid"): _bid,
    ("opening", "ConveneOpening"): _opening,
    ("evaluation", "ConveneEvaluation"): _evaluation,
    ("evaluation", "CommitRoster"): roster_facts,
}
