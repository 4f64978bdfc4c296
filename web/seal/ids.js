/** Ids: a prefix that says what it names, and 26 characters nobody can guess (130 bits). */

import { random } from "./bytes.js";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const LENGTH = 26;

/**
 * Make an id such as `bid-c4k…`.
 *
 * @param {string} prefix
 */
export function newId(prefix) {
  return `${prefix}-${Array.from(random(LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join("")}`;
}
