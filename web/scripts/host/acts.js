// What the host does: each act asks first where it cannot be undone, and says what came of it.

import { explain } from "../api.js";
import { confirm, toast } from "../dialogs.js";
import { perform } from "../session.js";
import { html, signal } from "../ui.js";
import { t } from "../words.js";
import { voidReason } from "../parts/void.js";

/** @typedef {import("../room.js").Room} Room */
/** @typedef {import("../opening-state.js").Opening} Opening */

/** While an act is under way no other begins. */
export const busy = signal(false);
/** What the hall refused last, in words. */
export const refused = signal("");

const FAULTS = ["BIDDER", "PLATFORM", "UNKNOWN"];

/**
 * Send a command through its room.
 *
 * @param {Room} room
 * @param {string} kind
 * @param {Record<string, any>} [body]
 * @param {boolean} [signed]
 */
export async function act(room, kind, body = {}, signed = false) {
  busy.value = true;
  refused.value = "";
  try {
    const done = await perform(room.stream, kind, body, { signed, send: (one) => room.command(one) });
    if (done) toast(t("host.said", { what: t(`host.did.${kind}`) }));
  } catch (problem) {
    refused.value = explain(problem);
  }
  busy.value = false;
}

/** @param {Room} room @param {Opening} state */
export async function takeChair(room, state) {
  if (state.chair === null) return act(room, "TakeChair");
  const { name } = state.chair;
  const given = await confirm({ title: t("host.take.title", { name }), text: html`<p>${t("host.take.text")}</p>`, confirm: t("host.take.act"), reason: t("host.take.label"), stop: true });
  if (given) await act(room, "TakeChair", { reason: given.reason.slice(0, 200) });
}

/** @param {Room} room @param {Opening} state */
export async function announce(room, state) {
  const text = html`<p>${t("host.announce.text", { total: state.total })}</p>`;
  if (await confirm({ title: t("host.announce.title"), text, confirm: t("host.now.announce.act") })) await act(room, "AnnounceBids");
}

/** @param {Room} room @param {import("../opening-state.js").Objection} one */
export async function answer(room, one) {
  const text = html`<p class="soft">${t("opening.quoted", { text: one.text })}</p>`;
  const given = await confirm({ title: t("host.answer.title", { name: one.bidder_name }), text, confirm: t("host.answer.act"), reason: t("host.answer.label") });
  if (given) await act(room, "AnswerObjection", { objection: one.objection, text: given.reason });
}

/** @param {Room} room @param {import("../opening-state.js").Bid} one */
export async function judge(room, one) {
  let fault = "UNKNOWN";
  const text = html`<p class="soft">${t("host.judge.found", { reason: voidReason(one.code) })}</p><fieldset class="choices"><legend class="label">${t("host.judge.fault")}</legend>
    ${FAULTS.map((each) => html`<label class="check" key=${each}><input type="radio" name="fault" value=${each} defaultChecked=${each === fault}
      onChange=${() => (fault = each)} /><span>${t(`host.judge.${each}`)}</span></label>`)}</fieldset>`;
  const given = await confirm({ title: t("host.judge.title", { name: one.bidder_name }), text, confirm: t("host.judge.act"), reason: t("host.judge.label") });
  if (given) await act(room, "JudgeFault", { bid: one.bid, fault, reason: given.reason });
}

/** @param {Room} room @param {Opening} state */
export async function end(room, state) {
  let remark = "";
  const silent = state.bids.filter((one) => one.form && !one.confirmedAt).length;
  const text = html`<div class="stack"><p>${t("host.end.text", { silent })}</p><div class="field"><label for="remark">${t("host.end.remark")}</label>
    <textarea class="textarea" id="remark" maxlength="1000" onInput=${(/** @type {any} */ event) => (remark = event.target.value)}></textarea></div></div>`;
  if (await confirm({ title: t("host.end.title"), text, confirm: t("host.now.end.act") })) await act(room, "EndOpening", { remark: remark.trim() }, true);
}

/** @param {Room} room */
export async function commitRoster(room) {
  const text = html`<p>${t("host.roster.text")}</p>`;
  if (await confirm({ title: t("host.roster.title"), text, confirm: t("host.now.roster.act") })) await act(room, "CommitRoster");
}
