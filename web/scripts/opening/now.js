// What happens now, on ink: the largest figure of the page belongs to the phase of the session.

import { second } from "../clock.js";
import { duration, longDay, moment, parts } from "../format.js";
import { Icon } from "../parts/icon.js";
import { Milestones, Progress } from "../parts/pieces.js";
import { releasedAt, sharesIn } from "../opening-state.js";
import { html } from "../ui.js";
import { t } from "../words.js";

/** @typedef {import("../opening-state.js").Opening} Opening */

const two = (/** @type {number} */ n) => String(n).padStart(2, "0");

/** The waiting hall's clock. @param {{opensAt: string}} props */
export function Waiting({ opensAt }) {
  const left = Date.parse(opensAt) - second.value.getTime();
  const { days, hours, minutes, seconds } = parts(left);
  if (left <= 0) {
    return html`<div class="page page-wide countdown"><p>${t("opening.convening")}</p>
      <p class="soft">${t("opening.convening.text")}</p></div>`;
  }
  const faces = [hours, minutes, seconds].map(two);
  return html`<div class="page page-wide countdown"><p>${days > 0 ? t("opening.waiting.days", { n: days }) : t("opening.waiting")}</p>
    <div class="countdown-face" role="timer">${faces[0]}<span>:</span>${faces[1]}<span>:</span>${faces[2]}</div>
    <${Milestones} left=${left} /><p class="soft">${longDay(new Date(opensAt))} ${moment(opensAt).slice(11)}</p></div>`;
}

/** Who gave its shares of the key. @param {{state: Opening, present: Set<number>}} props */
export function Key({ state, present }) {
  return html`<ol class="key" aria-label=${t("opening.key")}>${state.convened.custodians.map((/** @type {any} */ one) => {
    const at = releasedAt(state, one.index);
    const open = state.phase === "releasing";
    const look = at ? "released" : open && !present.has(one.index) ? "away" : "ready";
    const word = at ? "released" : !open ? "unneeded" : look === "away" ? "away" : "ready";
    return html`<li key=${one.index} data-state=${look}><${Icon} name=${at ? "key" : look === "away" ? "away" : "sealed"} />
      <b>${t("opening.share", { n: one.index })}</b><span>${one.name}</span><span>${t(`opening.key.${word}`)}${at ? ` ${moment(at).slice(11)}` : ""}</span></li>`;
  })}</ol>`;
}

/** @param {{live?: boolean, paused?: boolean, children?: any}} props */
function Line({ live, paused, children }) {
  if (paused) return html`<p class="soft"><span class="row"><${Icon} name="pause" /><strong>${t("opening.paused.line")}</strong> ${children}</span></p>`;
  return html`<p class="soft"><span class="row">${live && html`<span class="pulse"></span>`}${children}</span></p>`;
}

/** @param {{state: Opening, present: Set<number>}} props */
export function Releasing({ state, present }) {
  const need = state.convened.threshold;
  const given = sharesIn(state);
  return html`<div class="page page-wide opening-now"><div class="stack">
    <${Line} live paused=${state.paused !== null}>${t("opening.releasing")}<//><p class="big">${t("opening.releasing.figure", { n: given, need })}</p>
    <${Progress} value=${Math.min(given, need)} max=${need} label=${t("opening.releasing")} large />
    <p class="soft">${t("opening.releasing.text", { need, all: state.convened.custodians.length })}</p></div>
    <${Key} state=${state} present=${present} /></div>`;
}

/** @param {{state: Opening, present: Set<number>}} props */
export function Decrypting({ state, present }) {
  const whole = state.phase === "decrypted";
  const since = Date.parse(state.reached.decrypting ?? state.since);
  const until = whole ? Date.parse(state.reached.decrypted) : second.value.getTime();
  const words = whole ? ["opening.decrypted", "opening.decrypted.figure", "opening.decrypted.text"] : ["opening.decrypting", "opening.decrypting.figure", "opening.decrypting.text"];
  return html`<div class="page page-wide opening-now"><div class="stack">
    <${Line} live paused=${state.paused !== null}>${t(words[0])} · ${t("opening.took", { time: duration(until - since) })}<//>
    <p class="big">${t(words[1], { n: whole ? state.total : Math.min(state.done + 1, state.total), total: state.total })}</p>
    <${Progress} value=${state.done} max=${state.total} label=${t("opening.progress")} large />
    <p class="soft num">${t("opening.done", { n: state.done, total: state.total })}${state.voids > 0 ? ` · ${t("opening.voids", { n: state.voids })}` : ""}</p>
    <p class="soft">${t(words[2])}</p></div><${Key} state=${state} present=${present} /></div>`;
}

/** @param {{state: Opening}} props */
export function Announced({ state }) {
  const valid = state.bids.filter((one) => one.form);
  const said = valid.filter((one) => one.confirmedAt).length;
  const lots = new Set(state.bids.map((one) => one.lot)).size;
  return html`<div class="page page-wide opening-now"><div class="stack">
    <${Line} live paused=${state.paused !== null}>${t("opening.announced")}<//><p class="big">${t("opening.announced.figure", { n: state.bids.length, lots })}</p>
    <p class="soft">${t("opening.announced.text", { time: moment(state.reached.announced).slice(11) })}</p></div>
    <div class="stack"><p class="big num">${t("opening.confirmed.figure", { n: said, total: valid.length })}</p>
    <${Progress} value=${said} max=${valid.length} label=${t("opening.confirmed.label")} large />
    <p class="soft">${t("opening.confirmed.text")}</p></div></div>`;
}

/** @param {{state: Opening, stream: string}} props */
export function Ended({ state, stream }) {
  const none = state.phase === "not-opened";
  const at = state.ended?.at ?? state.since;
  return html`<div class="page page-wide opening-now"><div class="stack">
    <${Line}>${t(none ? "opening.none" : "opening.ended")} · ${moment(at)}<//>
    <p class="big">${none ? t("opening.none.figure") : t("opening.ended.figure", { n: state.bids.length })}</p>
    <p class="soft">${none ? t("opening.none.text") : t("opening.ended.text")}</p>
    ${state.ended?.remark && html`<p class="soft">${t("opening.remark", { text: state.ended.remark })}</p>`}</div>
    <div class="stack">${state.record
      ? html`<div><a class="button button-large on-ink" href=${`/api/cases/${stream}/documents/opening-record.pdf`} download="opening-record.pdf"><${Icon} name="download" />${t("opening.record")}</a></div>
        <p class="soft">${t("opening.record.text", { time: moment(state.record.at) })}</p>`
      : html`<${Line} live>${t("opening.record.coming")}<//>`}</div></div>`;
}
