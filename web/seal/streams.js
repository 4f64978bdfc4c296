/**
 * Bytes into an envelope and out of it in batches, whatever the size of the whole.
 *
 * Only a few batches are in memory. Files are read as slices of their Blobs, so the browser reads them
 * from disk as it goes; a file that changes meanwhile is noticed.
 */

import { bigEndian, concat } from "./bytes.js";
import { CiphertextAlteredError, PayloadInvalidError, TruncatedError } from "./errors.js";
import { RootHasher } from "./merkle.js";
import { CHUNK, LENGTH_SIZE, OVERHEAD, TAG, bucket, contentSize, headerBytes } from "./payload.js";

/** Chunks of a batch: 4 MiB of plaintext. */
export const BATCH_CHUNKS = 256;
const BATCH = BATCH_CHUNKS * CHUNK;
const SEALED_BATCH = BATCH_CHUNKS * (CHUNK + TAG);

/**
 * @param {Blob} blob
 * @param {number} start
 * @param {number} size
 */
async function read(blob, start, size) {
  return new Uint8Array(await blob.slice(start, start + size).arrayBuffer());
}

/**
 * Yield what `next` makes, asking for one more while the caller works on the last.
 *
 * @template T
 * @param {() => Promise<T | null>} next `null` at the end
 * @returns {AsyncGenerator<T>}
 */
async function* ahead(next) {
  let pending = next();
  for (;;) {
    const made = await pending;
    if (made === null) return;
    pending = next();
    pending.catch(() => {}); // a caller that gave up does not wait for it
    yield made;
  }
}

/** The padded plaintext as one stream: header, files, zeros; and the root of its content. */
export class PlaintextReader {
  #files;
  #head;
  #content;
  #at = 0;
  #root = new RootHasher();
  /** @type {Promise<void>} */
  #hashed = Promise.resolve();

  /**
   * Get ready to read; throws `PayloadInvalidError` where the header is not valid, or lists other files.
   *
   * @param {import("./payload.js").Header} header
   * @param {readonly Blob[]} files
   */
  constructor(header, files) {
    if (files.length !== header.files.length) {
      throw new PayloadInvalidError(`the header lists ${header.files.length} files, ${files.length} were given`);
    }
    files.forEach((file, at) => {
      const { name, size } = header.files[at];
      if (file.size !== size) throw new PayloadInvalidError(`file ${name} has ${file.size} bytes, not ${size}`);
    });
    const encoded = headerBytes(header);
    this.#head = concat(bigEndian(encoded.length, LENGTH_SIZE), encoded);
    this.#files = files;
    this.#content = contentSize(header);
    this.size = bucket(this.#content);
  }

  /** @returns {AsyncGenerator<Uint8Array>} whole chunks, but for the last batch */
  batches() {
    return ahead(() => this.#next());
  }

  async #next() {
    if (this.#at >= this.size) return null;
    const room = new Uint8Array(Math.min(BATCH, this.size - this.#at)); // what no file fills stays zero
    await this.#fill(room, this.#at);
    await this.#hashed;
    const content = room.subarray(0, Math.max(0, this.#content - this.#at));
    this.#hashed = this.#root.update(content);
    this.#at += room.length;
    return room;
  }

  /**
   * Copy whatever of header and files lies in the stretch that begins at `start`.
   *
   * @param {Uint8Array} room
   * @param {number} start
   */
  async #fill(room, start) {
    const end = start + room.length;
    if (start < this.#head.length) room.set(this.#head.subarray(start, end));
    let from = this.#head.length;
    for (const file of this.#files) {
      const [first, last] = [Math.max(start, from), Math.min(end, from + file.size)];
      if (first < last) room.set(await this.#piece(file, first - from, last - first), first - start);
      from += file.size;
    }
  }

  /**
   * @param {Blob} file
   * @param {number} start
   * @param {number} size
   */
  async #piece(file, start, size) {
    let piece;
    try {
      piece = await read(file, start, size);
    } catch {
      throw new PayloadInvalidError("a file cannot be read any more: it was changed, moved or removed", "file-changed");
    }
    if (piece.length === size) return piece;
    throw new PayloadInvalidError("a file has become shorter while it was read", "file-changed");
  }

  /** The plaintext root, once all was read. */
  async finish() {
    await this.#hashed;
    return this.#root.digest();
  }
}

/** Exactly `size` bytes of ciphertext, and their root. */
export class CiphertextReader {
  #blob;
  #size;
  #at = OVERHEAD;
  #root = new RootHasher();
  /** @type {Promise<void>} */
  #hashed = Promise.resolve();

  /**
   * Get ready to read; throws `TruncatedError`, or `CiphertextAlteredError` with `too-long`.
   *
   * @param {Blob} blob
   * @param {number} size
   */
  constructor(blob, size) {
    if (blob.size < size) throw new TruncatedError(`the ciphertext ends after ${blob.size} of ${size} bytes`);
    if (blob.size > size) {
      throw new CiphertextAlteredError(`the ciphertext goes on after its ${size} bytes`, "too-long");
    }
    this.#blob = blob;
    this.#size = size;
  }

  /** Salt and commitment. */
  async head() {
    const head = await read(this.#blob, 0, OVERHEAD);
    this.#hashed = this.#root.update(head);
    return head;
  }

  /** @returns {AsyncGenerator<Uint8Array>} whole sealed chunks, but for the last batch */
  batches() {
    return ahead(() => this.#next());
  }

  async #next() {
    if (this.#at >= this.#size) return null;
    const batch = await read(this.#blob, this.#at, Math.min(SEALED_BATCH, this.#size - this.#at));
    await this.#hashed;
    this.#hashed = this.#root.update(batch);
    this.#at += batch.length;
    return batch;
  }

  /** The root, once all was read. */
  async finish() {
    await this.#hashed;
    return this.#root.digest();
  }
}
