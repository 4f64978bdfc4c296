/**
 * Handing in a sealed bid: uploads, the signed command, and the receipt, checked before it is believed.
 *
 *     const handing = new Handing(sealed, {
 *       send: (stream, kind, body) => perform(stream, kind, body, { signed: true }),   // perform of scripts/session.js
 *       replaces: "",          // the id of the bid it replaces (ReplaceBid), or nothing (SubmitBid)
 *       progress: ({ stage, done, total, fraction }) => {},
 *       state: (state) => {},  // as in upload.js: sending, waiting (link lost), paused, done
 *     });
 *     const result = await handing.start();   // { bid, lot, receipt, proven }, or null where the person broke off
 *     handing.pause(); handing.resume(); handing.stop();
 *
 * `start()` may be called again after any error, and after null: what is uploaded is not sent twice, and a bid that got
 * in although no answer came is recognised by its receipt. Afterwards `receiptFile(result.receipt)` of receipt.js is the file
 * to keep (投标回执), and `discard(sealed)` of worker-client.js frees the disk.
 *
 *     await withdrawBid({ tender, bid, reason, send })    // { bid, receipt, proven } or null
 *     await checkReceipt(form, hashes)                    // hashes in hex; throws ReceiptInvalidError
 *
 * Refusals are HallErrors with the hall's code (`late`, `wrong-manifest`, …); a receipt that does not hold is a
 * ReceiptInvalidError: then the bid is not safely in, whatever the hall says.
 *
 * @typedef {import("./worker-client.js").SealedBid} SealedBid
 * @typedef {(stream: string, kind: string, body: Record<string, any>) => Promise<any>} Send null: broken off
 */

import { HallError, get, newId, persist } from "../scripts/api.js";
import { fromHex } from "./bytes.js";
import { toJson } from "./descriptor.js";
import { ReceiptInvalidError } from "./errors.js";
import { pinnedRecord } from "./pinned.js";
import { HEAD_SIZE, looksLikePlaintext } from "./plaintext.js";
import { verifyReceipt } from "./receipt.js";
import { Upload } from "./upload.js";

const RECEIPT_TRIES = 8;

export class Handing {
  #sealed;
  #send;
  #kind;
  #progress;
  /** @type {Upload[]} */
  #uploads;
  #at = 0;

  /**
   * @param {SealedBid} sealed
   * @param {object} options
   * @param {Send} options.send
   * @param {string} [options.replaces]
   * @param {(progress: {stage: string, done: number, total: number, fraction: number}) => void} [options.progress]
   * @param {(state: import("./upload.js").UploadState) => void} [options.state]
   */
  constructor(sealed, { send, replaces = "", progress = () => {}, state = () => {} }) {
    this.#sealed = sealed;
    this.#send = send;
    this.#kind = replaces ? "ReplaceBid" : "SubmitBid";
    this.bid = replaces || newId("bid");
    this.#progress = progress;
    this.#uploads = sealed.stages.map(({ ciphertext }, at) => new Upload(ciphertext, {
      progress: (done, total) => this.#watch(at, done, total),
      state: (found) => (found === "done" && at < sealed.stages.length - 1 ? undefined : state(found)),
    }));
  }

  /**
   * @param {number} at
   * @param {number} done
   * @param {number} total
   */
  #watch(at, done, total) {
    const sizes = this.#sealed.stages.map(({ ciphertext }) => ciphertext.size);
    const sum = (/** @type {number[]} */ some) => some.reduce((all, one) => all + one, 0);
    const fraction = (sum(sizes.slice(0, at)) + done) / sum(sizes);
    this.#progress({ stage: this.#sealed.stages[at].stage, done, total, fraction });
  }

  /** Upload, submit, and check the receipt; see above. */
  async start() {
    const { tender, lot, stages } = this.#sealed;
    const sent = [];
    for (const [at, { stage, descriptor, signature, ciphertext }] of stages.entries()) {
      await refusePlaintext(ciphertext);
      this.#at = at;
      const upload = await this.#uploads[at].start();
      sent.push({ stage, upload, descriptor: toJson(descriptor), signature });
    }
    const body = { bid: this.bid, lot, stages: sent };
    const hashes = stages.map(({ descriptorHash }) => descriptorHash);
    try {
      if ((await this.#send(tender, this.#kind, body)) === null) return null;
    } catch (error) {
      const found = await this.#wasReceived(error, hashes);
      if (found) return found;
      throw error;
    }
    return { lot, ...(await this.#receipt(hashes)) };
  }

  /** @param {string[]} hashes */
  async #receipt(hashes) {
    return receiptOf(this.#sealed.tender, this.bid, hashes);
  }

  /**
   * A command sent again after an answer was lost is refused, for it was done: its receipt tells.
   *
   * @param {unknown} error
   * @param {string[]} hashes
   */
  async #wasReceived(error, hashes) {
    if (!(error instanceof HallError) || ![404, 409].includes(error.status)) return null;
    try {
      return { lot: this.#sealed.lot, ...(await this.#receipt(hashes)) };
    } catch (other) {
      if (other instanceof HallError || other instanceof ReceiptInvalidError) return null;
      throw other;
    }
  }

  pause() {
    this.#uploads[this.#at].pause();
  }

  resume() {
    this.#uploads[this.#at].resume();
  }

  stop() {
    this.#uploads[this.#at].stop();
  }
}

/** @param {Blob} ciphertext */
async function refusePlaintext(ciphertext) {
  const head = new Uint8Array(await ciphertext.slice(0, HEAD_SIZE).arrayBuffer());
  const kind = looksLikePlaintext(head, ciphertext.size);
  if (kind) throw new HallError(0, "plaintext-refused", `this looks like ${kind}; seal it first`, { kind });
}

/**
 * Fetch a bid's receipt, and check it.
 *
 * @param {string} tender
 * @param {string} bid
 * @param {string[]} hashes in hex
 */
async function receiptOf(tender, bid, hashes) {
  const receipt = await persist(() => get(`/api/receipts/${tender}/${bid}`), RECEIPT_TRIES);
  return { bid, receipt, proven: await checkReceipt(receipt, hashes) };
}

/**
 * Check a receipt against this hall's record and the envelopes' own hashes; throws `ReceiptInvalidError`.
 *
 * @param {unknown} receipt
 * @param {readonly string[]} [hashes] descriptor hashes in hex
 */
export async function checkReceipt(receipt, hashes = []) {
  const wanted = hashes.map((hash) => fromHex(hash) ?? new Uint8Array());
  return verifyReceipt(receipt, await pinnedRecord(), wanted);
}

/**
 * Withdraw a bid before the deadline (截止前撤回): it is never opened.
 *
 * @param {{tender: string, bid: string, reason?: string, send: Send}} request
 */
export async function withdrawBid({ tender, bid, reason = "", send }) {
  if ((await send(tender, "WithdrawBid", { bid, reason })) === null) return null;
  return receiptOf(tender, bid, []);
}
