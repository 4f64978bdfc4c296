"""Before the opening nothing the hall keeps lets anybody read a bid; afterwards the search finds it."""

from __future__ import annotations

import base64
import zlib

import pytest

from tests.integration.life import Life
from tests.integration.search import spellings, unpacked

pytestmark = [
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]


async def test_no_content_and_no_key_lies_anywhere_before_the_opening(life: Life) -> None:
    assert len(life.content) == 3 * 5
    assert len(life.keys) == 2 * 3 + 2 * 3 + 5
    assert len(life.shares) == 5 * 3
    searched = life.searches["sealed"]
    assert set(searched) == {*life.content, *life.keys, *life.shares}
    assert {name: places for name, places in searched.items() if places} == {}


async def test_the_same_search_finds_what_the_opening_made_known(life: Life) -> None:
    found = life.searches["opened"]
    for key in ("canger", "lancang", "dianxi"):
        for name in ("price", "quality", "manager"):
            places = found[f"{key} {name}"]
            assert "table event" in places
            assert any(one.startswith("hall/postgres/") for one in places), "not in the raw files"
        # The technical part waits for its own key leg, until the committee has pledged.
        assert (found[f"{key} file"], found[f"{key} name"]) == ([], [])
        assert found[f"{key} form CEK"] == []
    assert found["canger technical CEK"] == found["canger technical k_O"] == []
    released = {name.split()[0] for name in life.shares if found[name]}
    assert released == {"custodian1", "custodian3", "custodian4"}
    assert all(found[name] == [] for name in life.keys if "device" in name)


async def test_the_search_knows_every_spelling() -> None:
    secret = b"planted-\x00\xff-secret"
    for form in (secret, secret.hex().encode(), secret.hex().upper().encode()):
        assert any(one in b"around " + form + b" it" for one in spellings(secret))
    for shift in range(3):
        text = base64.b64encode(b"x" * shift + secret + b"behind")
        assert any(one in text for one in spellings(secret)), shift
    packed = b"before" + zlib.compress(b"so " + secret * 3) + b"after"
    assert any(secret in one for one in unpacked(packed))
