/**
 * Leaves of the record: what of an event goes into the log.
 *
 * Source: docs/spec/record.md. The leaf's data is a salted hash, so that it tells nothing until event and
 * salt are shown.
 */

import { concat, sha256 } from "./bytes.js";
import { encode, hasMembers, isObject } from "./canonical.js";
import { CryptoError, EventInvalidError } from "./errors.js";

export const SALT_SIZE = 32;
const MEMBERS = ["v", "stream", "seq", "at", "kind", "actor", "command", "body"];
const TEXTS = ["stream", "kind", "actor", "command"];
const AT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;

/**
 * An event's canonical JSON, after a check of its members; throws `EventInvalidError`.
 *
 * @param {unknown} event
 * @returns {Uint8Array}
 */
export function eventBytes(event) {
  const signed = isObject(event) && Object.hasOwn(event, "signed");
  if (!hasMembers(event, signed ? [...MEMBERS, "signed"] : MEMBERS) || event.v !== 1) {
    throw new EventInvalidError("not an event of version 1: members are missing or not known");
  }
  if (!TEXTS.every((name) => typeof event[name] === "string" && event[name])) {
    throw new EventInvalidError(`the members ${TEXTS} of an event are strings, not empty`);
  }
  if (!Number.isSafeInteger(event.seq) || event.seq < 1) throw new EventInvalidError("an event's seq counts from 1");
  if (typeof event.at !== "string" || !AT.test(event.at)) {
    throw new EventInvalidError("an event's time is like 2026-11-24T09:30:00.123Z");
  }
  if (!isObject(event.body) || (signed && !hasMembers(event.signed, ["body", "device", "signature"]))) {
    throw new EventInvalidError("an event's body is an object; signed has body, device and signature");
  }
  try {
    return encode(event);
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    throw new EventInvalidError(`the event cannot be written as canonical JSON: ${error.message}`);
  }
}

/**
 * The leaf's data, SHA-256(salt || canonical event); throws `EventInvalidError`.
 *
 * @param {Uint8Array} salt 32 bytes
 * @param {unknown} event
 */
export async function leafData(salt, event) {
  if (salt.length !== SALT_SIZE) throw new EventInvalidError(`a salt has ${SALT_SIZE} bytes`);
  return sha256(concat(salt, eventBytes(event)));
}
