/**
 * Signed notes, checkpoints and cosignatures, as C2SP specifies them, read and verified.
 *
 * Sources: c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature (Ed25519). A note's text means nothing until
 * `openCosigned` has found a valid signature by a key that the caller brought along. Stricter than those pages
 * in what docs/spec/record.md says under "Checkpoints and cosignatures".
 *
 * @typedef {{name: string, type: number, publicKey: Uint8Array, keyId: Uint8Array}} VerifierKey
 * @typedef {{name: string, keyId: Uint8Array, blob: Uint8Array}} Signature
 * @typedef {{text: string, signatures: Signature[]}} Note nothing in it is verified
 * @typedef {{origin: string, size: bigint, root: Uint8Array, extensions: string[]}} Checkpoint
 * @typedef {{name: string, timestamp: bigint}} Cosignature who, and when in POSIX seconds by its own clock
 */

import { ed25519 } from "../vendor/@noble/curves/ed25519.js";
import { sha256 } from "../vendor/@noble/hashes/sha2.js";
import { concat, equal, fromBase64, hasLoneSurrogate, toHex, utf8 } from "./bytes.js";
import { NoteInvalidError } from "./errors.js";
import { EMPTY_ROOT, HASH_SIZE } from "./merkle.js";

export const ED25519 = 0x01;
export const COSIGNATURE = 0x04;
export const MAX_NOTE = 1 << 20;
const MAX_SIGNATURES = 64;
const MAX_SIZE = 2n ** 63n - 1n;
const KEY_ID_SIZE = 4;
const TIME_SIZE = 8;
const DASH = "\u2014";
const DECIMAL = /^(?:0|[1-9][0-9]{0,18})$/;
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;
const SPACE = /[\t-\r\u001c- \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/**
 * Read a verifier key, `name+id+key`; throws `NoteInvalidError`.
 *
 * @param {string} vkey
 * @returns {VerifierKey}
 */
export function parseKey(vkey) {
  const [name, id, ...rest] = vkey.split("+");
  if (!rest.length) throw new NoteInvalidError("a verifier key is name+id+key");
  const material = decodeBase64(rest.join("+"), "verifier key");
  checkKeyName(name);
  const [type, publicKey] = [material[0], material.subarray(1)];
  if (![ED25519, COSIGNATURE].includes(type) || publicKey.length !== 32) {
    throw new NoteInvalidError(`verifier key ${name} is not Ed25519`);
  }
  const keyId = sha256(concat(utf8(`${name}\n`), material)).slice(0, KEY_ID_SIZE);
  if (toHex(keyId) !== id) throw new NoteInvalidError(`verifier key ${name} says another id than ${toHex(keyId)}`);
  return { name, type, publicKey, keyId };
}

/** @param {string} name */
function checkKeyName(name) {
  if (!name || name.includes("+") || CONTROL.test(name) || SPACE.test(name)) {
    throw new NoteInvalidError("a key name is not empty and has no space or plus");
  }
}

/**
 * Padded standard base64, in its one spelling.
 *
 * @param {string} text
 * @param {string} what
 */
export function decodeBase64(text, what) {
  const bytes = fromBase64(text);
  if (bytes?.length) return bytes;
  throw new NoteInvalidError(`not base64 in a ${what}`);
}

/**
 * Take a signed note apart, without verifying anything; throws `NoteInvalidError`.
 *
 * @param {string} note
 * @returns {Note}
 */
export function parseNote(note) {
  const blank = note.lastIndexOf("\n\n");
  if (blank < 0 || !note.endsWith("\n") || note.length > MAX_NOTE || CONTROL.test(note) || hasLoneSurrogate(note)) {
    throw new NoteInvalidError("not a signed note: text, an empty line, signature lines; no control characters");
  }
  const rest = note.slice(blank + 2);
  if (!rest) throw new NoteInvalidError("a note without signatures");
  const lines = rest.slice(0, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw new NoteInvalidError(`a note has at most ${MAX_SIGNATURES} signatures`);
  return { text: note.slice(0, blank + 1), signatures: lines.map(parseLine) };
}

/**
 * @param {string} line
 * @returns {Signature}
 */
function parseLine(line) {
  const parts = line.split(" ");
  if (parts.length !== 3 || parts[0] !== DASH) throw new NoteInvalidError("not a signature line");
  checkKeyName(parts[1]);
  const bytes = decodeBase64(parts[2], "signature line");
  if (bytes.length <= KEY_ID_SIZE) throw new NoteInvalidError(`a signature by ${parts[1]} has no signature`);
  return { name: parts[1], keyId: bytes.subarray(0, KEY_ID_SIZE), blob: bytes.subarray(KEY_ID_SIZE) };
}

/**
 * Check one signature line over the text; gives a cosignature's time, `null` for a signature; throws
 * `NoteInvalidError` where it does not verify.
 *
 * @param {string} text
 * @param {Signature} signature
 * @param {VerifierKey} key
 * @returns {bigint | null}
 */
function verifySignature(text, signature, key) {
  let [message, blob, timestamp] = [utf8(text), signature.blob, /** @type {bigint | null} */ (null)];
  if (key.type === COSIGNATURE) {
    timestamp = BigInt(`0x0${toHex(blob.subarray(0, TIME_SIZE))}`);
    message = utf8(`cosignature/v1\ntime ${timestamp}\n${text}`);
    blob = blob.subarray(TIME_SIZE);
  }
  if ((timestamp ?? 0n) <= MAX_SIZE && isSigned(blob, message, key.publicKey)) return timestamp;
  throw new NoteInvalidError(`the signature by ${key.name} (key ${toHex(key.keyId)}) does not verify`);
}

/**
 * @param {Uint8Array} blob
 * @param {Uint8Array} message
 * @param {Uint8Array} publicKey
 */
function isSigned(blob, message, publicKey) {
  try {
    // RFC 8032 by the letter, as OpenSSL does; WebCrypto has Ed25519 only in newer browsers.
    return ed25519.verify(blob, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}

/**
 * Read the text of a checkpoint note, signed by whom or not; throws `NoteInvalidError`.
 *
 * @param {string} text
 * @returns {Checkpoint}
 */
export function parseCheckpoint(text) {
  const [origin, decimal, encoded, ...extensions] = text.replace(/\n$/, "").split("\n");
  if (encoded === undefined || !text.endsWith("\n") || !DECIMAL.test(decimal)) {
    throw new NoteInvalidError("not a checkpoint: origin, size and root, a line each");
  }
  const [size, root] = [BigInt(decimal), decodeBase64(encoded, "checkpoint")];
  if (![origin, ...extensions].every((line) => line && !CONTROL.test(line))) {
    throw new NoteInvalidError("origin and extensions are lines of text, not empty");
  }
  if (size > MAX_SIZE || root.length !== HASH_SIZE) {
    throw new NoteInvalidError(`no checkpoint has size ${size} and a root of ${root.length} bytes`);
  }
  if (size === 0n && !equal(root, EMPTY_ROOT)) throw new NoteInvalidError("a log of no leaves has the empty root");
  return { origin, size, root, extensions };
}

/**
 * Verify a checkpoint's signature by its log, and every cosignature by a known witness. A witness counts
 * once, with its newest time; how many are enough is the caller's policy. Throws `NoteInvalidError`.
 *
 * @param {string} note
 * @param {string} origin
 * @param {string} vkey of the log
 * @param {readonly string[]} [witnesses] their vkeys
 */
export function openCosigned(note, origin, vkey, witnesses = []) {
  const log = parseKey(vkey);
  const parsed = parseNote(note);
  const checkpoint = parseCheckpoint(parsed.text);
  if (checkpoint.origin !== origin) {
    throw new NoteInvalidError(`the checkpoint is of log ${checkpoint.origin}, not of ${origin}`);
  }
  if (!times(parsed, log).length) throw new NoteInvalidError(`the checkpoint is not signed by ${log.name}`);
  /** @type {Map<string, Cosignature>} */
  const seen = new Map();
  for (const witness of witnesses.map(parseKey)) {
    const given = times(parsed, witness);
    if (given.length && witness.type === COSIGNATURE) {
      const timestamp = given.reduce((newest, one) => (one > newest ? one : newest));
      seen.set(toHex(witness.publicKey), { name: witness.name, timestamp });
    }
  }
  return { checkpoint, cosignatures: [...seen.values()] };
}

/**
 * The times of all lines by a key, each verified: one that does not verify spoils the whole note.
 *
 * @param {Note} note
 * @param {VerifierKey} key
 */
function times(note, key) {
  const lines = note.signatures.filter((line) => line.name === key.name && equal(line.keyId, key.keyId));
  return lines.map((line) => verifySignature(note.text, line, key) ?? 0n);
}
