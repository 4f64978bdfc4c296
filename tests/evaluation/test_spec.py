"""docs/spec/scores.md: its example is computed here, and every error code is in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import evaluation.prices as price_methods
from evaluation import checks, errors
from evaluation.criteria import Lot, parse_lot, read_sheet
from evaluation.price_terms import Terms
from evaluation.questions import QUESTIONS
from evaluation.report import lot_report

PAGE = (Path(__file__).parents[2] / "docs" / "spec" / "scores.md").read_text("utf-8")


def _example(name: str) -> Any:
    found = re.search(rf"^```json example={name}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, name
    return json.loads(found[1])


def _sheet(lot: Lot, given: dict[str, list[str]]) -> dict[str, Any]:
    names = [one.id for one in lot.criteria]
    scores = {bid: dict(zip(names, line, strict=True)) for bid, line in given.items()}
    comments = {bid: dict.fromkeys(names, "见评审记录") for bid in given}
    return read_sheet(lot, sorted(given), scores, comments, complete=True).canonical()


def _report() -> dict[str, Any]:
    lot = parse_lot(_example("lot"))
    prices = {bid: Decimal(one) for bid, one in _example("prices").items()}
    sheets = {int(seat): _sheet(lot, given) for seat, given in _example("sheets").items()}
    return lot_report(lot, prices, sheets, {})


def test_the_example_is_what_the_code_computes() -> None:
    report = _report()
    outcome = _example("outcome")
    assert report["rows"] == _example("rows")
    assert report["candidates"] == outcome["candidates"]
    assert report["flags"] == outcome["flags"]
    findings = [[one["code"], one["bid"], one["seats"]] for one in report["findings"]]
    assert findings == outcome["findings"]


def _tree(root: type[errors.EvaluationError]) -> Iterator[type[errors.EvaluationError]]:
    yield root
    for one in root.__subclasses__():
        yield from _tree(one)


def test_every_code_flag_check_and_method_is_documented() -> None:
    codes = {one.code for one in _tree(errors.EvaluationError)}
    codes |= set(QUESTIONS) | set(checks.CHECKS) | set(price_methods.METHODS)
    codes |= {price_methods.ABOVE_CEILING}
    assert {one for one in codes if f"`{one}`" not in PAGE} == set()


def test_every_error_has_its_own_code_and_is_exported() -> None:
    tree = list(_tree(errors.EvaluationError))
    assert len({one.code for one in tree}) == len(tree)
    assert all(one.__name__ in errors.__all__ and one.__name__.endswith("Error") for one in tree)
    assert all(one.__name__ in (errors.__doc__ or "") for one in tree)


def test_every_field_of_the_report_is_documented() -> None:
    section = PAGE.split("## Report of a lot")[1].split("## ")[0]
    report = _report()
    rows = [report, report["price"], report["rows"][-1], *(report[name][0] for name in (
        "sheets", "technical", "rows", "flags", "checks", "findings",
    )), report["price"]["rows"][0]]  # fmt: skip
    assert {one for row in rows for one in row if f'"{one}"' not in section} == set()


def test_every_method_has_terms() -> None:
    assert len(get_args(Terms)) == len(price_methods.METHODS)
