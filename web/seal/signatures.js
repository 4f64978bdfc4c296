/**
 * Signatures of people, verified: ECDSA P-256 with SHA-256, raw r || s (64 bytes), as WebCrypto gives them.
 * `scripts/device.js` makes them.
 */

import { p256 } from "../vendor/@noble/curves/nist.js";
import { encode } from "./canonical.js";
import { PointInvalidError, SignatureInvalidError } from "./errors.js";

export const COMMAND_TYPE = "bidhall/command/v1";
export const PUBLIC_KEY_SIZE = 33;
const SIGNATURE_SIZE = 64;
const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const ALGORITHM = { name: "ECDSA", hash: "SHA-256" };

/**
 * The bytes a device key signs for a command.
 *
 * @param {string} id
 * @param {string} stream
 * @param {string} kind
 * @param {Record<string, unknown>} body
 */
export function commandMessage(id, stream, kind, body) {
  return encode({ v: 1, type: COMMAND_TYPE, id, stream, kind, body });
}

/**
 * Check a signature (64 bytes) by a compressed public key (33 bytes); throws `SignatureInvalidError` or
 * `PointInvalidError`.
 *
 * @param {Uint8Array} publicKey
 * @param {Uint8Array} message
 * @param {Uint8Array} signature
 */
export async function verify(publicKey, message, signature) {
  const key = await crypto.subtle.importKey("raw", uncompress(publicKey), CURVE, false, ["verify"]);
  if (signature.length !== SIGNATURE_SIZE || !(await crypto.subtle.verify(ALGORITHM, key, signature, message))) {
    throw new SignatureInvalidError("the signature does not verify");
  }
}

/**
 * Take a compressed point (33 bytes) apart: 65 bytes; throws `PointInvalidError` if it is none.
 *
 * @param {Uint8Array} point
 * @returns {Uint8Array}
 */
export function uncompress(point) {
  try {
    if (point.length === PUBLIC_KEY_SIZE) return p256.Point.fromBytes(point).toBytes(false);
  } catch {
    // falls through to the one refusal
  }
  throw new PointInvalidError("not a compressed point of P-256");
}
