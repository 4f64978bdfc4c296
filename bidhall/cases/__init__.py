"""The kinds of case the hall knows. A plain dictionary: there is no other registration."""

from __future__ import annotations

from typing import cast

from bidhall.cases import ceremony, evaluation, opening, registry, tender
from bidhall.cases.case import Case
from bidhall.cases.errors import NotFoundError

__all__ = ["KINDS", "case_of"]

KINDS: dict[str, Case] = {
    module.KIND: cast("Case", module)
    for module in (registry, ceremony, tender, opening, evaluation)
}
_PREFIXES: dict[str, Case] = {case.PREFIX: case for case in KINDS.values()}


def case_of(stream: str) -> Case:
    """Find the kind of case a stream id belongs to by its prefix, ``ten-...`` being a tender.

    Raises:
        NotFoundError: no kind of case has this prefix.
    """
    case = _PREFIXES.get(stream.split("-", 1)[0])
    if case is None:
        message = f"{stream!r} is not the id of a case; ids look like ten-..., ope-... or eva-..."
        raise NotFoundError(message, code="no-such-case", stream=stream)
    return case
