// Supervision: every session that is overseen, live, the one that needs a person first.

import { get } from "../api.js";
import { second } from "../clock.js";
import { day, moment } from "../format.js";
import { Frame, mount } from "../parts/frame.js";
import { Icon } from "../parts/icon.js";
import { Badge, Empty, Problem, Skeleton } from "../parts/pieces.js";
import { Room } from "../room.js";
import { goSignIn, has, person } from "../session.js";
import { byUrgency, isOver, tileOf } from "../supervise-state.js";
import { Tile, alertText, pageOf } from "../supervise/tiles.js";
import { computed, html, signal } from "../ui.js";
import { addWords, named, t } from "../words.js";
import words from "../../locales/supervise.js";

addWords(words);

const AGAIN = 15_000;
const MOST = 40;

/** @typedef {import("../supervise/tiles.js").Row} Row */

const rows = signal(/** @type {Row[] | null} */ (null));
const coming = signal(/** @type {any[]} */ ([]));
const failed = signal(/** @type {any} */ (null));
/** @type {Map<string, Room>} */
const rooms = new Map();

const live = computed(() => (rows.value ?? []).filter((one) => ["opening", "evaluation"].includes(one.kind) && rooms.has(one.stream)));
const over = computed(() => (rows.value ?? []).filter((one) => ["opening", "evaluation"].includes(one.kind) && !rooms.has(one.stream)));
const wall = computed(() =>
  byUrgency(
    live.value.map((row) => {
      const room = /** @type {Room} */ (rooms.get(row.stream));
      return { row, room, tile: tileOf(row.kind, room.held.value, room.link.value) };
    }),
  ),
);

/** Ask which cases there are; join those that are not over. */
async function look() {
  try {
    const [desk, tenders] = await Promise.all([get("/api/desk"), get("/api/tenders?phase=published")]);
    for (const one of desk.cases) {
      if (rooms.has(one.stream) || !["opening", "evaluation"].includes(one.kind) || isOver(one.phase) || rooms.size >= MOST) continue;
      const room = new Room(one.stream);
      rooms.set(one.stream, room);
      room.start();
    }
    coming.value = tenders.tenders;
    rows.value = desk.cases;
    failed.value = null;
  } catch (error) {
    failed.value = error;
  }
}

function Meters() {
  const tiles = wall.value.map((one) => one.tile);
  const count = (/** @type {string} */ state) => tiles.filter((one) => one.state === state).length;
  const today = coming.value.filter((one) => one.opens_at && day(new Date(one.opens_at)) === day(second.value)).length;
  const seats = tiles.reduce((sum, one) => sum + one.seats, 0);
  const here = tiles.reduce((sum, one) => sum + one.seatsHere, 0);
  const all = [
    ["live", tiles.length - count("done"), "", t("supervise.unit", { n: tiles.length - count("done") })],
    ["fault", count("fault"), count("fault") ? "fault-text" : "", t("supervise.unit", { n: count("fault") })],
    ["attention", count("attention"), count("attention") ? "warn-text" : "", t("supervise.unit", { n: count("attention") })],
    ["today", today, "", t("supervise.unit", { n: today })],
    ["experts", here, "", `/ ${seats}`],
  ];
  return html`<div class="card"><div class="card-body card-tight"><dl class="meters">${all.map(
    ([name, n, look, unit]) => html`<div class="meter" key=${name}><dt>${t(`supervise.meter.${name}`)}</dt><dd class=${look}>${n} <small>${unit}</small></dd></div>`,
  )}</dl></div></div>`;
}

function Alerts() {
  const found = wall.value.filter((one) => one.tile.paused || one.tile.alerts.length > 0);
  const faults = found.filter((one) => one.tile.paused).length;
  return html`<section class="card" aria-labelledby="alerts"><div class="card-head card-tight"><h2 id="alerts">${t("supervise.alerts")}</h2>
    ${faults > 0 && html`<${Badge} state="fault" icon="warning">${t("supervise.alerts.n", { n: faults })}<//>`}</div><div class="card-body card-tight" aria-live="polite">
    ${found.length === 0
      ? html`<${Empty} icon="done"><p>${t("supervise.alerts.none")}</p><//>`
      : found.map(({ row, tile }) => html`<article class="problem" key=${row.stream} data-state=${tile.paused ? "fault" : undefined}><h3><${Icon} name=${tile.paused ? "pause" : "warning"} />${named(row.title, row.title_en)}</h3>
          ${tile.paused && html`<p>${t("supervise.paused")} · ${tile.paused}</p>`}${tile.alerts.map((lead, key) => html`<p key=${key}>${alertText(lead)}</p>`)}</article>`)}</div></section>`;
}

function Coming() {
  const next = [...coming.value].filter((one) => one.opens_at).sort((a, b) => a.opens_at.localeCompare(b.opens_at)).slice(0, 8);
  return html`<section class="card" aria-labelledby="coming"><div class="card-head card-tight"><h2 id="coming">${t("supervise.coming")}</h2></div><div class="card-body card-tight">
    ${next.length === 0
      ? html`<${Empty} icon="clock"><p>${t("supervise.coming.none")}</p><//>`
      : html`<ul class="links">${next.map((one) => html`<li key=${one.tender}><a href=${`/opening/${one.tender}`}>${named(one.title, one.title_en)}</a><span class="num">${moment(one.opens_at)}</span></li>`)}</ul>`}</div></section>`;
}

function Over() {
  if (over.value.length === 0) return null;
  return html`<section class="card" aria-labelledby="over"><div class="card-head card-tight"><h2 id="over">${t("supervise.over")}</h2></div><div class="card-body card-tight"><ul class="links">
    ${over.value.slice(0, 12).map((one) => html`<li key=${one.stream}><a href=${pageOf(one)}>${named(one.title, one.title_en)}</a><span>${t(`supervise.kind.${one.kind}`)} · ${t(`phase.${one.kind}.${one.phase}`)}</span></li>`)}</ul></div></section>`;
}

function Body() {
  if (person() === null) {
    return html`<${Empty} icon="person"><p>${t("error.sign-in-first")}</p><p><button class="button" type="button" onClick=${goSignIn}>${t("frame.signIn")}</button></p><//>`;
  }
  if (!has("supervisor")) return html`<${Empty} icon="eye"><p>${t("supervise.notYours")}</p><p><a href="/desk">${t("frame.nav.desk")}</a></p><//>`;
  if (rows.value === null) return failed.value ? html`<${Problem} error=${failed.value} retry=${look} />` : html`<${Skeleton} />`;
  return html`${failed.value && html`<${Problem} error=${failed.value} retry=${look} />`}<${Meters} />
    <div class="section with-aside"><section aria-labelledby="wall"><div class="section-head"><h2 id="wall">${t("supervise.wall")}</h2><span class="muted small">${t("supervise.wall.note")}</span></div>
      ${wall.value.length === 0
        ? html`<div class="card"><${Empty} icon="eye"><p>${t("supervise.wall.none")}</p><//></div>`
        : html`<div class="wall">${wall.value.map((one) => html`<${Tile} key=${one.row.stream} one=${one} />`)}</div>`}</section>
    <aside class="stack aside" aria-label=${t("supervise.alerts")}><${Alerts} /><${Coming} /><${Over} /></aside></div>`;
}

function Page() {
  return html`<${Frame} current="supervise" wide title=${t("supervise.title")}><div class="page page-wide"><div class="title"><h1>${t("supervise.title")}</h1>
    <div class="title-meta"><span>${t("supervise.lead")}</span></div></div><${Body} /></div><//>`;
}

mount(Page).then(() => {
  if (!has("supervisor")) return;
  look();
  setInterval(look, AGAIN);
});
