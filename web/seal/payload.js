/**
 * What an envelope holds: a header, files, and zeros up to a size bucket.
 *
 * Source: docs/spec/envelope.md, "Plaintext". The parser takes nothing on trust.
 *
 * @typedef {{name: string, size: number, type: string}} FileEntry
 * @typedef {Record<string, string | number>} Form
 * @typedef {{stage: string, lot: string, form: Form | null, files: FileEntry[]}} Header
 */

import { hasLoneSurrogate, utf8 } from "./bytes.js";
import { decode, encode, hasMembers, isObject } from "./canonical.js";
import { CryptoError, PayloadInvalidError } from "./errors.js";

export const LENGTH_SIZE = 4;
export const MAX_HEADER = 1 << 20;
export const MAX_CONTENT = 2 ** 40;
export const MIN_BUCKET = 1 << 16;
export const CHUNK = 16 * 1024;
export const TAG = 16;
export const OVERHEAD = 56;
export const STAGES = ["form", "technical"];
export const MAX_FILES = 1000;
const MAX_TERMS = 100;
const MAX_TERM_BYTES = 4096;
const MAX_DAYS = 100_000;
const MAX_NAME_BYTES = 255;

const PRICE = /^(?:0|[1-9][0-9]{0,17})\.[0-9]{2}$/;
const TERM = /^[a-z][a-z0-9_]{0,63}$/;
const TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$/;
const FORBIDDEN = /[/\\\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const DAYS = ["duration_days", "valid_days"];

/**
 * The header of a form stage (prices and key terms) for one lot.
 *
 * @param {string} lot
 * @param {Form} form
 * @returns {Header}
 */
export function formHeader(lot, form) {
  return { stage: "form", lot, form: { ...form }, files: [] };
}

/**
 * The header of a technical stage (files, in the order of their bytes) for one lot.
 *
 * @param {string} lot
 * @param {readonly FileEntry[]} files
 * @returns {Header}
 */
export function technicalHeader(lot, files) {
  return { stage: "technical", lot, form: null, files: [...files] };
}

/**
 * What a header says of a browser's file: its name, size and media type without parameters.
 *
 * @param {File} file
 * @returns {FileEntry}
 */
export function fileEntry(file) {
  const type = file.type.split(";")[0].trim().toLowerCase();
  return { name: file.name, size: file.size, type: TYPE.test(type) ? type : "application/octet-stream" };
}

/**
 * Encode a header, after the same checks that a reader makes; throws `PayloadInvalidError` for a value
 * that no reader would accept.
 *
 * @param {Header} header
 * @returns {Uint8Array}
 */
export function headerBytes(header) {
  const { stage, lot, form, files } = header;
  const value = { v: 1, stage, lot, files, ...(form === null ? {} : { form }) };
  const encoded = asPayload(() => encode(value));
  parse(value);
  return checkedLength(encoded);
}

/**
 * Read a header's canonical JSON; throws `PayloadInvalidError` for anything but what the specification
 * allows.
 *
 * @param {Uint8Array} encoded
 * @returns {Header}
 */
export function parseHeader(encoded) {
  checkedLength(encoded);
  const header = parse(asPayload(() => decode(encoded)));
  contentSize(header);
  return header;
}

/**
 * @template T
 * @param {() => T} work
 * @returns {T}
 */
function asPayload(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof CryptoError) throw new PayloadInvalidError(`the header: ${error.message}`);
    throw error;
  }
}

/**
 * The size of length, header and files together, in bytes.
 *
 * @param {Header} header
 */
export function contentSize(header) {
  const size = header.files.reduce((sum, file) => sum + file.size, LENGTH_SIZE + headerBytes(header).length);
  if (size > MAX_CONTENT) throw new PayloadInvalidError(`a stage holds at most ${MAX_CONTENT} bytes`);
  return size;
}

/**
 * Where each file begins in the content, in bytes.
 *
 * @param {Header} header
 */
export function offsets(header) {
  let at = LENGTH_SIZE + headerBytes(header).length;
  return header.files.map((file) => (at += file.size) - file.size);
}

/** @param {Uint8Array} encoded */
function checkedLength(encoded) {
  if (encoded.length > 0 && encoded.length <= MAX_HEADER) return encoded;
  throw new PayloadInvalidError(`a header has 1 to ${MAX_HEADER} bytes, this one ${encoded.length}`);
}

/**
 * @param {unknown} value
 * @returns {Header}
 */
function parse(value) {
  if (!isObject(value) || value.v !== 1) {
    throw new PayloadInvalidError('the header is not an object with "v": 1');
  }
  const { stage, lot } = value;
  if (!STAGES.includes(stage) || !isText(lot, 64) || lot === "") {
    throw new PayloadInvalidError("the header names no stage or lot");
  }
  const members = ["v", "stage", "lot", "files", ...(stage === "form" ? ["form"] : [])];
  if (!hasMembers(value, members)) {
    throw new PayloadInvalidError(`a header of stage ${stage} has the members ${members}`);
  }
  const files = parseFiles(value.files, stage);
  return { stage, lot, form: stage === "form" ? parseForm(value.form) : null, files };
}

/**
 * @param {unknown} value
 * @param {number} most
 * @returns {value is string}
 */
function isText(value, most) {
  return typeof value === "string" && !hasLoneSurrogate(value) && utf8(value).length <= most;
}

/**
 * @param {unknown} value
 * @param {string} stage
 * @returns {FileEntry[]}
 */
function parseFiles(value, stage) {
  const [low, high] = stage === "form" ? [0, 0] : [1, MAX_FILES];
  if (!Array.isArray(value) || value.length < low || value.length > high) {
    throw new PayloadInvalidError(`a header of stage ${stage} lists ${low} to ${high} files`);
  }
  value.forEach(checkFile);
  if (new Set(value.map((file) => file.name)).size !== value.length) {
    throw new PayloadInvalidError("two files have the same name");
  }
  return value;
}

/** @param {unknown} file */
function checkFile(file) {
  if (!hasMembers(file, ["name", "size", "type"])) {
    throw new PayloadInvalidError("a file has the members name, size and type");
  }
  if (!isFileName(file.name)) {
    throw new PayloadInvalidError(`not a name for a file: ${JSON.stringify(String(file.name).slice(0, 80))}`);
  }
  if (!Number.isSafeInteger(file.size) || file.size < 0 || file.size > MAX_CONTENT) {
    throw new PayloadInvalidError(`not a size for file ${file.name}`);
  }
  if (typeof file.type !== "string" || !TYPE.test(file.type)) {
    throw new PayloadInvalidError(`not a media type for file ${file.name}`);
  }
}

/**
 * Whether a name is safe to write and to show: no path or control, 1 to 255 bytes.
 *
 * @param {unknown} name
 * @returns {name is string}
 */
export function isFileName(name) {
  if (!isText(name, MAX_NAME_BYTES) || ["", ".", ".."].includes(name)) return false;
  return !FORBIDDEN.test(name) && !name.startsWith(" ") && !name.endsWith(" ");
}

/**
 * @param {unknown} value
 * @returns {Form}
 */
function parseForm(value) {
  const names = isObject(value) ? Object.keys(value) : [];
  if (!isObject(value) || names.length < 1 || names.length > MAX_TERMS) {
    throw new PayloadInvalidError(`a form has 1 to ${MAX_TERMS} members`);
  }
  if (!Object.hasOwn(value, "price") || typeof value.price !== "string" || !PRICE.test(value.price)) {
    throw new PayloadInvalidError("the form's price is not a decimal string such as 45873216.58");
  }
  const wrong = names.find((name) => !isTerm(name, value[name]));
  if (wrong === undefined) return value;
  throw new PayloadInvalidError(`the form's ${wrong.slice(0, 64)} is not a string, or not days as an integer`);
}

/**
 * @param {string} name
 * @param {unknown} term
 */
function isTerm(name, term) {
  if (DAYS.includes(name)) {
    return typeof term === "number" && Number.isInteger(term) && term >= 0 && term <= MAX_DAYS;
  }
  return isText(term, MAX_TERM_BYTES) && TERM.test(name);
}

/**
 * The padded size for a content of `size` bytes: Padmé, and at least 64 KiB.
 *
 * @param {number} size
 */
export function bucket(size) {
  if (size <= MIN_BUCKET) return MIN_BUCKET;
  const exponent = bitLength(size) - 1;
  const step = 2 ** (exponent - bitLength(exponent));
  return Math.ceil(size / step) * step;
}

/**
 * Sizes pass 2^32, where JavaScript's bit operations end.
 *
 * @param {number} value
 */
function bitLength(value) {
  const high = Math.floor(value / 2 ** 32);
  return high ? 64 - Math.clz32(high) : 32 - Math.clz32(value);
}

/**
 * The length of the Cobblestone-256 ciphertext of `plaintext` bytes.
 *
 * @param {number} plaintext
 */
export function ciphertextSize(plaintext) {
  return OVERHEAD + plaintext + TAG * (Math.floor(plaintext / CHUNK) + 1);
}

/**
 * Whether some bucket gives a ciphertext of exactly `size` bytes.
 *
 * @param {number} size
 */
export function isCiphertextSize(size) {
  const body = size - OVERHEAD;
  if (body < TAG) return false;
  const plaintext = body - TAG * (Math.floor(body / (CHUNK + TAG)) + 1);
  const inside = plaintext >= MIN_BUCKET && plaintext <= MAX_CONTENT;
  return inside && bucket(plaintext) === plaintext && ciphertextSize(plaintext) === size;
}
