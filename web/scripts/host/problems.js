// What needs the host, the most pressing first.

import { Icon } from "../parts/icon.js";
import { At, Badge, Empty } from "../parts/pieces.js";
import { voidReason } from "../parts/void.js";
import { releasedAt, sharesIn, unanswered, unjudged } from "../opening-state.js";
import { presentShares } from "../opening/side.js";
import { html } from "../ui.js";
import { t } from "../words.js";
import { answer, busy, judge } from "./acts.js";

/** @typedef {{key: string, icon: string, fault?: boolean, title: string, text: any, action?: [string, () => void]}} Problem */
/** @typedef {import("./next.js").Desk} Desk */

/** @param {Desk & {me: string}} props */
export function Problems(props) {
  const found = [...ofSession(props), ...ofPeople(props), ...ofCommittee(props)];
  return html`<section class="card" aria-labelledby="problems"><div class="card-head card-tight"><h2 id="problems">${t("host.problems")}</h2>
    ${found.length > 0 && html`<${Badge} state=${found.some((one) => one.fault) ? "fault" : "attention"} icon="warning">${t("host.problems.n", { n: found.length })}<//>`}</div>
    <div class="card-body card-tight" aria-live="polite">${found.length === 0
      ? html`<${Empty} icon="done"><p>${t("host.problems.none")}</p><//>`
      : found.map((one) => html`<article class="problem" key=${one.key} data-state=${one.fault ? "fault" : undefined}><h3><${Icon} name=${one.icon} />${one.title}</h3><div class="soft">${one.text}</div>
          ${one.action && html`<div class="row"><button class="button button-second button-small" type="button" disabled=${busy.value} onClick=${one.action[1]}>${one.action[0]}</button></div>`}</article>`)}</div></section>`;
}

/** @param {Desk & {me: string}} desk @returns {Problem[]} */
function ofSession({ opening, evaluation, room, later, me }) {
  /** @type {Problem[]} */
  const found = [];
  const mine = opening.chair?.person === me && opening.phase === "announced" && room !== null;
  const paused = opening.paused?.reason || evaluation.paused;
  if (paused) found.push({ key: "paused", icon: "pause", fault: true, title: t("host.problem.paused"), text: paused });
  if ([room, later].some((one) => one?.link.value === "lost")) found.push({ key: "link", icon: "away", title: t("host.problem.link"), text: t("host.closed.link") });
  for (const one of unanswered(opening)) {
    const text = html`${t("opening.quoted", { text: one.text })} <${At} at=${one.at} />`;
    found.push({ key: one.objection, icon: "speech", fault: true, title: t("host.problem.objection", { name: one.bidder_name }), text,
      action: mine && room ? [t("host.answer.act"), () => answer(room, one)] : undefined });
  }
  for (const one of unjudged(opening)) {
    found.push({ key: one.bid, icon: "fault", fault: true, title: t("host.problem.void", { name: one.bidder_name }), text: voidReason(one.code),
      action: mine && room ? [t("host.judge.fault"), () => judge(room, one)] : undefined });
  }
  return found;
}

/** @param {Desk} desk @returns {Problem[]} */
function ofPeople({ opening, room }) {
  if (room === null || opening.convened === null || ["ended", "not-opened"].includes(opening.phase)) return [];
  const members = room.held.value.members;
  const here = presentShares(members);
  const { custodians, threshold } = opening.convened;
  /** @type {Problem[]} */
  const found = [];
  const gone = custodians.filter((/** @type {any} */ each) => !here.has(each.index) && !releasedAt(opening, each.index));
  if (opening.phase === "releasing" && gone.length > 0) {
    // Only where the others do not suffice must somebody be rung up.
    const short = custodians.length - gone.length < threshold;
    const text = html`${t(short ? "host.problem.custodians.short" : "host.problem.custodians.enough", { given: sharesIn(opening), need: threshold })}
      <ul>${gone.map((/** @type {any} */ one) => html`<li key=${one.index}>${t("opening.share", { n: one.index })} · ${one.name}</li>`)}</ul>`;
    found.push({ key: "custodians", icon: "away", fault: short, title: t("host.problem.custodians", { n: gone.length }), text });
  }
  if (!members.some((one) => one.role === "supervisor")) {
    found.push({ key: "supervisor", icon: "eye", title: t("host.problem.supervisor"), text: t("host.problem.supervisor.text") });
  }
  return found;
}

/** @param {Desk} desk @returns {Problem[]} */
function ofCommittee({ evaluation, later }) {
  if (later === null || !["seated", "pledged", "scoring", "ranked"].includes(evaluation.phase)) return [];
  const here = new Set(later.held.value.members.filter((one) => one.role === "expert").map((one) => one.seat));
  return [...evaluation.seats.values()]
    .filter((one) => one.signedIn && !here.has(one.seat) && !one.signed)
    .map((one) => ({ key: `seat-${one.seat}`, icon: "away", title: t("host.problem.seat", { seat: one.seat }), text: t("host.problem.seat.text", { county: t(`county.${one.county}`) }) }));
}
