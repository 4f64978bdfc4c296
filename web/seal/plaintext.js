/**
 * Telling a bidder who hands in an unsealed file, before anything is sent.
 *
 * Source: docs/spec/envelope.md, "Checking a descriptor", step 6. A ciphertext begins with a random salt: the
 * chance that one is taken for plaintext here is below 2^-23.
 */

import { equal, utf8 } from "./bytes.js";
import { isCiphertextSize } from "./payload.js";

/** How many of the first bytes a caller should hand in. */
export const HEAD_SIZE = 512;
const SHORTEST_TEXT = 32;

/** @type {[number, Uint8Array, string][]} offset, signature, kind */
const SIGNATURES = [
  [0, utf8("%PDF-"), "a PDF document"],
  [0, utf8("PK\x03\x04"), "a ZIP archive or an Office document"],
  [0, utf8("PK\x05\x06"), "an empty ZIP archive"],
  [0, Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1), "an old Office document"],
  [0, Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), "a PNG image"],
  [0, Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), "a JPEG image"],
  [0, Uint8Array.of(0xff, 0xd8, 0xff, 0xe1), "a JPEG image"],
  [0, Uint8Array.of(0xff, 0xd8, 0xff, 0xdb), "a JPEG image"],
  [0, utf8("GIF8"), "a GIF image"],
  [0, utf8("II*\0"), "a TIFF image"],
  [0, utf8("MM\0*"), "a TIFF image"],
  [0, utf8("Rar!\x1a\x07"), "a RAR archive"],
  [0, Uint8Array.of(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c), "a 7z archive"],
  [0, Uint8Array.of(0x1f, 0x8b, 0x08, 0x00), "a gzip archive"],
  [0, Uint8Array.of(0x1f, 0x8b, 0x08, 0x08), "a gzip archive"],
  [0, utf8("BZh9"), "a bzip2 archive"],
  [0, Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00), "an xz archive"],
  [0, Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), "a Zstandard archive"],
  [0, utf8("AC10"), "a DWG drawing"],
  [0, utf8("{\\rtf"), "an RTF document"],
  [0, Uint8Array.of(0xef, 0xbb, 0xbf), "a text file"],
  [0, utf8("age-encryption.org/"), "an age file, such as a recovery file"],
  [0, utf8("bidhall-bid/v1\n"), "a whole sealed bid file"],
  [257, utf8("ustar"), "a tar archive"],
  [4, utf8("ftyp"), "a video or HEIC image"],
];
const PRINTABLE = /^(?:[^\p{C}\p{Z}]|[ \t\r\n\f])*$/u;

/**
 * What a file with these first bytes and size looks like; `null` if it may be sealed.
 *
 * @param {Uint8Array} head
 * @param {number} size
 * @returns {string | null}
 */
export function looksLikePlaintext(head, size) {
  for (const [offset, signature, kind] of SIGNATURES) {
    if (equal(head.subarray(offset, offset + signature.length), signature)) return kind;
  }
  if (isText(head.subarray(0, HEAD_SIZE))) return "a text file";
  return isCiphertextSize(size) ? null : `a file that was not sealed: no sealed file has ${size} bytes`;
}

/**
 * Whether 32 bytes or more are all printable UTF-8; the last character may be cut off.
 *
 * @param {Uint8Array} head
 */
function isText(head) {
  if (head.length < SHORTEST_TEXT) return false;
  for (let cut = 0; cut < 4; cut += 1) {
    try {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(head.subarray(0, head.length - cut));
      return PRINTABLE.test(text);
    } catch {
      // perhaps it was cut within a character
    }
  }
  return false;
}
