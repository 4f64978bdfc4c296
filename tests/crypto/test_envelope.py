"""Envelopes: sealed and opened again, and refused by name whatever is changed in them."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import envelope, payload, stanzas
from crypto.envelope import Secrets
from crypto.errors import (
    CiphertextAlteredError,
    CommitmentMismatchError,
    ContextMismatchError,
    EnvelopeError,
    StanzaInvalidError,
    TruncatedError,
)
from crypto.merkle import RootHasher
from tests.crypto.envelopes import (
    FILES_BYTES,
    FILES_SEALED,
    FORM,
    FORM_BYTES,
    FORM_SEALED,
    FULL_CHUNK,
    KEYS,
    SEED,
    TENDER,
    context,
    counted,
    flipped,
    opened,
    sealed_files,
)


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


def test_no_byte_of_a_chunk_gets_out_before_its_tag_is_verified() -> None:
    out = io.BytesIO()
    third = payload.OVERHEAD + 2 * FULL_CHUNK + 5
    changed = flipped(FILES_BYTES, third, 0)
    with pytest.raises(CiphertextAlteredError):
        envelope.open_(FILES_SEALED.descriptor, FILES_SEALED.secrets, io.BytesIO(changed), out)
    assert len(out.getvalue()) <= 2 * payload.CHUNK


def test_an_operator_key_is_expanded_as_x_wing_says() -> None:
    """From draft-connolly-cfrg-xwing-kem, appendix C: the first vector, the start of its public key."""
    seed = bytes.fromhex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26")
    start = "e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5b19cfc3d"
    public = stanzas.operator_public_bytes(seed)
    assert (public[:36].hex(), len(public)) == (start, stanzas.OPERATOR_KEY_SIZE)
