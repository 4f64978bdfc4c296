"""Codes of organisations, counties and specialities."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import CountyUnknownError, SpecialityInvalidError, UsccInvalidError
from evaluation.identity import (
    COUNTIES,
    check_uscc,
    county_named,
    covers,
    parse_speciality,
    uscc_check_digit,
)

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


# Codes of large companies, as their public notices print them.
@pytest.mark.parametrize("code", ["9144030071526726XG", "914403001922038216", "91330100799655058B"])
def test_published_codes_pass(code: str) -> None:
    assert check_uscc(code) == code


def test_check_digit_by_hand() -> None:
    # 1 x 3^0 = 1, fifteen zeros, then 1 x 3^16 = 28 (mod 31); 31 - 29 = 2
    assert uscc_check_digit("1" + "0" * 15 + "1") == "2"
    # 2 x 3^1 = 6; 31 - 6 = 25 is R
    assert uscc_check_digit("02" + "0" * 15) == "R"
    assert uscc_check_digit("0" * 17) == "0"


@given(
    st.text(ALPHABET, min_size=2, max_size=2),
    st.from_regex(r"\A[0-9]{6}\Z"),
    st.text(ALPHABET, min_size=9, max_size=9),
    st.integers(0, 17),
    st.sampled_from(ALPHABET),
)
def test_one_wrong_character_is_always_found(
    head: str, region: str, tail: str, place: int, other: str
) -> None:
    body = head + region + tail
    code = body + uscc_check_digit(body)
    assert check_uscc(code) == code
    changed = code[:place] + other + code[place + 1 :]
    if changed != code:
        with pytest.raises(UsccInvalidError):
            check_uscc(changed)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("91330100799655058", "17 characters"),
        ("91330100799655058BB", "19 characters"),
        ("", "0 characters"),
        ("91330100799655058b", "holds b"),
        ("9133010079965505IB", "without I O S V Z"),
        ("91A30100799655058B", "region's 6 digits"),
        ("91330100799655058C", "does not fit"),
        ("\uff191110000600007156Y", "holds \uff19"),
    ],
)
def test_a_wrong_code_is_explained(code: str, says: str) -> None:
    with pytest.raises(UsccInvalidError, match=says) as caught:
        check_uscc(code)
    assert caught.value.code == "uscc-invalid"


def test_the_check_digit_needs_seventeen_characters() -> None:
    with pytest.raises(UsccInvalidError, match="first 17"):
        uscc_check_digit("1" * 18)


def test_twelve_counties() -> None:
    assert len(COUNTIES) == 12
    assert county_named("532923").name == "祥云县"
    assert county_named("532932").name_en == "Heqing County"
    assert all(code == one.code and code.startswith("5329") for code, one in COUNTIES.items())


@pytest.mark.parametrize("code", ["532900", "532902", "530102", "", "大理市"])
def test_another_county_is_refused(code: str) -> None:
    with pytest.raises(CountyUnknownError, match="known are 532901"):
        county_named(code)


def test_a_speciality_knows_what_is_above_it() -> None:
    read = parse_speciality("A080102")
    assert (read.code, read.above, read.name) == ("A080102", ("A", "A08", "A0801"), "工程施工")
    assert parse_speciality("B0203").name == "货物"
    assert parse_speciality("C").above == ()


@pytest.mark.parametrize(
    "code", ["", "D01", "A1", "a08", "A0", "A08010203", "A08 ", "A\uff10\uff18"]
)
def test_another_speciality_is_refused(code: str) -> None:
    with pytest.raises(SpecialityInvalidError, match="like A08 or A0801"):
        parse_speciality(code)


def test_the_narrower_covers_the_wider() -> None:
    assert covers("A08", "A08")
    assert covers("A08", "A0801")
    assert not covers("A0801", "A08")
    assert not covers("A08", "A09")
    assert not covers("A", "B01")
