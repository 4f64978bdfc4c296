/**
 * What can be wrong with something cryptographic. `code` is stable and the same as in Python's
 * `crypto/errors.py`; secrets appear in no message.
 */

export class CryptoError extends Error {
  /**
   * @param {string} message for people
   * @param {string} [code] for programs
   */
  constructor(message, code) {
    super(message);
    this.name = new.target.name;
    /** @type {string} */
    this.code = code ?? new.target.defaultCode;
  }

  static defaultCode = "crypto";
}

/** Not canonical JSON (RFC 8785, without floats), or not writable as such. */
export class CanonicalError extends CryptoError {
  static defaultCode = "not-canonical";
}

/** A signature does not verify. */
export class SignatureInvalidError extends CryptoError {
  static defaultCode = "signature-invalid";
}

/** Not a point of P-256. */
export class PointInvalidError extends CryptoError {
  static defaultCode = "point-invalid";
}

/** An inclusion or consistency proof does not hold. */
export class ProofInvalidError extends CryptoError {
  static defaultCode = "proof-invalid";
}

/** A signed note or checkpoint is malformed, or not signed by the wanted key. */
export class NoteInvalidError extends CryptoError {
  static defaultCode = "note-invalid";
}

/** A receipt does not show what it says. */
export class ReceiptInvalidError extends CryptoError {
  static defaultCode = "receipt-invalid";
}

/** An event cannot be part of the record. */
export class EventInvalidError extends CryptoError {
  static defaultCode = "event-invalid";
}

/** The base of everything that can be wrong with a sealed bid. */
export class EnvelopeError extends CryptoError {
  static defaultCode = "envelope";
}

/** A descriptor is malformed, unsigned, or of another bid. */
export class DescriptorInvalidError extends EnvelopeError {
  static defaultCode = "malformed-descriptor";
}

/** An envelope was sealed for another place than it is opened for. */
export class ContextMismatchError extends EnvelopeError {
  static defaultCode = "wrong-context";
}

/** A secret is not the one the bidder committed to. */
export class CommitmentMismatchError extends EnvelopeError {
  static defaultCode = "wrong-key";
}

/** A stanza does not open with this key. */
export class StanzaInvalidError extends EnvelopeError {
  static defaultCode = "wrong-stanza";
}

/** Bytes of an envelope are missing. */
export class TruncatedError extends EnvelopeError {
  static defaultCode = "truncated";
}

/** Bytes of an envelope were changed. */
export class CiphertextAlteredError extends EnvelopeError {
  static defaultCode = "altered";
}

/** The content of an envelope is not a payload. */
export class PayloadInvalidError extends EnvelopeError {
  static defaultCode = "malformed-payload";
}

/** Not a sealed bid file. */
export class ContainerInvalidError extends EnvelopeError {
  static defaultCode = "malformed-bid-file";
}

/** Not a recovery file, or sealed under another passphrase. */
export class RecoveryInvalidError extends EnvelopeError {
  static defaultCode = "recovery-invalid";
}

/** What was just sealed does not open again. */
export class SelfTestError extends EnvelopeError {
  static defaultCode = "self-test-failed";
}

/** This machine has no room for the sealed bid, or cannot keep it. */
export class NoRoomError extends EnvelopeError {
  static defaultCode = "no-room";
}

/** Whoever asked for it gave up. */
export class StoppedError extends EnvelopeError {
  static defaultCode = "stopped";
}
