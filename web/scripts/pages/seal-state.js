// The state of sealing a bid on this page, and its acts: load the tender, seal, hand in, begin again.

import { HallError, explain, get } from "../api.js";
import { sign } from "../device.js";
import { confirm } from "../dialogs.js";
import { idOfPage } from "../parts/frame.js";
import { myDevice, perform, person } from "../session.js";
import { signal } from "../ui.js";
import { t } from "../words.js";
import { Handing } from "../../seal/bid.js";
import { toHex } from "../../seal/bytes.js";
import { digest } from "../../seal/canonical.js";
import { discard, recoveryFile, sealBid } from "../../seal/worker-client.js";

export const STEPS = ["files", "form", "selftest", "upload", "receipt"];
export const tender = idOfPage();

/** @typedef {typeof START} Draft */
const START = {
  lot: "", files: /** @type {File[]} */ ([]), price: "", duration_days: "", valid_days: "", quality: "", manager: "",
  passphrase: "", again: "", understood: false,
};

export const view = {
  manifest: signal(/** @type {any} */ (null)),
  manifestHash: signal(""),
  mine: signal(/** @type {Record<string, {bid: string, number: number, withdrawn: boolean}>} */ ({})),
  failed: signal(/** @type {any} */ (null)),
  step: signal(/** @type {string} */ ("files")),
  draft: signal({ ...START }),
  problems: signal(/** @type {Record<string, string>} */ ({})),
  progress: signal(/** @type {any} */ (null)),
  sealed: signal(/** @type {any} */ (null)),
  recovery: signal(/** @type {{name: string, blob: Blob} | null} */ (null)),
  handing: signal(/** @type {any} */ (null)),
  link: signal(""),
  error: signal(/** @type {any} */ (null)),
  result: signal(/** @type {any} */ (null)),
};

/** Read the tender: its manifest, checked against its hash, and the bids of one's own organisation. */
export async function load() {
  try {
    const shown = await get(`/api/cases/${tender}`);
    const published = shown.events.find((/** @type {any} */ one) => one.kind === "TenderPublished");
    if (!published) throw new HallError(404, "no-such-case", "this tender is not published", {});
    const { manifest, manifest_hash: hash } = published.body;
    if (toHex(await digest(manifest)) !== hash) throw new HallError(0, "wrong-manifest", "the manifest does not match its hash", {});
    view.mine.value = own(shown.events);
    view.manifestHash.value = hash;
    view.manifest.value = manifest;
    const lots = manifest.lots;
    const asked = new URLSearchParams(location.search).get("lot");
    const first = lots.find((/** @type {any} */ one) => one.lot === asked) ?? lots[0];
    view.draft.value = { ...view.draft.value, lot: first.lot };
  } catch (error) {
    view.failed.value = error;
  }
}

/** @param {any[]} events */
function own(events) {
  /** @type {Record<string, any>} */
  const found = {};
  for (const { kind, body } of events) {
    if (kind === "BidSubmitted" || kind === "BidReplaced") found[body.lot] = { bid: body.bid, number: body.number, withdrawn: false };
    if (kind === "BidWithdrawn") found[body.lot] = { ...found[body.lot], withdrawn: true };
  }
  return found;
}

/** The form as it is sealed: only what was filled in, numbers as numbers. @param {Draft} draft */
export function formOf(draft) {
  /** @type {Record<string, string | number>} */
  const form = { price: draft.price };
  for (const name of ["duration_days", "valid_days"]) {
    const text = draft[/** @type {"duration_days"} */ (name)];
    if (text) form[name] = Number(text);
  }
  for (const name of ["quality", "manager"]) {
    const text = draft[/** @type {"quality"} */ (name)].trim();
    if (text) form[name] = text;
  }
  return form;
}

/** The bid this one replaces, where there is one in force. */
export function replaced() {
  const found = view.mine.value[view.draft.value.lot];
  return found && !found.withdrawn ? found : null;
}

/** Seal, test, and keep the recovery file. */
export async function seal() {
  const draft = view.draft.value;
  view.error.value = null;
  try {
    const device = await myDevice();
    if (device === null) return;
    view.step.value = "selftest";
    view.progress.value = { step: "seal", stage: "form", fraction: 0 };
    const sealed = await sealBid({
      tender, manifest: view.manifest.value, manifestHash: view.manifestHash.value, lot: draft.lot,
      bidder: { organisation: /** @type {any} */ (person()).organisation }, bidderKey: device.publicKey,
      signDescriptor: (bytes) => sign(device, bytes), number: (replaced()?.number ?? 0) + 1,
      form: formOf(draft), files: draft.files, progress: (one) => { view.progress.value = one; },
    });
    view.progress.value = { step: "recovery", fraction: 1 };
    const blob = await recoveryFile(sealed, draft.passphrase);
    view.recovery.value = { name: `${tender}-lot${draft.lot}-${sealed.number}.recovery`, blob };
    view.sealed.value = sealed;
    view.progress.value = null;
    view.draft.value = { ...draft, passphrase: "", again: "" };
  } catch (error) {
    view.error.value = error;
    view.progress.value = null;
    view.step.value = "form";
  }
}

/** Upload and submit; may be started again after any error. */
export async function handIn() {
  view.step.value = "upload";
  view.error.value = null;
  view.handing.value ??= new Handing(view.sealed.value, {
    send: (stream, kind, body) => perform(stream, kind, body, { signed: true }),
    replaces: replaced()?.bid ?? "",
    progress: (one) => { view.progress.value = one; },
    state: (one) => { view.link.value = one; },
  });
  try {
    const result = await view.handing.value.start();
    if (result === null) return;
    view.result.value = result;
    view.step.value = "receipt";
    await discard(view.sealed.value);
  } catch (error) {
    view.error.value = error;
  }
}

/** Give up what was sealed and begin again with the same files. */
export async function startOver() {
  const sure = await confirm({ title: t("seal.again.title"), text: t("seal.again.text"), confirm: t("seal.again.confirm"), stop: true });
  if (!sure) return;
  view.handing.value?.stop();
  if (view.sealed.value) await discard(view.sealed.value);
  for (const one of [view.sealed, view.handing, view.recovery, view.progress, view.error]) one.value = null;
  view.step.value = "files";
}

addEventListener("beforeunload", (event) => {
  if (view.sealed.value && view.step.value !== "receipt") event.preventDefault();
});

/** An error of sealing in words; the codes of sealing have words of their own. @param {any} error */
export function explainSealing(error) {
  const key = `sealing.${error?.code}`;
  return t(key) === key ? explain(error) : t(key);
}
