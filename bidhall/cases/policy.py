"""Limits that come from law, as policies a tender names; none is hard-coded in a rule.

Each number carries its article: Law 招标投标法, Reg 实施条例, D87 财政部令第87号.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bidhall.cases.errors import InvalidCommandError

__all__ = ["POLICIES", "Policy", "policy_named"]


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of one tender type.

    ``notice``: least time from publication to the deadline (Law 24). ``minimum_bids``: fewer and
    the lot is not opened (Reg 44). ``candidates``: at most so many are ranked (Reg 53).
    """

    name: str
    notice: timedelta
    minimum_bids: int = 3
    candidates: int = 3


POLICIES = {
    one.name: one
    for one in (
        Policy("works", notice=timedelta(days=20)),
        Policy("procurement", notice=timedelta(days=20)),
        # For training and demonstrations: the whole life in minutes. The manifest names it, so
        # nobody can mistake such a tender for a lawful one.
        Policy("demonstration", notice=timedelta()),
    )
}


def policy_named(name: str) -> Policy:
    """Find a policy.

    Raises:
        InvalidCommandError: there is no such policy.
    """
    policy = POLICIES.get(name)
    if policy is None:
        message = f"there is no policy {name!r}; known are {', '.join(POLICIES)}"
        raise InvalidCommandError(message, code="no-such-policy", policy=name)
    return policy
