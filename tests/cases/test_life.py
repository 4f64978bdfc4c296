"""The life of a tender by its rules alone, and what must not be seen before its time."""

from __future__ import annotations

import json
from datetime import timedelta

import life as play
import pytest
from life import BIDDERS, BIDDING, CUSTODIANS, EVA, EXPERTS, HOST, OPE, SUPERVISOR, TEN, Life

from bidhall.cases import evaluation, opening, tender
from bidhall.cases.errors import (
    ConflictError,
    ForbiddenError,
    InvalidCommandError,
    LateError,
    RefusedError,
    WrongPhaseError,
)


@pytest.fixture
def published() -> Life:
    life = Life()
    play.publish(life)
    return life


@pytest.fixture
def closed(published: Life) -> Life:
    for organisation in BIDDERS:
        play.submit(published, organisation, "1")
    for organisation in BIDDERS[:2]:
        play.submit(published, organisation, "2")
    play.close(published)
    return published


@pytest.fixture
def decrypted(closed: Life) -> Life:
    play.release(closed, OPE, "form", 0, 1)
    play.release(closed, OPE, "technical", 1, 2)
    play.decrypt(closed)
    return closed


@pytest.fixture
def announced(decrypted: Life) -> Life:
    decrypted.send(OPE, "TakeChair", HOST)
    decrypted.send(OPE, "AnnounceBids", HOST)
    return decrypted


@pytest.fixture
def scoring(announced: Life) -> Life:
    announced.send(OPE, "EndOpening", HOST, {"remark": ""})
    play.convene_evaluation(announced)
    play.start_scoring(announced)
    return announced


def text_of(shown: object) -> str:
    return json.dumps(shown, ensure_ascii=False, default=str)


def test_only_the_bidder_sees_its_bid_before_the_deadline(published: Life) -> None:
    bids = {one: play.submit(published, one, "1") for one in BIDDERS}
    for organisation, bid in bids.items():
        own = published.shown(TEN, f"org:{organisation}")
        assert sum(kind == "BidSubmitted" for kind, _ in own) == 1
        assert all(other not in text_of(own) for one, other in bids.items() if one != organisation)
        assert bid in text_of(own)
    for audience in ("public", "staff"):
        seen = text_of(published.shown(TEN, audience))
        assert all(bid not in seen and one not in seen for one, bid in bids.items())


def test_the_close_names_no_bidder(closed: Life) -> None:
    body = closed.events[TEN][-1].body
    assert body["counts"] == {"1": 4, "2": 2, "3": 0}
    assert all(one not in text_of(body) for one in BIDDERS)


def test_late_is_late_by_the_clock_and_by_the_close(published: Life) -> None:
    published.at = play.CLOSES
    with pytest.raises(LateError):
        play.submit(published, "org-a", "1")
    play.close(published)
    published.at = play.START
    with pytest.raises(LateError):
        play.submit(published, "org-a", "1")


def test_one_bid_in_force_per_organisation_and_lot(published: Life) -> None:
    bid = play.submit(published, "org-a", "1")
    with pytest.raises(ConflictError, match="already"):
        play.submit(published, "org-a", "1")
    with pytest.raises(RefusedError, match="not a bid of yours"):
        published.send(TEN, "WithdrawBid", BIDDING["org-b"], {"bid": bid})
    published.send(TEN, "WithdrawBid", BIDDING["org-a"], {"bid": bid})
    with pytest.raises(ConflictError, match="withdrawn"):
        published.send(TEN, "WithdrawBid", BIDDING["org-a"], {"bid": bid})


def test_an_envelope_is_taken_once(published: Life) -> None:
    play.submit(published, "org-a", "1")
    stages = published.state(TEN).bids["bid-a1" + "a" * 20].stages
    body = {"bid": "bid-a1" + "a" * 20, "lot": "1", "stages": []}
    with pytest.raises(ConflictError, match="seal the files again"):
        published.send(TEN, "ReplaceBid", BIDDING["org-a"], body, {"stages": stages})


def test_a_lot_with_too_few_bids_is_not_opened(closed: Life) -> None:
    kinds = [one.kind for one in closed.events[OPE]]
    assert kinds == ["OpeningConvened", "LotNotOpened", "LotNotOpened"]
    assert {one.lot for one in closed.state(OPE).bids.values()} == {"1"}


def test_no_name_and_no_price_before_the_announcement(decrypted: Life) -> None:
    seen = text_of(decrypted.shown(OPE, "public"))
    secrets = [*BIDDERS, *(play.price_of(one, "1") for one in BIDDERS), "MANAGER-"]
    keys = decrypted.state(OPE)
    secrets += [*keys.custody.recovered.values(), *keys.operator.values()]
    assert [one for one in secrets if one in seen] == []
    # The data that could leak is there: the stream itself holds every one of them.
    whole = text_of([one.body for one in decrypted.events[OPE]])
    assert [one for one in secrets if one not in whole] == []


def test_the_announcement_carries_every_price(announced: Life) -> None:
    kind, body = announced.shown(OPE, "public")[-1]
    assert kind == "BidsAnnounced"
    assert [one["form"]["price"] for one in body["bids"]] == [
        play.price_of(one, "1") for one in BIDDERS
    ]


def test_a_foreign_or_wrong_share_is_refused(closed: Life) -> None:
    seen = {"origin": "o", "size": 1, "root": "00" * 32}
    other = closed.shares["form"][1].secret.hex()
    with pytest.raises(InvalidCommandError) as caught:
        closed.send(
            OPE,
            "ReleaseShare",
            CUSTODIANS[0],
            {"stage": "form", "share": other, "checkpoint": seen},
        )
    assert caught.value.code == "wrong-share"
    assert other not in str(caught.value)
    with pytest.raises(ForbiddenError):
        closed.send(
            OPE, "ReleaseShare", HOST, {"stage": "form", "share": other, "checkpoint": seen}
        )


def test_a_second_host_takes_over_and_goes_on(decrypted: Life) -> None:
    with pytest.raises(ForbiddenError, match="chair"):
        decrypted.send(OPE, "AnnounceBids", HOST)
    other = play.person("host2", "host")
    decrypted.send(OPE, "TakeChair", other)
    decrypted.send(OPE, "TakeChair", HOST, {"reason": "电脑故障"})
    with pytest.raises(ForbiddenError):
        decrypted.send(OPE, "AnnounceBids", other)
    decrypted.send(OPE, "AnnounceBids", HOST)


def test_a_pause_stops_everything_but_its_end(decrypted: Life) -> None:
    decrypted.send(OPE, "TakeChair", HOST)
    decrypted.send(OPE, "PauseOpening", SUPERVISOR, {"reason": "核实情况"})
    with pytest.raises(WrongPhaseError, match="核实情况"):
        decrypted.send(OPE, "AnnounceBids", HOST)
    assert opening.due(decrypted.state(OPE)) == ()
    decrypted.send(OPE, "ResumeOpening", SUPERVISOR)
    decrypted.send(OPE, "AnnounceBids", HOST)


def test_an_open_objection_holds_the_end(announced: Life) -> None:
    bid = next(iter(announced.state(OPE).bids))
    announced.send(OPE, "RaiseObjection", BIDDING["org-a"], {"bid": bid, "text": "工期不符"})
    with pytest.raises(WrongPhaseError, match="obj-1"):
        announced.send(OPE, "EndOpening", HOST, {"remark": ""})
    announced.send(OPE, "AnswerObjection", HOST, {"objection": "obj-1", "text": "已核对"})
    ended = announced.send(OPE, "EndOpening", HOST, {"remark": ""})
    assert len(ended[0].body["silent"]) == 4


def test_experts_are_seats_without_names(scoring: Life) -> None:
    for audience in ("watch", "seat:1"):
        seen = text_of(scoring.shown(EVA, audience))
        assert all(one.id not in seen and one.name not in seen for one in EXPERTS)
    assert evaluation.audience(scoring.state(EVA), None) is None
    assert evaluation.audience(scoring.state(EVA), BIDDING["org-a"]) is None


def test_a_score_is_locked_to_others_until_the_reveal(scoring: Life) -> None:
    seats = play.seated(scoring)
    audiences = [*(f"seat:{number}" for number in seats), "watch"]
    for number, expert in list(seats.items())[:-1]:
        scores = play.sheet_of(scoring, "1", number)
        body = {"lot": "1", "scores": scores, "comments": {}}
        scoring.send(EVA, "SaveSheet", expert, body)
        scoring.send(EVA, "LockSheet", expert, body)
        for audience in audiences:
            fresh = scoring.shown(EVA, audience)[-1]
            if audience == f"seat:{number}":
                assert fresh[1]["sheet"]["scores"] == scores
            else:
                assert fresh == ("SheetLocked", {"seat": number, "lot": "1"})
    last, expert = list(seats.items())[-1]
    body = {"lot": "1", "scores": play.sheet_of(scoring, "1", last), "comments": {}}
    made = scoring.send(EVA, "LockSheet", expert, body)
    assert [one.kind for one in made] == ["SheetLocked", "SheetsRevealed", "LotRanked"]
    for audience in audiences:
        told = dict(scoring.shown(EVA, audience))["SheetsRevealed"]
        assert [one["seat"] for one in told["sheets"]] == sorted(seats)
    rows = made[-1].body["report"]["rows"]
    assert [row["rank"] for row in rows] == [1, 2, 3, 4]


def test_a_locked_sheet_stays(scoring: Life) -> None:
    number, expert = next(iter(play.seated(scoring).items()))
    body = {"lot": "1", "scores": play.sheet_of(scoring, "1", number), "comments": {}}
    scoring.send(EVA, "LockSheet", expert, body)
    for kind in ("SaveSheet", "LockSheet"):
        with pytest.raises(ConflictError) as caught:
            scoring.send(EVA, kind, expert, body)
        assert caught.value.code == "locked-already"


def test_a_score_out_of_range_names_value_and_limit(scoring: Life) -> None:
    number, expert = next(iter(play.seated(scoring).items()))
    scores = play.sheet_of(scoring, "1", number)
    bid = next(iter(scores))
    scores[bid]["3"] = "8.60"
    with pytest.raises(InvalidCommandError, match=r"8\.60"):
        scoring.send(EVA, "SaveSheet", expert, {"lot": "1", "scores": scores, "comments": {}})
    assert scoring.state(EVA).drafts == {}


def test_a_recused_expert_leaves_and_the_next_comes(announced: Life) -> None:
    announced.send(OPE, "EndOpening", HOST, {"remark": ""})
    play.convene_evaluation(announced)
    seats = play.seated(announced)
    gone = seats[1]
    made = announced.send(EVA, "Recuse", gone, {"reason": "与投标人有利害关系"})
    assert [one.kind for one in made] == ["ExpertRecused", "SeatFilled"]
    assert evaluation.audience(announced.state(EVA), gone) is None
    assert announced.state(EVA).seats[1].expert not in {one.id for one in seats.values()}


def test_what_the_machines_owe_follows_from_the_state(closed: Life) -> None:
    owed = tender.due(closed.state(TEN))
    assert [(one.kind, one.stream) for one in owed] == [("ConveneOpening", OPE)]
    assert opening.due(closed.state(OPE)) == ()
    play.release(closed, OPE, "form", 0, 1)
    play.release(closed, OPE, "technical", 0, 1)
    assert [one.kind for one in opening.due(closed.state(OPE))] == ["ReleaseOperatorKey"]


def test_terms_are_checked_before_publication() -> None:
    life = Life()
    life.send(TEN, "CreateTender", play.OWNER, {"title": "甲", "policy": "works"})
    with pytest.raises(InvalidCommandError, match="closes_at"):
        life.send(TEN, "PublishTender", play.OWNER, facts={"origin": "o"})
    seats = [{"county": "532901", "speciality": "A08", "count": 4}]
    with pytest.raises(InvalidCommandError, match="odd"):
        life.send(TEN, "ReviseTender", play.OWNER, {"draw": {"seats": seats}})


def test_notice_is_as_long_as_the_policy_says(published: Life) -> None:
    life = Life()
    terms = {**play.TERMS, "policy": "works", "hosts": [HOST.id], "draw": play.DRAW}
    life.send(TEN, "CreateTender", play.OWNER, terms)
    life.send(TEN, "AssignKeys", play.OWNER, facts=dict(published.state(TEN).keys))
    soon = play.stamp(play.START + timedelta(days=19))
    life.send(TEN, "ReviseTender", play.OWNER, {"closes_at": soon, "opens_at": soon})
    with pytest.raises(InvalidCommandError, match="20 days"):
        life.send(TEN, "PublishTender", play.OWNER, facts={"origin": "o"})
