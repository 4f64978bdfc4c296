"""The key ceremony: COCKTAIL-DKG with P-256 and SHA-256.

n participants, each with a long-term static key, make one key pair whose private half no t-1 of
them know. Round one: each sends commitments, a proof of possession and n encrypted shares. Then each
computes the outcome from all messages, checks its own shares, and signs the transcript; the n
signatures are the certificate anyone can check. The coordinator only carries messages.

Source: C2SP cocktail-dkg; docs/spec/key-ceremony.md. Randomness is handed in; a participant needs no
state between the rounds but its static key, for its own share comes back to it encrypted as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from crypto import p256, schnorr, xaes
from crypto.errors import (
    CeremonyError,
    CiphertextAlteredError,
    PointInvalidError,
    SignatureInvalidError,
)

__all__ = [
    "Outcome",
    "Participant",
    "Session",
    "Share",
    "generate_static_key",
    "public_outcome",
    "session_context",
    "static_public_key",
    "verify_certificate",
]

CIPHERSUITE: Final = b"COCKTAIL(P-256, SHA-256)"
_H6: Final = b"COCKTAIL-DKG-P256-SHA256-H6"
_CONTEXT: Final = b"COCKTAIL-DKG-CONTEXT"
_MIN_CIPHERTEXT: Final = p256.SCALAR_SIZE + xaes.TAG_SIZE
_MAX_CIPHERTEXT: Final = 65_536
_MAX_PARTICIPANTS: Final = 255

Random = Callable[[int], bytes]


def _random_scalar(random: Random) -> int:
    while True:
        # 16 spare bytes: the bias of the reduction is below 2^-128.
        value = int.from_bytes(random(p256.SCALAR_SIZE + 16), "big") % p256.ORDER
        if value:
            return value


def generate_static_key(random: Random) -> bytes:
    """Make a participant's long-term secret, 32 bytes."""
    return p256.scalar_bytes(_random_scalar(random))


def static_public_key(secret: bytes) -> bytes:
    """Give the public half (33 bytes) of a static secret."""
    return p256.public_of(p256.scalar(secret))


def session_context(session_id: bytes, static_keys: Sequence[bytes]) -> bytes:
    """Bind a session id to the ciphersuite and the ordered participants; 32 bytes."""
    data = _CONTEXT
    for part in (session_id, CIPHERSUITE):
        data += len(part).to_bytes(8, "big") + part
    data += len(static_keys).to_bytes(4, "little") + b"".join(static_keys)
    return hashlib.sha256(data).digest()


@dataclass(frozen=True, slots=True)
class Session:
    """What all participants agree on beforehand: t, the ordered static keys, and the context."""

    threshold: int
    static_keys: tuple[bytes, ...]
    context: bytes
    extension: bytes = b""

    def __post_init__(self) -> None:
        """Refuse a set-up that cannot be.

        Raises:
            CeremonyError: t, n, or a static key that is no point or occurs twice.
        """
        count = len(self.static_keys)
        if not 1 <= self.threshold <= count <= _MAX_PARTICIPANTS:
            message = f"threshold {self.threshold} of {count} participants cannot be"
            raise CeremonyError(message, code="bad-setup")
        if len(set(self.static_keys)) != count:
            raise CeremonyError("two participants have the same static key", code="bad-setup")
        for place, key in enumerate(self.static_keys, 1):
            try:
                p256.decode(key)
            except PointInvalidError as error:
                message = f"the static key of participant {place} is no point"
                raise CeremonyError(message, code="bad-setup", blamed=place) from error


@dataclass(frozen=True, slots=True)
class _Message:
    """A first-round message, parsed: t commitments, proof, ephemeral key, n ciphertexts."""

    commitments: tuple[bytes, ...]
    proof: bytes
    ephemeral: bytes
    ciphertexts: tuple[bytes, ...]

    def encode(self) -> bytes:
        framed = b"".join(len(one).to_bytes(8, "big") + one for one in self.ciphertexts)
        return b"".join(self.commitments) + self.proof + self.ephemeral + framed

    def proven(self, context: bytes) -> bytes:
        return context + b"".join(self.commitments) + self.ephemeral


@dataclass(frozen=True, slots=True)
class Outcome:
    """What everyone can compute: Y (33 bytes), Y_1..Y_n, and the transcript that is signed."""

    public_key: bytes
    public_shares: tuple[bytes, ...]
    transcript: bytes

    @property
    def transcript_hash(self) -> bytes:
        """SHA-256 of the transcript."""
        return hashlib.sha256(self.transcript).digest()


@dataclass(frozen=True, slots=True, repr=False)
class Share:
    """What a participant ends with: its secret share, and its signature on the transcript."""

    secret: bytes
    signature: bytes
    outcome: Outcome
    payloads: tuple[bytes, ...]


def _parse(session: Session, sender: int, data: bytes) -> _Message:
    size, point = len(data), p256.POINT_SIZE
    fixed = session.threshold * point + schnorr.SIGNATURE_SIZE + point

    def malformed(what: str) -> CeremonyError:
        message = f"the message of participant {sender} {what}"
        return CeremonyError(message, code="malformed-message", blamed=sender)

    if size < fixed:
        raise malformed("is cut short")
    commitments = tuple(data[at : at + point] for at in range(0, session.threshold * point, point))
    at = session.threshold * point
    proof = data[at : at + schnorr.SIGNATURE_SIZE]
    at += schnorr.SIGNATURE_SIZE
    ephemeral = data[at : at + point]
    at += point
    ciphertexts = []
    for _ in session.static_keys:
        length = int.from_bytes(data[at : at + 8], "big")
        if size < at + 8 or not _MIN_CIPHERTEXT <= length <= _MAX_CIPHERTEXT:
            raise malformed("holds a ciphertext of impossible length")
        ciphertexts.append(data[at + 8 : at + 8 + length])
        at += 8 + length
    if at != size:
        raise malformed("has bytes too many or too few")
    try:
        for one in (*commitments, ephemeral):
            p256.decode(one)
    except PointInvalidError as error:
        raise malformed("holds something that is no point") from error
    return _Message(commitments, proof, ephemeral, tuple(ciphertexts))


def _parse_all(session: Session, messages: Sequence[bytes]) -> list[_Message]:
    if len(messages) != len(session.static_keys):
        text = f"{len(messages)} messages came from {len(session.static_keys)} participants"
        raise CeremonyError(text, code="wrong-count")
    parsed = [_parse(session, sender, one) for sender, one in enumerate(messages, 1)]
    for sender, one in enumerate(parsed, 1):
        try:
            schnorr.verify(one.commitments[0], one.proven(session.context), one.proof)
        except SignatureInvalidError as error:
            text = f"participant {sender} does not prove that it knows its own secret"
            raise CeremonyError(text, code="bad-proof", blamed=sender) from error
    return parsed


def _evaluate(commitments: Sequence[p256.Point], index: int) -> p256.Point:
    """Evaluate a committed polynomial at a public index, by Horner's rule."""
    total: p256.Point = None
    for commitment in reversed(commitments):
        total = p256.add(p256.multiply(index, total), commitment)
    return total


def _outcome(session: Session, parsed: Sequence[_Message]) -> Outcome:
    points = [[p256.decode(point) for point in one.commitments] for one in parsed]
    totals = [p256.add(*column) for column in zip(*points, strict=True)]
    count = len(session.static_keys)
    transcript = (
        len(CIPHERSUITE).to_bytes(8, "little") + CIPHERSUITE
        + len(session.context).to_bytes(8, "little") + session.context
        + count.to_bytes(4, "little") + session.threshold.to_bytes(4, "little")
        + b"".join(session.static_keys)
        + b"".join(point for one in parsed for point in one.commitments)
        + b"".join(one.proof for one in parsed)
        + b"".join(one.ephemeral for one in parsed)
        + len(session.extension).to_bytes(8, "little") + session.extension
    )  # fmt: skip
    shares = tuple(p256.encode(_evaluate(totals, index)) for index in range(1, count + 1))
    return Outcome(p256.encode(totals[0]), shares, transcript)


def public_outcome(session: Session, messages: Sequence[bytes]) -> Outcome:
    """Compute the outcome from the first-round messages alone, checking every proof.

    Raises:
        CeremonyError: a message is malformed or its proof does not hold; ``blamed`` names the sender.
    """
    return _outcome(session, _parse_all(session, messages))


def verify_certificate(session: Session, outcome: Outcome, signatures: Sequence[bytes]) -> None:
    """Check that every participant signed this transcript.

    Raises:
        CeremonyError: a signature is missing or does not verify; ``blamed`` names its signer.
    """
    if len(signatures) != len(session.static_keys):
        text = f"{len(signatures)} signatures came from {len(session.static_keys)} participants"
        raise CeremonyError(text, code="wrong-count")
    for signer, (key, signature) in enumerate(zip(session.static_keys, signatures, strict=True), 1):
        try:
            schnorr.verify(key, outcome.transcript, signature)
        except SignatureInvalidError as error:
            text = f"participant {signer} signed something else: the participants saw different messages"
            raise CeremonyError(text, code="bad-certificate", blamed=signer) from error


@dataclass(frozen=True, slots=True, repr=False)
class Participant:
    """One participant of one session; ``index`` from 1, ``secret`` its static secret (32 bytes)."""

    session: Session
    index: int
    secret: bytes

    def __post_init__(self) -> None:
        """Refuse a secret that does not belong to the seat.

        Raises:
            CeremonyError: the static key at this index is another one.
        """
        if self.session.static_keys[self.index - 1] != static_public_key(self.secret):
            raise CeremonyError("the static secret does not belong to this seat", code="bad-setup")

    def round_one(self, random: Random) -> bytes:
        """Make this participant's message. Make it once: two versions would be an equivocation."""
        coefficients = [_random_scalar(random) for _ in range(self.session.threshold)]
        return self.round_one_from(coefficients, _random_scalar(random))

    def round_one_from(
        self, coefficients: Sequence[int], ephemeral: int, payloads: Sequence[bytes] = ()
    ) -> bytes:
        """Make the message from given secrets; apart from vectors, use ``round_one``."""
        commitments = tuple(p256.public_of(one) for one in coefficients)
        public = p256.public_of(ephemeral)
        unproven = _Message(commitments, b"", public, ())
        proof = schnorr.sign(coefficients[0], unproven.proven(self.session.context))
        ciphertexts = []
        for index, key in enumerate(self.session.static_keys, 1):
            share = 0
            for one in reversed(coefficients):
                share = (share * index + one) % p256.ORDER
            secret = p256.shared_point(ephemeral, key) + p256.shared_point(self._scalar, key)
            keys = _keys(secret, public, self._public, key, self.session.context)
            payload = payloads[index - 1] if payloads else b""
            ciphertexts.append(xaes.seal(*keys, p256.scalar_bytes(share) + payload))
        return _Message(commitments, proof, public, tuple(ciphertexts)).encode()

    def finish(self, messages: Sequence[bytes]) -> Share:
        """Take all messages in order, check this participant's shares, sign the transcript.

        Raises:
            CeremonyError: something is wrong; ``blamed`` names the participant who sent it.
        """
        parsed = _parse_all(self.session, messages)
        total, payloads = 0, []
        for sender, message in enumerate(parsed, 1):
            share, payload = self._open(sender, message)
            total = (total + share) % p256.ORDER
            payloads.append(payload)
        outcome = _outcome(self.session, parsed)
        if p256.public_of(total) != outcome.public_shares[self.index - 1]:
            raise CeremonyError("the sum of the shares does not fit the commitments")
        signature = schnorr.sign(self._scalar, outcome.transcript)
        return Share(p256.scalar_bytes(total), signature, outcome, tuple(payloads))

    def _open(self, sender: int, message: _Message) -> tuple[int, bytes]:
        key = self.session.static_keys[sender - 1]
        secret = p256.shared_point(self._scalar, message.ephemeral)
        secret += p256.shared_point(self._scalar, key)
        keys = _keys(secret, message.ephemeral, key, self._public, self.session.context)
        try:
            plaintext = xaes.open_(*keys, message.ciphertexts[self.index - 1])
            share = p256.scalar(plaintext[: p256.SCALAR_SIZE])
            found = p256.decode(p256.public_of(share)) if share else None
        except (CiphertextAlteredError, PointInvalidError) as error:
            text = f"the share from participant {sender} cannot be read"
            raise CeremonyError(text, code="bad-ciphertext", blamed=sender) from error
        committed = [p256.decode(one) for one in message.commitments]
        if found != _evaluate(committed, self.index):
            text = f"the share from participant {sender} does not fit its commitments"
            raise CeremonyError(text, code="bad-share", blamed=sender)
        return share, plaintext[p256.SCALAR_SIZE :]

    @property
    def _scalar(self) -> int:
        return p256.scalar(self.secret)

    @property
    def _public(self) -> bytes:
        return self.session.static_keys[self.index - 1]


def _keys(
    secret: bytes, ephemeral: bytes, sender: bytes, recipient: bytes, context: bytes
) -> tuple[bytes, bytes]:
    def derive(label: bytes) -> bytes:
        extra = len(context).to_bytes(8, "little") + context
        extra += len(label).to_bytes(8, "little") + label
        data = _H6 + secret + ephemeral + sender + recipient
        return hashlib.sha256(data + len(extra).to_bytes(8, "little") + extra).digest()

    return derive(b"key"), derive(b"nonce")[: xaes.NONCE_SIZE]
