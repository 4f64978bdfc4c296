// The steps of a session beside the one that comes next, which alone stands on ink.

import { Icon } from "../parts/icon.js";
import { At, Deadline, Notice, Progress } from "../parts/pieces.js";
import { next, steps } from "../host-state.js";
import { unanswered, unjudged } from "../opening-state.js";
import { html } from "../ui.js";
import { t } from "../words.js";
import { announce, answer, busy, commitRoster, end, judge, refused, takeChair } from "./acts.js";

/** @typedef {import("../opening-state.js").Opening} Opening */
/** @typedef {import("../evaluation-state.js").Evaluation} Evaluation */
/** @typedef {import("../room.js").Room} Room */
/** @typedef {{opening: Opening, evaluation: Evaluation, room: Room | null, later: Room | null}} Desk */

/** @param {{opening: Opening, evaluation: Evaluation}} props */
export function Checklist({ opening, evaluation }) {
  const all = steps(opening, evaluation);
  const done = all.filter((one) => one.done).length;
  const current = opening.phase === "not-opened" ? -1 : all.findIndex((one) => !one.done);
  return html`<nav class="card desk-steps" aria-label=${t("host.steps")}><div class="card-head card-tight"><h2>${t("host.steps")}</h2><span class="muted small num">${done} / ${all.length}</span></div>
    <ol class="checklist">${all.map((one, place) => html`<li key=${one.name} data-state=${one.done ? "done" : undefined} aria-current=${place === current ? "step" : undefined}>
      <span>${place === current ? html`<strong>${t(`host.step.${one.name}`)}</strong>` : t(`host.step.${one.name}`)}
      <small>${one.note ? t(one.note, one.params) : place === current ? t("host.step.now") : ""}${one.at && html`${one.note && " · "}<${At} at=${one.at} />`}</small></span></li>`)}</ol></nav>`;
}

/** @param {Desk & {me: string, opensAt: string}} props */
export function Next({ opening, evaluation, room, later, me, opensAt }) {
  const step = next(opening, evaluation, me);
  const params = step.params ?? {};
  const paused = opening.phase === "ended" ? evaluation.paused : opening.paused?.reason;
  const carrier = step.act === "CommitRoster" ? later : room;
  const why = paused && step.act !== "TakeOver" && step.act !== "TakeChair" ? t("host.closed.paused") : carrier && carrier.link.value !== "live" ? t("host.closed.link") : "";
  const share = "total" in params && "n" in params ? [Number(params.n), Number(params.total)] : "need" in params ? [Number(params.n), Number(params.need)] : null;
  return html`<section class="card card-now" aria-labelledby="next"><div class="card-body next"><p class="soft">${t("host.next")}</p>
    ${step.name === "waiting" && opensAt
      ? html`<${Deadline} to=${opensAt} label=${t("host.now.waiting")} after=${t("opening.convening")} />`
      : html`<h2 id="next">${t(`host.now.${step.name}`, params)}</h2>`}
    <p class="soft">${t(`host.now.${step.name}.text`, params)}</p>
    ${share && !step.act && html`<${Progress} value=${Math.min(share[0], share[1])} max=${share[1]} label=${t(`host.now.${step.name}`, params)} large />`}
    ${refused.value && html`<${Notice} state="fault" alert><p><strong>${refused.value}</strong></p><//>`}
    <div class="row"><${Act} step=${step} opening=${opening} room=${room} later=${later} why=${why} /></div>
    ${why && step.act && html`<p class="soft small">${why}</p>`}</div></section>`;
}

/** @param {{step: import("../host-state.js").Next, opening: Opening, room: Room | null, later: Room | null, why: string}} props */
function Act({ step, opening, room, later, why }) {
  if (step.act === "Download") {
    return html`<a class="button button-large" href=${`/api/cases/${later?.stream}/documents/evaluation-report.pdf`} download="evaluation-report.pdf"><${Icon} name="download" />${t("host.now.done.act")}</a>`;
  }
  /** @type {Record<string, [string, (room: Room) => Promise<void>]>} */
  const acts = {
    TakeChair: ["person", (one) => takeChair(one, opening)],
    TakeOver: ["again", (one) => takeChair(one, opening)],
    AnnounceBids: ["call", (one) => announce(one, opening)],
    AnswerObjection: ["speech", (one) => answer(one, unanswered(opening)[0])],
    JudgeFault: ["warning", (one) => judge(one, unjudged(opening)[0])],
    EndOpening: ["pen", (one) => end(one, opening)],
    CommitRoster: ["shield", (one) => commitRoster(one)],
  };
  const carrier = step.act === "CommitRoster" ? later : room;
  const found = acts[step.act ?? ""];
  if (!found || carrier === null) return null;
  const [icon, run] = found;
  const look = step.act === "TakeOver" ? "button button-second button-large" : "button button-large";
  return html`<button class=${look} type="button" disabled=${busy.value || Boolean(why)} onClick=${() => run(carrier)}>
    <${Icon} name=${icon} />${t(`host.now.${step.name}.act`, step.params ?? {})}</button>`;
}
