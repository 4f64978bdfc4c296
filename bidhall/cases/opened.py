"""The bids of an opening: what became of each, and what its bidder and the host say about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bidhall.cases import fields
from bidhall.cases.case import Body, Command, Event, Happening, Person
from bidhall.cases.errors import (
    ConflictError,
    ForbiddenError,
    InvalidCommandError,
    NotFoundError,
)

__all__ = ["Bids", "Opened", "announce", "bids_after", "confirm", "judge", "object_to", "settle"]


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of one bid: its form, or why it is void; and what its bidder said."""

    bid: str
    lot: str
    bidder: str
    bidder_name: str
    form: Body | None = None
    plaintext_root: str = ""
    void: str = ""
    void_code: str = ""
    fault: str = ""
    confirmed_at: str = ""

    @property
    def settled(self) -> bool:
        """Tell whether it is opened or void."""
        return self.form is not None or bool(self.void)


Bids = Mapping[str, Opened]


def settle(bids: Bids, command: Command) -> tuple[Happening, ...]:
    """Take what the opener found: a form, or why there is none; after the last bid all is said."""
    bid = _find(bids, command.body)
    if bid.settled:
        return ()
    facts = {"bid": bid.bid, "lot": bid.lot, **command.facts}
    happening = Happening("BidOpened" if command.kind == "RecordOpened" else "BidVoided", facts)
    left = [one for one in bids.values() if not one.settled and one.bid != bid.bid]
    if left:
        return (happening,)
    return (happening, Happening("DecryptionCompleted", {"total": len(bids)}))


def announce(bids: Bids) -> Happening:
    """Say every name and form at once."""
    return Happening("BidsAnnounced", {"bids": [_announced(one) for one in bids.values()]})


def confirm(bids: Bids, command: Command, actor: Person) -> Happening:
    """Let a bidder confirm what was announced as its bid."""
    bid = _own(bids, command.body, actor)
    if bid.confirmed_at:
        raise ConflictError("this bid was confirmed before", code="confirmed-already")
    return Happening("BidConfirmed", {"bid": bid.bid, "bidder": bid.bidder})


def object_to(bids: Bids, command: Command, actor: Person, number: int) -> Happening:
    """Let a bidder raise the session's objection of this ``number``, over its own bid."""
    bid = _own(bids, command.body, actor)
    body = {
        "objection": f"obj-{number}",
        "bid": bid.bid,
        "bidder_name": bid.bidder_name,
        "text": fields.text(command.body, "text", maximum=1000),
    }
    return Happening("ObjectionRaised", body)


def judge(bids: Bids, command: Command) -> Happening:
    """Take the host's word on who is to blame for a void bid."""
    bid = _find(bids, command.body)
    if not bid.void:
        message = f"{bid.bid} was opened; there is no fault to judge"
        raise InvalidCommandError(message, code="not-void", bid=bid.bid)
    fault = fields.choice(command.body, "fault", "BIDDER", "PLATFORM", "UNKNOWN")
    reason = fields.text(command.body, "reason", maximum=1000)
    return Happening("FaultJudged", {"bid": bid.bid, "fault": fault, "reason": reason})


def bids_after(bids: Bids, event: Event) -> Bids:
    """Apply ``BidOpened``, ``BidVoided``, ``BidConfirmed`` or ``FaultJudged``."""
    body, bid = event.body, bids[event.body["bid"]]
    match event.kind:
        case "BidOpened":
            bid = replace(bid, form=body["form"], plaintext_root=body["plaintext_root"])
        case "BidVoided":
            bid = replace(bid, void=body["reason"], void_code=body["code"], fault=body["fault"])
        case "BidConfirmed":
            bid = replace(bid, confirmed_at=event.at.isoformat())
        case _:
            bid = replace(bid, fault=body["fault"])
    return {**bids, bid.bid: bid}


def _find(bids: Bids, body: Body) -> Opened:
    bid = fields.ident(body, "bid")
    found = bids.get(bid)
    if found is None:
        message = f"{bid} is not a bid of this opening"
        raise NotFoundError(message, code="no-such-bid", bid=bid)
    return found


def _own(bids: Bids, body: Body, actor: Person) -> Opened:
    bid = _find(bids, body)
    if bid.bidder != actor.organisation:
        message = f"{bid.bid} is not your organisation's bid"
        raise ForbiddenError(message, code="not-your-bid", bid=bid.bid)
    return bid


def _announced(one: Opened) -> Body:
    base = {"bid": one.bid, "lot": one.lot, "bidder": one.bidder, "bidder_name": one.bidder_name}
    if one.form is None:
        return {**base, "void": one.void, "code": one.void_code, "fault": one.fault}
    return {**base, "form": one.form}
