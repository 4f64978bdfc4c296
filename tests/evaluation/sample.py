"""A lot of two criteria and three bids, for the tests of sheets, checks and ranking."""

from __future__ import annotations

from typing import Any, Final

from evaluation.criteria import Lot, parse_lot

LOT: Final[Lot] = parse_lot(
    {
        "lot": "1", "name": "管网施工", "name_en": "Pipe works", "ceiling": "1000.00",
        "criteria": [
            {"id": "c1", "name": "方案", "maximum": "50.00", "step": "0.50", "objective": False},
            {"id": "c3", "name": "业绩", "maximum": "8.00", "step": "2.00", "objective": True},
            {"id": "c4", "name": "工期", "maximum": "2.00", "step": "0.10"},
        ],
        "price": {"method": "low-price-first", "weight": "40.00"},
    }
)  # fmt: skip
BIDS: Final = ("bid-a", "bid-b", "bid-c")


def scores(*points: str) -> dict[str, dict[str, str]]:
    """Build scores from ``"c1 c3 c4"`` for each bid in turn."""
    names = [one.id for one in LOT.criteria]
    return {
        bid: dict(zip(names, line.split(), strict=True))
        for bid, line in zip(BIDS, points, strict=False)
    }


def recorded(*points: str) -> dict[str, Any]:
    """Build a recorded sheet with totals as given after a slash: ``"50.00 8.00 2.00/60.00"``."""
    pairs = [one.split("/") for one in points]
    return {
        "lot": "1",
        "scores": scores(*(one[0] for one in pairs)),
        "comments": {},
        "totals": {bid: pair[1] for bid, pair in zip(BIDS, pairs, strict=False)},
    }
