// A tender: what is asked, until when, who holds the keys, and what this viewer may do.

import { get } from "../api.js";
import { second } from "../clock.js";
import { briefly, moment } from "../format.js";
import { Crumbs, Frame, idOfPage, mount } from "../parts/frame.js";
import { Icon } from "../parts/icon.js";
import { LinkNotice } from "../parts/link.js";
import { Badge, Deadline, Empty, Skeleton } from "../parts/pieces.js";
import { Custody, Documents, Facts, Lots } from "../parts/tender-record.js";
import { Committee, DraftNotice, Drafts, Hidden, Own, takesBids, Ways } from "../parts/tender-own.js";
import { Room } from "../room.js";
import { goSignIn, has, person } from "../session.js";
import { fold, missing, openingPhase } from "../tender-state.js";
import { computed, html, signal, useEffect } from "../ui.js";
import { addWords, named, t } from "../words.js";
import words from "../../locales/tender.js";

addWords(words);

/** @typedef {import("../tender-state.js").Tender} Tender */

const LOOK_AGAIN = 5_000;
const stream = idOfPage();
const room = new Room(stream);
const tender = computed(() => fold(room.held.value.events));
const opening = signal(/** @type {Room | null} */ (null));
const opened = computed(() => opening.value?.held.value.events ?? []);
const phase = computed(() => openingPhase(opened.value));
const cases = signal(/** @type {any[]} */ ([]));

/** Follow the opening from when it is due; before it is convened there is no such room. */
function followOpening() {
  if (opening.value?.link.value === "live") return;
  if (opening.value && opening.value.link.value !== "refused") return;
  opening.value?.stop();
  const one = new Room(`ope-${stream.slice(4)}`);
  opening.value = one;
  one.start();
}

function isDue() {
  const { terms, phase: now } = tender.value;
  return now === "closed" && Date.parse(terms.opens_at) <= second.value.getTime();
}

function Missing() {
  return html`<${Frame} current="" title=${t("tender.none")}><div class="page page-narrow"><div class="title"><h1>${t("tender.none")}</h1></div>
    <section class="card"><${Empty} icon="search"><p>${t("tender.none.text")}</p>${person() === null && html`<p>${t("tender.none.signIn")}</p>`}<//>
      <div class="card-foot"><a class="button" href="/">${t("tender.none.home")}</a>
        ${person() === null && html`<button class="button button-second" type="button" onClick=${goSignIn}>${t("frame.signIn")}</button>`}</div></section></div><//>`;
}

/** @param {{one: Tender}} props */
function State({ one }) {
  if (one.phase === "draft") return html`<${Badge} state="attention" icon="pen">${t("tender.state.draft")}<//>`;
  if (phase.value === "going" || phase.value === "announced") return html`<${Badge} state="live">${t("tender.state.opening")}<//>`;
  if (phase.value === "ended") return html`<${Badge} state="done" icon="open">${t("tender.state.ended")}<//>`;
  if (phase.value === "not-opened") return html`<${Badge} state="attention" icon="warning">${t("tender.state.not-opened")}<//>`;
  if (takesBids(one)) return html`<${Badge} state="open" icon="sealed">${t("tender.state.published")}<//>`;
  return html`<${Badge} icon="clock">${t("tender.state.closed")}<//>`;
}

/** @param {{one: Tender}} props */
function Head({ one }) {
  const { terms } = one;
  return html`<${Crumbs} steps=${[[t("frame.nav.home"), "/"], ...(terms.county ? [[t(`county.${terms.county}`), `/?county=${terms.county}`]] : []), [t("tender.title")]]} />
    <div class="title"><div class="row"><${State} one=${one} />
        <${Badge} state=${terms.policy === "demonstration" ? "attention" : undefined} icon=${terms.policy === "demonstration" ? "warning" : undefined}>${t(`tender.policy.${terms.policy}`)}<//></div>
      <h1>${named(terms.title, terms.title_en)}</h1>
      <div class="title-meta"><span><b>${t("tender.number")}</b><span class="num">${stream}</span></span>
        ${terms.tenderee_name && html`<span><b>${t("tender.tenderee")}</b>${terms.tenderee_name}</span>`}</div></div>`;
}

/** The stages of its life, with how far it has come. @param {Tender} one @returns {[string, string, boolean][]} */
function stages(one) {
  const { terms, publishedAt } = one;
  const at = (/** @type {string} */ when) => (when ? briefly(when, second.value) : t("tender.life.open"));
  const published = one.phase !== "draft";
  const over = phase.value === "ended" || phase.value === "not-opened";
  return [
    ["notice", published ? at(publishedAt) : t("tender.life.open"), published],
    ["bids", terms.closes_at ? t("tender.life.bids.until", { when: at(terms.closes_at) }) : t("tender.life.open"), published && !takesBids(one)],
    ["opening", at(terms.opens_at), over],
    ["evaluation", t("tender.life.evaluation.when"), false],
    ["publicity", t("tender.life.publicity.when"), false],
    ["contract", t("tender.life.contract.when"), false],
  ];
}

/** @param {{one: Tender}} props */
function Life({ one }) {
  const all = stages(one);
  const now = all.findIndex(([, , done]) => !done);
  return html`<section class="card" aria-label=${t("tender.life")}><div class="card-body card-tight"><ol class="life">
    ${all.map(([name, when, done], place) => html`<li key=${name} data-state=${done ? "done" : undefined} aria-current=${place === now ? "step" : undefined}>
      ${done && html`<${Icon} name="check" class="life-mark" />`}<b>${t(`tender.life.${name}`)}</b><span>${when}</span>
      ${done && html`<span class="visually-hidden">${t("tender.life.done")}</span>`}</li>`)}</ol></div></section>`;
}

function SealButton() {
  const mine = person();
  if (mine === null || has("bidder")) {
    return html`<a class="button button-large button-wide" href=${`/seal/${stream}`}><${Icon} name="sealed" />${t("tender.seal")}</a>
      <p class="soft small">${t("tender.seal.note")}${mine === null && html`<br />${t("tender.seal.signIn")}`}</p>`;
  }
  return html`<a class="button button-large button-wide" role="link" aria-disabled="true" aria-describedby="seal-why"><${Icon} name="sealed" />${t("tender.seal")}</a>
    <p class="soft small" id="seal-why">${t("tender.seal.not", { role: mine.roles.map((one) => t(`role.${one}`)).join(t("tender.draft.join")) })}</p>`;
}

/** The clock, and the one thing to do now. @param {{one: Tender}} props */
function Now({ one }) {
  const { closes_at: closes, opens_at: opens } = one.terms;
  if (!closes || one.phase === "draft" || phase.value === "ended" || phase.value === "not-opened") return null;
  const when = moment(closes);
  const exact = closes === opens ? t("tender.clock.exact", { when }) : t("tender.clock.exact.apart", { when, opens: moment(opens) });
  const open = takesBids(one);
  const waits = !open && Date.parse(opens) > second.value.getTime();
  return html`<section class="card card-now" aria-label=${t("tender.facts.closes")}><div class="card-body">
    ${waits
      ? html`<${Deadline} to=${opens} label=${t("tender.clock.open")} after=${t("tender.clock.open.after")}>${exact}<//>`
      : html`<${Deadline} to=${closes} label=${t(open ? "tender.clock" : "tender.facts.closes")} after=${t("tender.clock.after")}>${exact}<//>`}
    ${open
      ? html`<${SealButton} />`
      : html`<a class="button button-large button-wide" href=${`/opening/${stream}`}><${Icon} name="open" />${t("tender.watch")}</a>
          <p class="soft small">${t("tender.watch.note")}</p>`}</div></section>`;
}

/** @param {{one: Tender}} props */
function Contents({ one }) {
  const names = ["facts", "documents", "lots", "custody", ...(has("bidder") && one.phase !== "draft" ? ["mine"] : [])];
  return html`<nav class="toc" aria-label=${t("tender.toc")}>${names.map((name) => html`<a key=${name} href=${`#${name}`}>${t(`tender.${name}`)}</a>`)}</nav>`;
}

/** @param {{one: Tender}} props */
function Body({ one }) {
  const draft = one.phase === "draft";
  const filed = opened.value.some((event) => event.kind === "OpeningRecordFiled");
  return html`<div class="section with-aside"><div class="stack"><${Contents} one=${one} />
      <${Facts} tender=${one} stream=${stream} /><${Documents} tender=${one} stream=${stream} />
      <${Lots} tender=${one} /><${Custody} tender=${one} />${!draft && html`<${Drafts} tender=${one} />`}</div>
    <aside class="stack aside">${draft && html`<${DraftNotice} needs=${missing(one)} /><${Drafts} tender=${one} />`}<${Now} one=${one} /><${Own} room=${room} tender=${one} />
      <${Ways} tender=${one} stream=${stream} phase=${phase.value} filed=${filed} cases=${cases.value} />
      <${Hidden} tender=${one} stream=${stream} />${phase.value === "ended" && html`<${Committee} stream=${stream} />`}</aside></div>`;
}

function Page() {
  useEffect(() => {
    room.start();
    if (person() !== null) get("/api/desk").then((found) => (cases.value = found.cases), () => undefined);
    const timer = setInterval(() => isDue() && followOpening(), LOOK_AGAIN);
    return () => clearInterval(timer);
  }, []);
  const due = isDue();
  useEffect(() => {
    if (due) followOpening();
  }, [due]);
  const one = tender.value;
  const { joined } = room.held.value;
  const link = room.link.value;
  if (one.phase === "none") {
    const told = joined !== null && link === "live";
    if (told || link === "refused" || link === "signed-out") return html`<${Missing} />`;
    return html`<${Frame} current="" title=${t("tender.title")}><div class="page section"><${LinkNotice} room=${room} /><div class="card"><${Skeleton} lines=${8} /></div></div><//>`;
  }
  return html`<${Frame} current="" title=${named(one.terms.title, one.terms.title_en)}><div class="page">
    <${Head} one=${one} /><${LinkNotice} room=${room} /><${Life} one=${one} /><${Body} one=${one} /></div><//>`;
}

mount(Page);
