"""A hall that rewrites its own record and signs it again with its own key.

Against this attacker neither sums nor Merkle proofs help: what its people signed with their
devices, what the custodians' shares open, and what anyone can compute again must.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidhall.record.keys import load_log_key
from crypto import signatures
from crypto.descriptor import parse_descriptor
from tests.integration.demonstrated import Demonstration
from tests.verification.bundles import Files, Lines, entries, judge, resigned

pytestmark = [pytest.mark.services, pytest.mark.slow]

Edit = Callable[[Lines], None]
Form = dict[str, Any]


@pytest.fixture(scope="module")
def files(demo: Demonstration) -> Files:
    return entries(demo.record)


@pytest.fixture(scope="module")
def key(demo: Demonstration) -> Ed25519PrivateKey:
    """The key of the demonstration's record: here the hall is the attacker."""
    return load_log_key(demo.folder / "hall" / "keys" / "record.key")


def part(lines: Lines, prefix: str) -> list[Form]:
    return next(one for name, one in lines.items() if name.split("-")[0] == prefix)


def events(lines: Lines, prefix: str, kind: str) -> list[Form]:
    return [
        one["event"]
        for one in part(lines, prefix)
        if "event" in one and one["event"]["kind"] == kind
    ]


def in_body(prefix: str, kind: str, change: Callable[[Form], Any]) -> Edit:
    """Change the body of the first event of a kind."""

    def edit(lines: Lines) -> None:
        change(events(lines, prefix, kind)[0]["body"])

    return edit


def without(prefix: str, kind: str) -> Edit:
    def edit(lines: Lines) -> None:
        gone = events(lines, prefix, kind)[0]
        own = part(lines, prefix)
        own[:] = [one for one in own if one.get("event") is not gone]

    return edit


def exchanged(prefix: str, kind: str, *names: str) -> Edit:
    """Let two events of a kind change what their bodies say."""

    def edit(lines: Lines) -> None:
        one, other = (event["body"] for event in events(lines, prefix, kind)[:2])
        for name in names:
            assert one[name] != other[name]
            one[name], other[name] = other[name], one[name]

    return edit


def unsigned(prefix: str, kind: str, actor: str = "") -> Edit:
    def edit(lines: Lines) -> None:
        event = events(lines, prefix, kind)[0]
        del event["signed"]
        event["actor"] = actor or event["actor"]

    return edit


def by_another(prefix: str, kind: str) -> Edit:
    """Let two signed events change their actors."""

    def edit(lines: Lines) -> None:
        one = events(lines, prefix, kind)[0]
        other = next(e for e in events(lines, prefix, kind) if e["actor"] != one["actor"])
        one["actor"], other["actor"] = other["actor"], one["actor"]

    return edit


def forged_replacement(lines: Lines) -> None:
    """A replacement nobody sent, hidden behind the command id of a bid somebody did send."""
    own = part(lines, "ten")
    first, other = events(lines, "ten", "BidSubmitted")[:2]
    forged = json.loads(json.dumps(first))
    forged["kind"] = "BidReplaced"
    forged["body"] |= {"number": 2, "stages": other["body"]["stages"]}
    del forged["signed"]
    place = next(at for at, one in enumerate(own) if one.get("event") is other)
    own.insert(place + 1, {**own[place], "event": forged})


def truncated(prefix: str, kind: str) -> Edit:
    """Cut a stream right before an event."""

    def edit(lines: Lines) -> None:
        own = part(lines, prefix)
        stop = events(lines, prefix, kind)[0]
        at = next(place for place, one in enumerate(own) if one.get("event") is stop)
        del own[at:]

    return edit


def resown(lines: Lines) -> None:
    """Whose device is whose, told otherwise."""
    one, other = events(lines, "registry", "DeviceEnrolled")[:2]
    one["body"]["person"], other["body"]["person"] = (
        other["body"]["person"], one["body"]["person"],
    )  # fmt: skip


def first_sheet(change: Callable[[Form], Any]) -> Edit:
    def edit(lines: Lines) -> None:
        sheet = events(lines, "eva", "SheetLocked")[0]["body"]["sheet"]
        change(sheet)

    return edit


def raise_points(sheet: Form) -> None:
    points = next(iter(sheet["scores"].values()))
    points["1"] = "9.90" if points["1"] != "9.90" else "9.80"


def cheaper(body: Form) -> None:
    body["form"]["price"] = "1000000.00"


def easier(body: Form) -> None:
    body["lots"][0]["price"]["weight"] = "10.00"


def one_bid_less(body: Form) -> None:
    body["bids"] = body["bids"][1:]


def other_seat(body: Form) -> None:
    body["seats"][0]["expert"], body["seats"][1]["expert"] = (
        body["seats"][1]["expert"], body["seats"][0]["expert"],
    )  # fmt: skip


def later(body: Form) -> None:
    body["manifest"]["closes_at"] = "2027-01-01T00:00:00.000Z"


def better_rank(body: Form) -> None:
    rows = body["report"]["rows"]
    rows[0]["bid"], rows[1]["bid"] = rows[1]["bid"], rows[0]["bid"]


EDITS: dict[str, Edit] = {
    "two bids' stages exchanged": exchanged("ten", "BidSubmitted", "stages"),
    "two bids' owners exchanged": exchanged("ten", "BidSubmitted", "bid"),
    "a bid's lot": in_body("ten", "BidSubmitted", lambda body: body.update(lot="3")),
    "a bid unsigned": unsigned("ten", "BidSubmitted"),
    "a bid by the clock": unsigned("ten", "BidSubmitted", "clock"),
    "two bids' senders exchanged": by_another("ten", "BidSubmitted"),
    "a bid left out": without("ten", "BidSubmitted"),
    "a replacement left out": without("ten", "BidReplaced"),
    "a withdrawal left out": without("ten", "BidWithdrawn"),
    "a withdrawal of another bid": in_body(
        "ten", "BidWithdrawn", lambda body: body.update(bid="bid-" + "a" * 26)
    ),
    "a forged replacement": forged_replacement,
    "another deadline": in_body("ten", "TenderPublished", later),
    "a close that lists one bid less": in_body("ten", "TenderClosed", one_bid_less),
    "a tender cut before its close": truncated("ten", "TenderClosed"),
    "an opening with one bid less": in_body("ope", "OpeningConvened", one_bid_less),
    "an opening with two custodians": in_body(
        "ope", "OpeningConvened", lambda body: body.update(threshold=2)
    ),
    "an opening with another host": in_body(
        "ope", "OpeningConvened", lambda body: body.update(hosts=["per-" + "a" * 26])
    ),
    "a share altered": in_body(
        "ope", "ShareReleased", lambda body: body.update(share="00" * 31 + "01")
    ),
    "a share unsigned": unsigned("ope", "ShareReleased"),
    "a share left out": without("ope", "ShareReleased"),
    "another tender key": in_body(
        "ope", "KeyRecovered", lambda body: body.update(private_key="00" * 31 + "07")
    ),
    "another operator key": in_body(
        "ope", "OperatorKeyReleased", lambda body: body.update(private_key="07" * 32)
    ),
    "a price": in_body("ope", "BidOpened", cheaper),
    "two prices exchanged": exchanged("ope", "BidOpened", "form"),
    "an opened bid left out": without("ope", "BidOpened"),
    "an announcement left out": without("ope", "BidsAnnounced"),
    "a price announced": in_body(
        "ope", "BidsAnnounced", lambda body: body["bids"][0]["form"].update(price="1.00")
    ),
    "an announcement of one bid less": in_body("ope", "BidsAnnounced", one_bid_less),
    "an opening cut before its end": truncated("ope", "OpeningEnded"),
    "an opening cut before an objection": truncated("ope", "ObjectionRaised"),
    "another bid confirmed": exchanged("ope", "BidConfirmed", "bid"),
    "an evaluation of one bid less": in_body("eva", "EvaluationConvened", one_bid_less),
    "an evaluation by other weights": in_body("eva", "EvaluationConvened", easier),
    "an evaluation with other seats to draw": in_body(
        "eva", "EvaluationConvened", lambda body: body["draw"]["seats"][0].update(county="532932")
    ),
    "a roster with one expert less": in_body(
        "eva", "RosterFiled", lambda body: body["roster"].pop()
    ),
    "a roster committed otherwise": in_body(
        "eva", "RosterCommitted", lambda body: body.update(root="07" * 32)
    ),
    "two seats exchanged": in_body("eva", "DrawMade", other_seat),
    "another seed": in_body("eva", "DrawMade", lambda body: body.update(seed="07" * 32)),
    "a pledge by another": by_another("eva", "PledgeSigned"),
    "a pledge for another seat": exchanged("eva", "PledgeSigned", "seat"),
    "a pledge unsigned": unsigned("eva", "PledgeSigned"),
    "a score": first_sheet(raise_points),
    "two sheets exchanged": exchanged("eva", "SheetLocked", "sheet"),
    "a sheet by another": by_another("eva", "SheetLocked"),
    "a sheet revealed otherwise": in_body(
        "eva", "SheetsRevealed", lambda body: raise_points(body["sheets"][0]["sheet"])
    ),
    "a sheet left out": without("eva", "SheetLocked"),
    "two ranks exchanged": in_body("eva", "LotRanked", better_rank),
    "a signature under the report left out": without("eva", "ReportSigned"),
    "a dissent written in": in_body(
        "eva", "ReportSigned", lambda body: body.update(dissent="I disagree")
    ),
    "a report signed for another seat": exchanged("eva", "ReportSigned", "seat"),
    "an evaluation cut before its report": truncated("eva", "ReportFiled"),
    "another report": in_body("eva", "ReportFiled", lambda body: body.update(sha256="07" * 32)),
    "a ceremony's message": exchanged("cer", "RoundOneSubmitted", "messages"),
    "a ceremony's certificate": exchanged("cer", "TranscriptSigned", "signatures"),
    "two custodians' places exchanged": exchanged("cer", "CustodianJoined", "index"),
    "a ceremony cut before its end": truncated("cer", "CeremonyCompleted"),
    "two devices' owners exchanged": resown,
    "a device left out": without("registry", "DeviceEnrolled"),
}


def test_a_record_resigned_without_a_change_still_holds(
    files: Files, key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    """So that what fails below fails for its edit, and not for being put together anew."""
    assert judge(resigned(files, key, lambda _: None), tmp_path).status == 0


@pytest.mark.parametrize("name", EDITS)
def test_a_hall_that_rewrites_its_record_is_found_out(
    files: Files, key: Ed25519PrivateKey, tmp_path: Path, name: str
) -> None:
    found = judge(resigned(files, key, EDITS[name]), tmp_path)
    assert found.convincing, found
    assert found.check not in {"files", "checkpoint", "inclusion"}, found


def test_an_envelope_of_another_key_in_a_bidders_name(
    files: Files, key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    """Whoever seals in a bidder's name can make all of it fit but the bidder's signature."""
    stranger = ec.generate_private_key(ec.SECP256R1())

    def edit(lines: Lines) -> None:
        for stage in events(lines, "ten", "BidSubmitted")[0]["body"]["stages"]:
            public = signatures.compress(stranger.public_key()).hex()
            stage["descriptor"]["bidder_key"] = public
            signed = parse_descriptor(stage["descriptor"]).signed_bytes()
            stage["signature"] = signatures.sign(stranger, signed).hex()

    found = judge(resigned(files, key, edit), tmp_path)
    assert (found.status, found.check) == (1, "signed-commands")


def _hide(lines: Lines, receipt: Form) -> None:
    """Leave a bid out everywhere, as if it had never come: nothing else is out of tune then."""
    bid = receipt["event"]["body"]["bid"]
    own = part(lines, "ten")
    own[:] = [one for one in own if one["event"]["body"].get("bid") != bid]


def test_who_holds_the_receipt_of_a_hidden_bid_finds_it_out(
    demo: Demonstration, files: Files, key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    """A withdrawn bid is missed by no other check if its close forgets it too; its receipt is."""
    path = next(one for one in demo.receipts if one.name.startswith("yeyu-lot3"))
    receipt = json.loads(path.read_bytes())

    def edit(lines: Lines) -> None:
        _hide(lines, receipt)
        events(lines, "ten", "TenderClosed")[0]["body"]["withdrawn"] = []

    data = resigned(files, key, edit)
    assert judge(data, tmp_path).status == 0
    found = judge(data, tmp_path, path)
    assert (found.status, found.check) == (1, "receipt")
    assert judge(demo.record.read_bytes(), tmp_path, path).status == 0


def test_a_receipt_is_compared_with_the_event_not_with_its_place(
    demo: Demonstration, files: Files, key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    """Another salt is another leaf: the same place in a second log is not what was promised."""
    path = demo.receipts[0]
    receipt = json.loads(path.read_bytes())
    stream, seq = receipt["event"]["stream"], receipt["event"]["seq"]

    def edit(lines: Lines) -> None:
        lines[stream][seq - 1]["salt"] = "07" * 32

    found = judge(resigned(files, key, edit), tmp_path, path)
    assert (found.status, found.check) == (1, "receipt")
