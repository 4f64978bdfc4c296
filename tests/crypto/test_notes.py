"""Signed notes, checkpoints and cosignatures, with the examples printed in the C2SP specifications."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from crypto import merkle, notes
from crypto.errors import NoteInvalidError
from crypto.notes import Checkpoint, VerifierKey

ORIGIN = "bidhall.example/record"
LOG = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
LOG_KEY = notes.verifier_key(ORIGIN, LOG)
WITNESS = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
WITNESS_KEY = notes.verifier_key("witness.example/w1", WITNESS, notes.COSIGNATURE)
CHECKPOINT = Checkpoint(ORIGIN, 42, b"\x07" * 32)
SIGNED = notes.sign_checkpoint(CHECKPOINT, ORIGIN, LOG)

# From c2sp.org/signed-note, "Example".
PUBLISHED_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
PUBLISHED_NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)


def test_the_published_note_verifies() -> None:
    key = VerifierKey.parse(PUBLISHED_KEY)
    note = notes.parse_note(PUBLISHED_NOTE)
    assert str(key) == PUBLISHED_KEY
    assert str(note) == PUBLISHED_NOTE
    assert notes.verify_signature(note.text, note.signatures[0], key) is None
    with pytest.raises(NoteInvalidError):
        notes.verify_signature(note.text.replace("an", "no"), note.signatures[0], key)


def test_the_published_cosigned_checkpoint_parses() -> None:
    """From c2sp.org/tlog-cosignature; its keys are not published, so it is only read."""
    note = notes.parse_note(
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa "
        "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0"
        "xUe+mbIUBkBIfZ+qnA==\n"
    )
    checkpoint = notes.parse_checkpoint(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert int.from_bytes(note.signatures[1].blob[:8], "big") == 1679315147


def test_a_checkpoint_opens_with_the_key_of_its_log() -> None:
    assert notes.open_checkpoint(SIGNED, ORIGIN, LOG_KEY) == CHECKPOINT
    assert notes.open_checkpoint(SIGNED, ORIGIN, str(LOG_KEY)) == CHECKPOINT


def test_a_checkpoint_of_the_empty_log_has_the_empty_root() -> None:
    empty = notes.sign_checkpoint(Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT), ORIGIN, LOG)
    assert notes.open_checkpoint(empty, ORIGIN, LOG_KEY).size == 0
    with pytest.raises(NoteInvalidError):
        Checkpoint(ORIGIN, 0, b"\x00" * 32)


def test_another_log_or_key_does_not_open_it() -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"\x03" * 32)
    with pytest.raises(NoteInvalidError, match=r"is of log .*record"):
        notes.open_checkpoint(SIGNED, "other.example/record", LOG_KEY)
    with pytest.raises(NoteInvalidError, match="is not signed by"):
        notes.open_checkpoint(SIGNED, ORIGIN, notes.verifier_key(ORIGIN, other))
    with pytest.raises(NoteInvalidError, match="is not signed by"):
        notes.open_checkpoint(
            notes.sign_checkpoint(CHECKPOINT, "other.example", LOG), ORIGIN, LOG_KEY
        )
    # A witness's line does not stand in for the log's, even under the same key.
    line = notes.cosign(SIGNED, ORIGIN, LOG, 1)
    with pytest.raises(NoteInvalidError, match="is not signed by"):
        notes.open_checkpoint(str(notes.Note(CHECKPOINT.text(), (line,))), ORIGIN, LOG_KEY)


def test_cosignatures_are_found_and_counted_once() -> None:
    lines = [
        notes.cosign(SIGNED, "witness.example/w1", WITNESS, at)
        for at in (1_795_000_000, 1_795_000_100)
    ]
    note = notes.add_signatures(SIGNED, [*lines, lines[0]])
    checkpoint, found = notes.open_cosigned(note, ORIGIN, LOG_KEY, [WITNESS_KEY, str(WITNESS_KEY)])
    assert checkpoint == CHECKPOINT
    assert found == (notes.Cosignature("witness.example/w1", 1_795_000_100),)
    assert notes.open_cosigned(note, ORIGIN, LOG_KEY) == (CHECKPOINT, ())
    assert len(notes.parse_note(note).signatures) == 3


def test_a_known_witness_whose_signature_fails_spoils_the_note() -> None:
    line = notes.cosign(SIGNED, "witness.example/w1", WITNESS, 1_795_000_000)
    later = line.blob[:7] + bytes([line.blob[7] ^ 1]) + line.blob[8:]
    note = notes.add_signatures(SIGNED, [notes.Signature(line.name, line.key_id, later)])
    assert notes.open_checkpoint(note, ORIGIN, LOG_KEY) == CHECKPOINT
    with pytest.raises(NoteInvalidError, match="does not verify"):
        notes.open_cosigned(note, ORIGIN, LOG_KEY, [WITNESS_KEY])


def test_the_logs_own_key_is_not_a_witness() -> None:
    _, found = notes.open_cosigned(SIGNED, ORIGIN, LOG_KEY, [LOG_KEY])
    assert found == ()


@given(st.data())
def test_every_changed_bit_of_a_checkpoint_is_noticed(data: st.DataObject) -> None:
    octets = bytearray(SIGNED.encode())
    at = data.draw(st.integers(0, len(octets) - 1))
    octets[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        changed = octets.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(NoteInvalidError):
        notes.open_checkpoint(changed, ORIGIN, LOG_KEY)


@pytest.mark.parametrize(
    "text",
    ["o\n1\n", "o\n01\n" + "A" * 43 + "=\n", "o\n+1\n" + "A" * 43 + "=\n", "o\n1\nAAAA\n", "\n1\n" + "A" * 43 + "=\n",
     "o\n-1\n" + "A" * 43 + "=\n", "o\n9223372036854775808\n" + "A" * 43 + "=\n", "o\n1\n" + "A" * 42 + "B=\n",
     "o\n1\n" + "A" * 43 + "=\n\n", "o\n1\n" + "A" * 43 + "=", "o\n\u0661\n" + "A" * 43 + "=\n"],
)  # fmt: skip
def test_other_texts_are_not_checkpoints(text: str) -> None:
    with pytest.raises(NoteInvalidError):
        notes.parse_checkpoint(text)


def test_extension_lines_are_kept() -> None:
    checkpoint = Checkpoint(ORIGIN, 1, b"\x01" * 32, ("one", "two"))
    assert notes.parse_checkpoint(checkpoint.text()) == checkpoint


@pytest.mark.parametrize(
    "note",
    ["", "text\n", "text\n\n", "text\n\n— name AAAAAAA=", "text\n\n- name AAAAAAA=\n", "text\n\n—  AAAAAAA=\n",
     "text\n\n— name AAAA\n", "text\n\n— na+me AAAAAAA=\n", "text\n\n— name AAAAAAB=\n", "te\txt\n\n— name AAAAAAA=\n",
     "text\r\n\r\n— name AAAAAAA=\r\n", "text\n\n" + "— name AAAAAAA=\n" * 65, "te\ud800xt\n\n— name AAAAAAA=\n"],
)  # fmt: skip
def test_other_texts_are_not_notes(note: str) -> None:
    with pytest.raises(NoteInvalidError):
        notes.parse_note(note)


@pytest.mark.parametrize(
    "vkey",
    ["", "name", "name+00000000+", PUBLISHED_KEY.replace("530d903a", "530d903b"), PUBLISHED_KEY.replace("/foo", " foo"),
     PUBLISHED_KEY[:-4], "name+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode()],
)  # fmt: skip
def test_other_texts_are_not_verifier_keys(vkey: str) -> None:
    with pytest.raises(NoteInvalidError):
        VerifierKey.parse(vkey)
