// One tile of the wall, and what it warns of.

import { second } from "../clock.js";
import { explain } from "../api.js";
import { confirm, toast } from "../dialogs.js";
import { duration } from "../format.js";
import { Icon } from "../parts/icon.js";
import { LinkBadge } from "../parts/link.js";
import { Badge, Progress } from "../parts/pieces.js";
import { perform } from "../session.js";
import { html, signal } from "../ui.js";
import { hasWords, named, t } from "../words.js";

/** @typedef {{stream: string, tender: string, title: string, title_en: string, kind: string, phase: string}} Row */
/** @typedef {{row: Row, tile: import("../supervise-state.js").Tile, room: import("../room.js").Room}} Watched */

/** What the hall refused last, by stream. */
export const refused = signal(/** @type {Record<string, string>} */ ({}));
const busy = signal("");

const KINDS = /** @type {Record<string, string>} */ ({ opening: "Opening", evaluation: "Evaluation" });
const BADGES = /** @type {Record<string, [string, string]>} */ ({
  fault: ["fault", "pause"], attention: ["attention", "warning"], live: ["live", ""], done: ["done", "check"],
});

/** @param {Watched} one */
async function pause({ row, room }) {
  const given = await confirm({ title: t("supervise.pause.title", { title: named(row.title, row.title_en) }), text: html`<p>${t("supervise.pause.text")}</p>`,
    confirm: t("supervise.pause"), reason: t("supervise.pause.reason"), stop: true });
  if (given) await act(room, `Pause${KINDS[row.kind]}`, { reason: given.reason }, t("supervise.pause.done"));
}

/** @param {Watched} one */
async function resume({ row, tile, room }) {
  const text = html`<p>${t("supervise.resume.text", { reason: tile.paused })}</p>`;
  if (await confirm({ title: t("supervise.resume.title", { title: named(row.title, row.title_en) }), text, confirm: t("supervise.resume") })) {
    await act(room, `Resume${KINDS[row.kind]}`, {}, t("supervise.resume.done"));
  }
}

/** @param {import("../room.js").Room} room @param {string} kind @param {any} body @param {string} said */
async function act(room, kind, body, said) {
  busy.value = room.stream;
  refused.value = { ...refused.value, [room.stream]: "" };
  try {
    if (await perform(room.stream, kind, body, { send: (one) => room.command(one) })) toast(said);
  } catch (problem) {
    refused.value = { ...refused.value, [room.stream]: explain(problem) };
  }
  busy.value = "";
}

/** The page that shows a case. @param {Row} row */
export function pageOf(row) {
  return row.kind === "opening" ? `/opening/${row.tender}` : `/evaluation/${row.tender}`;
}

/** @param {import("../supervise-state.js").Lead} lead */
export function alertText({ name, params }) {
  const county = hasWords(`county.${params.county}`) ? t(`county.${params.county}`) : (params.county ?? "");
  return t(`alert.${name}`, { ...params, county });
}

/** @param {{one: Watched}} props */
export function Tile({ one }) {
  const { row, tile, room } = one;
  const [state, icon] = BADGES[tile.state];
  const over = tile.state === "done";
  const title = named(row.title, row.title_en);
  const stage = `stage.${tile.kind}.${tile.phase}`;
  const wrong = refused.value[room.stream];
  return html`<article class="tile" data-state=${tile.state} data-stream=${room.stream}><div class="tile-top"><span>${t(`supervise.kind.${row.kind}`)}</span><${Badge} state=${state} icon=${icon}>${t(`supervise.state.${tile.state}`)}<//></div>
    <h3><a href=${pageOf(row)}>${title}</a></h3>
    <div class="stage">${tile.paused
      ? html`<p><b>${t("supervise.paused")}</b> · ${tile.paused}</p>`
      : html`<p><b>${t(`phase.${tile.kind}.${tile.phase}`)}</b>${hasWords(stage) && html` · ${t(stage, tile.stage)}`}</p>${tile.alerts.slice(0, 2).map((lead, key) => html`<p key=${key} class="warn-text">${alertText(lead)}</p>`)}`}
      <${Progress} value=${tile.value} max=${tile.max} state=${tile.state === "attention" ? "attention" : over ? "done" : undefined} label=${t("supervise.progress")} />
      ${wrong && html`<p class="fault-text" role="alert">${wrong}</p>`}</div>
    <div class="tile-foot">${tile.paused && html`<span>${t("supervise.pausedFor", { time: duration(second.value.getTime() - Date.parse(tile.pausedAt)) })}</span>`}
      ${tile.seats > 0 ? html`<span>${t("supervise.seats", { n: tile.seatsHere, total: tile.seats })}</span>` : html`<span>${t("supervise.present", { n: tile.members })}</span>`}
      ${tile.kind === "opening" && html`<span>${t("supervise.listeners", { n: tile.listeners })}</span>`}
      ${room.link.value !== "live" && html`<${LinkBadge} room=${room} />`}
      <a href=${pageOf(row)}>${t("supervise.watch")}<span class="visually-hidden">${title}</span></a></div>
    ${!over && html`<div class="row">${tile.paused
      ? html`<button class="button button-second button-small" type="button" disabled=${busy.value === room.stream || room.link.value !== "live"} onClick=${() => resume(one)}><${Icon} name="again" />${t("supervise.resume")}</button>`
      : html`<button class="button button-stop button-small" type="button" disabled=${busy.value === room.stream || room.link.value !== "live"} onClick=${() => pause(one)}><${Icon} name="pause" />${t("supervise.pause")}</button>`}</div>`}</article>`;
}
