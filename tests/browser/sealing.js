// What the tests of sealing ask of a page: bytes come and go in base64, since JSON has no others.

import { concat, fromBase64, fromHex, toBase64, toHex } from "/seal/bytes.js";
import * as canonical from "/seal/canonical.js";
import { readContainer } from "/seal/container.js";
import { checkDescriptor, checkSignature, contextDigest, descriptorHash, parseDescriptor } from "/seal/descriptor.js";
import { contentKey, open } from "/seal/envelope.js";
import { CryptoError } from "/seal/errors.js";
import * as merkle from "/seal/merkle.js";
import * as payload from "/seal/payload.js";
import { looksLikePlaintext } from "/seal/plaintext.js";
import { receiptFile, verifyReceipt } from "/seal/receipt.js";
import { BlobSink } from "/seal/sink.js";
import { commandMessage, verify } from "/seal/signatures.js";
import * as stanzas from "/seal/stanzas.js";
import { openRecovery, readSealedBidFile, recoveryFile, sealBid, sealedBidFile } from "/seal/worker-client.js";

/** Give "ok", or the code of what was thrown; anything but a CryptoError is a fault of ours. */
export async function outcome(work) {
  try {
    await work();
    return "ok";
  } catch (error) {
    if (error instanceof CryptoError) return error.code;
    throw error;
  }
}

export async function bytesOf(blob) {
  return toBase64(new Uint8Array(await blob.arrayBuffer()));
}

/** Bytes of any length, for a Blob. */
function inFull(text) {
  return fromBase64(text) ?? new Uint8Array();
}

function edited(ciphertext, edits) {
  let bytes = ciphertext.slice();
  for (const edit of edits) {
    const [verb, first, second] = edit.split(" ");
    if (verb === "flip") bytes[Number(first)] ^= Number.parseInt(second, 16);
    else if (verb === "cut") bytes = bytes.slice(0, Number(first));
    else bytes = concat(bytes, fromHex(first));
  }
  return bytes;
}

/** Run one vector: outcome, and what it gives. */
export async function vector({ values, edits, body }) {
  const descriptor = parseDescriptor(canonical.decode(new TextEncoder().encode(values.descriptor)));
  await checkSignature(descriptor, values.signature);
  const secrets = { kT: fromHex(values["k-t"]), kO: fromHex(values["k-o"]) };
  const ctx = await contextDigest(descriptor.context);
  const found = { ctx: toHex(ctx), "descriptor-hash": toHex(await descriptorHash(descriptor)) };
  const expect = await outcome(async () => {
    const opened = await open(descriptor, secrets, new Blob([edited(inFull(body), edits)]));
    const kT = await stanzas.unsealT(descriptor.stanzaT, fromHex(values["tender-private-key"]), ctx);
    const kO = await stanzas.unsealO(descriptor.stanzaO, fromHex(values["operator-seed"]), ctx);
    await stanzas.checkCommitment(kT, ctx, descriptor.commitmentT, "T");
    await stanzas.checkCommitment(kO, ctx, descriptor.commitmentO, "O");
    Object.assign(found, {
      cek: toHex(await contentKey(secrets, ctx)),
      header: new TextDecoder().decode(payload.headerBytes(opened.header)),
      "content-size": String(opened.contentSize),
      "plaintext-root": toHex(opened.plaintextRoot),
    });
  });
  return { ...found, expect };
}

/** Open an envelope sealed elsewhere and give its content. */
export async function openEnvelope({ descriptor, kT, kO, ciphertext }) {
  const sink = new BlobSink();
  const opened = await open(parseDescriptor(descriptor), { kT: fromHex(kT), kO: fromHex(kO) }, new Blob([inFull(ciphertext)]), { sink });
  return { root: toHex(opened.plaintextRoot), offsets: opened.offsets, content: await bytesOf(await sink.finish()) };
}

export async function unseal({ leg, stanza, key, ctx }) {
  const opener = leg === "T" ? stanzas.unsealT : stanzas.unsealO;
  let secret = null;
  const code = await outcome(async () => { secret = await opener(inFull(stanza), fromHex(key), fromHex(ctx)); });
  return secret ? toHex(secret) : code;
}

export async function sealStanzas({ kT, kO, tender, operator, ctx }) {
  return {
    t: toBase64(await stanzas.sealT(fromHex(kT), fromHex(tender), fromHex(ctx))),
    o: toBase64(await stanzas.sealO(fromHex(kO), fromHex(operator), fromHex(ctx))),
  };
}

export const sealTo = ({ tender, operator }) => outcome(async () => {
  await stanzas.sealT(new Uint8Array(32), fromHex(tender), new Uint8Array(32));
  await stanzas.sealO(new Uint8Array(32), fromHex(operator), new Uint8Array(32));
});

/** A key as scripts/device.js makes one. */
async function device() {
  const { enrolled, sign } = { enrolled: await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]), sign: (await import("/scripts/device.js")).sign };
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", enrolled.publicKey));
  const publicKey = toHex(concat(Uint8Array.of(2 + (point[64] & 1)), point.subarray(1, 33)));
  return { publicKey, sign: (bytes) => sign({ key: enrolled.privateKey }, bytes) };
}

/** Seal a bid in the Worker; `files` are `{name, type, size, by}` and hold i * by mod 256 at i. */
export async function seal({ files, withoutDisk = false, ...request }) {
  const { publicKey, sign } = await device();
  const made = files.map(({ name, type, size, by }) => new File([Uint8Array.from({ length: size }, (_, at) => at * by)], name, { type }));
  const steps = [];
  globalThis.sealed = await sealBid({
    ...request, bidderKey: publicKey, signDescriptor: sign, files: made, progress: (one) => steps.push(one),
  });
  return { publicKey, steps, onDisk: globalThis.sealed.stages.map(({ file }) => file !== ""), container: await bytesOf(await sealedBidFile(globalThis.sealed)) };
}

export async function secretsKept() {
  return globalThis.sealed.stages.map(({ secrets, descriptorHash }) => ({ kT: toHex(secrets.kT), kO: toHex(secrets.kO), descriptorHash }));
}

export const keep = async (passphrase) => bytesOf(await recoveryFile(globalThis.sealed, passphrase));
export const unlock = async ({ file, passphrase }) => {
  let found = null;
  const code = await outcome(async () => { found = await openRecovery(new Blob([inFull(file)]), passphrase); });
  return found ?? code;
};

/** Read a sealed bid file: what is in it, and whether it is written again byte for byte. */
export async function contained(file) {
  let found = null;
  const code = await outcome(async () => {
    const bid = await readSealedBidFile(new Blob([inFull(file)]));
    const again = await bytesOf(await sealedBidFile(bid));
    found = { tender: bid.tender, lot: bid.lot, number: bid.number, same: again === file, hashes: bid.stages.map(({ descriptorHash }) => descriptorHash) };
  });
  return found ?? code;
}

export const checked = ({ descriptor, signature, expected }) => outcome(() => checkDescriptor(descriptor, signature, Object.fromEntries(
  Object.entries(expected).map(([name, value]) => [name, ["manifest", "bidderKey", "root"].includes(name) ? fromHex(value) : value]))));

export const encoded = (value) => toBase64(canonical.encode(value));
export const decoded = (texts) => Promise.all(texts.map((text) => outcome(() => canonical.decode(inFull(text)))));
export const headers = (texts) => Promise.all(texts.map((text) => outcome(() => payload.parseHeader(inFull(text)))));
export const buckets = (sizes) => sizes.map((size) => [payload.bucket(size), payload.ciphertextSize(size), payload.isCiphertextSize(size)]);
export const looks = (cases) => cases.map(([head, size]) => looksLikePlaintext(inFull(head), size));

export const inclusions = (cases) => Promise.all(cases.map(({ leafHash, leafIdx, treeSize, root, proof }) => outcome(() =>
  merkle.verifyInclusion(inFull(leafHash), BigInt(leafIdx), BigInt(treeSize), (proof ?? []).map(inFull), inFull(root)))));
export const consistencies = (cases) => Promise.all(cases.map(({ size1, size2, root1, root2, proof }) => outcome(() =>
  merkle.verifyConsistency(BigInt(size1), BigInt(size2), inFull(root1), inFull(root2), (proof ?? []).map(inFull)))));
export const roots = (trees) => trees.map((leaves) => toHex(merkle.root(leaves.map((leaf) => merkle.leafHash(inFull(leaf))))));
export async function streamRoot({ size, by, step }) {
  const hasher = new merkle.RootHasher();
  const bytes = Uint8Array.from({ length: size }, (_, at) => at * by);
  for (let at = 0; at < size; at += step) await hasher.update(bytes.subarray(at, at + step));
  return toHex(await hasher.digest());
}

export const receipts = (cases) => Promise.all(cases.map(({ receipt, policy, hashes }) =>
  outcome(() => verifyReceipt(receipt, policy, (hashes ?? []).map(fromHex)))));
export const receiptText = (receipt) => receiptFile(receipt).text();

export const signatures = (cases) => Promise.all(cases.map(({ key, message, signature }) =>
  outcome(() => verify(fromHex(key), inFull(message), fromHex(signature)))));
export const commandText = ({ id, stream, kind, body }) => toBase64(commandMessage(id, stream, kind, body));
export async function signedCommand({ id, stream, kind, body }) {
  const { publicKey, sign } = await device();
  return { publicKey, signature: await sign(commandMessage(id, stream, kind, body)) };
}

/** Seal one large file and stop it midway, or to its end: code, seconds, most heap, what lies on disk afterwards. */
export async function sealLarge({ size, stopAt = 2, ...request }) {
  const { publicKey, sign } = await device();
  const block = new Blob([crypto.getRandomValues(new Uint8Array(65536))]);
  const file = new File(Array.from({ length: size / 65536 }, () => block), "large.bin");
  const abort = new AbortController();
  const times = { seal: [], test: [] };
  const began = performance.now();
  const code = await outcome(async () => {
    globalThis.sealed = await sealBid({
      ...request, bidderKey: publicKey, signDescriptor: sign, files: [file], signal: abort.signal,
      progress: ({ stage, step, fraction }) => {
        if (stage === "technical") times[step].push(performance.now());
        if (fraction > stopAt) abort.abort();
      },
    });
  });
  const took = (step) => (times[step].length ? (times[step].at(-1) - times[step][0]) / 1000 : 0);
  const kept = [];
  for await (const name of (await navigator.storage.getDirectory()).keys()) kept.push(name);
  return { code, seconds: (performance.now() - began) / 1000, seal: took("seal"), test: took("test"), kept };
}
