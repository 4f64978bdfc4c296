/**
 * Taking an opened payload apart as it streams in. Bytes reach this only after the tag of their chunk was
 * verified.
 */

import { concat } from "./bytes.js";
import { ContextMismatchError, PayloadInvalidError } from "./errors.js";
import { RootHasher } from "./merkle.js";
import { LENGTH_SIZE, MAX_HEADER, bucket, ciphertextSize, contentSize, parseHeader } from "./payload.js";

/** Reads the header, passes the content on to `sink`, hashes it, insists on zeros after it. */
export class Unpacker {
  #descriptor;
  #sink;
  #start = new Uint8Array();
  /** @type {import("./payload.js").Header | null} */
  #header = null;
  #left = 0;
  #root = new RootHasher();

  /**
   * @param {import("./descriptor.js").Descriptor} descriptor
   * @param {import("./sink.js").Sink | null} sink
   */
  constructor(descriptor, sink) {
    this.#descriptor = descriptor;
    this.#sink = sink;
  }

  /**
   * Take the next bytes; throws `PayloadInvalidError` with `malformed-payload` or `malformed-padding`, or
   * `ContextMismatchError`.
   *
   * @param {Uint8Array} plaintext
   */
  async feed(plaintext) {
    let bytes = plaintext;
    if (!this.#header) {
      this.#start = concat(this.#start, plaintext);
      const end = this.#headerEnd();
      if (end === null || this.#start.length < end) return;
      this.#takeHeader(this.#start.slice(LENGTH_SIZE, end));
      bytes = this.#start;
    }
    const content = bytes.subarray(0, this.#left);
    this.#left -= content.length;
    await this.#root.update(content);
    await this.#sink?.write(content);
    if (bytes.subarray(content.length).some((byte) => byte !== 0)) {
      throw new PayloadInvalidError("the padding holds something else than zeros", "malformed-padding");
    }
  }

  #headerEnd() {
    if (this.#start.length < LENGTH_SIZE) return null;
    const length = new DataView(this.#start.buffer).getUint32(0);
    if (length > 0 && length <= MAX_HEADER) return LENGTH_SIZE + length;
    throw new PayloadInvalidError(`a header has 1 to ${MAX_HEADER} bytes, this one says ${length}`);
  }

  /** @param {Uint8Array} encoded */
  #takeHeader(encoded) {
    const header = parseHeader(encoded);
    const { context, size } = this.#descriptor;
    if (header.stage !== context.stage || header.lot !== context.lot) {
      throw new ContextMismatchError(
        `the header is for ${header.stage} of lot ${header.lot}, sealed as ${context.stage} of lot ${context.lot}`);
    }
    this.#left = contentSize(header);
    if (ciphertextSize(bucket(this.#left)) !== size) {
      throw new PayloadInvalidError(
        `${this.#left} bytes have another bucket than a ciphertext of ${size}`, "malformed-padding");
    }
    this.#header = header;
  }

  /** The header and the plaintext root, once the plaintext has ended. */
  async finish() {
    if (!this.#header || this.#left) {
      throw new PayloadInvalidError("the header says more bytes than the payload has");
    }
    return { header: this.#header, plaintextRoot: await this.#root.digest() };
  }
}
