/**
 * Canonical JSON (RFC 8785) without floats: one value, one spelling, one hash.
 *
 * Money and scores are strings, counts are integers within +-(2^53 - 1), so nothing here depends on
 * how a language prints a float. `decode` refuses whatever `encode` would not have written.
 */

import { bigEndian, concat, equal, hasLoneSurrogate, sha256, utf8 } from "./bytes.js";
import { CanonicalError } from "./errors.js";

const MAX_DEPTH = 64;

/**
 * Write a value as canonical JSON. Throws `CanonicalError` for a float, an integer beyond 2^53 - 1,
 * half of a surrogate pair, deeper than 64 levels, or a type JSON does not have.
 *
 * @param {unknown} value
 * @returns {Uint8Array}
 */
export function encode(value) {
  return utf8(write(value, 0));
}

/**
 * @param {unknown} value
 * @param {number} depth
 * @returns {string}
 */
function write(value, depth) {
  if (depth > MAX_DEPTH) throw new CanonicalError(`nested deeper than ${MAX_DEPTH} levels`);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return integer(value);
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(",")}]`;
  if (isObject(value)) return object(value, depth);
  throw new CanonicalError(`${typeof value} has no place in canonical JSON`);
}

/** @param {number} value */
function integer(value) {
  if (Number.isSafeInteger(value)) return String(value);
  throw new CanonicalError("a number is a float or beyond 2^53 - 1; write it as a string");
}

/** @param {string} value */
function text(value) {
  if (hasLoneSurrogate(value)) throw new CanonicalError("a text holds half of a surrogate pair");
  // JSON.stringify escapes exactly what RFC 8785 wants escaped, and in its spelling.
  return JSON.stringify(value);
}

/**
 * @param {Record<string, unknown>} value
 * @param {number} depth
 */
function object(value, depth) {
  // sort() compares UTF-16 code units, as RFC 8785 asks.
  const members = Object.keys(value).sort().map((key) => `${text(key)}:${write(value[key], depth + 1)}`);
  return `{${members.join(",")}}`;
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
export function isObject(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Whether an object has exactly these members.
 *
 * @param {unknown} value
 * @param {readonly string[]} names
 * @returns {value is Record<string, any>}
 */
export function hasMembers(value, names) {
  if (!isObject(value)) return false;
  const keys = Object.keys(value);
  return keys.length === names.length && names.every((name) => Object.hasOwn(value, name));
}

/**
 * Read canonical JSON, refusing every other spelling of the same value with `CanonicalError`: a
 * repeated key, a float, a space all come back as other bytes.
 *
 * @param {Uint8Array} data
 * @returns {any}
 */
export function decode(data) {
  let value;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data));
  } catch (error) {
    throw new CanonicalError(`not JSON: ${/** @type {Error} */ (error).name}`);
  }
  if (!equal(encode(value), data)) {
    throw new CanonicalError("JSON, but not canonical: order, spaces or escapes differ from RFC 8785");
  }
  return value;
}

/**
 * Hash a value: SHA-256 of its canonical JSON.
 *
 * @param {unknown} value
 */
export async function digest(value) {
  return sha256(encode(value));
}

/**
 * Join fields so that no two different rows give the same bytes: 8-byte length before each.
 *
 * @param {...Uint8Array} fields
 */
export function frame(...fields) {
  return concat(...fields.flatMap((field) => [bigEndian(field.length, 8), field]));
}
