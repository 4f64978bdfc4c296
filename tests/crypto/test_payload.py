"""Payload headers, size buckets, and the content of an envelope taken apart in pieces of any size."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import canonical, descriptor, payload
from crypto.errors import ContextMismatchError, PayloadInvalidError
from crypto.payload import FileEntry
from crypto.unpacking import Unpacker

FORM: dict[str, Any] = {
    "price": "45873216.58",
    "duration_days": 420,
    "quality": "合格",
    "valid_days": 90,
}


WRONG_TERMS: tuple[object, ...] = (1, None, [], "x" * 4097, "工" * 1366)


def form_value(**changes: object) -> dict[str, Any]:
    """The JSON of a form header, changed."""
    return {"v": 1, "stage": "form", "lot": "1", "form": FORM, "files": [], **changes}


def files_value(*files: object) -> dict[str, Any]:
    """The JSON of a technical header."""
    return {"v": 1, "stage": "technical", "lot": "1", "files": list(files)}


def file_value(**changes: object) -> dict[str, Any]:
    """The JSON of a file, changed."""
    return {"name": "a.pdf", "size": 3, "type": "application/pdf", **changes}


def test_headers_are_read_as_written() -> None:
    form = payload.form_header("1", FORM)
    assert canonical.decode(form.to_bytes()) == form_value()
    assert payload.parse_header(form.to_bytes()) == form
    files = payload.technical_header(
        "1", [FileEntry("施工.pdf", 3, "application/pdf"), FileEntry("b", 0, "text/plain")]
    )
    assert payload.parse_header(files.to_bytes()) == files
    head = 4 + len(files.to_bytes())
    assert files.offsets() == (head, head + 3)
    assert files.content_size() == head + 3


@pytest.mark.parametrize("price", ["0.00", "0.01", "1.00", "999999999999999999.99"])
def test_prices_have_two_decimals(price: str) -> None:
    value = form_value(form={"price": price})
    header = payload.parse_header(canonical.encode(value))
    assert header.form == {"price": price}


@pytest.mark.parametrize(
    "value",
    [
        [], None, 1, "x", {}, form_value(v=2), form_value(v="1"), form_value(v=True), form_value(stage="lot"),
        form_value(stage="technical"), form_value(lot=1), form_value(lot=""), form_value(lot="x" * 65),
        form_value(extra=1), form_value(files=[file_value()]), form_value(files=None), form_value(form=None),
        form_value(form={}), form_value(form={"quality": "x"}),
        *(form_value(form={**FORM, "price": price}) for price in
          (45873216, "45873216", "45873216.5", "45873216.580", "-1.00", "+1.00", "01.00", "1,000.00", "1e3", " 1.00",
           "1.00\n", "\u0661.\u0660\u0660", "1234567890123456789.00", "")),
        *(form_value(form={**FORM, "duration_days": days}) for days in ("420", -1, 100_001, True, None)),
        *(form_value(form={**FORM, name: "x"}) for name in ("Quality", "", "9x", "a-b", "a" * 65, "é")),
        *(form_value(form={**FORM, "note": term}) for term in WRONG_TERMS),
        form_value(form={"price": "1.00", **{f"t{at}": "" for at in range(100)}}),
        files_value(), files_value("x"), files_value({}), files_value(file_value(), file_value()),
        files_value(*(file_value(name=str(at)) for at in range(1001))),
        *(files_value(file_value(name=name)) for name in
          ("", ".", "..", "a/b", "a\\b", "/a", "a\x00", "a\n", "a\x7f", "a\x85", " a", "a ", "\u202efdp.exe", "a\u2066",
           "a\u2028b", "x" * 256, "工" * 86, 1, None)),
        *(files_value(file_value(size=size)) for size in (-1, 2**40 + 1, "3", True, None)),
        *(files_value(file_value(type=media)) for media in
          ("", "pdf", "application/", "Application/pdf", "text/plain; charset=utf-8", "a/b/c", "a/b\n", None)),
        files_value(file_value(sha256="0" * 64)),
        files_value(file_value(size=2**40), file_value(name="b")),
    ],
    ids=lambda value: str(value)[-60:],
)  # fmt: skip
def test_other_headers_are_refused(value: object) -> None:
    with pytest.raises(PayloadInvalidError):
        payload.parse_header(canonical.encode(value))


@pytest.mark.parametrize("encoded", [b"", b"{}", b"{", b"\xff", b'{"v":1.0}', canonical.encode(form_value()) + b"\n",
                                     b" " * (payload.MAX_HEADER + 1)])  # fmt: skip
def test_other_bytes_are_refused(encoded: bytes) -> None:
    with pytest.raises(PayloadInvalidError):
        payload.parse_header(encoded)


@pytest.mark.parametrize(
    "header",
    [payload.form_header("1", {"price": "1"}), payload.form_header("1", {"price": "1.00", "note": "\ud800"}),
     payload.technical_header("1", []), payload.technical_header("1", [FileEntry("../x", 1, "a/b")])],
    ids=["price", "surrogate", "no files", "path"],
)  # fmt: skip
def test_what_no_reader_accepts_is_not_written(header: payload.Header) -> None:
    with pytest.raises(PayloadInvalidError):
        header.to_bytes()


@given(st.text(max_size=60))
def test_a_name_that_is_accepted_is_one_path_component(name: str) -> None:
    if payload.is_file_name(name):
        assert "/" not in name
        assert "\\" not in name
        assert "\0" not in name
        assert name not in {"", ".", ".."}
        assert len(name.encode()) <= 255


@given(st.integers(1, payload.MAX_CONTENT))
def test_buckets_hold_their_content_and_cost_little(size: int) -> None:
    padded = payload.bucket(size)
    assert padded >= max(size, payload.MIN_BUCKET)
    assert padded == payload.MIN_BUCKET or (padded - size) * 31 < size
    assert payload.bucket(padded) == padded
    sealed = payload.ciphertext_size(padded)
    assert payload.is_ciphertext_size(sealed)
    assert not payload.is_ciphertext_size(sealed + 1)
    assert not payload.is_ciphertext_size(sealed - 1)


def test_a_bid_under_a_gibibyte_has_one_of_449_lengths() -> None:
    sizes = [payload.bucket(0)]
    while sizes[-1] < 1 << 30:
        sizes.append(payload.bucket(sizes[-1] + 1))
    assert len(sizes) == 449


@pytest.mark.parametrize("size", [-1, 0, 1, 56, 71, 72, 65_536, payload.ciphertext_size(payload.MIN_BUCKET - 1),
                                  payload.ciphertext_size(payload.bucket(70_000)) + 16, 2**53])  # fmt: skip
def test_no_bucket_gives_other_lengths(size: int) -> None:
    assert not payload.is_ciphertext_size(size)


def described(plaintext: int, stage: str = "technical") -> descriptor.Descriptor:
    """A descriptor for a plaintext of so many bytes; only its context and size matter here."""
    context = descriptor.Context(bytes(32), "1", stage, "org-a", bytes(33), 1, bytes(32))
    size = payload.ciphertext_size(plaintext)
    return descriptor.Descriptor(context, b"", b"", b"", b"", size, b"")


def plaintext_of(value: object, files: bytes = b"", padding: bytes | None = None) -> bytes:
    """A plaintext by hand."""
    encoded = canonical.encode(value)
    content = len(encoded).to_bytes(4, "big") + encoded + files
    return content + (
        bytes(payload.bucket(len(content)) - len(content)) if padding is None else padding
    )


def unpack(plaintext: bytes, *cuts: int, stage: str = "technical") -> tuple[payload.Header, bytes]:
    """Feed a plaintext cut at the given places."""
    out = io.BytesIO()
    unpacker = Unpacker(described(len(plaintext), stage), out)
    places = [0, *sorted(min(cut, len(plaintext)) for cut in cuts), len(plaintext)]
    for start, end in pairwise(places):
        unpacker.feed(memoryview(plaintext)[start:end])
    return unpacker.finish(), out.getvalue()


@given(st.lists(st.integers(0, 400), max_size=6))
def test_the_pieces_do_not_matter(cuts: list[int]) -> None:
    plaintext = plaintext_of(files_value(file_value(size=5)), b"hello")
    header, content = unpack(plaintext, *cuts)
    assert content == plaintext.rstrip(b"\0")
    assert content[header.offsets()[0] :] == b"hello"


def test_a_header_of_another_stage_or_lot_is_of_another_context() -> None:
    with pytest.raises(ContextMismatchError):
        unpack(plaintext_of(form_value()))
    with pytest.raises(ContextMismatchError):
        unpack(plaintext_of(form_value(lot="2")), stage="form")


@pytest.mark.parametrize(
    ("plaintext", "code"),
    [
        (bytes(65_536), "malformed-payload"),
        (b"\xff" * 65_536, "malformed-payload"),
        ((2**20).to_bytes(4, "big") + bytes(65_532), "malformed-payload"),
        (
            plaintext_of(files_value(file_value(size=5)), b"hello", bytes(60_000)),
            "malformed-padding",
        ),
        (plaintext_of(files_value(file_value(size=5)), b"hello!"), "malformed-padding"),
        (plaintext_of(files_value(file_value(size=70_000)), b"hello"), "malformed-padding"),
        (
            plaintext_of(files_value(file_value(size=5)), b"hello")[:-1] + b"\x01",
            "malformed-padding",
        ),
    ],
    ids=[
        "no header",
        "endless header",
        "header that does not end",
        "short",
        "hidden byte",
        "too few bytes",
        "not zero",
    ],
)
def test_a_plaintext_that_is_no_payload_is_refused(plaintext: bytes, code: str) -> None:
    with pytest.raises(PayloadInvalidError) as caught:
        unpack(plaintext)
    assert caught.value.code == code


def test_a_descriptor_can_not_hide_a_larger_bucket() -> None:
    plaintext = plaintext_of(files_value(file_value(size=5)), b"hello")
    out = Unpacker(
        replace(described(len(plaintext)), size=payload.ciphertext_size(payload.bucket(70_000))),
        None,
    )
    with pytest.raises(PayloadInvalidError):
        out.feed(memoryview(plaintext))
