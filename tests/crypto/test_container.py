"""Sealed bid files: written, read as a stream, and refused when anything does not agree."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from crypto import canonical, container, payload, signatures
from crypto.descriptor import Context, Descriptor
from crypto.errors import ContainerInvalidError

BIDDER = ec.derive_private_key(0xB1D, ec.SECP256R1())
SIZE = payload.ciphertext_size(65_536)
CIPHERTEXTS = [b"\x11" * SIZE, b"\x22" * SIZE]


def described(stage: str, **changes: object) -> tuple[Descriptor, str]:
    """A signed descriptor; its ciphertext is not looked at here."""
    fields = {
        "manifest": b"\x01" * 32,
        "lot": "1",
        "stage": stage,
        "bidder": "org-a",
        "seq": 1,
        "nonce": b"\x02" * 32,
    }
    context = Context(bidder_key=signatures.compress(BIDDER.public_key()), **{**fields, **changes})  # type: ignore[arg-type] # any mix
    made = Descriptor(context, bytes(113), bytes(1168), bytes(32), bytes(32), SIZE, bytes(32))
    return made, signatures.sign(BIDDER, made.signed_bytes()).hex()


BID = container.bundle("ten-a", [described("form"), described("technical")])


def written(bid: container.SealedBid = BID) -> bytes:
    """The file."""
    out = io.BytesIO()
    container.write(bid, [io.BytesIO(one) for one in CIPHERTEXTS], out)
    return out.getvalue()


def read(data: bytes) -> tuple[container.SealedBid, dict[str, bytes]]:
    """Read a whole file."""
    source, found = io.BytesIO(data), {}
    bid = container.read_header(source)

    def take(stage: container.SealedStage, pieces: Iterator[bytes]) -> None:
        found[stage.descriptor.context.stage] = b"".join(pieces)

    container.read_stages(source, bid, take)
    return bid, found


def test_a_bid_comes_back() -> None:
    bid, found = read(written())
    assert bid == BID
    assert found == {"form": CIPHERTEXTS[0], "technical": CIPHERTEXTS[1]}
    assert [stage.offset for stage in bid.stages] == [0, SIZE]
    assert len(written()) == len(BID.to_bytes()) + BID.size


def test_a_sink_that_stops_early_does_not_shift_the_next_stage() -> None:
    source = io.BytesIO(written())
    seen = []

    def glance(_: container.SealedStage, pieces: Iterator[bytes]) -> None:
        seen.append(next(pieces)[:1])

    container.read_stages(source, container.read_header(source), glance)
    assert seen == [b"\x11", b"\x22"]


@pytest.mark.parametrize(
    "length",
    [0, 5, 15, 18, 19, 200, len(BID.to_bytes()), len(BID.to_bytes()) + SIZE, len(written()) - 1],
)
def test_a_file_that_ends_early_is_refused(length: int) -> None:
    with pytest.raises(ContainerInvalidError):
        read(written()[:length])


def test_a_file_that_goes_on_is_refused() -> None:
    with pytest.raises(ContainerInvalidError, match="goes on"):
        read(written() + b"\x00")


@pytest.mark.parametrize("at", [0, 13, 14, 15, 18, 19, 40, 300, 2000])
def test_a_changed_byte_before_the_ciphertexts_is_refused(at: int) -> None:
    data = bytearray(written())
    data[at] ^= 1
    with pytest.raises(ContainerInvalidError):
        read(bytes(data))


@pytest.mark.parametrize(
    "change",
    [{"v": 2}, {"tender": "Ten/.."}, {"tender": 1}, {"manifest": "00" * 32}, {"lot": "2"}, {"bidder": "org-b"},
     {"seq": 2}, {"stages": []}, {"stages": None}, {"more": 1}],
    ids=str,
)  # fmt: skip
def test_a_header_that_does_not_agree_with_its_stages_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ContainerInvalidError):
        read(with_header({**header(), **change}))


@pytest.mark.parametrize(
    "change",
    [{"stage": "technical"}, {"offset": 1}, {"size": SIZE + 1}, {"signature": "00" * 64}, {"signature": None},
     {"more": 1}, {"descriptor": {}}],
    ids=str,
)  # fmt: skip
def test_a_stage_that_does_not_agree_with_its_descriptor_is_refused(
    change: dict[str, object],
) -> None:
    value = header()
    value["stages"][0] = {**value["stages"][0], **change}
    with pytest.raises(ContainerInvalidError):
        read(with_header(value))


def header() -> dict:  # type: ignore[type-arg] # free JSON
    """The header's JSON."""
    return canonical.decode(BID.to_bytes()[19:])  # type: ignore[no-any-return] # JSON


def with_header(value: object) -> bytes:
    """A file with another header."""
    encoded = canonical.encode(value)
    return container.MAGIC + len(encoded).to_bytes(4, "big") + encoded + b"".join(CIPHERTEXTS)


@pytest.mark.parametrize(
    "stages",
    [[], [described("form"), described("form")], [described("form"), described("technical", lot="2")],
     [described("form"), described("technical", seq=2)], [described("form"), described("technical", bidder="org-b")],
     [(described("form")[0], "")], [(described("form")[0], described("technical")[1])]],
    ids=["none", "twice", "lot", "seq", "bidder", "unsigned", "swapped signature"],
)  # fmt: skip
def test_stages_that_do_not_belong_together_are_not_bundled(
    stages: list[tuple[Descriptor, str]],
) -> None:
    with pytest.raises(ContainerInvalidError):
        container.bundle("ten-a", stages)


def test_a_ciphertext_of_another_length_is_not_written() -> None:
    for wrong in (CIPHERTEXTS[0][:-1], CIPHERTEXTS[0] + b"x"):
        with pytest.raises(ContainerInvalidError):
            container.write(BID, [io.BytesIO(wrong), io.BytesIO(CIPHERTEXTS[1])], io.BytesIO())
    assert replace(BID.stages[0], offset=1) != BID.stages[0]
