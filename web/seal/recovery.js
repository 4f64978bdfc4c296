/**
 * The recovery file: a bidder's own way to open its bid, under a passphrase.
 *
 * Source: docs/spec/envelope.md, "Recovery file". An age file (age-encryption.org/v1, scrypt recipient), so
 * that any age tool opens it. Encrypting takes about a second and 256 MiB on purpose: do it in a Worker.
 *
 * @typedef {{stage: string, nonce: string, k_t: string, k_o: string}} RecoveryStage in hex
 * @typedef {object} Recovery What a bidder keeps of one sealed bid, as the specification writes it.
 * @property {1} v
 * @property {string} tender
 * @property {string} manifest hex
 * @property {string} lot
 * @property {string} bidder
 * @property {number} seq
 * @property {RecoveryStage[]} stages
 */

import { Decrypter, Encrypter } from "../vendor/age-encryption/dist/index.js";
import { fromHex, toHex } from "./bytes.js";
import { decode, encode, hasMembers } from "./canonical.js";
import { CryptoError, RecoveryInvalidError } from "./errors.js";

const MAX_FILE = 1 << 20;
const MEMBERS = ["v", "tender", "manifest", "lot", "bidder", "seq", "stages"];
const STAGE_MEMBERS = ["stage", "nonce", "k_t", "k_o"];

/**
 * Gather the secrets of a bid's stages, of which there is at least one.
 *
 * @param {string} tender
 * @param {readonly {descriptor: import("./descriptor.js").Descriptor, secrets: import("./envelope.js").Secrets}[]} sealed
 * @returns {Recovery}
 */
export function recoveryOf(tender, sealed) {
  const { manifest, lot, bidder, seq } = sealed[0].descriptor.context;
  const stages = sealed.map(({ descriptor: { context }, secrets }) => ({
    stage: context.stage, nonce: toHex(context.nonce), k_t: toHex(secrets.kT), k_o: toHex(secrets.kO),
  }));
  return { v: 1, tender, manifest: toHex(manifest), lot, bidder, seq, stages };
}

/**
 * The recovery file; throws `RecoveryInvalidError` where the passphrase is empty.
 *
 * @param {Recovery} recovery
 * @param {string} passphrase
 * @returns {Promise<Uint8Array>}
 */
export async function encryptRecovery(recovery, passphrase) {
  if (!passphrase) throw new RecoveryInvalidError("a recovery file needs a passphrase");
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  return encrypter.encrypt(encode(recovery));
}

/**
 * Read a recovery file; throws `RecoveryInvalidError`.
 *
 * @param {Uint8Array} file
 * @param {string} passphrase
 * @returns {Promise<Recovery>}
 */
export async function decryptRecovery(file, passphrase) {
  if (file.length > MAX_FILE) throw new RecoveryInvalidError(`a recovery file has at most ${MAX_FILE} bytes`);
  let plaintext;
  try {
    const decrypter = new Decrypter();
    decrypter.addPassphrase(passphrase);
    plaintext = await decrypter.decrypt(file);
  } catch {
    throw new RecoveryInvalidError("the recovery file does not open: the passphrase is wrong, or the file damaged");
  }
  const value = decoded(plaintext);
  // The error must not quote the file: it holds the secrets.
  if (isRecovery(value)) return value;
  throw new RecoveryInvalidError("the file opens, but it is not a recovery file of version 1");
}

/** @param {Uint8Array} plaintext */
function decoded(plaintext) {
  try {
    return decode(plaintext);
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return null;
  }
}

/**
 * @param {unknown} value
 * @returns {value is Recovery}
 */
function isRecovery(value) {
  if (!hasMembers(value, MEMBERS) || value.v !== 1) return false;
  const texts = ["tender", "lot", "bidder"].every((name) => typeof value[name] === "string");
  const numbers = Number.isSafeInteger(value.seq) && isHex32(value.manifest);
  return texts && numbers && Array.isArray(value.stages) && value.stages.every(isStage);
}

/** @param {unknown} stage */
function isStage(stage) {
  if (!hasMembers(stage, STAGE_MEMBERS) || typeof stage.stage !== "string") return false;
  return ["nonce", "k_t", "k_o"].every((name) => isHex32(stage[name]));
}

/** @param {unknown} value */
function isHex32(value) {
  return fromHex(value)?.length === 32;
}
