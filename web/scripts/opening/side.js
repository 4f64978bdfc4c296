// Beside the prices: who is here, what has just happened, objections and their answers.

import { Icon } from "../parts/icon.js";
import { At, Badge, Empty } from "../parts/pieces.js";
import { releasedAt } from "../opening-state.js";
import { html } from "../ui.js";
import { hasWords, t } from "../words.js";

/** @typedef {import("../opening-state.js").Opening} Opening */
/** @typedef {import("../opening-state.js").Objection} Objection */

const SHOWN = 40;

/** The shares that are in the room. @param {readonly any[]} members @returns {Set<number>} */
export function presentShares(members) {
  return new Set(members.filter((one) => one.role === "custodian").map((one) => one.index));
}

/** @param {{state: Opening, members: readonly any[], listeners: number}} props */
export function People({ state, members, listeners }) {
  const here = presentShares(members);
  const offices = members.filter((one) => one.role !== "custodian");
  const open = state.phase === "releasing";
  return html`<section class="card" aria-labelledby="people"><div class="card-head card-tight"><h2 id="people">${t("opening.people")}</h2>
    <span class="muted small num">${t("opening.listeners", { n: listeners })}</span></div><div class="card-body card-tight"><ul class="people">
    ${!offices.some((one) => one.role === "host") && html`<${Person} icon="person" look="away" name=${t("role.host")} note=${t("opening.host.away")} />`}
    ${offices.map((one) => html`<${Person} key=${one.role + one.name} icon=${one.role === "supervisor" ? "eye" : "person"} look="ready"
      name=${one.name} note=${t(one.role === "supervisor" ? "opening.supervisor" : one.chair ? "opening.host.chair" : "opening.host")} here />`)}
    ${state.convened.custodians.map((/** @type {any} */ one) => {
      const at = releasedAt(state, one.index);
      const present = here.has(one.index);
      return html`<${Person} key=${one.index} mark=${one.index} look=${at ? "released" : present ? "ready" : open ? "away" : undefined} name=${one.name}
        note=${at ? t("opening.released") : t(open ? "opening.notReleased" : "opening.notNeeded")} here=${present} />`;
    })}</ul></div></section>`;
}

/** @param {{icon?: string, mark?: number, look?: string, name: string, note: string, here?: boolean}} props */
function Person({ icon, mark, look, name, note, here }) {
  return html`<li><span class="share" data-state=${look}>${icon ? html`<${Icon} name=${icon} />` : mark}</span><span>${name}<small>${note}</small></span>
    ${here ? html`<${Badge} state="done" icon="check">${t("opening.here")}<//>` : html`<${Badge} icon="away">${t("opening.notHere")}<//>`}</li>`;
}

/** What has just happened, newest first. @param {{state: Opening}} props */
export function Feed({ state }) {
  const shown = state.milestones.map((one, place) => ({ ...one, place })).reverse().slice(0, SHOWN);
  return html`<section class="card" aria-labelledby="feed"><div class="card-head card-tight"><h2 id="feed">${t("opening.feed")}</h2></div>
    <div class="card-body card-tight"><ol class="feed" aria-live="polite" aria-relevant="additions">
    ${shown.map((one) => html`<li key=${one.place} data-state=${one.state}><${At} at=${one.at} />
      <span><b>${t(`feed.${one.what}`, one.params)}</b>${note(one) && html`<small>${note(one)}</small>`}</span></li>`)}</ol></div></section>`;
}

/** @param {{what: string, params: Record<string, string | number>}} one */
function note(one) {
  if (one.params.reason) return String(one.params.reason);
  return hasWords(`feed.${one.what}.note`) ? t(`feed.${one.what}.note`, one.params) : "";
}

/** Objections, each with its answer. `act` gives the host a way to answer.
 * @param {{state: Opening, act?: (one: Objection) => any}} props */
export function Objections({ state, act }) {
  const open = state.objections.filter((one) => one.answer === undefined).length;
  return html`<section class="card" aria-labelledby="objections"><div class="card-head card-tight"><h2 id="objections">${t("opening.objections")}</h2>
    ${open > 0 && html`<${Badge} state="fault" icon="warning">${t("opening.objections.open", { n: open })}<//>`}</div>
    <div class="card-body card-tight">${state.objections.length === 0
      ? html`<${Empty} icon="speech"><p>${t("opening.objections.none")}</p><//>`
      : [...state.objections].reverse().map((one) => html`<article class="objection" key=${one.objection}><h3>${one.bidder_name}</h3>
          <p class="soft">${t("opening.quoted", { text: one.text })}</p><p class="muted small">${t("opening.objection.raised")} <${At} at=${one.at} /></p>
          ${one.answer !== undefined
            ? html`<div class="notice" data-state="done"><${Icon} name="done" /><div><p><strong>${t("opening.objection.answer")}</strong> ${one.answer}</p><p class="small muted"><${At} at=${one.answeredAt ?? ""} /></p></div></div>`
            : act
              ? act(one)
              : html`<p class="muted small">${t("opening.objection.waiting")}</p>`}</article>`)}</div></section>`;
}
