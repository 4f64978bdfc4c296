/**
 * Transparency-log proofs: one text that shows, offline, that a leaf is in a log.
 *
 * Source: c2sp.org/tlog-proof@v1.
 *
 * @typedef {{index: bigint, path: Uint8Array[], checkpoint: string}} LogProof as read, not verified
 * @typedef {object} Policy
 * @property {string} origin
 * @property {string} vkey of the log
 * @property {readonly string[]} [witnesses] vkeys of those one trusts
 * @property {number} [quorum] how many of them have to agree
 */

import { CryptoError, ProofInvalidError } from "./errors.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { MAX_NOTE, decodeBase64, openCosigned } from "./notes.js";

const HEADER = "c2sp.org/tlog-proof@v1";
const MAX_PATH = 63;
const INDEX = /^index (0|[1-9][0-9]{0,18})$/;

/**
 * Read a proof, without verifying anything; throws `ProofInvalidError`.
 *
 * @param {string} text
 * @returns {LogProof}
 */
export function parseProof(text) {
  const blank = text.indexOf("\n\n");
  const lines = text.slice(0, Math.max(blank, 0)).split("\n");
  if (blank < 0 || lines.shift() !== HEADER || text.length > MAX_NOTE) {
    throw new ProofInvalidError(`not a proof: the first line is ${HEADER}, a checkpoint follows an empty line`);
  }
  if (lines[0]?.startsWith("extra ")) decode(/** @type {string} */ (lines.shift()).slice("extra ".length));
  const index = INDEX.exec(lines.shift() ?? "");
  if (!index || lines.length > MAX_PATH) {
    throw new ProofInvalidError(`a proof has an index line and at most ${MAX_PATH} hashes`);
  }
  return { index: BigInt(index[1]), path: lines.map(decode), checkpoint: text.slice(blank + 2) };
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeBase64(text, "proof");
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    throw new ProofInvalidError(error.message);
  }
}

/**
 * Check that a leaf is in the log, by a checkpoint it signed and `quorum` witnesses cosigned; throws
 * `ProofInvalidError` or `NoteInvalidError`.
 *
 * @param {string} proof
 * @param {Uint8Array} leaf its data
 * @param {Policy} policy
 */
export function verifyProof(proof, leaf, { origin, vkey, witnesses = [], quorum = 0 }) {
  const parsed = parseProof(proof);
  const { checkpoint, cosignatures } = openCosigned(parsed.checkpoint, origin, vkey, witnesses);
  if (cosignatures.length < quorum) {
    throw new ProofInvalidError(
      `${cosignatures.length} known witnesses cosigned size ${checkpoint.size}, ${quorum} are needed`);
  }
  verifyInclusion(leafHash(leaf), parsed.index, checkpoint.size, parsed.path, checkpoint.root);
  return { index: parsed.index, checkpoint, cosignatures };
}
