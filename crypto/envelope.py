"""Sealing and opening one stage of a bid.

Source: docs/spec/envelope.md. `seal` and `open_` stream in batches of 1 MiB and hold a few of them,
whatever the size.

Randomness: k_T, k_O and (in the caller's `Context`) the nonce are handed in; the salt of
Cobblestone and the ephemeral keys of HPKE are drawn by the library, which takes none. Python cannot
wipe `bytes`: the process that seals should be short-lived.

Two digests are computed beside the cipher, one over the content and one over the ciphertext.
Handed an `Executor`, `seal` and `open_` read the next batch and hash it there, so that on two cores
the time is little more than that of the cipher and one SHA-256.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto import payload, stanzas
from crypto.descriptor import Context, Descriptor
from crypto.errors import (
    CiphertextAlteredError,
    ContextMismatchError,
    EnvelopeError,
    SelfTestError,
)
from crypto.merkle import RootHasher
from crypto.payload import Header
from crypto.streams import (
    BATCH,
    CiphertextReader,
    PlaintextReader,
    Sink,
    Source,
    batches,
    write_all,
)
from crypto.unpacking import Unpacker

_ROOM: Final = (
    BATCH + BATCH // payload.CHUNK * payload.TAG + payload.OVERHEAD + payload.CHUNK + payload.TAG
)

Progress = Callable[[int, int], None]
"""``(done, total)`` bytes of ciphertext."""


@dataclass(frozen=True, slots=True)
class StageKeys:
    """The public keys of a stage: tender key (custodians, 33 bytes), operator key (1,216 bytes)."""

    tender: bytes
    operator: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """k_T and k_O, 32 bytes each. Their `repr` says nothing."""

    k_t: bytes
    k_o: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """What `seal` leaves in the sealer's hands."""

    descriptor: Descriptor
    secrets: Secrets
    plaintext_root: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened stage; `offsets` say where in the content each file of the header begins."""

    header: Header
    plaintext_root: bytes
    content_size: int
    offsets: tuple[int, ...]


def content_key(secrets: Secrets, ctx: bytes) -> bytes:
    """Derive the CEK (32 bytes)."""
    return HKDF(SHA256(), 32, salt=ctx, info=b"cek").derive(secrets.k_t + secrets.k_o)


def seal(  # noqa: PLR0913 - context, keys, what is sealed, where it goes
    context: Context,
    keys: StageKeys,
    header: Header,
    files: Sequence[Source],
    out: Sink,
    random: Callable[[int], bytes],
    *,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Sealed:
    """Seal a header and the files it names into `out`, and return the descriptor, still unsigned.

    `random(n)` returns n bytes from a cryptographic source. If this raises, `out` holds a useless
    part of a ciphertext.

    Raises:
        PayloadInvalidError: the header is not valid, or a file has another size than the header
        says.
        ContextMismatchError: the header is for another lot or stage than the context.
        DescriptorInvalidError: a public key is malformed.
    """
    if (header.stage, header.lot) != (context.stage, context.lot):
        message = f"the header is for {header.stage!r} of lot {header.lot!a}, "
        message += f"the context for {context.stage!r} of lot {context.lot!a}"
        raise ContextMismatchError(message)
    ctx = context.digest()
    secrets = Secrets(random(stanzas.SECRET_SIZE), random(stanzas.SECRET_SIZE))
    stanza_t = stanzas.seal_t(secrets.k_t, keys.tender, ctx)
    stanza_o = stanzas.seal_o(secrets.k_o, keys.operator, ctx)
    reader = PlaintextReader(header, files)
    total = payload.ciphertext_size(reader.size)
    cipher_root = RootHasher()
    encryptor = Cobblestone256Encryptor(content_key(secrets, ctx), ctx)
    room = memoryview(bytearray(_ROOM))
    for batch in batches(reader.fill, reader.size, executor):
        _emit(room[: encryptor.update_into(batch, room)], out, cipher_root)
        if progress:
            progress(cipher_root.length, total)
    _emit(memoryview(encryptor.finalize()), out, cipher_root)
    if progress:
        progress(cipher_root.length, total)
    descriptor = Descriptor(
        context=context,
        stanza_t=stanza_t,
        stanza_o=stanza_o,
        commitment_t=stanzas.commitment(secrets.k_t, ctx),
        commitment_o=stanzas.commitment(secrets.k_o, ctx),
        size=cipher_root.length,
        root=cipher_root.digest(),
    )
    return Sealed(descriptor, secrets, reader.finish())


def _emit(piece: memoryview, out: Sink, cipher_root: RootHasher) -> None:
    cipher_root.update(piece)
    write_all(out, piece)


def open_(  # noqa: PLR0913 - what, with which secrets, from where, to where, switches
    descriptor: Descriptor,
    secrets: Secrets,
    ciphertext: Source,
    out: Sink | None,
    *,
    expected: Context | None = None,
    check_root: bool = True,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Opened:
    """Open a sealed stage, writing its content (length, header, files; no padding) to `out`.

    Each chunk is written only after its tag is verified; that none is missing is known only on
    return. If this raises, what was written to `out` must be thrown away: write to a temporary file
    and rename it afterwards.

    `check_root=False` is for an opener who compared the root when it stored the bytes and trusts
    its storage since.

    Raises:
        ContextMismatchError: the descriptor is not of the `expected` context, or the ciphertext not
        of the descriptor's.
        CommitmentMismatchError: a secret is not the one the descriptor commits to.
        TruncatedError: bytes are missing.
        CiphertextAlteredError: `altered`, `too-long` or `wrong-root`.
        PayloadInvalidError: the sealer packed something that is not a payload.
    """
    if expected is not None and expected != descriptor.context:
        found = descriptor.context.digest().hex()
        message = f"the envelope was sealed in context {found}, not {expected.digest().hex()}"
        raise ContextMismatchError(message)
    check_secrets(descriptor, secrets)
    ctx = descriptor.context.digest()
    decryptor = Cobblestone256Decryptor(content_key(secrets, ctx), ctx)
    reader = CiphertextReader(ciphertext, descriptor.size, hashed=check_root)
    unpacker = Unpacker(descriptor, out)
    room = memoryview(bytearray(_ROOM))
    done = 0
    for batch in batches(reader.fill, descriptor.size, executor):
        _open_batch(decryptor, batch, room, unpacker, first=not done)
        done += len(batch)
        if progress:
            progress(done, descriptor.size)
    root = reader.finish()
    try:
        last = decryptor.finalize()
    except InvalidTag:
        raise CiphertextAlteredError(_ALTERED) from None
    unpacker.feed(memoryview(last))
    header = unpacker.finish()
    if root is not None and not hmac.compare_digest(root, descriptor.root):
        message = f"the ciphertext has root {root.hex()}, recorded is {descriptor.root.hex()}"
        raise CiphertextAlteredError(message, code="wrong-root")
    return Opened(header, unpacker.root(), header.content_size(), header.offsets())


_ALTERED: Final = "the ciphertext was altered: the tag of one of its chunks does not verify"


def check_secrets(descriptor: Descriptor, secrets: Secrets) -> None:
    """Check released secrets against the descriptor's commitments.

    Raises:
        CommitmentMismatchError: one is not what the bidder committed to.
    """
    ctx = descriptor.context.digest()
    stanzas.check_commitment(secrets.k_t, ctx, descriptor.commitment_t, "T")
    stanzas.check_commitment(secrets.k_o, ctx, descriptor.commitment_o, "O")


def _open_batch(
    decryptor: Cobblestone256Decryptor,
    batch: memoryview,
    room: memoryview,
    unpacker: Unpacker,
    *,
    first: bool,
) -> None:
    """Hand the unpacker every chunk of the batch that verifies."""
    start = payload.OVERHEAD if first else 0
    if first:
        try:
            decryptor.update_into(batch[:start], room)
        except InvalidTag:
            message = (
                "the ciphertext was sealed under another key or context than its descriptor says"
            )
            raise ContextMismatchError(message) from None
    try:
        opened = decryptor.update_into(batch[start:], room)
    except InvalidTag:
        raise CiphertextAlteredError(_ALTERED) from None
    unpacker.feed(room[:opened])


def self_test(
    sealed: Sealed,
    ciphertext: Source,
    *,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> None:
    """Open what was just written with the kept secrets and compare: before anything is sent.

    Raises:
        SelfTestError: what was written does not open to what was read.
    """
    try:
        opened = open_(
            sealed.descriptor,
            sealed.secrets,
            ciphertext,
            None,
            progress=progress,
            executor=executor,
        )
    except EnvelopeError as error:
        message = f"the envelope does not open again, do not send it: {error}"
        raise SelfTestError(message) from error
    if not hmac.compare_digest(opened.plaintext_root, sealed.plaintext_root):
        message = "the envelope opens to other content than was sealed, do not send it"
        raise SelfTestError(message)
