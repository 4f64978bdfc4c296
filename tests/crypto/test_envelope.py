"""Envelopes: sealed and opened again, and refused by name whatever is changed in them."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import runpy
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import canonical, descriptor, envelope, payload, stanzas
from crypto.envelope import Sealed, Secrets, StageKeys
from crypto.errors import (
    CiphertextAlteredError,
    CommitmentMismatchError,
    ContextMismatchError,
    DescriptorInvalidError,
    EnvelopeError,
    PayloadInvalidError,
    SelfTestError,
    StanzaInvalidError,
    TruncatedError,
)
from crypto.merkle import RootHasher

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "envelope"
TENDER = ec.derive_private_key(0x1234567, ec.SECP256R1())
SEED = b"\x05" * 32
FULL_CHUNK = payload.CHUNK + payload.TAG


def compressed(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key, 33 bytes."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


KEYS = StageKeys(compressed(TENDER), stanzas.operator_public_bytes(SEED))
FORM: dict[str, str | int] = {
    "price": "45873216.58",
    "duration_days": 420,
    "quality": "合格",
    "manager": "杨晓梅",
    "valid_days": 90,
}


def counted() -> Callable[[int], bytes]:
    """Bytes that differ at each call and are the same in each run."""
    calls = iter(range(1000))
    return lambda size: hashlib.shake_256(b"%d" % next(calls)).digest(size)


def context(stage: str = "form", nonce: bytes = b"\x09" * 32) -> descriptor.Context:
    """A context in one tender."""
    return descriptor.Context(b"\x01" * 32, "1", stage, "org-a", compressed(TENDER), 1, nonce)


def sealed_form() -> tuple[Sealed, bytes]:
    """A sealed form and its ciphertext."""
    out = io.BytesIO()
    sealed = envelope.seal(context(), KEYS, payload.form_header("1", FORM), [], out, counted())
    return sealed, out.getvalue()


def sealed_files(*files: bytes) -> tuple[Sealed, bytes]:
    """Sealed files and their ciphertext."""
    header = payload.technical_header(
        "1",
        [
            payload.FileEntry(f"{at}.pdf", len(data), "application/pdf")
            for at, data in enumerate(files)
        ],
    )
    out = io.BytesIO()
    sources = [io.BytesIO(data) for data in files]
    sealed = envelope.seal(context("technical"), KEYS, header, sources, out, counted())
    return sealed, out.getvalue()


FORM_SEALED, FORM_BYTES = sealed_form()
FILES_SEALED, FILES_BYTES = sealed_files(os.urandom(100_000), b"", os.urandom(17))


def opened(sealed: Sealed, ciphertext: bytes, **options: Any) -> tuple[envelope.Opened, bytes]:
    """Open and return the content too."""
    out = io.BytesIO()
    result = envelope.open_(
        sealed.descriptor, sealed.secrets, io.BytesIO(ciphertext), out, **options
    )
    return result, out.getvalue()


def test_a_form_comes_back() -> None:
    result, _ = opened(FORM_SEALED, FORM_BYTES, expected=context())
    assert result.header.form == FORM
    assert result.plaintext_root == FORM_SEALED.plaintext_root
    assert len(FORM_BYTES) == payload.ciphertext_size(payload.MIN_BUCKET)


def test_every_form_has_the_same_length() -> None:
    out = io.BytesIO()
    longer = {**FORM, "remarks": "工" * 1000, "price": "1.00"}
    envelope.seal(context(), KEYS, payload.form_header("1", longer), [], out, counted())
    assert len(out.getvalue()) == len(FORM_BYTES)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.one_of(st.just(0), st.integers(0, 3), st.integers(0, 300_000)), min_size=1, max_size=4
    ),
    st.sampled_from([0, -1, 1]),
)
def test_files_come_back_whatever_their_sizes(sizes: list[int], by: int) -> None:
    # The first file is stretched so that the content ends at, just before or just after a chunk and bucket boundary.
    files = [hashlib.shake_256(b"%d" % size).digest(size) for size in sizes]
    probe = opened(*sealed_files(*files))[0].content_size
    files[0] += bytes(-(probe - by) % payload.CHUNK)
    sealed, ciphertext = sealed_files(*files)
    result, content_bytes = opened(sealed, ciphertext)
    assert [
        content_bytes[at : at + len(data)] for at, data in zip(result.offsets, files, strict=True)
    ] == files
    assert len(content_bytes) == result.content_size
    assert result.plaintext_root == sealed.plaintext_root
    hasher = RootHasher()
    hasher.update(content_bytes)
    assert hasher.digest() == sealed.plaintext_root
    hasher = RootHasher()
    hasher.update(ciphertext)
    assert (hasher.digest(), len(ciphertext)) == (sealed.descriptor.root, sealed.descriptor.size)
    assert payload.is_ciphertext_size(len(ciphertext))


def test_stanzas_open_with_their_own_key_and_context_alone() -> None:
    sealed = FORM_SEALED.descriptor
    ctx = sealed.context.digest()
    operator = stanzas.operator_private_key(SEED)
    assert stanzas.unseal_t(sealed.stanza_t, TENDER, ctx) == FORM_SEALED.secrets.k_t
    assert stanzas.unseal_o(sealed.stanza_o, operator, ctx) == FORM_SEALED.secrets.k_o
    other = replace(sealed.context, seq=2).digest()
    with pytest.raises(StanzaInvalidError):
        stanzas.unseal_t(sealed.stanza_t, TENDER, other)
    with pytest.raises(StanzaInvalidError):
        stanzas.unseal_o(sealed.stanza_o, operator, other)
    with pytest.raises(StanzaInvalidError):
        stanzas.unseal_t(sealed.stanza_t, ec.derive_private_key(5, ec.SECP256R1()), ctx)
    with pytest.raises(StanzaInvalidError):
        stanzas.unseal_o(sealed.stanza_o, stanzas.operator_private_key(b"\x06" * 32), ctx)
    # Each leg's stanza is useless in the other's place.
    with pytest.raises(StanzaInvalidError):
        stanzas.unseal_t(sealed.stanza_o, TENDER, ctx)
    with pytest.raises(StanzaInvalidError):
        stanzas.unseal_o(sealed.stanza_t, operator, ctx)


@given(
    st.integers(0, stanzas.STANZA_T_SIZE - 1),
    st.integers(0, stanzas.STANZA_O_SIZE - 1),
    st.integers(0, 7),
)
def test_every_changed_bit_of_a_stanza_is_noticed(at_t: int, at_o: int, bit: int) -> None:
    sealed = FORM_SEALED.descriptor
    ctx = sealed.context.digest()
    with pytest.raises(StanzaInvalidError):
        stanzas.unseal_t(flipped(sealed.stanza_t, at_t, bit), TENDER, ctx)
    with pytest.raises(StanzaInvalidError):
        stanzas.unseal_o(
            flipped(sealed.stanza_o, at_o, bit), stanzas.operator_private_key(SEED), ctx
        )


def flipped(data: bytes, at: int, bit: int) -> bytes:
    """The bytes with one bit changed."""
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


@settings(deadline=None)
@given(st.one_of(st.integers(0, 60), st.integers(0, len(FILES_BYTES) - 1)), st.integers(0, 7))
def test_every_changed_bit_of_a_ciphertext_is_noticed_and_named(at: int, bit: int) -> None:
    wanted = ContextMismatchError if at < payload.OVERHEAD else CiphertextAlteredError
    with pytest.raises(wanted):
        opened(FILES_SEALED, flipped(FILES_BYTES, at, bit))


@settings(deadline=None)
@given(
    st.one_of(
        st.integers(0, len(FILES_BYTES) - 1),
        st.integers(0, 6).map(lambda chunk: payload.OVERHEAD + chunk * FULL_CHUNK),
    )
)
def test_every_truncation_is_noticed_and_named(length: int) -> None:
    with pytest.raises(TruncatedError):
        opened(FILES_SEALED, FILES_BYTES[:length])


def test_a_truncation_that_the_descriptor_confirms_is_noticed_too() -> None:
    """A sealer that signs a cut ciphertext: the missing last chunk is found by the cipher itself."""
    cut = FILES_BYTES[: payload.OVERHEAD + 4 * FULL_CHUNK]
    hasher = RootHasher()
    hasher.update(cut)
    lying = replace(FILES_SEALED.descriptor, size=len(cut), root=hasher.digest())
    with pytest.raises(EnvelopeError):
        opened(replace(FILES_SEALED, descriptor=lying), cut)


def test_more_bytes_than_said_are_refused() -> None:
    with pytest.raises(CiphertextAlteredError) as caught:
        opened(FILES_SEALED, FILES_BYTES + b"\x00")
    assert caught.value.code == "too-long"


def test_another_ciphertext_under_the_same_key_is_refused() -> None:
    """Its bidder knows the key and may swap the stored bytes for others that open: only the root tells."""
    sealed, secrets = FORM_SEALED.descriptor, FORM_SEALED.secrets
    again = io.BytesIO()
    cheaper = payload.form_header("1", {**FORM, "price": "45873216.57"})
    same = iter([secrets.k_t, secrets.k_o])
    envelope.seal(context(), KEYS, cheaper, [], again, lambda _: next(same))
    with pytest.raises(CiphertextAlteredError) as caught:
        opened(FORM_SEALED, again.getvalue())
    assert caught.value.code == "wrong-root"
    result, _ = opened(FORM_SEALED, again.getvalue(), check_root=False)
    assert result.header.form != FORM
    assert result.plaintext_root != FORM_SEALED.plaintext_root
    assert sealed.context == context()


def test_released_secrets_are_checked_against_the_commitments() -> None:
    wrong = bytes(32)
    for secrets in (
        Secrets(wrong, FORM_SEALED.secrets.k_o),
        Secrets(FORM_SEALED.secrets.k_t, wrong),
        Secrets(FORM_SEALED.secrets.k_o, FORM_SEALED.secrets.k_t),
    ):
        with pytest.raises(CommitmentMismatchError):
            envelope.check_secrets(FORM_SEALED.descriptor, secrets)
        with pytest.raises(CommitmentMismatchError):
            opened(replace(FORM_SEALED, secrets=secrets), FORM_BYTES)
    envelope.check_secrets(FORM_SEALED.descriptor, FORM_SEALED.secrets)


@pytest.mark.parametrize(
    "change",
    [{"manifest": b"\x02" * 32}, {"lot": "2"}, {"stage": "technical"}, {"bidder": "org-b"},
     {"bidder_key": b"\x03" * 33}, {"seq": 2}, {"nonce": b"\x08" * 32}],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_every_field_is_bound_by_the_context(change: dict[str, Any]) -> None:
    other = replace(context(), **change)
    assert other.digest() != context().digest()
    with pytest.raises(ContextMismatchError):
        opened(FORM_SEALED, FORM_BYTES, expected=other)
    moved = replace(FORM_SEALED, descriptor=replace(FORM_SEALED.descriptor, context=other))
    with pytest.raises(CommitmentMismatchError):
        opened(moved, FORM_BYTES)


def test_fields_cannot_run_into_each_other() -> None:
    one = replace(context(), lot="1", stage="form", bidder="x1")
    assert (
        replace(one, lot="1x", bidder="1").digest() != replace(one, lot="1", bidder="x1").digest()
    )


def test_secrets_do_not_show() -> None:
    shown = repr(FORM_SEALED) + str(FORM_SEALED.secrets)
    for secret in (FORM_SEALED.secrets.k_t, FORM_SEALED.secrets.k_o):
        assert secret.hex() not in shown
        assert repr(secret)[2:-1] not in shown


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


def test_no_byte_of_a_chunk_gets_out_before_its_tag_is_verified() -> None:
    out = io.BytesIO()
    third = payload.OVERHEAD + 2 * FULL_CHUNK + 5
    changed = flipped(FILES_BYTES, third, 0)
    with pytest.raises(CiphertextAlteredError):
        envelope.open_(FILES_SEALED.descriptor, FILES_SEALED.secrets, io.BytesIO(changed), out)
    assert len(out.getvalue()) <= 2 * payload.CHUNK


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
    """Keeps nothing but the length and a copy on the disk."""

    def __init__(self, path: Path) -> None:
        """Write to `path`."""
        self._file = path.open("wb", buffering=0)

    def write(self, data: Any) -> int:
        """Write through."""
        return self._file.write(data)


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
        sealed = envelope.seal(
            context("technical"), KEYS, header, [Endless(size)], Pipe(path), counted(),
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


def test_an_operator_key_is_expanded_as_x_wing_says() -> None:
    """From draft-connolly-cfrg-xwing-kem, appendix C: the first vector, the start of its public key."""
    seed = bytes.fromhex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26")
    start = "e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5b19cfc3d"
    public = stanzas.operator_public_bytes(seed)
    assert (public[:36].hex(), len(public)) == (start, stanzas.OPERATOR_KEY_SIZE)


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


# The vectors, which the JavaScript tests read too.


def read_vector(path: Path) -> tuple[dict[str, str], list[str], str]:
    """Return the values, the edits and the base64 of a vector."""
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    lines = [line.split(": ", 1) for line in head.splitlines()]
    return (
        {name: value for name, value in lines if name != "edit"},
        [v for n, v in lines if n == "edit"],
        body,
    )


def vector_ciphertext(values: dict[str, str], edits: list[str], body: str) -> bytes:
    """Return the ciphertext a vector means."""
    if values["body"] != "self":
        body = read_vector(VECTORS / f"{values['body']}.txt")[2]
    ciphertext = bytearray(base64.b64decode(body))
    for edit in edits:
        match edit.split():
            case ["flip", at, mask]:
                ciphertext[int(at)] ^= int(mask, 16)
            case ["cut", length]:
                del ciphertext[int(length) :]
            case ["append", more]:
                ciphertext += bytes.fromhex(more)
            case other:
                raise AssertionError(other)
    return bytes(ciphertext)


def open_vector(values: dict[str, str], ciphertext: bytes) -> envelope.Opened:
    """Open a vector as the specification says."""
    found = descriptor.parse_descriptor(canonical.decode(values["descriptor"].encode()))
    secrets = Secrets(bytes.fromhex(values["k-t"]), bytes.fromhex(values["k-o"]))
    result = envelope.open_(found, secrets, io.BytesIO(ciphertext), None)
    ctx = found.context.digest()
    tender = ec.derive_private_key(int(values["tender-private-key"], 16), ec.SECP256R1())
    operator = stanzas.operator_private_key(bytes.fromhex(values["operator-seed"]))
    assert compressed(tender).hex() == values["tender-public-key"]
    k_t = stanzas.unseal_t(found.stanza_t, tender, ctx)
    k_o = stanzas.unseal_o(found.stanza_o, operator, ctx)
    assert (k_t, k_o) == (secrets.k_t, secrets.k_o)
    return result


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*.txt")), ids=lambda path: path.stem)
def test_vector(path: Path) -> None:
    values, edits, body = read_vector(path)
    found = descriptor.parse_descriptor(canonical.decode(values["descriptor"].encode()))
    descriptor.check_signature(found, values["signature"])
    assert found.context.digest().hex() == values["ctx"]
    ciphertext = vector_ciphertext(values, edits, body)
    if values["expect"] != "ok":
        with pytest.raises(EnvelopeError) as caught:
            open_vector(values, ciphertext)
        assert caught.value.code == values["expect"]
        return
    result = open_vector(values, ciphertext)
    secrets = Secrets(bytes.fromhex(values["k-t"]), bytes.fromhex(values["k-o"]))
    assert envelope.content_key(secrets, found.context.digest()).hex() == values["cek"]
    assert found.digest().hex() == values["descriptor-hash"]
    assert result.header.to_bytes().decode() == values["header"]
    assert str(result.content_size) == values["content-size"]
    assert result.plaintext_root.hex() == values["plaintext-root"]


def test_the_vectors_cover_every_outcome() -> None:
    outcomes = [read_vector(path)[0]["expect"] for path in VECTORS.glob("*.txt")]
    assert set(outcomes) == {
        "ok", "wrong-context", "wrong-key", "wrong-stanza", "truncated", "too-long", "altered", "wrong-root",
        "malformed-payload", "malformed-padding",
    }  # fmt: skip
    assert len(outcomes) > 25


def test_the_vectors_are_those_that_the_generator_makes() -> None:
    path = VECTORS.parent / "generate_envelope.py"
    made = runpy.run_path(str(path))["vectors"]()
    assert {f"{one.name}.txt": one.text() for one in made} == {
        path.name: path.read_text(encoding="utf-8") for path in VECTORS.glob("*.txt")
    }
