// A bidder's page in the tests of handing in: signs in, enrols a device key, seals, hands in.

import { HallError, get, newId, persist, post } from "/scripts/api.js";
import { enrolDevice, sign, signCommand } from "/scripts/device.js";
import { Handing, checkReceipt, withdrawBid } from "/seal/bid.js";
import { CryptoError } from "/seal/errors.js";
import { receiptFile } from "/seal/receipt.js";
import { Upload } from "/seal/upload.js";
import { discard, sealBid } from "/seal/worker-client.js";

/** Sign in and enrol this browser's key. */
export async function enter({ account, password, code }) {
  const me = await post("/api/session", { account, password, code, kind: "page" });
  globalThis.me = me.person;
  globalThis.device = await enrolDevice(me.person.id);
}

async function send(stream, kind, body) {
  const command = { id: newId("cmd"), kind, body };
  command.signed = await signCommand(globalThis.device, stream, command);
  return persist(() => post(`/api/cases/${stream}/commands`, command));
}

/** Give what `work` gives, or the code it fails with. */
async function outcome(work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HallError || error instanceof CryptoError) return { code: error.code };
    throw error;
  }
}

export async function seal({ tender, lot, number, form, size }) {
  const { events } = await get(`/api/cases/${tender}`);
  const { manifest, manifest_hash: manifestHash } = events.find(({ kind }) => kind === "TenderPublished").body;
  const files = [new File([new Uint8Array(size).fill(65)], "施工组织设计.pdf", { type: "application/pdf" })];
  globalThis.sealed = await sealBid({
    tender, manifest, manifestHash, lot, number, form, files, bidder: { organisation: globalThis.me.organisation },
    bidderKey: globalThis.device.publicKey, signDescriptor: (bytes) => sign(globalThis.device, bytes),
  });
  return globalThis.sealed.stages.map(({ descriptorHash }) => descriptorHash);
}

/** Hand in what was sealed; `lose`: drop the first answer to the command, as a broken link does. */
export async function handIn({ replaces = "", lose = false }) {
  const fractions = [];
  const states = [];
  let lost = !lose;
  globalThis.handing = new Handing(globalThis.sealed, {
    replaces,
    send: async (...command) => {
      const answer = await send(...command);
      if (lost) return answer;
      lost = true;
      throw new HallError(0, "away", "the hall does not answer", {});
    },
    progress: ({ fraction }) => fractions.push(fraction),
    state: (state) => states.push(state),
  });
  const first = await outcome(() => globalThis.handing.start());
  return { ...told(first), text: first.receipt && (await receiptFile(first.receipt).text()), states, last: fractions.at(-1) };
}

/** Start the same handing in again. */
export const again = async () => told(await outcome(() => globalThis.handing.start()));

function told(result) {
  return result.code ? result : { bid: result.bid, lot: result.lot, kind: result.proven.event.kind, time: result.receipt.time };
}

export const letGo = () => discard(globalThis.sealed);
export const withdraw = async ({ tender, bid }) => told(await outcome(() => withdrawBid({ tender, bid, reason: "另有任务", send })));
export const check = ({ receipt, hashes }) => outcome(async () => {
  await checkReceipt(receipt, hashes);
  return { code: "ok" };
});

/** Begin an upload of `size` bytes; `finish` gives how it ended. */
export function begin({ size, name }) {
  const states = [];
  const blob = new Blob([crypto.getRandomValues(new Uint8Array(65536)), new Uint8Array(size - 65536)]);
  globalThis.states = states;
  globalThis.upload = new Upload(blob, { name, state: (state) => states.push(state) });
  globalThis.ending = outcome(async () => ({ id: await globalThis.upload.start() }));
  globalThis.blob = blob;
}

export const done = () => globalThis.upload.done;
export const pause = () => globalThis.upload.pause();
export const resume = () => globalThis.upload.resume();
export const stop = () => globalThis.upload.stop();
export async function finish() {
  const ended = await globalThis.ending;
  return { ...ended, done: globalThis.upload.done, states: globalThis.states };
}
export async function restart() {
  globalThis.ending = outcome(async () => ({ id: await globalThis.upload.start() }));
}
export async function digest() {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await globalThis.blob.arrayBuffer()));
  return btoa(String.fromCharCode(...hash));
}
