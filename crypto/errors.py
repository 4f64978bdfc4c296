"""What can be wrong with something cryptographic. ``code`` is stable and may go over the wire.

::

    CryptoError
    ├── CanonicalError              not canonical JSON, or cannot be written as such
    ├── SignatureInvalidError       a signature does not verify
    ├── PointInvalidError           not a point of P-256, or not a scalar
    ├── CeremonyError               a message of the key ceremony is wrong; ``blamed`` names its sender
    ├── ShareInvalidError           a released share is not the one committed to
    ├── ProofInvalidError           an inclusion or consistency proof does not hold
    ├── NoteInvalidError            a signed note or checkpoint is malformed or not signed
    ├── ReceiptInvalidError         a receipt does not show what it says
    ├── EventInvalidError           an event cannot be part of the record
    └── EnvelopeError
        ├── PlaintextRefusedError       what was handed in is not sealed
        ├── DescriptorInvalidError      malformed, unsigned, or of another bid
        ├── ContextMismatchError        sealed for another place than it is opened for
        ├── CommitmentMismatchError     a secret is not the one committed to
        ├── StanzaInvalidError          a stanza does not open with this key
        ├── TruncatedError              bytes are missing
        ├── CiphertextAlteredError      bytes were changed
        ├── PayloadInvalidError         the content is not a payload
        ├── ContainerInvalidError       not a sealed bid file
        ├── RecoveryInvalidError        not a recovery file, or another passphrase
        └── SelfTestError               what was just sealed does not open again
"""

from __future__ import annotations

from typing import ClassVar


class CryptoError(Exception):
    """The base: a message for people, a code for programs; secrets appear in neither."""

    default_code: ClassVar[str] = "crypto"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        """Use the class's own code unless the caller knows a finer one."""
        super().__init__(message)
        self.code = code or self.default_code


class CanonicalError(CryptoError):
    """Not canonical JSON (RFC 8785, without floats), or not writable as such."""

    default_code = "not-canonical"


class SignatureInvalidError(CryptoError):
    """A signature does not verify."""

    default_code = "signature-invalid"


class PointInvalidError(CryptoError):
    """Not a point of P-256, or not a scalar."""

    default_code = "point-invalid"


class CeremonyError(CryptoError):
    """A message of the key ceremony is wrong; ``blamed`` is its sender's index where it is certain."""

    default_code = "ceremony"

    def __init__(self, message: str, *, code: str | None = None, blamed: int | None = None) -> None:
        """Name the blamed participant where the protocol can tell."""
        super().__init__(message, code=code)
        self.blamed = blamed


class ShareInvalidError(CryptoError):
    """A released share is not the one committed to."""

    default_code = "share-invalid"


class ProofInvalidError(CryptoError):
    """An inclusion or consistency proof does not hold."""

    default_code = "proof-invalid"


class NoteInvalidError(CryptoError):
    """A signed note or checkpoint is malformed, or not signed by the wanted key."""

    default_code = "note-invalid"


class ReceiptInvalidError(CryptoError):
    """A receipt does not show what it says."""

    default_code = "receipt-invalid"


class EventInvalidError(CryptoError):
    """An event cannot be part of the record."""

    default_code = "event-invalid"


class EnvelopeError(CryptoError):
    """The base of everything that can be wrong with a sealed bid."""

    default_code = "envelope"


class PlaintextRefusedError(EnvelopeError):
    """What was handed in is not sealed."""

    default_code = "plaintext-refused"


class DescriptorInvalidError(EnvelopeError):
    """A descriptor is malformed, unsigned, or of another bid."""

    default_code = "malformed-descriptor"


class ContextMismatchError(EnvelopeError):
    """An envelope was sealed for another place than it is opened for."""

    default_code = "wrong-context"


class CommitmentMismatchError(EnvelopeError):
    """A secret is not the one the bidder committed to."""

    default_code = "wrong-key"


class StanzaInvalidError(EnvelopeError):
    """A stanza does not open with this key."""

    default_code = "wrong-stanza"


class TruncatedError(EnvelopeError):
    """Bytes of an envelope are missing."""

    default_code = "truncated"


class CiphertextAlteredError(EnvelopeError):
    """Bytes of an envelope were changed."""

    default_code = "altered"


class PayloadInvalidError(EnvelopeError):
    """The content of an envelope is not a payload."""

    default_code = "malformed-payload"


class ContainerInvalidError(EnvelopeError):
    """Not a sealed bid file."""

    default_code = "malformed-bid-file"


class RecoveryInvalidError(EnvelopeError):
    """Not a recovery file, or sealed under another passphrase."""

    default_code = "recovery-invalid"


class SelfTestError(EnvelopeError):
    """What was just sealed does not open again."""

    default_code = "self-test-failed"
