/**
 * Stanzas: the two content secrets of an envelope, each sealed to one public key with HPKE.
 *
 * Source: docs/spec/envelope.md, "Keys"; RFC 9180; X-Wing as HPKE KEM 0x647a.
 */

import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "../vendor/@hpke/core/esm/mod.js";
import { XWing } from "../vendor/@hpke/hybridkem-x-wing/esm/mod.js";
import { concat, equal, sha256, toHex, utf8 } from "./bytes.js";
import { CommitmentMismatchError, DescriptorInvalidError, PointInvalidError, StanzaInvalidError } from "./errors.js";
import { uncompress } from "./signatures.js";

export const SECRET_SIZE = 32;
export const STANZA_T_SIZE = 65 + SECRET_SIZE + 16;
export const STANZA_O_SIZE = 1120 + SECRET_SIZE + 16;
export const OPERATOR_KEY_SIZE = 1184 + 32;
const ENC_T_SIZE = 65;
const ENC_O_SIZE = 1120;
const COMMITMENT_LABEL = utf8("bidhall/key/v1");

const kemOf = { T: () => new DhkemP256HkdfSha256(), O: () => new XWing() };

/** @param {"T" | "O"} leg */
function suite(leg) {
  return new CipherSuite({ kem: kemOf[leg](), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}

/**
 * @param {"T" | "O"} leg
 * @param {Uint8Array} ctx
 */
function info(leg, ctx) {
  return concat(utf8(leg), ctx).buffer;
}

/**
 * @param {"T" | "O"} leg
 * @param {Uint8Array} secret
 * @param {Uint8Array} publicKey as the KEM serialises it
 * @param {Uint8Array} ctx
 */
async function seal(leg, secret, publicKey, ctx) {
  const hpke = suite(leg);
  try {
    const recipientPublicKey = await hpke.kem.deserializePublicKey(publicKey.slice().buffer);
    const { enc, ct } = await hpke.seal({ recipientPublicKey, info: info(leg, ctx) }, secret.slice().buffer);
    return concat(new Uint8Array(enc), new Uint8Array(ct));
  } catch {
    throw new DescriptorInvalidError(`the key of leg ${leg} is not one that can be sealed to`, "malformed-key");
  }
}

/**
 * Seal k_T (32 bytes) to the tender key (33 bytes): stanza T, 113 bytes; throws
 * `DescriptorInvalidError` with `malformed-key`.
 *
 * @param {Uint8Array} secret
 * @param {Uint8Array} tenderKey
 * @param {Uint8Array} ctx
 */
export async function sealT(secret, tenderKey, ctx) {
  let point;
  try {
    point = uncompress(tenderKey);
  } catch (error) {
    if (!(error instanceof PointInvalidError)) throw error;
    throw new DescriptorInvalidError("the tender key is not a compressed P-256 point", "malformed-key");
  }
  return seal("T", secret, point, ctx);
}

/**
 * Seal k_O (32 bytes) to the operator key (1,216 bytes): stanza O, 1,168 bytes; throws
 * `DescriptorInvalidError` with `malformed-key`.
 *
 * @param {Uint8Array} secret
 * @param {Uint8Array} operatorKey
 * @param {Uint8Array} ctx
 */
export async function sealO(secret, operatorKey, ctx) {
  if (operatorKey.length !== OPERATOR_KEY_SIZE) {
    throw new DescriptorInvalidError(`an operator key has ${OPERATOR_KEY_SIZE} bytes`, "malformed-key");
  }
  return seal("O", secret, operatorKey, ctx);
}

/**
 * @param {"T" | "O"} leg
 * @param {number} encSize
 * @param {Uint8Array} stanza
 * @param {Uint8Array} privateKey raw: a scalar of 32 bytes, or an X-Wing seed of 32 bytes
 * @param {Uint8Array} ctx
 */
async function unseal(leg, encSize, stanza, privateKey, ctx) {
  const hpke = suite(leg);
  let secret;
  try {
    const recipientKey = await hpke.kem.importKey("raw", privateKey.slice().buffer, false);
    const enc = stanza.slice(0, encSize).buffer;
    secret = new Uint8Array(
      await hpke.open({ recipientKey, enc, info: info(leg, ctx) }, stanza.slice(encSize).buffer));
  } catch {
    throw new StanzaInvalidError(`stanza ${leg} does not open: sealed to another key or context, or altered`);
  }
  if (secret.length === SECRET_SIZE) return secret;
  throw new StanzaInvalidError(`stanza ${leg} holds ${secret.length} bytes where a key of ${SECRET_SIZE} belongs`);
}

/**
 * Open stanza T with the tender's private key (32 bytes) and return k_T.
 *
 * @param {Uint8Array} stanza
 * @param {Uint8Array} tenderPrivateKey
 * @param {Uint8Array} ctx
 */
export async function unsealT(stanza, tenderPrivateKey, ctx) {
  return unseal("T", ENC_T_SIZE, stanza, tenderPrivateKey, ctx);
}

/**
 * Open stanza O with the operator's seed (32 bytes) and return k_O.
 *
 * @param {Uint8Array} stanza
 * @param {Uint8Array} operatorSeed
 * @param {Uint8Array} ctx
 */
export async function unsealO(stanza, operatorSeed, ctx) {
  return unseal("O", ENC_O_SIZE, stanza, operatorSeed, ctx);
}

/**
 * Commit to k_T or k_O: 32 bytes that anyone can check once the secret is released.
 *
 * @param {Uint8Array} secret
 * @param {Uint8Array} ctx
 */
export async function commitment(secret, ctx) {
  return sha256(concat(COMMITMENT_LABEL, ctx, secret));
}

/**
 * Check a released secret against its commitment; throws `CommitmentMismatchError`.
 *
 * @param {Uint8Array} secret
 * @param {Uint8Array} ctx
 * @param {Uint8Array} expected
 * @param {"T" | "O"} leg
 */
export async function checkCommitment(secret, ctx, expected, leg) {
  if (equal(await commitment(secret, ctx), expected)) return;
  throw new CommitmentMismatchError(
    `the key of leg ${leg} is not the one this envelope commits to (${toHex(expected)})`);
}
