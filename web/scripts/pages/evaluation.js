// The expert's room: arrive, pledge, read left and score right, see all sheets at once, sign. Watchers see, and do not touch.

import { fold, scoredBids } from "../evaluation-state.js";
import { Arrival, BeforeDraw, OpeningFiles, Pledges } from "../evaluation/arrival.js";
import { Draft } from "../evaluation/draft.js";
import { OpenedFile } from "../evaluation/files.js";
import { Chat, LinkNotice, PausedNotice, SeatStrip, WaitSeats, lotName, seatName } from "../evaluation/pieces.js";
import { Checks, Matrix, Objective, Ranking } from "../evaluation/revealed.js";
import { Bench, LockedSheet } from "../evaluation/scoring.js";
import { Filed, Signing } from "../evaluation/signing.js";
import { clockTime } from "../format.js";
import { Brand, Frame, Languages, SystemClock, idOfPage, mount } from "../parts/frame.js";
import { Icon } from "../parts/icon.js";
import { Badge, Empty, Skeleton } from "../parts/pieces.js";
import { Room } from "../room.js";
import { goSignIn, has, person } from "../session.js";
import { computed, html, signal, useEffect } from "../ui.js";
import { addWords, named, t } from "../words.js";
import words from "../../locales/evaluation.js";

addWords(words);

/** @typedef {import("../evaluation-state.js").Evaluation} Evaluation */

const stream = idOfPage().replace(/^ten-/, "eva-");
const room = new Room(stream);
const evaluation = computed(() => fold(room.held.value.events));
const chosen = signal("");

/** This viewer's seat, or null. */
const mine = computed(() => {
  const found = /^seat:([0-9]+)$/.exec(room.held.value.joined?.audience ?? "");
  return found ? Number(found[1]) : null;
});

/** One draft a lot and seat, for as long as the page is open. @type {Map<string, Draft>} */
const drafts = new Map();

/** @param {Evaluation} state @param {import("../evaluation-state.js").Lot} lot */
function draftOf(state, lot) {
  const key = `${mine.value}/${lot.lot}`;
  const bids = scoredBids(state, lot.lot).map((one) => one.bid);
  const draft = drafts.get(key) ?? new Draft(room, lot, bids);
  drafts.set(key, draft);
  return draft;
}

addEventListener("beforeunload", (event) => {
  if (![...drafts.values()].some((one) => one.unsaved)) return;
  event.preventDefault();
  event.returnValue = ""; // what browsers of the age this page must run in ask for
});

const SHOWN_LOTS = new Set(["scoring", "ranked", "signed", "reported"]);

/** The lot in view: the chosen one, else the first that waits for this seat. @param {Evaluation} state */
function lotInView(state) {
  const seat = mine.value === null ? undefined : state.seats.get(mine.value);
  return (
    state.lots.find((one) => one.lot === chosen.value) ??
    state.lots.find((one) => seat && !seat.locked.has(one.lot)) ??
    state.lots.find((one) => !state.revealed.has(one.lot)) ??
    state.lots[0]
  );
}

/** @param {{state: Evaluation}} props */
function Bar({ state }) {
  const seat = mine.value;
  return html`<header class="bench-bar"><div class="bench-row"><${Brand} /><div class="bench-title"><h1>${named(state.title, state.titleEn) || t("eva.title")}</h1>
      <p class="soft">${t("eva.title")} · ${t(`eva.phase.${state.phase}`)}${seat !== null && room.link.value !== "refused" ? ` · ${t("eva.you", { seat: seatName(state, seat) })}` : person() && room.link.value !== "refused" ? ` · ${t("eva.watching")}` : ""}</p></div>
    <div class="push row"><${SystemClock} /><${Languages} /><a class="button on-ink button-small" href="/desk">${t("frame.desk")}</a></div></div></header>`;
}

/** The lots, each with where it stands. @param {{state: Evaluation, lot: any}} props */
function Lots({ state, lot }) {
  const seat = mine.value === null ? undefined : state.seats.get(mine.value);
  const badge = (/** @type {string} */ one) => (state.revealed.has(one) ? "revealed" : seat?.locked.has(one) ? "locked" : "open");
  return html`<nav class="bench-strip bids" aria-label=${t("eva.lots")}>${state.lots.map(
    (one) => html`<a key=${one.lot} href="#main" aria-current=${one.lot === lot.lot ? "true" : undefined} data-state=${badge(one.lot) === "open" ? undefined : "done"} onClick=${(/** @type {Event} */ event) => {
      event.preventDefault();
      chosen.value = one.lot;
    }}>${badge(one.lot) !== "open" && html`<${Icon} name=${badge(one.lot) === "locked" ? "sealed" : "check"} />`}${lotName(one)} · ${t(`eva.lots.${badge(one.lot)}`)}</a>`,
  )}</nav>`;
}

/** @param {{state: Evaluation, lot: any}} props */
function Locked({ state, lot }) {
  const seat = mine.value === null ? undefined : state.seats.get(mine.value);
  const left = [...state.seats.values()].filter((one) => !one.locked.has(lot.lot)).length;
  const sheet = state.drafts.get(lot.lot);
  const at = state.lockedAt.get(lot.lot);
  return html`<div class="pane-scroll"><section class="lockscreen"><${Icon} name="sealed" /><h2>${t(seat ? "eva.locked.mine" : "eva.locked.watch", { n: left })}</h2>
      <p>${at && t("eva.locked.at", { time: clockTime(new Date(at)) })}${t("eva.locked.text")}</p>
      <${WaitSeats} state=${state} mine=${mine.value} label=${t("eva.locked.label")} done=${(/** @type {any} */ one) => one.locked.has(lot.lot)} yes=${t("eva.locked.yes")} no=${t("eva.locked.no")} /></section>
    <div class="page stack">${seat && sheet && html`<details class="card"><summary class="card-head"><h2>${t("eva.mySheet")}</h2><${Icon} name="plus" /></summary><${LockedSheet} lot=${lot} sheet=${sheet} bids=${scoredBids(state, lot.lot)} /></details>`}
      ${!seat && html`<${Files} state=${state} lot=${lot} />`}
      <${Chat} room=${room} state=${state} mine=${mine.value} may=${maySpeak()} /></div></div>`;
}

/** What was opened, for who watches. @param {{state: Evaluation, lot: any}} props */
function Files({ state, lot }) {
  const bids = state.bids.filter((one) => one.lot === lot.lot);
  return html`<section aria-labelledby="all-files"><div class="section-head"><h2 id="all-files">${t("eva.files.all")}</h2></div><div class="wall">${bids.map(({ bid, code }) => {
    const found = state.files.get(bid);
    if (found?.reason) return html`<article class="card" key=${bid}><div class="card-body card-tight"><h3>${code}</h3><div><${Badge} state="fault" icon="fault">${t("eva.files.void")}<//></div><p class="small">${found.reason}</p></div></article>`;
    return (found?.files ?? []).map((/** @type {any} */ file, /** @type {number} */ key) => html`<${OpenedFile} key=${bid + key} stream=${stream} bid=${bid} code=${code} number=${key + 1} file=${file} />`);
  })}</div></section>`;
}

const maySpeak = () => mine.value !== null || has("supervisor") || Boolean(room.held.value.joined?.you?.roles?.includes("chairman"));

/** @param {{state: Evaluation, lot: any}} props */
function Revealed({ state, lot }) {
  const report = state.reports.get(lot.lot);
  return html`<div class="pane-scroll"><div class="page page-wide desk-eval"><div class="section with-aside"><div class="stack">
      ${report && html`<${Ranking} state=${state} report=${report} /><${Matrix} state=${state} report=${report} /><${Objective} state=${state} report=${report} />`}</div>
    <aside class="stack aside" aria-label=${t("eva.checks")}>
      ${state.phase === "reported" && html`<${Filed} state=${state} stream=${stream} />`}
      <${Signing} room=${room} state=${state} mine=${mine.value} />
      ${report && html`<${Checks} state=${state} report=${report} />`}
      <${Chat} room=${room} state=${state} mine=${mine.value} may=${maySpeak()} /></aside></div></div></div>`;
}

/** @param {{state: Evaluation}} props */
function Working({ state }) {
  const lot = lotInView(state);
  const seat = mine.value === null ? undefined : state.seats.get(mine.value);
  const view = state.revealed.has(lot.lot)
    ? html`<${Revealed} state=${state} lot=${lot} />`
    : seat && !seat.locked.has(lot.lot)
      ? html`<${Bench} key=${lot.lot} room=${room} state=${state} mine=${seat.seat} lot=${lot} draft=${draftOf(state, lot)} bids=${scoredBids(state, lot.lot)} />`
      : html`<${Locked} state=${state} lot=${lot} />`;
  return html`<${Lots} state=${state} lot=${lot} />${view}`;
}

/** @param {{state: Evaluation}} props */
function Waiting({ state }) {
  const seat = mine.value;
  return html`<div class="pane-scroll"><div class="page"><div class="section stack">
    ${(state.phase === "convened" || state.phase === "rostered") && html`<${BeforeDraw} state=${state} />`}
    ${state.phase === "pledged" && html`<${OpeningFiles} state=${state} />`}
    ${state.phase === "seated" && seat !== null && html`<${Arrival} room=${room} state=${state} mine=${seat} />`}
    ${state.phase === "seated" && html`<${Pledges} state=${state} mine=${seat} />`}
    ${state.seats.size > 0 && html`<${Chat} room=${room} state=${state} mine=${seat} may=${maySpeak()} />`}</div></div></div>`;
}

function Page() {
  useEffect(() => {
    document.body.classList.add("room");
    if (person()) room.start();
    return () => room.stop();
  }, []);
  const state = evaluation.value;
  const { joined, members } = room.held.value;
  const refused = room.link.value === "refused";
  // Who stepped aside sees no more of it; during scoring nothing that was typed is taken off the page.
  const left = refused && state.phase === "seated";
  return html`<${Frame} current="evaluation" title=${named(state.title, state.titleEn) || t("eva.title")} bar=${html`<${Bar} state=${state} />`}><div class="workbench">
    ${state.seats.size > 0 && !left && html`<${SeatStrip} state=${state} members=${members} mine=${mine.value} />`}
    ${mine.value !== null && state.phase !== "reported" && !left && html`<div class="discipline"><${Icon} name="shield" /><span>${t("eva.discipline")}</span></div>`}
    <div class="bench-notices"><${LinkNotice} room=${room} /><${PausedNotice} state=${state} /></div>
    ${!person() && html`<${Empty} icon="person"><p>${t("eva.signInFirst")}</p><button class="button" type="button" onClick=${goSignIn}>${t("frame.signIn")}</button><//>`}
    ${person() && !joined && !refused && html`<${Skeleton} lines=${6} />`}
    ${joined && !left && (SHOWN_LOTS.has(state.phase) ? html`<${Working} state=${state} />` : html`<${Waiting} state=${state} />`)}
  </div><//>`;
}

mount(Page);
