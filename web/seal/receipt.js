/**
 * Receipts: an event, its salt and the proof that it is in the record. A receipt needs nobody's word but the
 * log's signature: its holder checks it offline.
 *
 * Source: docs/spec/receipt.md.
 *
 * @typedef {object} Receipt
 * @property {1} v
 * @property {"bidhall/receipt/v1"} type
 * @property {Record<string, any>} event
 * @property {string} salt
 * @property {string} proof
 * @property {string} time the receiving time that counts
 */

import { equal, fromHex, toHex } from "./bytes.js";
import { digest, hasMembers, isObject } from "./canonical.js";
import { CryptoError, ReceiptInvalidError } from "./errors.js";
import { verifyProof } from "./proof.js";
import { SALT_SIZE, eventBytes, leafData } from "./records.js";

const TYPE = "bidhall/receipt/v1";
const MEMBERS = ["v", "type", "event", "salt", "proof", "time"];

/**
 * Check that the record holds the receipt's event, and that this is the bid with these descriptors.
 *
 * Throws `ReceiptInvalidError`: `malformed-receipt`, `wrong-time`, `wrong-bid`, or `not-in-record` with the
 * reason.
 *
 * @param {unknown} receipt
 * @param {import("./proof.js").Policy} policy whose log it must be in
 * @param {readonly Uint8Array[]} [descriptorHashes] those that the bidder kept; none for other events
 */
export async function verifyReceipt(receipt, policy, descriptorHashes = []) {
  const { event, salt, proof } = parse(receipt);
  let proved;
  try {
    proved = verifyProof(proof, await leafData(salt, event), policy);
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    throw new ReceiptInvalidError(
      `the receipt does not show that its event is in the record: ${error.message}`, "not-in-record");
  }
  await checkDescriptors(event, descriptorHashes);
  return { event, ...proved };
}

/** @param {unknown} receipt */
function parse(receipt) {
  if (!hasMembers(receipt, MEMBERS)) refuse(`a receipt is an object with the members ${MEMBERS}`);
  if (receipt.v !== 1 || receipt.type !== TYPE) refuse("not a receipt of version 1");
  const { event, proof } = receipt;
  const salt = fromHex(receipt.salt);
  if (salt?.length !== SALT_SIZE || typeof proof !== "string") {
    refuse("a receipt's salt is 32 bytes in lower-case hex, its proof a text");
  }
  try {
    eventBytes(event);
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    refuse(error.message);
  }
  if (receipt.time !== event.at) {
    throw new ReceiptInvalidError("the receipt says another time than its event", "wrong-time");
  }
  return { event, salt: /** @type {Uint8Array} */ (salt), proof };
}

/**
 * @param {string} message
 * @returns {never}
 */
function refuse(message) {
  throw new ReceiptInvalidError(message, "malformed-receipt");
}

/**
 * @param {Record<string, any>} event
 * @param {readonly Uint8Array[]} wanted
 */
async function checkDescriptors(event, wanted) {
  /** @type {any[]} */
  const stages = Array.isArray(event.body.stages) ? event.body.stages : [];
  const found = await Promise.all(
    stages.filter((stage) => isObject(stage) && Object.hasOwn(stage, "descriptor"))
      .map((stage) => digest(stage.descriptor)));
  const missing = wanted.find((hash) => !found.some((one) => equal(one, hash)));
  if (!missing) return;
  throw new ReceiptInvalidError(
    `the receipt is for another bid: no stage has descriptor hash ${toHex(missing)}`, "wrong-bid");
}

/**
 * A receipt as a readable file, byte for byte as the command line keeps it.
 *
 * @param {Receipt} receipt
 * @returns {Blob}
 */
export function receiptFile(receipt) {
  return new Blob([JSON.stringify(receipt, null, 1)], { type: "application/json" });
}
