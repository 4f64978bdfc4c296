// A custodian's page: which ceremonies and releases there are, how far each is, and the commands that take part in them. The
// shares lie in a key store on the custodian's own machine; this page never sees one.

import { fold as foldCeremony } from "../ceremony-state.js";
import { fold as foldEvaluation } from "../evaluation-state.js";
import { fold as foldOpening } from "../opening-state.js";
import { get } from "../api.js";
import { duration } from "../format.js";
import { second } from "../clock.js";
import { CommandLine } from "../parts/command-line.js";
import { Crumbs, Frame, mount } from "../parts/frame.js";
import { Icon } from "../parts/icon.js";
import { Badge, Empty, Notice, Problem, Skeleton } from "../parts/pieces.js";
import { Room } from "../room.js";
import { goSignIn, has, me, person } from "../session.js";
import { html, signal, useEffect, useMemo } from "../ui.js";
import { addWords, named, t } from "../words.js";
import words from "../../locales/custodian.js";

addWords(words);

/** @typedef {{stream: string, kind: string, tender: string, title: string, title_en: string, phase: string, roles: string[], closes_at: string | null, opens_at: string | null}} Case */

const AGAIN = 15_000;
const cases = signal(/** @type {Case[] | null} */ (null));
const failed = signal(/** @type {any} */ (null));

/** Phases in which a custodian may be wanted; the rest is over. @type {Record<string, readonly string[]>} */
const OPEN = {
  ceremony: ["joining", "round-one", "signing", "verifying"],
  opening: ["new", "releasing"],
  evaluation: ["new", "convened", "rostered"],
};

async function load() {
  try {
    cases.value = (await get("/api/desk")).cases;
    failed.value = null;
  } catch (error) {
    failed.value = error;
  }
}

/** @param {string} what @param {string} id */
function command(what, id) {
  return `.venv/bin/bidhall custodian ${what} ${id} --hall ${location.origin} --account ${me.value?.account ?? ""}`;
}

/** A room for as long as its card is shown. @param {string} stream */
function useRoom(stream) {
  const room = useMemo(() => new Room(stream), [stream]);
  useEffect(() => {
    room.start();
    return () => room.stop();
  }, [room]);
  return room;
}

/** Tell whether a custodian of a list is who is signed in. @param {{name: string, person?: string}} one */
function isMe(one) {
  const mine = person();
  return mine !== null && (one.person ? one.person === mine.id : one.name === [mine.organisation_name, mine.name].filter(Boolean).join(" "));
}

/** @param {{room: Room}} props */
function Link({ room }) {
  const link = room.link.value;
  if (link === "live" || link === "joining") return null;
  const gone = performance.now() - room.lostAt.value + 0 * second.value.getTime();
  return html`<${Notice} state="attention" icon="away" alert><p>${link === "lost" ? t("custodian.link.lost", { time: duration(gone) }) : t(`custodian.link.${link}`)}</p><//>`;
}

/** @param {{people: {index: number, name: string, state: string, word: string}[]}} props */
function People({ people }) {
  return html`<ul class="people people-wide">${people.map((one) => html`<li key=${one.index}><span class="share" data-state=${one.state}>${one.index}</span>
    <span>${one.name}${isMe(one) ? html` <${Badge} state="open">${t("custodian.me")}<//>` : ""}</span><span class="small muted">${one.word}</span></li>`)}</ul>`;
}

/** What to do now, and how. @param {{what: string, id: string, text: string}} props */
function Act({ what, id, text }) {
  return html`<div class="stack stack-tight"><p>${text}</p><${CommandLine} text=${command(what, id)} label=${t(`custodian.command.${what}`)} /></div>`;
}

/** @param {{found: Case}} props */
function Ceremony({ found }) {
  const room = useRoom(found.stream);
  const state = foldCeremony(room.held.value.events);
  if (!room.held.value.joined) return html`<${Skeleton} />`;
  /** @type {Record<string, "joined" | "sent" | "signed">} */
  const stepOf = { joining: "joined", "round-one": "sent", signing: "signed" };
  const step = stepOf[state.phase] ?? "signed";
  const mine = state.custodians.find(isMe);
  const wanted = Boolean(mine && stepOf[state.phase] && !mine[step]);
  const here = new Set(room.held.value.members.map((one) => one.index));
  const people = state.custodians.map((one) => ({
    ...one, state: one[step] ? "released" : here.has(one.index) ? "ready" : "waiting", word: t(one[step] ? `custodian.step.${step}` : "custodian.step.waiting"),
  }));
  return html`<section class="card" aria-labelledby=${found.stream}><div class="card-head"><h2 id=${found.stream}>${t("custodian.ceremony")} · ${state.title}</h2>
      <${Badge} state=${state.phase === "completed" ? "done" : state.phase === "aborted" ? "fault" : wanted ? "attention" : "open"} icon=${state.phase === "completed" ? "check" : wanted ? "warning" : "clock"}>${t(`custodian.phase.${state.phase}`)}<//></div>
    <div class="card-body"><${Link} room=${room} />
      <p class="soft">${t("custodian.ceremony.text", { n: state.custodians.length, threshold: state.threshold, batch: state.batch })}</p>
      <${People} people=${people} />
      ${mine && stepOf[state.phase] && html`<${Act} what="ceremony" id=${found.stream} text=${t(wanted ? "custodian.ceremony.wanted" : "custodian.ceremony.going")} />`}
      ${state.phase === "aborted" && html`<${Notice} state="fault"><p>${t("custodian.aborted", { reason: state.aborted })}</p><//>`}
      ${state.phase === "completed" && html`<${Notice} state="done"><p>${t("custodian.completed", { n: state.keys.length })}</p><//>`}</div></section>`;
}

/** Who has released for one stage, and how many are needed. @param {{title: string, threshold: number, custodians: {index: number, name: string}[], released: Set<number>, whole: boolean}} props */
function Stage({ title, threshold, custodians, released, whole }) {
  const left = Math.max(0, threshold - released.size);
  const people = custodians.map((one) => ({ ...one, state: released.has(one.index) ? "released" : "waiting", word: t(released.has(one.index) ? "custodian.released" : whole ? "custodian.notNeeded" : "custodian.notReleased") }));
  return html`<div class="custody"><div class="quorum"><h3>${title}</h3>
      <p class="quorum-figure">${released.size}<small>/ ${threshold}</small></p><p><${Badge} state=${whole ? "done" : "attention"} icon=${whole ? "check" : "key"}>${whole ? t("custodian.whole") : t("custodian.left", { n: left })}<//></p></div>
    <${People} people=${people} /></div>`;
}

/** @param {{found: Case}} props */
function Opening({ found }) {
  const room = useRoom(found.stream);
  const state = foldOpening(room.held.value.events);
  if (!room.held.value.joined || !state.convened) return html`<${Skeleton} />`;
  const { threshold, custodians } = state.convened;
  const stages = Object.entries(state.shares).map(([stage, shares]) => ({ stage, released: new Set(Object.keys(shares).map(Number)), whole: Boolean(state.keys[stage]) }));
  const mine = custodians.find(isMe);
  const wanted = mine && stages.some((one) => !one.whole && !one.released.has(mine.index));
  const open = stages.every((one) => one.whole);
  return html`<section class="card" aria-labelledby=${found.stream}><div class="card-head"><h2 id=${found.stream}>${t("custodian.opening")} · ${named(found.title, found.title_en)}</h2>
      <${Badge} state=${open ? "done" : wanted ? "attention" : "open"} icon=${open ? "check" : wanted ? "warning" : "clock"}>${t(open ? "custodian.opening.open" : wanted ? "custodian.wanted" : "custodian.waiting")}<//></div>
    <div class="card-body"><${Link} room=${room} />
      ${stages.map((one) => html`<${Stage} key=${one.stage} title=${t(`custodian.stage.${one.stage}`)} threshold=${threshold} custodians=${custodians} released=${one.released} whole=${one.whole} />`)}
      ${wanted && html`<${Act} what="release" id=${found.tender} text=${t("custodian.opening.text")} />`}
      <p><a href=${`/opening/${found.tender}`}>${t("custodian.opening.room")}</a></p></div></section>`;
}

/** @param {{found: Case}} props */
function Draw({ found }) {
  const room = useRoom(found.stream);
  const state = foldEvaluation(room.held.value.events);
  if (!room.held.value.joined) return html`<${Skeleton} />`;
  const { threshold, custodians, released, recovered } = state.custody;
  const mine = custodians.find(isMe);
  const wanted = mine && state.phase === "rostered" && !released.has(mine.index);
  return html`<section class="card" aria-labelledby=${found.stream}><div class="card-head"><h2 id=${found.stream}>${t("custodian.draw")} · ${named(found.title, found.title_en)}</h2>
      <${Badge} state=${recovered ? "done" : wanted ? "attention" : "open"} icon=${recovered ? "check" : wanted ? "warning" : "clock"}>${t(recovered ? "custodian.draw.done" : wanted ? "custodian.wanted" : state.phase === "convened" ? "custodian.draw.roster" : "custodian.waiting")}<//></div>
    <div class="card-body"><${Link} room=${room} />
      <${Stage} title=${t("custodian.stage.lot")} threshold=${threshold} custodians=${custodians} released=${released} whole=${recovered} />
      ${wanted ? html`<${Act} what="release-lot" id=${found.tender} text=${t("custodian.draw.text")} />` : !recovered && state.phase === "convened" && html`<p class="soft">${t("custodian.draw.wait")}</p>`}
      <p><a href=${`/evaluation/${found.tender}`}>${t("custodian.draw.room")}</a></p></div></section>`;
}

/** @type {Record<string, any>} */
const CARDS = { ceremony: Ceremony, opening: Opening, evaluation: Draw };
const ADDRESS = /** @type {Record<string, string>} */ ({ opening: "/opening/", evaluation: "/evaluation/" });

/** @param {{all: Case[]}} props */
function Past({ all }) {
  return html`<section class="card" aria-labelledby="past"><div class="card-head"><h2 id="past">${t("custodian.past")}</h2></div><div class="table-frame"><table class="table table-cards">
    <thead><tr><th scope="col">${t("custodian.case")}</th><th scope="col">${t("custodian.kind")}</th></tr></thead>
    <tbody>${all.map((one) => html`<tr key=${one.stream}><th scope="row">${ADDRESS[one.kind] ? html`<a href=${ADDRESS[one.kind] + one.tender}>${named(one.title, one.title_en)}</a>` : named(one.title, one.title_en)}</th>
      <td data-label=${t("custodian.kind")}><${Badge} state=${one.phase === "aborted" ? "fault" : "done"} icon=${one.phase === "aborted" ? "fault" : "check"}>${t(`custodian.past.${one.kind}`)}${one.phase === "aborted" ? ` · ${t("custodian.phase.aborted")}` : ""}<//></td></tr>`)}</tbody></table></div></section>`;
}

function Work() {
  useEffect(() => {
    load();
    const timer = setInterval(load, AGAIN);
    return () => clearInterval(timer);
  }, []);
  const all = cases.value;
  if (all === null) return failed.value ? html`<${Problem} error=${failed.value} retry=${load} />` : html`<${Skeleton} lines=${6} />`;
  const open = all.filter((one) => OPEN[one.kind]?.includes(one.phase));
  const past = all.filter((one) => CARDS[one.kind] && !open.includes(one));
  return html`${failed.value && html`<${Problem} error=${failed.value} retry=${load} />`}
    ${open.length === 0 && html`<section class="card"><${Empty} icon="key"><p>${t("custodian.nothing")}</p><//></section>`}
    ${open.map((one) => html`<${CARDS[one.kind]} key=${one.stream} found=${one} />`)}
    ${past.length > 0 && html`<${Past} all=${past} />`}`;
}

function Why() {
  return html`<section class="card"><div class="card-head card-tight"><h2>${t("custodian.why")}</h2></div><div class="card-body card-tight">
      ${["one", "two", "three"].map((one) => html`<p class="soft small" key=${one}>${t(`custodian.why.${one}`)}</p>`)}</div></section>
    <section class="card"><div class="card-head card-tight"><h2>${t("custodian.store")}</h2></div><div class="card-body card-tight">
      <p class="soft small">${t("custodian.store.text")}</p><p class="small"><code>~/.config/bidhall/custodian.age</code></p>
      <${Notice} state="attention"><p>${t("custodian.store.backup")}</p><//></div></section>`;
}

function Page() {
  const allowed = has("custodian");
  return html`<${Frame} current="custodian" title=${t("custodian.title")}><div class="page"><${Crumbs} steps=${[[t("frame.nav.home"), "/"], [t("custodian.title")]]} />
    <div class="title"><h1>${t("custodian.title")}</h1><p class="soft">${t("custodian.lead")}</p></div>
    ${allowed
      ? html`<div class="section with-aside"><div class="stack"><${Work} /></div><aside class="stack aside" aria-label=${t("custodian.why")}><${Why} /></aside></div>`
      : html`<section class="card"><${Empty} icon="person"><p>${t(person() ? "custodian.notOne" : "custodian.signIn")}</p>
          ${!person() && html`<button class="button" type="button" onClick=${goSignIn}><${Icon} name="person" />${t("frame.signIn")}</button>`}<//></section>`}</div><//>`;
}

mount(Page);
