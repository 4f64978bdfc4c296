/**
 * The sealed bid file (`.bidhall`): all stages of one bid, to carry from sealer to sender.
 *
 * Source: docs/spec/envelope.md, "Sealed bid file". Ciphertexts stay Blobs; none is read into memory.
 *
 * @typedef {{descriptor: import("./descriptor.js").Descriptor, signature: string, ciphertext: Blob}} SealedStage
 */

import { bigEndian, equal, toHex, utf8 } from "./bytes.js";
import { decode, encode, hasMembers } from "./canonical.js";
import { checkSignature, parseDescriptor, toJson } from "./descriptor.js";
import { ContainerInvalidError, CryptoError } from "./errors.js";

const MAGIC = utf8("bidhall-bid/v1\n");
const MAX_HEADER = 1 << 20;
const MAX_STAGES = 8;
const HEADER_MEMBERS = ["v", "tender", "manifest", "lot", "bidder", "seq", "stages"];
const STAGE_MEMBERS = ["stage", "descriptor", "signature", "offset", "size"];
const TENDER = /^[a-z0-9][a-z0-9-]{0,63}$/;

/**
 * Write a sealed bid file; throws `ContainerInvalidError` where the stages are not of one bid, or not signed.
 *
 * @param {string} tender
 * @param {readonly SealedStage[]} stages
 * @returns {Promise<Blob>}
 */
export async function writeContainer(tender, stages) {
  if (!stages.length) throw new ContainerInvalidError("a sealed bid file has at least one stage");
  let offset = 0;
  const listed = stages.map(({ descriptor, signature, ciphertext }) => {
    if (ciphertext.size !== descriptor.size) {
      throw new ContainerInvalidError("a ciphertext has another size than its descriptor says");
    }
    offset += descriptor.size;
    return {
      stage: descriptor.context.stage, descriptor: toJson(descriptor), signature,
      offset: offset - descriptor.size, size: descriptor.size,
    };
  });
  const { manifest, lot, bidder, seq } = stages[0].descriptor.context;
  const header = encode({ v: 1, tender, manifest: toHex(manifest), lot, bidder, seq, stages: listed });
  await parse(header);
  return new Blob([MAGIC, bigEndian(header.length, 4), header, ...stages.map((stage) => stage.ciphertext)]);
}

/**
 * Read a sealed bid file; every signature is checked. Throws `ContainerInvalidError`.
 *
 * @param {Blob} file
 * @returns {Promise<{tender: string, stages: SealedStage[]}>}
 */
export async function readContainer(file) {
  const bytes = async (/** @type {number} */ start, /** @type {number} */ end) =>
    new Uint8Array(await file.slice(start, end).arrayBuffer());
  const start = await bytes(0, MAGIC.length + 4);
  const length = start.length === MAGIC.length + 4 ? new DataView(start.buffer).getUint32(MAGIC.length) : 0;
  if (!equal(start.subarray(0, MAGIC.length), MAGIC) || length < 1 || length > MAX_HEADER) {
    throw new ContainerInvalidError("not a sealed bid file of version 1");
  }
  const begin = start.length + length;
  const { tender, stages } = await parse(await bytes(start.length, begin));
  const size = stages.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  if (file.size !== begin + size) {
    throw new ContainerInvalidError(`the sealed bid file has ${file.size} bytes where ${begin + size} belong`);
  }
  const placed = stages.map(({ descriptor, signature, offset }) => ({
    descriptor, signature, ciphertext: file.slice(begin + offset, begin + offset + descriptor.size),
  }));
  return { tender, stages: placed };
}

/** @param {Uint8Array} encoded */
async function parse(encoded) {
  try {
    return await parseHeader(decode(encoded));
  } catch (error) {
    if (!(error instanceof CryptoError) || error instanceof ContainerInvalidError) throw error;
    throw new ContainerInvalidError(`the header of the sealed bid file is not right: ${error.message}`);
  }
}

/** @param {unknown} value */
async function parseHeader(value) {
  if (!hasMembers(value, HEADER_MEMBERS) || value.v !== 1) {
    throw new ContainerInvalidError("the header of the sealed bid file is not of version 1");
  }
  const { tender, stages: listed } = value;
  if (typeof tender !== "string" || !TENDER.test(tender)) throw new ContainerInvalidError("not the id of a tender");
  if (!Array.isArray(listed) || !listed.length || listed.length > MAX_STAGES) {
    throw new ContainerInvalidError(`a sealed bid file has 1 to ${MAX_STAGES} stages`);
  }
  const stages = [];
  let offset = 0;
  for (const item of listed) {
    stages.push({ ...(await parseStage(item, value, offset)), offset });
    offset += item.size;
  }
  if (new Set(stages.map(({ descriptor }) => descriptor.context.stage)).size !== stages.length) {
    throw new ContainerInvalidError("a stage occurs twice in the sealed bid file");
  }
  return { tender, stages };
}

/**
 * @param {unknown} item
 * @param {Record<string, any>} header
 * @param {number} offset
 */
async function parseStage(item, header, offset) {
  if (!hasMembers(item, STAGE_MEMBERS) || typeof item.signature !== "string") {
    throw new ContainerInvalidError(`a stage of the sealed bid file has the members ${STAGE_MEMBERS}`);
  }
  const descriptor = parseDescriptor(item.descriptor);
  await checkSignature(descriptor, item.signature);
  const { manifest, lot, bidder, seq, stage } = descriptor.context;
  const found = [toHex(manifest), lot, bidder, seq, stage, descriptor.size, offset];
  const said = [header.manifest, header.lot, header.bidder, header.seq, item.stage, item.size, item.offset];
  if (found.every((one, at) => one === said[at])) return { descriptor, signature: item.signature };
  throw new ContainerInvalidError(`stage ${stage} of the sealed bid file does not agree with the file's header`);
}
