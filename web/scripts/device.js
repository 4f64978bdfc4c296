// The device key: an ECDSA P-256 key that signs commands of weight. It is made here, cannot be taken out of this browser,
// and is enrolled under the second factor. Each person who signs in on this computer has a key of their own.

import { HallError, newId, persist, post } from "./api.js";
import { toHex } from "../seal/bytes.js";
import { encode } from "../seal/canonical.js";

/** @typedef {{device: string, publicKey: string, key: CryptoKey}} Device */

const STORE = "devices";
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };

/** @returns {Promise<IDBDatabase>} */
function database() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("bidhall", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

/**
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} act
 * @returns {Promise<T>}
 */
async function stored(mode, act) {
  const base = await database();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = base.transaction(STORE, mode);
      const asked = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    base.close();
  }
}

/** The key this person has in this browser, if any. @param {string} person @returns {Promise<Device | null>} */
export async function deviceOf(person) {
  return (await stored("readonly", (store) => store.get(person))) ?? null;
}

/**
 * Make this person's key in this browser and enrol it; needs a fresh second factor. A key that is there already is
 * enrolled again, which is harmless, for the last time may have been cut off.
 *
 * @param {string} person
 * @returns {Promise<Device>}
 */
export async function enrolDevice(person) {
  let device = await deviceOf(person);
  if (device === null) {
    const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign"]);
    const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    device = { device: newId("dev"), publicKey: compressed(point), key: pair.privateKey };
    const kept = device;
    await stored("readwrite", (store) => store.put(kept, person));
  }
  const body = { device: device.device, public_key: device.publicKey };
  const command = { id: newId("cmd"), kind: "EnrolDevice", body };
  try {
    await persist(() => post("/api/cases/registry/commands", command));
  } catch (error) {
    if (!(error instanceof HallError) || error.code !== "device-exists") throw error;
  }
  return device;
}

/** Forget this person's key in this browser: it was revoked. @param {string} person */
export async function forgetDevice(person) {
  await stored("readwrite", (store) => store.delete(person));
}

/** @param {Uint8Array} point 65 bytes, uncompressed @returns {string} 33 bytes in hex */
function compressed(point) {
  const out = new Uint8Array(33);
  out[0] = 2 + (point[64] & 1);
  out.set(point.subarray(1, 33), 1);
  return toHex(out);
}

/** Sign bytes; raw r||s in hex. @param {Device} device @param {Uint8Array} message */
export async function sign(device, message) {
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, device.key, /** @type {any} */ (message));
  return toHex(new Uint8Array(signature));
}

/**
 * Sign a command, over the form the specification of rooms gives.
 *
 * @param {Device} device
 * @param {string} stream
 * @param {{id: string, kind: string, body: Record<string, any>}} command
 */
export async function signCommand(device, stream, command) {
  const form = { v: 1, type: "bidhall/command/v1", id: command.id, stream, kind: command.kind, body: command.body };
  return { device: device.device, signature: await sign(device, encode(form)) };
}
