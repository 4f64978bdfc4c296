"""Avoidance: each tie excludes, and only that tie."""

from __future__ import annotations

import pytest

from evaluation.avoidance import Expert, Party, Role, avoidance, eligible

BIDDER = Party("org-a", "91330100799655058B")
OTHER = Party("org-b", "914403001922038216")
TENDEREE = Party("org-t", "9144030071526726XG", Role.TENDEREE)


def _expert(employer: str = "", *relations: str, penalties: tuple[str, ...] = ()) -> Expert:
    return Expert("per-e", "532901", ("A08",), employer, relations, penalties)


def _codes(expert: Expert, *parties: Party) -> list[tuple[str, str]]:
    return [(one.code, one.party) for one in avoidance(expert, parties)]


def test_an_expert_without_ties_may_judge() -> None:
    assert _codes(_expert("org-x", "org-y"), BIDDER, OTHER, TENDEREE) == []


@pytest.mark.parametrize("name", ["org-a", "91330100799655058B"])
def test_id_and_code_name_the_same_organisation(name: str) -> None:
    assert _codes(_expert(name), OTHER, BIDDER) == [("employed-by-bidder", "org-a")]
    assert _codes(_expert("", name), OTHER, BIDDER) == [("related-to-bidder", "org-a")]


@pytest.mark.parametrize("role", list(Role))
def test_employment_excludes_with_every_party(role: Role) -> None:
    party = Party("org-p", "", role)
    assert _codes(_expert("org-p"), party) == [(f"employed-by-{role}", "org-p")]


def test_another_tie_excludes_with_a_bidder_only() -> None:
    assert _codes(_expert("", "org-t"), TENDEREE) == []


def test_a_penalty_excludes_from_everything() -> None:
    assert _codes(_expert(penalties=("暂停评标资格",))) == [("penalised", "")]


def test_all_reasons_are_listed_with_their_article() -> None:
    expert = _expert("org-a", "org-b", penalties=("x",))
    assert _codes(expert, BIDDER, OTHER) == [
        ("penalised", ""), ("employed-by-bidder", "org-a"), ("related-to-bidder", "org-b"),
    ]  # fmt: skip
    assert all(one.article for one in avoidance(expert, (BIDDER, OTHER)))


def test_what_is_unknown_on_both_sides_is_no_tie() -> None:
    assert _codes(_expert("", ""), Party("", "")) == []


def test_the_eligible_keep_their_order() -> None:
    experts = [_expert("org-x"), _expert("org-a"), _expert("org-y")]
    assert eligible(experts, [BIDDER]) == [experts[0], experts[2]]
