"""Lots of the manifest: what is read and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from evaluation.criteria import parse_lot
from evaluation.errors import LotInvalidError, PriceTermsInvalidError
from evaluation.means import Trim


def _lot(**change: Any) -> dict[str, Any]:
    return {
        "lot": "1", "name": "管网施工", "name_en": "Pipe works", "ceiling": "48620000.00",
        "criteria": [_criterion("c1", "50.00"), _criterion("c2", "10.00", objective=True)],
        "price": {"method": "low-price-first", "weight": "40.00"},
        **change,
    }  # fmt: skip


def _criterion(key: str, maximum: str, **change: Any) -> dict[str, Any]:
    return {
        "id": key, "name": "施工方案", "name_en": "", "maximum": maximum, "step": "0.10",
        "objective": False, **change,
    }  # fmt: skip


def test_a_lot_is_read() -> None:
    lot = parse_lot(_lot())
    assert lot.ceiling == Decimal("48620000.00")
    assert [one.declared() for one in lot.criteria] == _lot()["criteria"]
    assert lot.technical_weight == Decimal("60.00")
    found = lot.criterion("c2")
    assert found is not None
    assert found.objective
    assert lot.criterion("c3") is None


def test_points_must_add_up_to_a_hundred() -> None:
    lot = _lot(price={"method": "low-price-first", "weight": "39.99"})
    with pytest.raises(LotInvalidError, match=r"60\.00 and the price 39\.99 points.* 99\.99"):
        parse_lot(lot)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lot": ""}, "lot"),
        ({"lot": 1}, "lot"),
        ({"name": "  "}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name_en": 5}, "name_en"),
        ({"ceiling": "48620000"}, "ceiling"),
        ({"ceiling": 48620000.0}, "ceiling"),
        ({"ceiling": "0.00"}, "ceiling"),
        ({"criteria": []}, "criteria"),
        ({"criteria": "c1"}, "criteria"),
        ({"criteria": None}, "criteria"),
        ({"criteria": ["c1"]}, "criteria"),
        ({"criteria": [_criterion("c1", "30.00")] * 2}, "criteria"),
        ({"criteria": [_criterion("c 1", "60.00")]}, "id"),
        ({"criteria": [_criterion("c1", "60.00", name="")]}, "name"),
        ({"criteria": [_criterion("c1", "60.00", step="0.00")]}, "step"),
        ({"criteria": [_criterion("c1", "60.00", step="0.70")]}, "step"),
        ({"criteria": [_criterion("c1", "60.00", step=0.1)]}, "step"),
        ({"criteria": [_criterion("c1", "160.00")]}, "maximum"),
        ({"criteria": [_criterion("c1", "60.00", objective="yes")]}, "objective"),
        ({"criteria": [_criterion("c1", "60.00", bonus="1.00")]}, "bonus"),
        ({"combination": "mean"}, "combination"),
        ({"combination": {"method": "median"}}, "combination"),
        ({"combination": {"method": "mean", "drop": 1, "from": 7}}, "combination"),
        ({"combination": {"method": "trimmed-mean", "drop": 1, "from": 2}}, "combination"),
        ({"combination": {"method": "trimmed-mean", "drop": 1}}, "combination"),
    ],
)
def test_what_does_not_hold_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(LotInvalidError) as caught:
        parse_lot(_lot(**change))
    assert caught.value.params["field"] == field
    assert caught.value.code == "lot-invalid"


@pytest.mark.parametrize("price", [None, "low", {}, {"method": "low-price-first"}])
def test_price_terms_are_checked(price: object) -> None:
    with pytest.raises(PriceTermsInvalidError):
        parse_lot(_lot(price=price))


def test_combinations() -> None:
    assert parse_lot(_lot(combination={"method": "mean"})) == parse_lot(_lot())
    trimmed = {"method": "trimmed-mean", "drop": 1, "from": 7}
    assert parse_lot(_lot(combination=trimmed)).trim == Trim(1, 7)
