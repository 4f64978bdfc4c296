// A receipt, checked step by step on this computer. The steps are those of the specifications of receipt and record; each
// needs the one before it, so after a failure nothing more can be said.

import { get, persist } from "../api.js";
import { fromHex } from "../../seal/bytes.js";
import { CryptoError } from "../../seal/errors.js";
import { verifyConsistency } from "../../seal/merkle.js";
import { openCosigned } from "../../seal/notes.js";
import { pinnedRecord } from "../../seal/pinned.js";
import { verifyReceipt } from "../../seal/receipt.js";

/** @typedef {"form" | "key" | "included" | "newest" | "extends"} Step */
/** @typedef {{step: Step, state: "done" | "fault" | "skipped", facts: Record<string, string>, reason?: string, code?: string}} Outcome */
/** @typedef {{outcomes: Outcome[], passed: boolean, away: boolean, event: any}} Verdict */

/** @type {readonly Step[]} */
export const STEPS = ["form", "key", "included", "newest", "extends"];
const LARGEST = 4 << 20;

/** @param {File} file */
async function read(file) {
  if (file.size > LARGEST) throw new CryptoError(`${file.size} bytes are too many for a receipt`, "malformed-receipt");
  try {
    return JSON.parse(await file.text());
  } catch {
    throw new CryptoError("the file is not JSON", "malformed-receipt");
  }
}

/**
 * Check a receipt against the hall's record as it is now. Nothing of the receipt leaves this computer: the hall is only
 * asked for its key, its newest checkpoint and how that follows from the receipt's.
 *
 * @param {File} file
 * @returns {Promise<Verdict>}
 */
export async function checkReceipt(file) {
  /** @type {Outcome[]} */
  const outcomes = [];
  const done = (/** @type {Step} */ step, /** @type {Record<string, string>} */ facts = {}) => outcomes.push({ step, state: "done", facts });
  /** @type {Step} */
  let step = "form";
  let event = null;
  let away = false;
  try {
    const receipt = await read(file);
    event = looksLike(receipt) ? receipt.event : null;
    if (event === null) throw new CryptoError("it has not the members of a receipt", "malformed-receipt");
    done("form", { kind: String(event.kind), time: String(event.at) });
    step = "key";
    const record = await pinnedRecord();
    done("key", { origin: record.origin, vkey: record.vkey });
    step = "included";
    const proved = await verifyReceipt(receipt, record);
    const then = proved.checkpoint;
    done("included", { index: String(proved.index), size: String(then.size) });
    step = "newest";
    const newest = openCosigned(await checkpointText(), record.origin, record.vkey).checkpoint;
    if (newest.size < then.size) throw new CryptoError(`the newest checkpoint has ${newest.size} entries, the receipt's ${then.size}`, "record-shrunk");
    done("newest", { size: String(newest.size) });
    step = "extends";
    const { path } = await persist(() => get(`/record/consistency?first=${then.size}&second=${newest.size}`));
    const hashes = path.map((/** @type {string} */ one) => fromHex(one));
    verifyConsistency(then.size, newest.size, then.root, newest.root, hashes);
    done("extends", { first: String(then.size), second: String(newest.size) });
  } catch (error) {
    away = !(error instanceof CryptoError) && /** @type {any} */ (error)?.code !== "record-changed";
    const { code = "", message = String(error) } = /** @type {any} */ (error);
    outcomes.push({ step, state: away ? "skipped" : "fault", facts: {}, reason: message, code });
  }
  for (const one of STEPS.slice(outcomes.length)) outcomes.push({ step: one, state: "skipped", facts: {} });
  return { outcomes, passed: outcomes.every((one) => one.state === "done"), away, event };
}

/** @param {any} receipt */
const looksLike = (receipt) => receipt?.type === "bidhall/receipt/v1" && receipt.v === 1 && typeof receipt.event === "object" && receipt.event !== null;

async function checkpointText() {
  const answer = await fetch("/record/checkpoint", { cache: "no-store" });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return answer.text();
}
