/**
 * Sealing and opening one stage of a bid.
 *
 * Source: docs/spec/envelope.md. `seal` and `open` stream in batches of 4 MiB and hold a few of them,
 * whatever the size.
 *
 * @typedef {{tender: Uint8Array, operator: Uint8Array}} StageKeys
 * @typedef {{kT: Uint8Array, kO: Uint8Array}} Secrets
 * @typedef {import("./descriptor.js").Context} Context
 * @typedef {import("./descriptor.js").Descriptor} Descriptor
 * @typedef {import("./payload.js").Header} Header
 * @typedef {(done: number, total: number) => void} Progress bytes of ciphertext; may throw to stop
 * @typedef {{descriptor: Descriptor, secrets: Secrets, plaintextRoot: Uint8Array, ciphertext: Blob}} Sealed
 */

import { concat, equal, random, toHex, utf8 } from "./bytes.js";
import { ChunkCipher, SALT_SIZE } from "./cobblestone.js";
import { contextDigest } from "./descriptor.js";
import { CiphertextAlteredError, ContextMismatchError, EnvelopeError, SelfTestError, StoppedError } from "./errors.js";
import { RootHasher } from "./merkle.js";
import { ciphertextSize, contentSize, offsets } from "./payload.js";
import { SECRET_SIZE, checkCommitment, commitment, sealO, sealT } from "./stanzas.js";
import { BATCH_CHUNKS, CiphertextReader, PlaintextReader } from "./streams.js";
import { Unpacker } from "./unpacking.js";

/**
 * Derive the CEK: HKDF-SHA256(k_T || k_O, salt = ctx, info = "cek"), 32 bytes.
 *
 * @param {Secrets} secrets
 * @param {Uint8Array} ctx
 */
export async function contentKey({ kT, kO }, ctx) {
  const key = await crypto.subtle.importKey("raw", concat(kT, kO), "HKDF", false, ["deriveBits"]);
  const parameters = { name: "HKDF", hash: "SHA-256", salt: ctx, info: utf8("cek") };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 256));
}

/**
 * Seal a header and the files it names into `sink`; the descriptor is still unsigned. If this throws,
 * the sink holds a useless part of a ciphertext: discard it.
 *
 * @param {Context} context
 * @param {StageKeys} keys
 * @param {Header} header
 * @param {readonly Blob[]} files
 * @param {import("./sink.js").Sink} sink
 * @param {Progress} [progress]
 * @returns {Promise<Sealed>}
 */
export async function seal(context, keys, header, files, sink, progress = () => {}) {
  if (header.stage !== context.stage || header.lot !== context.lot) {
    throw new ContextMismatchError(
      `the header is for ${header.stage} of lot ${header.lot}, the context for ${context.stage} of lot ${context.lot}`);
  }
  const ctx = await contextDigest(context);
  const secrets = { kT: random(SECRET_SIZE), kO: random(SECRET_SIZE) };
  const stanzaT = await sealT(secrets.kT, keys.tender, ctx);
  const stanzaO = await sealO(secrets.kO, keys.operator, ctx);
  const reader = new PlaintextReader(header, files);
  const cipher = await ChunkCipher.derive(await contentKey(secrets, ctx), ctx, random(SALT_SIZE));
  const { size, root } = await emit(cipher, reader, sink, progress);
  const descriptor = {
    context, stanzaT, stanzaO, size, root,
    commitmentT: await commitment(secrets.kT, ctx), commitmentO: await commitment(secrets.kO, ctx),
  };
  return { descriptor, secrets, plaintextRoot: await reader.finish(), ciphertext: await sink.finish() };
}

/**
 * @param {ChunkCipher} cipher
 * @param {PlaintextReader} reader
 * @param {import("./sink.js").Sink} sink
 * @param {Progress} progress
 */
async function emit(cipher, reader, sink, progress) {
  const total = ciphertextSize(reader.size);
  const root = new RootHasher();
  await sink.write(cipher.head);
  await root.update(cipher.head);
  /** @param {Uint8Array} sealed */
  const out = async (sealed) => {
    await Promise.all([root.update(sealed), sink.write(sealed)]);
    progress(root.length, total);
  };
  let [chunk, read] = [0, 0];
  let written = Promise.resolve();
  for await (const batch of reader.batches()) {
    read += batch.length;
    const sealing = cipher.seal(batch, chunk, read === reader.size);
    sealing.catch(() => {}); // where writing the last one fails, that is what is told
    chunk += BATCH_CHUNKS;
    await written; // the last batch, while this one is ciphered and the next is read
    written = sealing.then(out);
    written.catch(() => {});
  }
  await written;
  return { size: root.length, root: await root.digest() };
}

/**
 * Check released secrets against the descriptor's commitments; throws `CommitmentMismatchError`.
 *
 * @param {Descriptor} descriptor
 * @param {Secrets} secrets
 */
export async function checkSecrets(descriptor, secrets) {
  const ctx = await contextDigest(descriptor.context);
  await checkCommitment(secrets.kT, ctx, descriptor.commitmentT, "T");
  await checkCommitment(secrets.kO, ctx, descriptor.commitmentO, "O");
}

/**
 * Open a sealed stage, writing its content (length, header, files; no padding) to `sink`, if there is one.
 * If this throws, what was written must be thrown away: that no chunk is missing is known only on return.
 *
 * Throws `ContextMismatchError`, `CommitmentMismatchError`, `TruncatedError`, `CiphertextAlteredError`
 * (`altered`, `too-long` or `wrong-root`) or `PayloadInvalidError`.
 *
 * @param {Descriptor} descriptor
 * @param {Secrets} secrets
 * @param {Blob} ciphertext
 * @param {{sink?: import("./sink.js").Sink | null, expected?: Context, progress?: Progress}} [options]
 */
export async function open(descriptor, secrets, ciphertext, { sink = null, expected, progress = () => {} } = {}) {
  const ctx = await contextDigest(descriptor.context);
  if (expected && !equal(await contextDigest(expected), ctx)) {
    throw new ContextMismatchError(`the envelope was sealed in context ${toHex(ctx)}, not the one expected`);
  }
  await checkSecrets(descriptor, secrets);
  const reader = new CiphertextReader(ciphertext, descriptor.size);
  const cipher = await ChunkCipher.recognise(await contentKey(secrets, ctx), ctx, await reader.head());
  const unpacker = new Unpacker(descriptor, sink);
  let [chunk, done] = [0, cipher.head.length];
  for await (const batch of reader.batches()) {
    await unpacker.feed(await cipher.open(batch, chunk));
    chunk += BATCH_CHUNKS;
    progress(done += batch.length, descriptor.size);
  }
  const { header, plaintextRoot } = await unpacker.finish();
  const root = await reader.finish();
  if (!equal(root, descriptor.root)) {
    throw new CiphertextAlteredError(
      `the ciphertext has root ${toHex(root)}, recorded is ${toHex(descriptor.root)}`, "wrong-root");
  }
  return { header, plaintextRoot, contentSize: contentSize(header), offsets: offsets(header) };
}

/**
 * Open what was just written with the kept secrets and compare, before anything is sent; throws
 * `SelfTestError`.
 *
 * @param {Sealed} sealed
 * @param {Progress} [progress]
 */
export async function selfTest(sealed, progress) {
  let opened;
  try {
    opened = await open(sealed.descriptor, sealed.secrets, sealed.ciphertext, { progress });
  } catch (error) {
    if (!(error instanceof EnvelopeError) || error instanceof StoppedError) throw error;
    throw new SelfTestError(`the envelope does not open again, do not send it: ${error.message}`);
  }
  if (!equal(opened.plaintextRoot, sealed.plaintextRoot)) {
    throw new SelfTestError("the envelope opens to other content than was sealed, do not send it");
  }
}
