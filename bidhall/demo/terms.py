"""The terms of the demonstration's tender, and what its bidders offer. All figures are invented."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bidhall.demo.cast import BIDDERS

__all__ = ["TERMS", "form_of", "size_of"]


def _criterion(number: str, name: str, name_en: str, maximum: str, **more: bool) -> dict[str, Any]:
    return {"id": number, "name": name, "name_en": name_en, "maximum": maximum, "step": "0.10",
            "objective": more.get("objective", False)}  # fmt: skip


_CRITERIA = [
    _criterion("1", "施工总体部署", "Site organisation", "10.00"),
    _criterion("2", "管网施工技术方案", "Pipe network method", "12.00"),
    _criterion("3", "质量管理体系与措施", "Quality management", "8.00"),
    _criterion("4", "安全文明施工", "Safety on site", "10.00"),
    _criterion("5", "同类业绩", "Comparable works", "10.00", objective=True),
]
_LOW = {"method": "low-price-first", "weight": "50.00"}
_DEVIATION = {
    "method": "deviation", "weight": "50.00", "base": "mean", "above": "1.00", "below": "0.50",
    "counting": "exact",
}  # fmt: skip
_LOTS = (
    ("1", "湾桥镇片区管网", "Wanqiao pipe network", "48620000.00", _LOW),
    ("2", "喜洲镇片区管网", "Xizhou pipe network", "31200000.00", _DEVIATION),
    ("3", "上关镇片区管网", "Shangguan pipe network", "26500000.00", _LOW),
)
TERMS: dict[str, Any] = {
    "title": "洱海流域村落污水收集管网完善工程（二期）施工（演示）",
    "title_en": "Erhai basin village sewer network, phase 2 (demonstration)",
    "tenderee_name": "大理市住房和城乡建设局",
    "county": "532901",
    "policy": "demonstration",
    "minimum_bids": 3,
    "lots": [
        {"lot": lot, "name": name, "name_en": name_en, "ceiling": ceiling, "criteria": _CRITERIA,
         "price": price}
        for lot, name, name_en, ceiling, price in _LOTS
    ],
    "draw": {"seats": [
        {"county": "532901", "speciality": "A08", "count": 3},
        {"county": "532923", "speciality": "A08", "count": 2},
        {"county": "532932", "speciality": "A08", "count": 2},
    ]},
}  # fmt: skip
_SIZES = (100_000, 20_000_000, 1_000_000, 5_000_000, 300_000, 2_000_000, 700_000)


def size_of(key: str, lot: str) -> int:
    """Tell how many bytes a bidder's file for a lot has: 0.1 to 20 MB."""
    return _SIZES[(BIDDERS.index(key) * 3 + int(lot)) % len(_SIZES)]


def form_of(key: str, lot: str, *, revised: bool = False) -> dict[str, str | int]:
    """Give a bidder's prices and key terms for a lot."""
    place = BIDDERS.index(key)
    ceiling = next(Decimal(one[3]) for one in _LOTS if one[0] == lot)
    part = Decimal(90 + (place * 37 + int(lot) * 11) % 9) / 100 - Decimal(place) / 1000
    price = (ceiling * part - (1234 if revised else 0)).quantize(Decimal("0.01"))
    return {
        "price": f"{price:.2f}", "duration_days": 340 + 5 * place, "quality": "合格",
        "manager": f"{'李王赵杨段'[place]}经理", "valid_days": 120,
    }  # fmt: skip
