/**
 * Merkle trees as RFC 6962 and RFC 9162 define them, over SHA-256: hashes, and proofs verified.
 *
 * Rules beyond the letter of the RFCs: a consistency proof from a tree of size 0 proves nothing and is
 * refused; an empty root, leaf hash or proof element is refused before anything is compared.
 *
 * Sizes and indexes are counted as BigInt inside: JavaScript's shifts work on 32 bits only.
 */

import { sha256 as sha256Now } from "../vendor/@noble/hashes/sha2.js";
import { concat, equal, sha256, toHex } from "./bytes.js";
import { ProofInvalidError } from "./errors.js";

export const HASH_SIZE = 32;
export const LEAF_BYTES = 1 << 20;
export const EMPTY_ROOT = sha256Now(new Uint8Array());

/** @param {Uint8Array} data */
export function leafHash(data) {
  return sha256Now(concat(Uint8Array.of(0), data));
}

/**
 * @param {Uint8Array} left
 * @param {Uint8Array} right
 */
export function nodeHash(left, right) {
  return sha256Now(concat(Uint8Array.of(1), left, right));
}

/**
 * The root over leaf hashes.
 *
 * @param {Iterable<Uint8Array>} leafHashes
 */
export function root(leafHashes) {
  const frontier = new Frontier();
  for (const hashed of leafHashes) frontier.append(hashed);
  return frontier.root();
}

/** A growing tree known only by the roots of its complete subtrees, the largest first. */
export class Frontier {
  /** @type {Uint8Array[]} */
  #hashes = [];
  #size = 0;

  /** @param {Uint8Array} hashed */
  append(hashed) {
    let result = hashed;
    for (let size = this.#size; size % 2 === 1; size = (size - 1) / 2) {
      result = nodeHash(/** @type {Uint8Array} */ (this.#hashes.pop()), result);
    }
    this.#hashes.push(result);
    this.#size += 1;
  }

  root() {
    return this.#hashes.reduceRight((result, left) => (result ? nodeHash(left, result) : left),
      /** @type {Uint8Array | null} */ (null)) ?? EMPTY_ROOT;
  }
}

/**
 * Root of a byte stream cut into leaves of 1 MiB, the last one shorter, in constant memory. WebCrypto
 * cannot hash a stream, but it hashes a leaf on another thread: `update` promises nothing about the
 * moment, only about the order.
 */
export class RootHasher {
  #frontier = new Frontier();
  #leaf = new Uint8Array(1 + LEAF_BYTES);
  #filled = 0;
  length = 0;

  /**
   * Take in the next bytes; wait for one call before the next.
   *
   * @param {Uint8Array} data
   */
  async update(data) {
    const hashing = [];
    for (let at = 0; at < data.length;) {
      const piece = data.subarray(at, at + LEAF_BYTES - this.#filled);
      this.#leaf.set(piece, 1 + this.#filled);
      this.#filled += piece.length;
      at += piece.length;
      if (this.#filled === LEAF_BYTES) {
        hashing.push(sha256(this.#leaf)); // WebCrypto has its own copy once the call returns
        this.#filled = 0;
      }
    }
    this.length += data.length;
    for (const hashed of await Promise.all(hashing)) this.#frontier.append(hashed);
  }

  /** The root over all that was taken in; nothing may follow. */
  async digest() {
    if (this.#filled) this.#frontier.append(await sha256(this.#leaf.subarray(0, 1 + this.#filled)));
    this.#filled = 0;
    return this.#frontier.root();
  }
}

/**
 * Check that the leaf with hash `hashed` is leaf `index` of `size` leaves (RFC 9162, 2.1.3.2); throws
 * `ProofInvalidError` if it is not proved.
 *
 * @param {Uint8Array} hashed
 * @param {number | bigint} index
 * @param {number | bigint} size
 * @param {readonly Uint8Array[]} path
 * @param {Uint8Array} expectedRoot
 */
export function verifyInclusion(hashed, index, size, path, expectedRoot) {
  let node = BigInt(index);
  let last = BigInt(size) - 1n;
  if (node < 0n || node > last) {
    throw new ProofInvalidError(`leaf ${index} cannot be in a tree of ${size} leaves`);
  }
  refuseMisshapen([hashed, ...path, expectedRoot]);
  let result = hashed;
  for (const sibling of path) {
    if (last === 0n) throw new ProofInvalidError(`the proof is too long: ${path.length} hashes`);
    if (node & 1n || node === last) {
      result = nodeHash(sibling, result);
      while (!(node & 1n) && node) [node, last] = [node >> 1n, last >> 1n];
    } else {
      result = nodeHash(result, sibling);
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  if (last || !equal(result, expectedRoot)) {
    throw new ProofInvalidError(
      `the proof of leaf ${index} in ${size} leaves does not lead to root ${toHex(expectedRoot)}`);
  }
}

/**
 * Check that the tree of `size1` leaves is a prefix of the tree of `size2` leaves (RFC 9162, 2.1.4.2);
 * throws `ProofInvalidError` if it is not proved, or `size1` is 0.
 *
 * @param {number | bigint} size1
 * @param {number | bigint} size2
 * @param {Uint8Array} root1
 * @param {Uint8Array} root2
 * @param {readonly Uint8Array[]} path
 */
export function verifyConsistency(size1, size2, root1, root2, path) {
  const [old, whole] = [BigInt(size1), BigInt(size2)];
  if (old < 1n || old > whole) {
    throw new ProofInvalidError(`no consistency proof leads from ${size1} leaves to ${size2}`);
  }
  if ([root1, root2, ...path].some((one) => !one.length)) {
    throw new ProofInvalidError("a proof must not hold an empty hash");
  }
  if (old === whole) {
    if (path.length || !equal(root1, root2)) {
      throw new ProofInvalidError("two trees of one size have one root and an empty proof");
    }
    return;
  }
  const [small, large] = climb(old - 1n, whole - 1n, root1, path);
  if (!equal(small, root1) || !equal(large, root2)) {
    throw new ProofInvalidError(`the proof does not lead from ${toHex(root1)} to ${toHex(root2)}`);
  }
}

/**
 * Compute the roots of the old tree (last leaf `node`) and the new one (to `last`) from a path.
 *
 * @param {bigint} node
 * @param {bigint} last
 * @param {Uint8Array} oldRoot
 * @param {readonly Uint8Array[]} path
 */
function climb(node, last, oldRoot, path) {
  while (node & 1n) [node, last] = [node >> 1n, last >> 1n];
  if (node && !path.length) throw new ProofInvalidError("the proof is empty where it must not be");
  // An old tree that is one complete subtree is its own start; else the path begins with its last one.
  const [start, rest] = node ? [path[0], path.slice(1)] : [oldRoot, path];
  let [small, large] = [start, start];
  for (const sibling of rest) {
    if (last === 0n) throw new ProofInvalidError(`the proof is too long: ${path.length} hashes`);
    if (node & 1n || node === last) {
      small = nodeHash(sibling, small);
      large = nodeHash(sibling, large);
      while (!(node & 1n) && node) [node, last] = [node >> 1n, last >> 1n];
    } else {
      large = nodeHash(large, sibling);
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  if (last) throw new ProofInvalidError(`the proof is too short: ${path.length} hashes`);
  return [small, large];
}

/** @param {readonly Uint8Array[]} hashes */
function refuseMisshapen(hashes) {
  if (hashes.some((one) => one.length !== HASH_SIZE)) {
    throw new ProofInvalidError(`every hash of a proof has ${HASH_SIZE} bytes`);
  }
}
