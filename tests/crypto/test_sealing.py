"""Sealing: what it refuses to seal, that it needs little memory, and that it looks at its own work."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crypto import envelope, payload
from crypto.envelope import StageKeys
from crypto.errors import (
    CiphertextAlteredError,
    ContextMismatchError,
    DescriptorInvalidError,
    PayloadInvalidError,
    SelfTestError,
    TruncatedError,
)
from tests.crypto.envelopes import (
    FILES_BYTES,
    FILES_SEALED,
    FORM,
    KEYS,
    TENDER,
    compressed,
    context,
    counted,
    flipped,
    opened,
    sealed_files,
)


def test_a_header_for_another_stage_or_lot_is_not_sealed() -> None:
    for header in (
        payload.form_header("2", FORM),
        payload.technical_header("1", [payload.FileEntry("a", 0, "a/b")]),
    ):
        with pytest.raises(ContextMismatchError):
            envelope.seal(
                context(), KEYS, header, [io.BytesIO()] * len(header.files), io.BytesIO(), counted()
            )


@pytest.mark.parametrize("given_size", [9, 11])
def test_a_file_that_changed_its_size_is_not_sealed(given_size: int) -> None:
    for entries in ([10], [10, 5], [5, 10]):
        header = payload.technical_header(
            "1", [payload.FileEntry(f"{at}", size, "a/b") for at, size in enumerate(entries)]
        )
        sources = [io.BytesIO(bytes(given_size if size == 10 else size)) for size in entries]
        with pytest.raises(PayloadInvalidError, match=r"shorter|longer"):
            envelope.seal(context("technical"), KEYS, header, sources, io.BytesIO(), counted())


def test_an_empty_file_that_is_not_empty_is_not_sealed() -> None:
    header = payload.technical_header("1", [payload.FileEntry("a", 0, "a/b")])
    with pytest.raises(PayloadInvalidError, match="longer"):
        envelope.seal(
            context("technical"), KEYS, header, [io.BytesIO(b"x")], io.BytesIO(), counted()
        )


@pytest.mark.parametrize(
    "tender", [b"", b"\x02" + b"\xff" * 32, b"\x05" + bytes(32), compressed(TENDER)[:-1]]
)
def test_a_malformed_tender_key_is_refused(tender: bytes) -> None:
    with pytest.raises(DescriptorInvalidError) as caught:
        envelope.seal(
            context(),
            StageKeys(tender, KEYS.operator),
            payload.form_header("1", FORM),
            [],
            io.BytesIO(),
            counted(),
        )
    assert caught.value.code == "malformed-key"


@pytest.mark.parametrize(
    "operator", [b"", KEYS.operator[:1184] + bytes(32), bytes(1215), bytes(1217), b"\xff" * 1216]
)
def test_a_malformed_operator_key_is_refused(operator: bytes) -> None:
    with pytest.raises(DescriptorInvalidError) as caught:
        envelope.seal(
            context(),
            StageKeys(KEYS.tender, operator),
            payload.form_header("1", FORM),
            [],
            io.BytesIO(),
            counted(),
        )
    assert caught.value.code == "malformed-key"


class Endless(io.RawIOBase):
    """A file of zeros that is never in memory."""

    def __init__(self, size: int) -> None:
        """Have `size` bytes."""
        self._left = size

    def readinto(self, buffer: Any) -> int:
        """Give the next zeros."""
        count = min(len(buffer), self._left)
        buffer[:count] = bytes(count)
        self._left -= count
        return count


class Pipe(io.RawIOBase):
    """A file that can only be written on, as a socket can."""

    def __init__(self, path: Path) -> None:
        """Write to `path`."""
        self._file = path.open("wb", buffering=0)

    def write(self, data: Any) -> int:
        """Write through."""
        return self._file.write(data)

    def close(self) -> None:
        """Close the file too."""
        self._file.close()
        super().close()


@pytest.fixture(params=["alone", "helped"])
def executor(request: pytest.FixtureRequest) -> Iterator[ThreadPoolExecutor | None]:
    """No executor, and one with a thread."""
    if request.param == "alone":
        yield None
        return
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_memory_does_not_grow_with_the_size(
    executor: ThreadPoolExecutor | None, tmp_path: Path
) -> None:
    size = 64 << 20
    header = payload.technical_header("1", [payload.FileEntry("big.zip", size, "application/zip")])
    path = tmp_path / "sealed"
    seen: list[tuple[int, int]] = []
    tracemalloc.start()
    try:
        with Pipe(path) as out:
            sealed = envelope.seal(
                context("technical"), KEYS, header, [Endless(size)], out, counted(),
                progress=lambda done, total: seen.append((done, total)), executor=executor,
            )  # fmt: skip
        with path.open("rb", buffering=0) as ciphertext:
            envelope.self_test(sealed, ciphertext, executor=executor)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20
    assert sealed.descriptor.size == path.stat().st_size
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (sealed.descriptor.size, sealed.descriptor.size)
    assert len(seen) > 60


def test_an_executor_changes_nothing_but_the_time(executor: ThreadPoolExecutor | None) -> None:
    big = hashlib.shake_256(b"big").digest(3_000_000)
    sealed, ciphertext = sealed_files(big)
    result, content = opened(sealed, ciphertext, executor=executor)
    assert content[result.offsets[0] :] == big
    with pytest.raises(TruncatedError):
        opened(sealed, ciphertext[:-1], executor=executor)
    with pytest.raises(CiphertextAlteredError):
        opened(sealed, flipped(ciphertext, 2_000_000, 1), executor=executor)


def test_the_self_test_finds_what_went_wrong_on_the_way_to_the_disk() -> None:
    envelope.self_test(FILES_SEALED, io.BytesIO(FILES_BYTES))
    for damaged in (FILES_BYTES[:-1], flipped(FILES_BYTES, 70_000, 3), b""):
        with pytest.raises(SelfTestError, match="do not send it"):
            envelope.self_test(FILES_SEALED, io.BytesIO(damaged))
    with pytest.raises(SelfTestError, match="other content"):
        envelope.self_test(replace(FILES_SEALED, plaintext_root=bytes(32)), io.BytesIO(FILES_BYTES))
