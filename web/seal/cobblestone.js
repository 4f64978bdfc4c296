/**
 * Cobblestone-256: C2SP chunked-encryption@v1 with AES-256-GCM and SHA-512, over WebCrypto.
 *
 * Source: docs/spec/envelope.md, "Ciphertext": salt (24) || commitment (32) || chunks of 16 KiB, each with
 * a tag. The chunks of a batch are in flight together: the browser ciphers them on its own threads.
 */

import { concat, equal, utf8 } from "./bytes.js";
import { CiphertextAlteredError, ContextMismatchError } from "./errors.js";
import { CHUNK, OVERHEAD, TAG } from "./payload.js";

export const SALT_SIZE = 24;
const KEY_SIZE = 32;
const NONCE_SIZE = 12;
const COMMITMENT_SIZE = 32;
const LABEL = utf8("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0");
const SEALED = CHUNK + TAG;

/**
 * HKDF-Expand with SHA-512 (RFC 5869, 2.3). WebCrypto offers HKDF only with Extract before it.
 *
 * @param {Uint8Array} key
 * @param {Uint8Array} info
 * @param {number} size
 */
async function expand(key, info, size) {
  const hmac = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-512" }, false, ["sign"]);
  let [block, out] = [new Uint8Array(), new Uint8Array()];
  for (let counter = 1; out.length < size; counter += 1) {
    block = new Uint8Array(await crypto.subtle.sign("HMAC", hmac, concat(block, info, Uint8Array.of(counter))));
    out = concat(out, block);
  }
  return out.subarray(0, size);
}

/** One message's key: seals or opens its chunks in any order. */
export class ChunkCipher {
  #key;
  #base;

  /**
   * @param {CryptoKey} key
   * @param {Uint8Array} base
   * @param {Uint8Array} head salt || commitment
   */
  constructor(key, base, head) {
    this.#key = key;
    this.#base = base;
    this.head = head;
  }

  /**
   * @param {Uint8Array} secret the CEK
   * @param {Uint8Array} context
   * @param {Uint8Array} salt
   */
  static async derive(secret, context, salt) {
    const size = KEY_SIZE + NONCE_SIZE + COMMITMENT_SIZE;
    const derived = await expand(secret, concat(LABEL, salt, context), size);
    const key = await crypto.subtle.importKey(
      "raw", derived.subarray(0, KEY_SIZE), "AES-GCM", false, ["encrypt", "decrypt"]);
    const base = derived.slice(KEY_SIZE, KEY_SIZE + NONCE_SIZE);
    return new ChunkCipher(key, base, concat(salt, derived.subarray(KEY_SIZE + NONCE_SIZE)));
  }

  /**
   * The cipher of a ciphertext that begins with `head`; throws `ContextMismatchError` where its commitment
   * is not to this key and context.
   *
   * @param {Uint8Array} secret
   * @param {Uint8Array} context
   * @param {Uint8Array} head
   */
  static async recognise(secret, context, head) {
    const cipher = await ChunkCipher.derive(secret, context, head.slice(0, SALT_SIZE));
    if (head.length === OVERHEAD && equal(cipher.head, head)) return cipher;
    throw new ContextMismatchError(
      "the ciphertext was sealed under another key or context than its descriptor says");
  }

  /** @param {number} number */
  #parameters(number) {
    const iv = this.#base.slice();
    const view = new DataView(iv.buffer);
    view.setUint32(8, view.getUint32(8) ^ number); // there are at most 2^26 chunks
    return { name: "AES-GCM", iv };
  }

  /**
   * Seal a batch of whole chunks, the first being chunk `first`; the last batch ends with a chunk that is
   * shorter than 16 KiB, if need be empty.
   *
   * @param {Uint8Array} plaintext
   * @param {number} first
   * @param {boolean} last
   * @returns {Promise<Uint8Array>}
   */
  async seal(plaintext, first, last) {
    const whole = Math.floor(plaintext.length / CHUNK);
    const count = last ? whole + 1 : whole;
    const sealed = await Promise.all(Array.from({ length: count }, (_, at) => {
      const chunk = plaintext.subarray(at * CHUNK, (at + 1) * CHUNK);
      return crypto.subtle.encrypt(this.#parameters(first + at), this.#key, chunk);
    }));
    const out = new Uint8Array(plaintext.length + count * TAG);
    sealed.forEach((chunk, at) => out.set(new Uint8Array(chunk), at * SEALED));
    return out;
  }

  /**
   * Open a batch of whole chunks, or of all that are left; throws `CiphertextAlteredError`, and gives
   * nothing, where a tag does not verify.
   *
   * @param {Uint8Array} ciphertext
   * @param {number} first
   * @returns {Promise<Uint8Array>}
   */
  async open(ciphertext, first) {
    const count = Math.ceil(ciphertext.length / SEALED);
    let opened;
    try {
      opened = await Promise.all(Array.from({ length: count }, (_, at) => {
        const chunk = ciphertext.subarray(at * SEALED, (at + 1) * SEALED);
        return crypto.subtle.decrypt(this.#parameters(first + at), this.#key, chunk);
      }));
    } catch {
      throw new CiphertextAlteredError("the ciphertext was altered: the tag of one of its chunks does not verify");
    }
    const out = new Uint8Array(ciphertext.length - count * TAG);
    opened.forEach((chunk, at) => out.set(new Uint8Array(chunk), at * CHUNK));
    return out;
  }
}
