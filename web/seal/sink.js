/**
 * Where sealed bytes go: to a file of the browser's own on disk, so that 2 GiB never lie in memory; where
 * there is none, into Blobs, which the browser keeps as it sees fit.
 *
 * A crash leaves a ciphertext behind, which tells nobody anything; `sweep` removes what is three days old.
 *
 * @typedef {object} Sink
 * @property {string} name of the file, or ""
 * @property {(data: Uint8Array) => void | Promise<void>} write takes bytes, which may change afterwards
 * @property {() => Promise<Blob>} finish gives what was written
 * @property {() => Promise<void>} discard
 */

import { random, toHex } from "./bytes.js";
import { NoRoomError } from "./errors.js";

const PREFIX = "bidhall-sealed-";
const LASTING_MS = 72 * 3600 * 1000;
const PART = 8 << 20;

/**
 * Open a sink; only in a Worker can it be a file.
 *
 * @returns {Promise<Sink>}
 */
export async function openSink() {
  const name = `${PREFIX}${Date.now()}-${toHex(random(8))}`;
  try {
    const folder = await navigator.storage.getDirectory();
    const handle = await folder.getFileHandle(name, { create: true });
    const access = await /** @type {any} */ (handle).createSyncAccessHandle(); // only Workers have it
    return new FileSink(name, handle, access);
  } catch {
    await discardFile(name);
    return new BlobSink(); // a private window, or a browser without such files
  }
}

/**
 * Remove a file that a sink made; nothing happens where it is gone.
 *
 * @param {string} name
 */
export async function discardFile(name) {
  if (!name.startsWith(PREFIX)) return;
  try {
    await (await navigator.storage.getDirectory()).removeEntry(name);
  } catch {
    // it is gone, or there never was such a folder
  }
}

/**
 * Remove what an earlier visit left behind.
 *
 * @param {number} now
 */
export async function sweep(now = Date.now()) {
  try {
    const folder = await navigator.storage.getDirectory();
    for await (const name of folder.keys()) {
      const made = Number(name.slice(PREFIX.length).split("-")[0]);
      if (name.startsWith(PREFIX) && !(now - made < LASTING_MS)) await discardFile(name);
    }
  } catch {
    // no such folder here
  }
}

/** @implements {Sink} */
class FileSink {
  #at = 0;
  #handle;
  #access;

  /**
   * @param {string} name
   * @param {FileSystemFileHandle} handle
   * @param {any} access a FileSystemSyncAccessHandle
   */
  constructor(name, handle, access) {
    this.name = name;
    this.#handle = handle;
    this.#access = access;
  }

  /** @param {Uint8Array} data */
  write(data) {
    let written = 0;
    try {
      written = this.#access.write(data, { at: this.#at });
    } catch {
      // told below: a full disk may also write a part and say so
    }
    if (written !== data.length) throw new NoRoomError("there is no room on this computer for the sealed bid");
    this.#at += written;
  }

  async finish() {
    this.#access.flush();
    this.#access.close();
    return this.#handle.getFile();
  }

  async discard() {
    this.#access.close();
    await discardFile(this.name);
  }
}

/** @implements {Sink} */
export class BlobSink {
  name = "";
  /** @type {Blob[]} */
  #parts = [];
  /** @type {Uint8Array[]} */
  #loose = [];
  #size = 0;

  /** @param {Uint8Array} data */
  write(data) {
    this.#loose.push(data.slice());
    this.#size += data.length;
    if (this.#size >= PART) this.#settle();
  }

  #settle() {
    this.#parts.push(new Blob(this.#loose));
    this.#loose = [];
    this.#size = 0;
  }

  async finish() {
    this.#settle();
    return new Blob(this.#parts);
  }

  async discard() {
    this.#parts = [];
    this.#loose = [];
  }
}
