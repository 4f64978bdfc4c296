/**
 * Sealing a bid from a page. The work is done in a Worker; the page hands in what is sealed, watches, and signs.
 *
 *     const sealed = await sealBid({
 *       tender,                  // "ten-…"
 *       manifest, manifestHash,  // body of the event TenderPublished: `manifest`, and `manifest_hash` in hex
 *       lot,                     // "1"
 *       bidder: { organisation },            // "org-…" of the person
 *       bidderKey,                           // device.publicKey: 33 bytes in hex
 *       signDescriptor: (bytes) => sign(device, bytes),   // gives hex; sign() of scripts/device.js does
 *       number,                  // 1 for the first bid for this lot, one more for each replacement
 *       form,                    // { price: "45873216.58", duration_days: 420, quality: "合格", … }
 *       files,                   // File[] of the technical stage, at least one
 *       progress: ({ step, stage, done, total, fraction }) => {},   // step "seal" | "test"; fraction 0 to 1 of all
 *       signal,                  // an AbortSignal; then it throws a SealingError with code "stopped"
 *     });
 *
 * Gives a SealedBid: `{ tender, lot, number, stages: [{ stage, descriptor, signature, descriptorHash, ciphertext,
 * secrets, … }] }`. Every stage was opened again and compared before it is given (self-test). The ciphertexts are Blobs on
 * disk, where the browser can; call `discard(sealed)` once they are handed in or given up. What else can be done with it:
 *
 *     await handIn(sealed, …)                       // bid.js: upload, submit, receipt
 *     await recoveryFile(sealed, passphrase)        // Blob to keep: opens the bid without the hall, .recovery
 *     await openRecovery(file, passphrase)          // what is in one; wrong passphrase: code "recovery-invalid"
 *     await sealedBidFile(sealed)                   // Blob: the .bidhall file that `bidhall bid submit` takes
 *     await readSealedBidFile(file)                 // the SealedBid in one, made here or by `bidhall bid seal`; no secrets
 *
 * What goes wrong is a SealingError with a stable `code`: `malformed-payload` (form or file names), `file-changed` (while it
 * was read), `no-room` (disk), `malformed-key`, `wrong-manifest`, `self-test-failed`, `stopped`, and those of envelope.md.
 * Check a form before with `checkForm(lot, form)` and files with `checkFiles(lot, files)`: they throw the same.
 *
 * @typedef {{step: "seal" | "test", stage: string, done: number, total: number, fraction: number}} SealProgress
 *
 * @typedef {object} SealedStage
 * @property {string} stage "form" or "technical"
 * @property {import("./descriptor.js").Descriptor} descriptor
 * @property {string} signature hex
 * @property {string} descriptorHash hex
 * @property {Blob} ciphertext
 * @property {import("./envelope.js").Secrets | null} secrets null where it was read from a file
 * @property {string} file where the browser keeps the ciphertext, or ""
 *
 * @typedef {{tender: string, lot: string, number: number, stages: SealedStage[]}} SealedBid
 *
 * @typedef {object} SealRequest
 * @property {string} tender
 * @property {Record<string, any>} manifest
 * @property {string} manifestHash
 * @property {string} lot
 * @property {{organisation: string}} bidder
 * @property {string} bidderKey
 * @property {(bytes: Uint8Array) => Promise<string>} signDescriptor
 * @property {number} number
 * @property {import("./payload.js").Form} form
 * @property {readonly File[]} files
 * @property {(progress: SealProgress) => void} [progress]
 * @property {AbortSignal} [signal]
 */

import { fromHex, random, toHex } from "./bytes.js";
import { digest } from "./canonical.js";
import { readContainer, writeContainer } from "./container.js";
import { checkSignature, descriptorHash, signedBytes } from "./descriptor.js";
import { CryptoError, DescriptorInvalidError } from "./errors.js";
import { contentSize, fileEntry, formHeader, technicalHeader } from "./payload.js";
import { recoveryOf } from "./recovery.js";
import { discardFile } from "./sink.js";

/** What went wrong in the Worker: its name, its code, its words. */
export class SealingError extends CryptoError {
  static defaultCode = "sealing-failed";
}

/**
 * Let a Worker of its own do one job.
 *
 * @param {Record<string, unknown>} job
 * @param {{progress?: (progress: SealProgress) => void, signal?: AbortSignal}} [options]
 * @returns {Promise<any>}
 */
async function work(job, { progress = () => {}, signal } = {}) {
  if (signal?.aborted) throw new SealingError("sealing was stopped", "stopped");
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  const stop = () => worker.postMessage({ kind: "stop" });
  signal?.addEventListener("abort", stop);
  try {
    return await new Promise((resolve, reject) => {
      worker.onerror = () => reject(new SealingError("the Worker that seals does not run in this browser", "no-worker"));
      worker.onmessage = ({ data }) => {
        if (data.progress) progress(data.progress);
        else if (data.error) reject(new SealingError(data.error.message, data.error.code));
        else resolve(data.result);
      };
      worker.postMessage(job);
    });
  } finally {
    signal?.removeEventListener("abort", stop);
    worker.terminate();
  }
}

/**
 * Check the terms of a form as a reader will; throws with `malformed-payload`.
 *
 * @param {string} lot
 * @param {import("./payload.js").Form} form
 */
export function checkForm(lot, form) {
  contentSize(formHeader(lot, form));
}

/**
 * Check names and sizes of files as a reader will; throws with `malformed-payload`.
 *
 * @param {string} lot
 * @param {readonly File[]} files
 */
export function checkFiles(lot, files) {
  contentSize(technicalHeader(lot, files.map(fileEntry)));
}

/**
 * Seal a bid; see above.
 *
 * @param {SealRequest} request
 * @returns {Promise<SealedBid>}
 */
export async function sealBid(request) {
  const { tender, lot, number, progress, signal } = request;
  const jobs = await stageJobs(request);
  const sealed = await work({ kind: "seal", stages: jobs }, { progress, signal });
  try {
    const stages = [];
    for (const stage of sealed) stages.push(await signed(stage, request.signDescriptor));
    return { tender, lot, number, stages };
  } catch (error) {
    await discard({ stages: sealed });
    throw error;
  }
}

/** @param {SealRequest} request */
async function stageJobs({ manifest, manifestHash, lot, bidder, bidderKey, number, form, files }) {
  if (toHex(await digest(manifest)) !== manifestHash) {
    throw new SealingError("the manifest does not have the hash it is published under; do not bid", "wrong-manifest");
  }
  const headers = [formHeader(lot, form), technicalHeader(lot, files.map(fileEntry))];
  headers.forEach(contentSize);
  return headers.map((header) => {
    const key = manifest.keys[header.stage];
    const context = {
      manifest: bytes(manifestHash), lot, stage: header.stage, bidder: bidder.organisation,
      bidderKey: bytes(bidderKey), seq: number, nonce: random(32),
    };
    const keys = { tender: bytes(key.public_key), operator: bytes(key.operator) };
    return { context, keys, header, files: header.stage === "form" ? [] : [...files] };
  });
}

/** @param {string} text */
function bytes(text) {
  const found = fromHex(text);
  if (found) return found;
  throw new DescriptorInvalidError("a key of the manifest, or the device's, is not in hex", "malformed-key");
}

/**
 * @param {any} stage as the Worker gives it
 * @param {(bytes: Uint8Array) => Promise<string>} signDescriptor
 * @returns {Promise<SealedStage>}
 */
async function signed(stage, signDescriptor) {
  const { descriptor, secrets, ciphertext, file } = stage;
  const signature = await signDescriptor(signedBytes(descriptor));
  await checkSignature(descriptor, signature);
  const hash = toHex(await descriptorHash(descriptor));
  return { stage: descriptor.context.stage, descriptor, signature, descriptorHash: hash, ciphertext, secrets, file };
}

/**
 * Let go of the ciphertexts on this computer's disk.
 *
 * @param {{stages: readonly {file: string}[]}} sealed
 */
export async function discard({ stages }) {
  await Promise.all(stages.map(({ file }) => discardFile(file)));
}

/**
 * The recovery file of a bid sealed here.
 *
 * @param {SealedBid} sealed
 * @param {string} passphrase
 * @returns {Promise<Blob>}
 */
export async function recoveryFile({ tender, stages }, passphrase) {
  const kept = stages.map(({ descriptor, secrets }) => {
    if (secrets) return { descriptor, secrets };
    throw new SealingError("this bid was sealed elsewhere: its secrets are not here", "recovery-invalid");
  });
  return new Blob([await work({ kind: "encrypt", recovery: recoveryOf(tender, kept), passphrase })]);
}

/**
 * What a recovery file holds.
 *
 * @param {Blob} file
 * @param {string} passphrase
 * @returns {Promise<import("./recovery.js").Recovery>}
 */
export async function openRecovery(file, passphrase) {
  return work({ kind: "decrypt", file: new Uint8Array(await file.arrayBuffer()), passphrase });
}

/**
 * The sealed bid file of a bid.
 *
 * @param {SealedBid} sealed
 */
export async function sealedBidFile({ tender, stages }) {
  return writeContainer(tender, stages);
}

/**
 * The bid in a sealed bid file.
 *
 * @param {Blob} file
 * @returns {Promise<SealedBid>}
 */
export async function readSealedBidFile(file) {
  const { tender, stages } = await readContainer(file);
  const { lot, seq } = stages[0].descriptor.context;
  const found = await Promise.all(stages.map(async (stage) => ({
    ...stage, stage: stage.descriptor.context.stage, secrets: null, file: "",
    descriptorHash: toHex(await descriptorHash(stage.descriptor)),
  })));
  return { tender, lot, number: seq, stages: found };
}
