"""tlog-proofs: written, read, verified, and refused when anything in them is changed."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from crypto import merkle, notes, proof, tiles
from crypto.errors import CryptoError, NoteInvalidError, ProofInvalidError

ORIGIN = "bidhall.example/record"
LOG = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
LOG_KEY = notes.verifier_key(ORIGIN, LOG)
WITNESSES = [Ed25519PrivateKey.from_private_bytes(bytes([at]) * 32) for at in (2, 3)]
WITNESS_KEYS = [
    notes.verifier_key(f"w{at}.example", key, notes.COSIGNATURE) for at, key in enumerate(WITNESSES)
]
LEAVES = [b"%032d" % at for at in range(300)]
INDEX = 73


def made(extra: bytes | None = None) -> proof.LogProof:
    """A proof of leaf `INDEX` out of tiles, cosigned by both witnesses."""
    store: dict[str, bytes] = {}
    growth = tiles.grow(0, LEAVES, store.__getitem__)
    store.update(growth.tiles)
    checkpoint = notes.sign_checkpoint(
        notes.Checkpoint(ORIGIN, growth.size, growth.root), ORIGIN, LOG
    )
    lines = [
        notes.cosign(checkpoint, f"w{at}.example", key, 1_795_000_000)
        for at, key in enumerate(WITNESSES)
    ]
    path = tiles.TileReader(store.__getitem__, growth.size).inclusion(INDEX, growth.size)
    return proof.LogProof(INDEX, tuple(path), notes.add_signatures(checkpoint, lines), extra)


PROOF = made()


@pytest.mark.parametrize("extra", [None, b"something"])
def test_a_proof_survives_being_written(extra: bytes | None) -> None:
    one = made(extra)
    assert proof.parse_proof(str(one)) == one
    assert str(one).startswith("c2sp.org/tlog-proof@v1\n" + ("extra " if extra else "index 73\n"))


def test_a_proof_shows_its_leaf_and_who_cosigned() -> None:
    shown = proof.verify_proof(
        str(PROOF), LEAVES[INDEX], ORIGIN, str(LOG_KEY), witnesses=WITNESS_KEYS, quorum=2
    )
    assert (shown.index, shown.checkpoint.size) == (INDEX, 300)
    assert [one.name for one in shown.cosignatures] == ["w0.example", "w1.example"]


def test_a_proof_of_the_only_leaf_has_no_path() -> None:
    root = merkle.leaf_hash(b"x")
    one = proof.LogProof(
        0, (), notes.sign_checkpoint(notes.Checkpoint(ORIGIN, 1, root), ORIGIN, LOG)
    )
    assert proof.verify_proof(str(one), b"x", ORIGIN, LOG_KEY).index == 0


def test_too_few_witnesses_are_too_few() -> None:
    with pytest.raises(
        ProofInvalidError, match="1 known witnesses cosigned size 300, 2 are needed"
    ):
        proof.verify_proof(
            PROOF, LEAVES[INDEX], ORIGIN, LOG_KEY, witnesses=WITNESS_KEYS[:1], quorum=2
        )


def test_another_leaf_index_log_or_key_is_refused() -> None:
    with pytest.raises(ProofInvalidError):
        proof.verify_proof(PROOF, LEAVES[INDEX + 1], ORIGIN, LOG_KEY)
    moved = proof.LogProof(INDEX + 1, PROOF.path, PROOF.checkpoint)
    with pytest.raises(ProofInvalidError):
        proof.verify_proof(moved, LEAVES[INDEX], ORIGIN, LOG_KEY)
    with pytest.raises(NoteInvalidError):
        proof.verify_proof(PROOF, LEAVES[INDEX], "other.example", LOG_KEY)
    with pytest.raises(NoteInvalidError):
        proof.verify_proof(PROOF, LEAVES[INDEX], ORIGIN, notes.verifier_key(ORIGIN, WITNESSES[0]))


@given(st.data())
def test_every_changed_bit_is_noticed(data: st.DataObject) -> None:
    octets = bytearray(str(PROOF).encode())
    at = data.draw(st.integers(0, len(octets) - 1))
    octets[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        changed = octets.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(CryptoError):
        proof.verify_proof(
            changed, LEAVES[INDEX], ORIGIN, LOG_KEY, witnesses=WITNESS_KEYS, quorum=2
        )


@pytest.mark.parametrize(
    "text",
    ["", "c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v1\n\nnote", "c2sp.org/tlog-proof@v2\nindex 0\n\nnote",
     "c2sp.org/tlog-proof@v1\nindex 00\n\nnote", "c2sp.org/tlog-proof@v1\nindex 0\n?\n\nnote",
     "c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n\nnote", "c2sp.org/tlog-proof@v1\nindex -1\n\nnote",
     "c2sp.org/tlog-proof@v1\nindex 0\n" + "AAAA\n" * 64 + "\nnote"],
)  # fmt: skip
def test_other_texts_are_not_proofs(text: str) -> None:
    with pytest.raises(ProofInvalidError):
        proof.parse_proof(text)
