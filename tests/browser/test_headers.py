"""What browser and Python must read alike: headers, sizes, and files that are no ciphertext."""

from __future__ import annotations

import random
from typing import Any

import pytest
from playwright.async_api import Page

from crypto import canonical, payload, plaintext
from tests.browser.asking import ask, b64, outcome

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_headers_are_read_alike(at: Page) -> None:
    form: dict[str, Any] = {
        "v": 1,
        "stage": "form",
        "lot": "1",
        "files": [],
        "form": {"price": "1.00"},
    }
    file = {"name": "a.pdf", "size": 0, "type": "application/pdf"}
    technical: dict[str, Any] = {"v": 1, "stage": "technical", "lot": "1", "files": [file]}
    names = [
        "", ".", "..", "../x", "a/b", "a\\b", "a\x00", "a\x9f", "a\u200f", "a\u202e", "a\u2066", "a\u2028", " a",
        "a ", "a b", "洱海.pdf", "洱" * 85, "洱" * 86, "a" * 255, "a" * 256, "…",
    ]  # fmt: skip
    types = [
        "a/b",
        "A/b",
        "a/b; c",
        "a",
        "a/" + "b" * 63,
        "a/" + "b" * 64,
        "image/vnd.dwg",
        "",
        "a/b\n",
    ]
    prices = [
        "0.00",
        "00.00",
        "1.0",
        "1.000",
        "-1.00",
        "1",
        "9" * 18 + ".00",
        "9" * 19 + ".00",
        "\uff11.00",
        "1.00\n",
    ]
    terms: list[dict[str, Any]] = [
        {"valid_days": 0}, {"valid_days": 100_000}, {"valid_days": 100_001}, {"valid_days": "1"}, {"valid_days": True},
        {"x": 1}, {"x": "a" * 4096}, {"x": "洱" * 1366}, {"X": "a"}, {"_x": "a"}, {"a" * 64: ""}, {"a" * 65: ""},
        {f"t{n}": "" for n in range(99)}, {f"t{n}": "" for n in range(100)}, {"toString": "a"},
    ]  # fmt: skip
    values: list[Any] = [
        form, technical, [], 1, {**form, "v": 2}, {**form, "v": True}, {**form, "lot": ""}, {**form, "lot": "1" * 65},
        {**form, "lot": 1}, {**form, "stage": "other"}, {**form, "files": [file]}, {**technical, "files": []},
        {**technical, "form": {}}, {**technical, "files": [file, file]}, {**technical, "files": [{**file, "more": 1}]},
        {**form, "form": {}}, {**form, "form": []}, {**technical, "files": [{**file, "size": -1}]},
        {**technical, "files": [{**file, "size": 2**40}]}, {**technical, "files": [{**file, "size": 2**40 - 200}]},
        {**technical, "files": [{**file, "name": str(n)} for n in range(1000)]},
        {**technical, "files": [{**file, "name": str(n)} for n in range(1001)]},
        *({**technical, "files": [{**file, "name": name}]} for name in names),
        *({**technical, "files": [{**file, "type": kind}]} for kind in types),
        *({**form, "form": {"price": price}} for price in prices),
        *({**form, "form": {"price": "1.00", **more}} for more in terms),
    ]  # fmt: skip
    texts = [canonical.encode(value) for value in values] + [b"", b"x" * (payload.MAX_HEADER + 1)]
    found = await ask(at, "headers", [b64(text) for text in texts])
    wanted = [outcome(lambda text=text: payload.parse_header(text)) for text in texts]
    differing = [
        (text[:200], here, there)
        for text, here, there in zip(texts, found, wanted, strict=True)
        if here != there
    ]
    assert not differing
    assert set(found) == {"ok", "malformed-payload"}


async def test_sizes_agree(at: Page) -> None:
    draw = random.Random(7)  # noqa: S311 - sizes, not secrets
    sizes = [0, 1, 65_535, 65_536, 65_537, 2**32 - 1, 2**32, 2**32 + 1, 2**40 - 1, 2**40]
    sizes += [2**power + step for power in range(16, 40) for step in (-1, 0, 1)]
    sizes += [draw.randrange(2 ** draw.randrange(1, 41)) for _ in range(300)]
    sizes += [payload.ciphertext_size(payload.bucket(size)) for size in sizes]
    wanted = [
        [payload.bucket(size), payload.ciphertext_size(size), payload.is_ciphertext_size(size)]
        for size in sizes
    ]
    assert await ask(at, "buckets", sizes) == wanted


async def test_plaintext_is_recognised_alike(at: Page) -> None:
    sealed = payload.ciphertext_size(payload.MIN_BUCKET)
    noise = random.Random(3).randbytes(512)  # noqa: S311 - noise, not secrets
    heads = [
        b"%PDF-1.7" + noise, b"PK\x03\x04" + noise, noise[:257] + b"ustar" + noise, noise[:4] + b"ftyp" + noise,
        noise, b"", "施工组织设计".encode() * 40, ("施工组织设计" * 40).encode()[:511], b"plain text, " * 20, b"short",
        b"plain text, " * 20 + b"\x00", b"bidhall-bid/v1\n" + noise, b"age-encryption.org/v1\n", b"\xef\xbb\xbfab",
        "\u3000".encode() * 40, "\u200b".encode() * 40, b"a\tb\r\n" * 40, b"\xff\xd8\xff\xe1" + noise,
        b"AC1032" + noise,
    ]  # fmt: skip
    cases = [(head[:512], size) for head in heads for size in (sealed, sealed + 1)]
    found = await ask(at, "looks", [[b64(head), size] for head, size in cases])
    wanted = [plaintext.looks_like_plaintext(head, size) for head, size in cases]
    # Python's message also tells the command line what to do with a whole sealed bid file.
    assert found == [w and w.split("; hand it in")[0] for w in wanted]
    assert None in found
