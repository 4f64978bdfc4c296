/** Bytes: joined, compared, and written as hex, base64 and UTF-8, each in its one spelling. */

const ENCODER = new TextEncoder();
const HEX = /^(?:[0-9a-f]{2})*$/;
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * @param {...Uint8Array} parts
 * @returns {Uint8Array}
 */
export function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * Compare without stopping at the first difference.
 *
 * @param {Uint8Array} one
 * @param {Uint8Array} two
 */
export function equal(one, two) {
  if (one.length !== two.length) return false;
  let difference = 0;
  for (let at = 0; at < one.length; at += 1) difference |= one[at] ^ two[at];
  return difference === 0;
}

/** @param {Uint8Array} bytes */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Read lower-case hex; `null` if it is not.
 *
 * @param {unknown} text
 * @returns {Uint8Array | null}
 */
export function fromHex(text) {
  if (typeof text !== "string" || !HEX.test(text)) return null;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** @param {Uint8Array} bytes */
export function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/**
 * Read padded base64 (RFC 4648, section 4), refusing unused bits that are set; `null` if it is not.
 *
 * @param {unknown} text
 * @returns {Uint8Array | null}
 */
export function fromBase64(text) {
  if (typeof text !== "string") return null;
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return toBase64(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
}

/** @param {string} text */
export function utf8(text) {
  return ENCODER.encode(text);
}

/**
 * Whether a text has half of a surrogate pair, which UTF-8 cannot write.
 *
 * @param {string} text
 */
export function hasLoneSurrogate(text) {
  return LONE.test(text);
}

/**
 * A number as big-endian bytes.
 *
 * @param {number | bigint} value
 * @param {number} size
 */
export function bigEndian(value, size) {
  const bytes = new Uint8Array(size);
  let rest = BigInt(value);
  for (let at = size - 1; at >= 0; at -= 1) {
    bytes[at] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes;
}

/**
 * @param {Uint8Array} bytes
 * @returns {Promise<Uint8Array>}
 */
export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/**
 * @param {number} size
 * @returns {Uint8Array}
 */
export function random(size) {
  return crypto.getRandomValues(new Uint8Array(size));
}
