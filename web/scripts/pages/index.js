// The home page: openings under way, tenders to be found by region, state and words, and the way to verify.

import { get } from "../api.js";
import { now, second } from "../clock.js";
import { briefly, day, duration, longDay } from "../format.js";
import { Badge, Empty, Problem, Skeleton } from "../parts/pieces.js";
import { Frame, mount } from "../parts/frame.js";
import { Icon } from "../parts/icon.js";
import { batch, html, signal, useEffect, useState } from "../ui.js";
import { addWords, named, t } from "../words.js";
import words from "../../locales/home.js";

addWords(words);

/** @typedef {{tender: string, title: string, title_en: string, tenderee_name: string, tenderee_name_en: string, county: string,
 *   phase: string, closes_at: string, opens_at: string, opening: {stream: string, phase: string} | null}} Tender */

const AGAIN = 20_000;
const PAGES = 6;
const COUNTIES = ["532900", "532901", "532922", "532923", "532924", "532925", "532926", "532927", "532928", "532929", "532930", "532931", "532932"];
const OVER = new Set(["ended", "not-opened"]);

const live = signal(/** @type {Tender[] | null} */ (null));
const waiting = signal(/** @type {Tender[]} */ ([]));
const listed = signal(/** @type {Tender[] | null} */ (null));
const next = signal(/** @type {string | null} */ (null));
const wrong = signal(/** @type {any} */ (null));
const asked = signal(fromAddress());

/** What is looked for, by the page's own address, so that it can be sent on and gone back to. */
function fromAddress() {
  const query = new URLSearchParams(location.search);
  return { county: query.get("county") ?? "", phase: query.get("phase") ?? "", q: query.get("q") ?? "" };
}

/** @param {Record<string, string>} query */
function address(query) {
  const given = Object.entries(query).filter(([, value]) => value);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

/** @param {Record<string, string>} query */
const tenders = (query) => get(`/api/tenders${address(query)}`);

/** Every tender that is open for bids: following the pages, for the soonest deadline comes last. */
async function open() {
  /** @type {Tender[]} */
  const all = [];
  let before = "";
  for (let page = 0; page < PAGES; page += 1) {
    const found = await tenders({ phase: "published", before });
    all.push(...found.tenders);
    if (!found.next) break;
    before = found.next;
  }
  return all;
}

async function look() {
  try {
    const [going, coming] = await Promise.all([tenders({ live: "1" }), open()]);
    batch(() => {
      live.value = going.tenders;
      waiting.value = coming.sort((one, other) => one.opens_at.localeCompare(other.opens_at));
    });
  } catch (error) {
    if (live.value === null) wrong.value = error;
  }
}

let latest = 0;

/** @param {boolean} [more] add the next page to those shown */
async function list(more = false) {
  latest += 1;
  const mine = latest;
  if (!more) listed.value = null;
  try {
    const found = await tenders({ ...asked.value, before: more ? (next.value ?? "") : "" });
    if (mine !== latest) return;
    batch(() => {
      listed.value = more ? [...(listed.value ?? []), ...found.tenders] : found.tenders;
      next.value = found.next;
      wrong.value = null;
    });
  } catch (error) {
    if (mine === latest) wrong.value = error;
  }
}

/** @param {{county?: string, phase?: string, q?: string}} change */
function ask(change) {
  asked.value = { ...asked.value, ...change };
  history.pushState(null, "", address(asked.value) || "/");
  list();
}

/** @param {{one: Tender}} props */
function Session({ one }) {
  return html`<article class="session"><div class="session-top">
      <span class="session-state"><span class="pulse"></span>${t(`home.phase.${one.opening?.phase}`)}</span><span>${t(`county.${one.county}`)}</span></div>
    <h2><a href=${`/opening/${one.tender}`}>${named(one.title, one.title_en)}</a></h2>
    <div class="session-foot"><span>${named(one.tenderee_name, one.tenderee_name_en)}</span>
      <span>${t("home.opened", { when: briefly(one.opens_at, second.value) })}</span></div></article>`;
}

function NoSession() {
  const first = waiting.value[0];
  return html`<article class="session"><h2>${t("home.none")}</h2><div class="session-foot">
    ${first
      ? html`<span>${t("home.next", { when: briefly(first.opens_at, second.value) })}</span>
          <a href=${`/tenders/${first.tender}`}>${named(first.title, first.title_en)}</a>`
      : html`<span>${t("home.nothing")}</span>`}</div></article>`;
}

function Now() {
  const going = live.value;
  const today = waiting.value.filter((one) => day(new Date(one.opens_at)) === day(second.value));
  return html`<section class="now-band" aria-labelledby="now-title"><div class="page page-wide">
    <div class="now-head"><div><h1 id="now-title">${t("home.now")}</h1>
        <p class="soft">${longDay(second.value)} · ${t("home.now.free")}</p></div>
      ${going !== null && html`<dl class="tally"><div><dt>${t("home.tally.live")}</dt><dd>${going.length}</dd></div>
        <div><dt>${t("home.tally.today")}</dt><dd>${today.length}</dd></div>
        <div><dt>${t("home.tally.open")}</dt><dd>${waiting.value.length}</dd></div></dl>`}</div>
    ${going === null ? !wrong.value && html`<${Skeleton} />` : html`<div class="sessions">
      ${going.length ? going.map((one) => html`<${Session} key=${one.tender} one=${one} />`) : html`<${NoSession} />`}</div>`}
  </div></section>`;
}

function Counties() {
  const row = (/** @type {string} */ county) => html`<a key=${county} href=${address({ ...asked.value, county }) || "/"}
    aria-current=${asked.value.county === county ? "true" : undefined} onClick=${(/** @type {Event} */ event) => {
      event.preventDefault();
      ask({ county });
    }}><span>${county ? t(`county.${county}`) : t("home.counties.all")}</span></a>`;
  return html`<nav aria-label=${t("home.counties.label")} class="card"><div class="card-head card-tight"><h2>${t("home.counties")}</h2></div>
    <div class="counties">${["", ...COUNTIES].map(row)}</div></nav>`;
}

/** @param {{one: Tender}} props */
function State({ one }) {
  const phase = one.opening?.phase;
  if (phase && !OVER.has(phase)) return html`<${Badge} state="live">${t("home.state.live")}<//>`;
  if (phase === "not-opened") return html`<${Badge} state="attention" icon="warning">${t("home.state.not-opened")}<//>`;
  if (phase === "ended") return html`<${Badge} state="done" icon="open">${t("home.state.ended")}<//>`;
  if (one.phase === "published" && Date.parse(one.closes_at) > second.value.getTime()) {
    return html`<${Badge} state="open" icon="sealed">${t("home.state.published")}<//>`;
  }
  return html`<${Badge} icon="clock">${t("home.state.closed")}<//>`;
}

/** @param {{one: Tender}} props */
function Row({ one }) {
  const left = Date.parse(one.closes_at) - second.value.getTime();
  return html`<tr><th scope="row"><a href=${`/tenders/${one.tender}`}>${named(one.title, one.title_en)}</a>
      <small>${named(one.tenderee_name, one.tenderee_name_en)}</small></th>
    <td data-label=${t("home.column.county")} class="nowrap">${t(`county.${one.county}`)}</td>
    <td data-label=${t("home.column.state")} class="nowrap"><${State} one=${one} /></td>
    <td data-label=${t("home.column.deadline")} class="nowrap"><time class="strong" datetime=${one.closes_at}>${briefly(one.closes_at, second.value)}</time>
      ${left > 0 && html`<small>${t("home.left", { left: duration(left) })}</small>`}</td></tr>`;
}

function Search() {
  const { q, phase } = asked.value;
  const [text, setText] = useState(q);
  useEffect(() => setText(q), [q]);
  return html`<form class="search" role="search" onSubmit=${(/** @type {Event} */ event) => {
    event.preventDefault();
    ask({ q: text.trim() });
  }}>
    <label class="visually-hidden" for="phase">${t("home.filter")}</label>
    <select class="select" id="phase" value=${phase} onChange=${(/** @type {any} */ event) => ask({ phase: event.target.value })}>
      <option value="">${t("home.filter.all")}</option><option value="published">${t("home.filter.published")}</option>
      <option value="closed">${t("home.filter.closed")}</option></select>
    <label class="visually-hidden" for="q">${t("home.search")}</label>
    <input class="input" id="q" type="search" maxlength="100" placeholder=${t("home.search")} value=${text}
      onInput=${(/** @type {any} */ event) => setText(event.target.value)} />
    <button class="button button-second" type="submit"><${Icon} name="search" />${t("home.search.act")}</button></form>`;
}

function Rows() {
  const all = listed.value;
  if (wrong.value !== null) return html`<div class="card-body"><${Problem} error=${wrong.value} retry=${() => (look(), list())} /></div>`;
  if (all === null) return html`<${Skeleton} lines=${6} />`;
  const filtered = Object.values(asked.value).some(Boolean);
  if (all.length === 0) {
    return html`<${Empty} icon="search"><p>${t(filtered ? "home.empty.filtered" : "home.empty")}</p>
      ${filtered && html`<button class="button button-second button-small" type="button"
        onClick=${() => ask({ q: "", county: "", phase: "" })}>${t("home.search.clear")}</button>`}<//>`;
  }
  return html`<div class="table-frame" tabindex="0" role="region" aria-label=${t("home.list.label")}><table class="table table-cards"><thead><tr>
      <th scope="col">${t("home.column.tender")}</th><th scope="col">${t("home.column.county")}</th>
      <th scope="col">${t("home.column.state")}</th><th scope="col">${t("home.column.deadline")}</th></tr></thead>
    <tbody>${all.map((one) => html`<${Row} key=${one.tender} one=${one} />`)}</tbody></table></div>`;
}

function Listing() {
  return html`<section class="card" aria-labelledby="list-title"><div class="card-head"><h2 id="list-title">${t("home.list")}</h2>
      <span class="muted small">${t("home.list.order")}</span><${Search} /></div>
    <${Rows} />
    <div class="card-foot" role="status">
      ${next.value && html`<button class="button button-second button-small" type="button" onClick=${() => list(true)}>${t("home.more")}</button>`}
      ${listed.value !== null && html`<span class="muted small">${t("home.shown", { n: listed.value.length })}</span>`}
      <span class="muted small">${t("home.documents")}</span></div></section>`;
}

function Beside() {
  const soon = waiting.value.filter((one) => Date.parse(one.opens_at) > now().getTime()).slice(0, 5);
  return html`<div class="stack">
    <section class="card" aria-labelledby="verify-title"><div class="card-head"><h2 id="verify-title">${t("home.verify")}</h2></div><div class="card-body">
      <p class="soft small">${t("home.verify.text")}</p>
      <a class="button button-wide" href="/verify"><${Icon} name="shield" />${t("home.verify.act")}</a></div></section>
    <section class="card" aria-labelledby="soon-title"><div class="card-head"><h2 id="soon-title">${t("home.soon")}</h2></div><div class="card-body">
      ${live.value !== null && soon.length === 0 && html`<p class="muted small">${t("home.soon.none")}</p>`}
      <ul class="links">${soon.map((one) => html`<li key=${one.tender}><a href=${`/tenders/${one.tender}`}>${named(one.title, one.title_en)}</a>
        <span class="num">${briefly(one.opens_at, second.value)} · ${t(`county.${one.county}`)}</span></li>`)}</ul></div></section>
    <section class="card" aria-labelledby="help-title"><div class="card-head"><h2 id="help-title">${t("home.help")}</h2></div><div class="card-body"><ul class="links">
      <li><a href="?phase=published">${t("home.help.bid")}</a><span>${t("home.help.bid.how")}</span></li>
      <li><a href="/desk">${t("home.help.expert")}</a><span>${t("home.help.expert.how")}</span></li></ul></div></section></div>`;
}

function Page() {
  useEffect(() => {
    look();
    list();
    const timer = setInterval(() => document.hidden || look(), AGAIN);
    const back = () => {
      asked.value = fromAddress();
      list();
    };
    addEventListener("popstate", back);
    return () => {
      clearInterval(timer);
      removeEventListener("popstate", back);
    };
  }, []);
  return html`<${Frame} current="home" wide title=${t("home.title")}><${Now} />
    <div class="page page-wide"><div class="section listing listing-three"><${Counties} /><${Listing} /><${Beside} /></div></div><//>`;
}

mount(Page);
