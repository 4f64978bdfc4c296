"""Codes the law gives: organisations (USCC), the counties of Dali, specialities of experts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from evaluation.errors import (
    CountyUnknownError,
    SpecialityInvalidError,
    UsccInvalidError,
    shown,
)

__all__ = [
    "COUNTIES",
    "PREFECTURE",
    "SPECIALITIES",
    "SPECIALITIES_SOURCE",
    "Place",
    "Speciality",
    "check_uscc",
    "county_named",
    "covers",
    "parse_speciality",
    "uscc_check_digit",
]

_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_LENGTH: Final = 18
_REGION: Final = slice(2, 8)


def uscc_check_digit(body: str) -> str:
    """Compute the 18th character from the first 17 (GB 32100-2015).

    Raises:
        UsccInvalidError: not 17 characters of the alphabet.
    """
    if len(body) != _USCC_LENGTH - 1:
        message = f"{shown(body)} has {len(body)} characters; the check digit needs the first 17"
        raise UsccInvalidError(message, value=body[:40], length=len(body))
    _check_alphabet(body)
    total = sum(
        _ALPHABET.index(one) * pow(3, place, len(_ALPHABET)) for place, one in enumerate(body)
    )
    return _ALPHABET[-total % len(_ALPHABET)]


def check_uscc(text: str) -> str:
    """Return ``text`` when it is a unified social credit code.

    Raises:
        UsccInvalidError: saying which rule fails: length, alphabet, region digits, check digit.
    """
    if not isinstance(text, str) or len(text) != _USCC_LENGTH:
        length = len(text) if isinstance(text, str) else 0
        message = f"{shown(text)} has {length} characters; a USCC has 18"
        raise UsccInvalidError(message, value=str(text)[:40], length=length)
    _check_alphabet(text)
    if not text[_REGION].isdigit():
        message = f"{text}: characters 3 to 8 are {text[_REGION]}; they must be a region's 6 digits"
        raise UsccInvalidError(message, value=text, region=text[_REGION])
    expected = uscc_check_digit(text[:-1])
    if text[-1] != expected:
        # The digit that would fit is not told: a typing error is likelier elsewhere in the code.
        message = f"the check character of {text} does not fit; compare the code with the licence"
        raise UsccInvalidError(message, value=text, reason="check-digit")
    return text


def _check_alphabet(text: str) -> None:
    foreign = sorted(set(text) - set(_ALPHABET))
    if foreign:
        found = "".join(one if one.isprintable() else "?" for one in foreign)
        message = (
            f"{shown(text)} holds {found}; a USCC has digits and capital letters without I O S V Z"
        )
        raise UsccInvalidError(message, value=text[:40], foreign=found)


@dataclass(frozen=True, slots=True)
class Place:
    """A region with its code of GB/T 2260."""

    code: str
    name: str
    name_en: str


PREFECTURE: Final = Place("532900", "大理白族自治州", "Dali Prefecture")
COUNTIES: Final = {
    one.code: one
    for one in (
        Place("532901", "大理市", "Dali City"),
        Place("532922", "漾濞彝族自治县", "Yangbi County"),
        Place("532923", "祥云县", "Xiangyun County"),
        Place("532924", "宾川县", "Binchuan County"),
        Place("532925", "弥渡县", "Midu County"),
        Place("532926", "南涧彝族自治县", "Nanjian County"),
        Place("532927", "巍山彝族回族自治县", "Weishan County"),
        Place("532928", "永平县", "Yongping County"),
        Place("532929", "云龙县", "Yunlong County"),
        Place("532930", "洱源县", "Eryuan County"),
        Place("532931", "剑川县", "Jianchuan County"),
        Place("532932", "鹤庆县", "Heqing County"),
    )
}


def county_named(code: str) -> Place:
    """Find a county by its code.

    Raises:
        CountyUnknownError: it is not one of the twelve.
    """
    place = COUNTIES.get(code)
    if place is None:
        known = ", ".join(COUNTIES)
        message = f"{shown(code)} is not a county of Dali prefecture; known are {known}"
        raise CountyUnknownError(message, value=str(code)[:40])
    return place


SPECIALITIES_SOURCE: Final = (
    "评标专家专业分类标准, 发改法规[2010]1538号: classes and the first level of A"
)
SPECIALITIES: Final = {
    "A": "工程",
    "A01": "规划",
    "A02": "投资策划与决策",
    "A03": "勘察",
    "A04": "设计",
    "A05": "监理",
    "A06": "工程造价",
    "A07": "项目管理",
    "A08": "工程施工",
    "A09": "其他工程",
    "B": "货物",
    "C": "服务",
}
"""Names of the classes and of the first level of works; the whole table is imported from data."""

_SPECIALITY: Final = re.compile(r"[ABC](?:[0-9]{2}){0,3}")


@dataclass(frozen=True, slots=True)
class Speciality:
    """A speciality: ``code``, the codes above it from the class down, the nearest known name."""

    code: str
    above: tuple[str, ...]
    name: str


def parse_speciality(code: str) -> Speciality:
    """Read a code such as ``A``, ``A08`` or ``A0801``: a class and up to three pairs of digits.

    Raises:
        SpecialityInvalidError: any other shape.
    """
    if not isinstance(code, str) or not _SPECIALITY.fullmatch(code):
        message = (
            f"{shown(code)} is not a speciality; write A (works), B (goods) or C (services) "
            "and up to three pairs of digits, like A08 or A0801"
        )
        raise SpecialityInvalidError(message, value=str(code)[:40])
    path = tuple(code[:end] for end in range(1, len(code) + 1, 2))
    name = next(SPECIALITIES[one] for one in reversed(path) if one in SPECIALITIES)
    return Speciality(code, path[:-1], name)


def covers(wanted: str, held: str) -> bool:
    """Tell whether an expert who holds ``held`` may take a seat that asks for ``wanted``.

    A seat for A08 may be taken by A0801; a seat for A0801 not by A08.
    """
    asked, offered = parse_speciality(wanted), parse_speciality(held)
    return asked.code == offered.code or asked.code in offered.above
