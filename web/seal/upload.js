/**
 * One upload to the hall by tus 1.0, which goes on where it stopped: docs/spec/uploads.md.
 *
 *     const upload = new Upload(blob, { progress: (done, total) => {}, state: (state) => {} });
 *     const id = await upload.start();   // "upl-…"; throws HallError where the hall refuses
 *     upload.pause(); upload.resume();   // start() goes on waiting
 *     upload.stop();                     // start() throws HallError "stopped"; start() again goes on from there
 *
 * States: `sending`, `waiting` (the link is lost; it tries again by itself, at once when the browser is online
 * again), `paused`, `done`. Each piece has a checksum and counts whole or not at all. After a refusal (401: sign in
 * again) `start()` may be called again on the same object: it asks the hall how far it is.
 */

import { HallError } from "../scripts/api.js";
import { sha256, toBase64, utf8 } from "./bytes.js";

const VERSION = { "Tus-Resumable": "1.0.0" };
const SMALLEST = 256 * 1024;
const LARGEST = 8 << 20;
const WANTED_MS = 2000;
const LONGEST_PAUSE_MS = 15_000;
const STALLED_MS = 60_000;
const [NO_CONTENT, CREATED, OK] = [204, 201, 200];
/** The hall is away or busy, another request has the turn, or the piece arrived altered: ask, and go on. */
const PASSING = new Set([0, 408, 409, 423, 460, 502, 503, 504]);
/** There is no such upload any more. */
const GONE = new Set([404, 410]);
const WORST_PIECES = 20;

/** @typedef {"new" | "sending" | "waiting" | "paused" | "done"} UploadState */

export class Upload {
  #blob;
  #name;
  #progress;
  #tell;
  #piece = 4 * SMALLEST;
  #stopped = false;
  #paused = false;
  /** @type {XMLHttpRequest | null} */
  #request = null;
  /** @type {(() => void) | null} */
  #wake = null;
  /** @type {UploadState} */
  state = "new";
  done = 0;

  /**
   * @param {Blob} blob
   * @param {object} [options]
   * @param {string} [options.name] the file's name, where it is to be kept
   * @param {string} [options.location] of an upload begun before
   * @param {(done: number, total: number) => void} [options.progress] bytes; may fall back where a piece was lost
   * @param {(state: UploadState) => void} [options.state]
   */
  constructor(blob, { name = "", location = "", progress = () => {}, state = () => {} } = {}) {
    this.#blob = blob;
    this.#name = name;
    this.location = location;
    this.#progress = progress;
    this.#tell = state;
  }

  /** Upload, and give the upload's id. */
  async start() {
    this.#stopped = false;
    let pause = 250;
    let worst = 0;
    let known = false; // how far the hall is
    while (!known || this.done < this.#blob.size) {
      await this.#whileHeld();
      const before = this.done;
      const status = known ? await this.#send() : await this.#meet();
      if (this.#stopped || this.#paused) known = false;
      else if (status < 300 && status) known = true;
      else {
        known = false;
        worst = status && this.done === before ? worst + 1 : worst;
        if (worst >= WORST_PIECES) throw new HallError(status, "upload-stuck", "the hall refuses one piece again and again", {});
        await this.#wait(pause * (0.5 + Math.random() / 2));
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
      if (this.done > before) [pause, worst] = [250, 0];
    }
    this.#enter("done");
    return this.location.slice(this.location.lastIndexOf("/") + 1);
  }

  pause() {
    this.#paused = true;
    this.#request?.abort();
    this.#wake?.();
  }

  resume() {
    this.#paused = false;
    this.#wake?.();
  }

  stop() {
    this.#stopped = true;
    this.#request?.abort();
    this.#wake?.();
  }

  /** @param {UploadState} state */
  #enter(state) {
    if (this.state === state) return;
    this.state = state;
    this.#tell(state);
  }

  async #whileHeld() {
    while (this.#paused && !this.#stopped) {
      this.#enter("paused");
      await new Promise((resolve) => { this.#wake = () => resolve(undefined); });
    }
    this.#wake = null;
    if (this.#stopped) throw new HallError(0, "stopped", "the upload was stopped", {});
    if (this.state !== "waiting") this.#enter("sending");
  }

  /** @param {number} milliseconds */
  async #wait(milliseconds) {
    this.#enter("waiting");
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
      addEventListener("online", this.#wake, { once: true });
    });
    this.#wake = null;
  }

  /** Begin the upload, or ask how far one is; gives the status, of 0 where no answer came. */
  async #meet() {
    const answer = this.location
      ? await this.#ask("HEAD", this.location, VERSION)
      : await this.#ask("POST", "/files", { ...VERSION, "Upload-Length": String(this.#blob.size), ...this.#metadata() });
    if (answer.status === CREATED) this.location = new URL(answer.header("Location"), location.href).pathname;
    if (answer.status === CREATED || answer.status === OK || answer.status === NO_CONTENT) this.#reach(answer);
    return answer.status;
  }

  /** @returns {Record<string, string>} */
  #metadata() {
    return this.#name ? { "Upload-Metadata": `filename ${toBase64(utf8(this.#name))}` } : {};
  }

  /** Send the next piece; gives the status. */
  async #send() {
    const began = performance.now();
    const piece = new Uint8Array(await this.#blob.slice(this.done, this.done + this.#piece).arrayBuffer());
    const answer = await this.#ask("PATCH", this.location, {
      ...VERSION, "Upload-Offset": String(this.done), "Content-Type": "application/offset+octet-stream",
      "Upload-Checksum": `sha256 ${toBase64(await sha256(piece))}`,
    }, piece);
    if (answer.status === NO_CONTENT) {
      this.#reach(answer);
      this.#suit(performance.now() - began);
    } else {
      this.#piece = Math.max(SMALLEST, this.#piece / 2);
    }
    return answer.status;
  }

  /** Larger pieces where the link is fast, smaller where it is slow: a lost one costs about two seconds. */
  #suit(/** @type {number} */ took) {
    if (took < WANTED_MS / 2) this.#piece = Math.min(LARGEST, this.#piece * 2);
    if (took > WANTED_MS * 2) this.#piece = Math.max(SMALLEST, this.#piece / 2);
  }

  /** @param {{header: (name: string) => string}} answer */
  #reach(answer) {
    this.done = Number(answer.header("Upload-Offset"));
    this.#progress(this.done, this.#blob.size);
    this.#enter("sending");
  }

  /**
   * One request; a refusal that does not pass throws.
   *
   * @param {string} method
   * @param {string} path
   * @param {Record<string, string>} headers
   * @param {Uint8Array} [body]
   * @returns {Promise<{status: number, header: (name: string) => string}>}
   */
  async #ask(method, path, headers, body) {
    const request = new XMLHttpRequest(); // fetch does not tell how much has gone up
    request.open(method, path);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    const from = this.done;
    let heard = performance.now();
    request.upload.onprogress = ({ loaded }) => {
      heard = performance.now();
      this.#progress(Math.min(from + loaded, this.#blob.size), this.#blob.size);
    };
    const watch = setInterval(() => performance.now() - heard > STALLED_MS && request.abort(), 1000);
    this.#request = request;
    await new Promise((resolve) => {
      request.onloadend = resolve;
      request.send(body ?? null);
    });
    clearInterval(watch);
    this.#request = null;
    if (GONE.has(request.status)) [this.location, this.done] = ["", 0]; // start() again begins a new one
    if (request.status >= 300 && !PASSING.has(request.status)) throw refusal(request);
    return { status: request.status, header: (name) => request.getResponseHeader(name) ?? "" };
  }
}

/** @param {XMLHttpRequest} request */
function refusal(request) {
  let error = { code: request.status === 404 ? "no-such-upload" : "http-error", message: `HTTP ${request.status}`, params: {} };
  try {
    error = { ...error, ...JSON.parse(request.responseText).error };
  } catch {
    // an answer to HEAD has no body
  }
  return new HallError(request.status, error.code, error.message, error.params);
}
