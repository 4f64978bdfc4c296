/**
 * The descriptor: what the record holds of a sealed stage.
 *
 * Source: docs/spec/envelope.md, "Context", "Descriptor" and "Checking a descriptor".
 *
 * @typedef {object} Context The one place an envelope belongs to.
 * @property {Uint8Array} manifest H_M
 * @property {string} lot
 * @property {string} stage
 * @property {string} bidder
 * @property {Uint8Array} bidderKey 33 bytes
 * @property {number} seq counts replacements from 1
 * @property {Uint8Array} nonce
 *
 * @typedef {object} Descriptor `size` and `root` are those of the ciphertext.
 * @property {Context} context
 * @property {Uint8Array} stanzaT
 * @property {Uint8Array} stanzaO
 * @property {Uint8Array} commitmentT
 * @property {Uint8Array} commitmentO
 * @property {number} size
 * @property {Uint8Array} root
 *
 * @typedef {object} Expected What a descriptor must agree with; what is left out may be anything.
 * @property {Uint8Array} [manifest]
 * @property {string} [lot]
 * @property {string} [stage]
 * @property {string} [bidder]
 * @property {Uint8Array} [bidderKey]
 * @property {number} [seq]
 * @property {number} [size] of the stored bytes
 * @property {Uint8Array} [root] of the stored bytes
 */

import { bigEndian, equal, fromBase64, fromHex, hasLoneSurrogate, sha256, toBase64, toHex, utf8 } from "./bytes.js";
import { digest, encode, frame, hasMembers, isObject } from "./canonical.js";
import { CryptoError, DescriptorInvalidError } from "./errors.js";
import { STAGES, isCiphertextSize } from "./payload.js";
import { PUBLIC_KEY_SIZE, verify } from "./signatures.js";
import { STANZA_O_SIZE, STANZA_T_SIZE } from "./stanzas.js";

export const SUITE = "bidhall-1";
const CONTEXT_LABEL = "bidhall/seal/v1";
const DESCRIPTOR_TYPE = "bidhall/descriptor/v1";
const MAX_SEQ = 2 ** 32 - 1;
const MAX_ID_BYTES = 64;
const MEMBERS = [
  "v", "suite", "manifest", "lot", "stage", "bidder", "bidder_key", "seq", "nonce", "stanza_t", "stanza_o",
  "commitments", "size", "root",
];

/**
 * @param {string} code
 * @param {string} message
 * @returns {never}
 */
function refuse(code, message) {
  throw new DescriptorInvalidError(message, code);
}

/**
 * Refuse fields that cannot be in a context; gives it back.
 *
 * @param {Context} context
 * @returns {Context}
 */
export function checkContext(context) {
  for (const [name, bytes, size] of /** @type {[string, Uint8Array, number][]} */ ([
    ["manifest", context.manifest, 32], ["bidder_key", context.bidderKey, PUBLIC_KEY_SIZE], ["nonce", context.nonce, 32],
  ])) {
    if (!(bytes instanceof Uint8Array) || bytes.length !== size) refuse("malformed-descriptor", `${name} has ${size} bytes`);
  }
  for (const [name, text] of [["lot", context.lot], ["bidder", context.bidder]]) {
    const size = typeof text === "string" && !hasLoneSurrogate(text) ? utf8(text).length : 0;
    if (size < 1 || size > MAX_ID_BYTES) refuse("malformed-descriptor", `${name} has 1 to ${MAX_ID_BYTES} bytes`);
  }
  if (!STAGES.includes(context.stage)) refuse("malformed-descriptor", `stage is one of ${STAGES}`);
  if (!Number.isSafeInteger(context.seq) || context.seq < 1 || context.seq > MAX_SEQ) {
    refuse("malformed-descriptor", `seq is 1 to ${MAX_SEQ}`);
  }
  return context;
}

/**
 * `ctx`, the 32 bytes that bind every part of the envelope to this context.
 *
 * @param {Context} context
 */
export async function contextDigest(context) {
  checkContext(context);
  return sha256(frame(
    utf8(CONTEXT_LABEL), utf8(SUITE), context.manifest, utf8(context.lot), utf8(context.stage),
    utf8(context.bidder), context.bidderKey, bigEndian(context.seq, 8), context.nonce));
}

/**
 * The members as the specification names them.
 *
 * @param {Descriptor} descriptor
 * @returns {Record<string, any>}
 */
export function toJson(descriptor) {
  const { context } = descriptor;
  return {
    v: 1,
    suite: SUITE,
    manifest: toHex(context.manifest),
    lot: context.lot,
    stage: context.stage,
    bidder: context.bidder,
    bidder_key: toHex(context.bidderKey),
    seq: context.seq,
    nonce: toHex(context.nonce),
    stanza_t: toBase64(descriptor.stanzaT),
    stanza_o: toBase64(descriptor.stanzaO),
    commitments: { t: toHex(descriptor.commitmentT), o: toHex(descriptor.commitmentO) },
    size: descriptor.size,
    root: toHex(descriptor.root),
  };
}

/**
 * The descriptor hash, 32 bytes.
 *
 * @param {Descriptor} descriptor
 */
export async function descriptorHash(descriptor) {
  return digest(toJson(descriptor));
}

/**
 * The bytes that the bidder's device key signs.
 *
 * @param {Descriptor} descriptor
 */
export function signedBytes(descriptor) {
  return encode({ v: 1, type: DESCRIPTOR_TYPE, descriptor: toJson(descriptor) });
}

/**
 * Read a descriptor's JSON members; throws `DescriptorInvalidError` with `malformed-descriptor`,
 * `unknown-version`, `unknown-suite` or `illegal-size`.
 *
 * @param {unknown} value
 * @returns {Descriptor}
 */
export function parseDescriptor(value) {
  if (!isObject(value)) refuse("malformed-descriptor", "a descriptor is an object");
  if (value.v !== 1) refuse("unknown-version", "this descriptor's version is not known here; this is 1");
  if (!hasMembers(value, MEMBERS)) refuse("malformed-descriptor", "members are missing or not known");
  const { commitments } = value;
  if (!hasMembers(commitments, ["t", "o"])) refuse("malformed-descriptor", "commitments has the members t and o");
  if (!Number.isSafeInteger(value.size)) refuse("malformed-descriptor", "size is an integer");
  if (!isCiphertextSize(value.size)) refuse("illegal-size", `no sealed stage has ${value.size} bytes; seal the files first`);
  return {
    context: parseContext(value),
    stanzaT: base64(value, "stanza_t", STANZA_T_SIZE),
    stanzaO: base64(value, "stanza_o", STANZA_O_SIZE),
    commitmentT: hex(commitments, "t", 32),
    commitmentO: hex(commitments, "o", 32),
    size: value.size,
    root: hex(value, "root", 32),
  };
}

/**
 * @param {Record<string, any>} value
 * @returns {Context}
 */
function parseContext(value) {
  if (typeof value.suite !== "string") refuse("malformed-descriptor", "suite is a string");
  if (value.suite !== SUITE) refuse("unknown-suite", `this suite is not known here; this is ${SUITE}`);
  return checkContext({
    manifest: hex(value, "manifest", 32), lot: value.lot, stage: value.stage, bidder: value.bidder,
    bidderKey: hex(value, "bidder_key", PUBLIC_KEY_SIZE), seq: value.seq, nonce: hex(value, "nonce", 32),
  });
}

/**
 * @param {Record<string, any>} value
 * @param {string} name
 * @param {number} size
 * @returns {Uint8Array}
 */
function hex(value, name, size) {
  const bytes = fromHex(value[name]);
  return bytes?.length === size ? bytes : refuse("malformed-descriptor", `${name} is ${size} bytes in lower-case hex`);
}

/**
 * @param {Record<string, any>} value
 * @param {string} name
 * @param {number} size
 * @returns {Uint8Array}
 */
function base64(value, name, size) {
  const bytes = fromBase64(value[name]);
  return bytes?.length === size ? bytes : refuse("malformed-descriptor", `${name} is ${size} bytes in padded base64`);
}

/**
 * Check a descriptor (its JSON members) and its signature (hex); throws `DescriptorInvalidError` with the
 * code of the failing step of the specification.
 *
 * @param {unknown} value
 * @param {string | null} signature
 * @param {Expected} expected
 */
export async function checkDescriptor(value, signature, expected) {
  const descriptor = parseDescriptor(value);
  const { context } = descriptor;
  for (const [code, found, wanted] of [
    ["wrong-manifest", toHex(context.manifest), expected.manifest && toHex(expected.manifest)],
    ["wrong-lot", context.lot, expected.lot],
    ["wrong-stage", context.stage, expected.stage],
    ["wrong-bidder", context.bidder, expected.bidder],
    ["wrong-bidder-key", toHex(context.bidderKey), expected.bidderKey && toHex(expected.bidderKey)],
    ["wrong-seq", context.seq, expected.seq],
  ]) {
    if (wanted !== undefined && found !== wanted) refuse(String(code), `sealed for ${found}, but ${wanted} is expected`);
  }
  await checkSignature(descriptor, signature);
  if (expected.size !== undefined && expected.size !== descriptor.size) {
    refuse("wrong-size", `the descriptor says ${descriptor.size} bytes, stored are ${expected.size}`);
  }
  if (expected.root && !equal(expected.root, descriptor.root)) refuse("wrong-root", "the stored bytes have another root");
  return descriptor;
}

/**
 * Check the bidder's signature (128 hex digits) over the descriptor; throws with `unsigned` or
 * `wrong-signature`.
 *
 * @param {Descriptor} descriptor
 * @param {unknown} signature
 */
export async function checkSignature(descriptor, signature) {
  if (!signature) refuse("unsigned", "the descriptor has no signature; sign it with the bidder's device key");
  const bytes = fromHex(signature);
  try {
    await verify(descriptor.context.bidderKey, signedBytes(descriptor), bytes ?? new Uint8Array());
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    refuse("wrong-signature", `the signature is not by key ${toHex(descriptor.context.bidderKey)} over this descriptor`);
  }
}
