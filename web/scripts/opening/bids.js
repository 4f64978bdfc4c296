// The bids of a session: sealed and counted before the announcement, with names and prices after it.

import { money } from "../format.js";
import { At, Badge, Notice } from "../parts/pieces.js";
import { voidReason } from "../parts/void.js";
import { bidsOf } from "../opening-state.js";
import { html } from "../ui.js";
import { named, t } from "../words.js";
import { lotOf } from "./follow.js";

/** @typedef {import("../opening-state.js").Opening} Opening */
/** @typedef {import("../opening-state.js").Bid} Bid */

/** Which envelopes are open, one by one; whose they are nobody knows yet. @param {{state: Opening}} props */
export function Envelopes({ state }) {
  const places = Array.from({ length: state.total }, (_, place) => state.settled[place] ?? null);
  const open = state.phase === "decrypting";
  return html`<section class="card" aria-labelledby="envelopes"><div class="card-head"><h2 id="envelopes">${t("opening.envelopes")}</h2>
    <span class="muted small">${t("opening.envelopes.note")}</span></div><ol class="envelopes">
    ${places.map((one, place) => html`<li key=${place}><b>${t("opening.envelope", { n: place + 1 })}</b>
      <div>${one ? html`<span class="muted small"><${At} at=${one.at} /></span>` : html`<span class="muted small">${t("opening.envelope.sealed")}</span>`}</div>
      ${one === null && open && place === state.settled.length
        ? html`<${Badge} state="live">${t("opening.envelope.now")}<//>`
        : one === null
          ? html`<${Badge} icon="sealed">${t("opening.envelope.closed")}<//>`
          : one.void
            ? html`<${Badge} state="fault" icon="fault">${t("opening.envelope.void")}<//>`
            : html`<${Badge} state="done" icon="check">${t("opening.envelope.same")}<//>`}</li>`)}</ol></section>`;
}

/** How many bids each lot has, and which lots are not opened. @param {{state: Opening}} props */
export function Counts({ state }) {
  return html`<section class="card" aria-labelledby="counts"><div class="card-head"><h2 id="counts">${t("opening.lots")}</h2>
    <span class="muted small">${t("opening.lots.note", { n: state.convened.minimum_bids })}</span></div><div class="table-frame"><table class="table table-cards">
    <thead><tr><th scope="col">${t("opening.lot.head")}</th><th scope="col" class="money">${t("opening.ceiling")}</th><th scope="col" class="num">${t("opening.count")}</th><th scope="col">${t("opening.lot.state")}</th></tr></thead>
    <tbody>${state.convened.lots.map((/** @type {any} */ one) => html`<tr key=${one.lot}><th scope="row">${lotName(one)}</th>
      <td class="money" data-label=${t("opening.ceiling")}>${money(one.ceiling)}</td><td class="num" data-label=${t("opening.count")}>${state.convened.counts[one.lot] ?? 0}</td>
      <td data-label=${t("opening.lot.state")}>${state.notOpened[one.lot]
        ? html`<${Badge} state="attention" icon="sealed">${t("opening.lot.notOpened")}<//>`
        : html`<${Badge} state="open" icon="sealed">${t("opening.lot.opens")}<//>`}</td></tr>`)}</tbody></table></div></section>`;
}

/** @param {any} lot */
export function lotName(lot) {
  return t("opening.lot", { lot: lot.lot, name: named(lot.name, lot.name_en) });
}

/** The lots that stay closed, and why. @param {{state: Opening}} props */
export function NotOpened({ state }) {
  return html`${Object.entries(state.notOpened).map(([lot, one]) => html`<${Notice} key=${lot} state="attention" icon="sealed">
    <p><strong>${t("opening.notOpened", { lot: lotName(lotOf(state.convened, lot)) })}</strong> ${t("opening.notOpened.text", { n: one.count, minimum: one.minimum })}</p><//>`)}`;
}

/** The prices of every lot. @param {{state: Opening, mine: string, plain?: boolean}} props `mine`: the viewer's organisation, or "" */
export function Prices({ state, mine, plain = false }) {
  const lots = state.convened.lots.filter((/** @type {any} */ one) => bidsOf(state, one.lot).length > 0);
  return html`${lots.map((/** @type {any} */ lot) => html`<section class="card" key=${lot.lot} aria-labelledby=${`lot-${lot.lot}`}>
    <div class="card-head"><h2 id=${`lot-${lot.lot}`}>${lotName(lot)}</h2><span class="muted small">${t("opening.prices.note", { ceiling: money(lot.ceiling), n: bidsOf(state, lot.lot).length })}</span></div>
    <div class="table-frame"><table class=${plain ? "table table-cards" : "table table-cards table-hall"}><thead><tr><th scope="col" class="num desktop-only">${t("opening.place")}</th><th scope="col">${t("opening.bidder")}</th>
      <th scope="col" class="money">${t("opening.price")}</th><th scope="col" class="num">${t("opening.duration")}</th><th scope="col">${t("opening.manager")}</th><th scope="col">${t("opening.reply")}</th></tr></thead>
      <tbody>${bidsOf(state, lot.lot).map((one, place) => html`<${Row} key=${one.bid} one=${one} place=${place + 1} state=${state} own=${Boolean(mine) && one.bidder === mine} />`)}</tbody></table></div></section>`)}`;
}

/** @param {{one: Bid, place: number, state: Opening, own: boolean}} props */
function Row({ one, place, state, own }) {
  const name = html`<th scope="row">${one.bidder_name}${own && html`<small class="desk-only">${t("opening.yours")}</small>`}</th>`;
  if (!one.form) {
    return html`<tr><td class="num desktop-only">${place}</td>${name}<td colspan="3"><${Badge} state="fault" icon="fault">${t("opening.void")}<//>
      <small>${voidReason(one.code)}</small></td><td><${Fault} one=${one} /></td></tr>`;
  }
  return html`<tr aria-current=${own ? "true" : undefined}><td class="num desktop-only">${place}</td>${name}
    <td class="money" data-label=${t("opening.price")}>${money(one.form.price)}</td><td class="num" data-label=${t("opening.duration")}>${one.form.duration_days}</td>
    <td class="nowrap" data-label=${t("opening.manager")}>${one.form.manager}</td><td data-label=${t("opening.reply")}><${Reply} one=${one} state=${state} /></td></tr>`;
}

/** @param {{one: Bid}} props */
function Fault({ one }) {
  const fault = one.fault ?? "UNKNOWN";
  return html`<span>${t(`opening.fault.${fault}`)}</span>${one.judged && html`<small>${one.judged}</small>`}`;
}

/** @param {{one: Bid, state: Opening}} props */
function Reply({ one, state }) {
  const objection = state.objections.filter((each) => each.bid === one.bid).at(-1);
  if (objection && objection.answer === undefined) {
    return html`<${Badge} state="fault" icon="warning">${t("opening.reply.objection")}<//><small><${At} at=${objection.at} /></small>`;
  }
  if (one.confirmedAt) return html`<${Badge} state="done" icon="check">${t("opening.reply.confirmed")}<//><small><${At} at=${one.confirmedAt} /></small>`;
  if (objection) return html`<${Badge} icon="speech">${t("opening.reply.answered")}<//><small><${At} at=${objection.answeredAt ?? ""} /></small>`;
  if (state.phase === "ended") return html`<${Badge} icon="clock">${t("opening.reply.silent")}<//>`;
  return html`<${Badge} icon="clock">${t("opening.reply.none")}<//>`;
}
