// The host's desk: the steps, the one next step, what needs the host; and after the opening, how far the evaluation is.

import { fold as foldEvaluation } from "../evaluation-state.js";
import { roomLater } from "../room-later.js";
import { Crumbs, Frame, idOfPage, mount } from "../parts/frame.js";
import { LinkBadge, LinkNotice } from "../parts/link.js";
import { At, Badge, Empty, Notice, Skeleton } from "../parts/pieces.js";
import { goSignIn, person } from "../session.js";
import { computed, effect, html, signal } from "../ui.js";
import { addWords, named, t } from "../words.js";
import openingWords from "../../locales/opening.js";
import words from "../../locales/host.js";
import { Counts, Envelopes, NotOpened, Prices } from "../opening/bids.js";
import { follow } from "../opening/follow.js";
import { Feed, Objections, People } from "../opening/side.js";
import { answer, busy } from "../host/acts.js";
import { Committee } from "../host/committee.js";
import { Checklist, Next } from "../host/next.js";
import { Problems } from "../host/problems.js";

addWords(openingWords);
addWords(words);

const tender = idOfPage();
const followed = follow(tender);
const over = computed(() => followed.state.value.phase === "ended");
const committee = signal(/** @type {{room: {value: any}} | null} */ (null));
const later = computed(() => committee.value?.room.value ?? null);
const evaluation = computed(() => foldEvaluation(later.value?.held.value.events ?? []));

// The evaluation's room is there once the opening has ended.
effect(() => {
  if (over.value && committee.peek() === null) committee.value = roomLater(`eva-${tender.slice(4)}`);
});

/** @param {{terms: any}} props */
function Title({ terms }) {
  const state = followed.state.value;
  const live = state.convened !== null && state.phase !== "not-opened" && evaluation.value.phase !== "reported";
  return html`<${Crumbs} steps=${[[t("frame.nav.desk"), "/desk"], [t("opening.toTender"), `/tenders/${tender}`], [t("host.title")]]} />
    <div class="title"><div class="row">${live && html`<${Badge} state="live">${t("host.live")}<//>`}<${Badge}>${t("host.title")}<//><${Badge} state="open" icon="clock">${t(`opening.phase.${state.phase}`)}<//></div>
    <h1>${named(terms.title, terms.title_en)}</h1><div class="title-meta"><span><b>${t("host.opens")}</b><${At} at=${terms.opens_at} whole /></span>
      <span><b>${t("host.chair")}</b>${state.chair?.name ?? t("host.chair.none")}</span>
      <a href=${`/opening/${tender}`} target="_blank">${t("host.hall")}</a></div></div>`;
}

/** @param {{opening: import("../opening-state.js").Opening}} props */
function Middle({ opening }) {
  if (opening.convened === null) return null;
  const counting = ["releasing", "not-opened"].includes(opening.phase);
  return html`${(opening.phase === "ended" || later.value !== null) && html`<${Committee} evaluation=${evaluation.value} room=${later.value} />`}
    <${NotOpened} state=${opening} />
    ${counting ? html`<${Counts} state=${opening} />` : opening.bids.length ? html`<${Prices} state=${opening} mine="" plain />` : html`<${Envelopes} state=${opening} />`}`;
}

/** @param {{me: string, terms: any}} props */
function Desk({ me, terms }) {
  const opening = followed.state.value;
  const room = followed.room.value;
  const desk = { opening, evaluation: evaluation.value, room, later: later.value, me };
  const mine = opening.chair?.person === me && opening.phase === "announced";
  const answering = mine && room !== null
    ? (/** @type {any} */ one) => html`<button class="button button-second button-small" type="button" disabled=${busy.value} onClick=${() => answer(room, one)}>${t("host.answer.act")}</button>`
    : undefined;
  return html`<div class="desk"><${Checklist} opening=${opening} evaluation=${evaluation.value} />
    <div class="stack">${[room ?? followed.hall, later.value].map((one, key) => one && html`<${LinkNotice} key=${key} room=${one} />`)}
      <${Next} ...${desk} opensAt=${terms.opens_at} /><${Middle} opening=${opening} /></div>
    <aside class="stack desk-side" aria-label=${t("host.problems")}><${Problems} ...${desk} />
      ${opening.objections.length > 0 && html`<${Objections} state=${opening} act=${answering} />`}
      ${room !== null && opening.convened !== null && html`<${Feed} state=${opening} />`}
      ${room !== null && opening.convened !== null && opening.phase !== "not-opened" && html`<${People} state=${opening} members=${room.held.value.members} listeners=${room.held.value.listeners} />`}
      <section class="card" aria-labelledby="links"><div class="card-head card-tight"><h2 id="links">${t("host.link")}</h2></div><div class="card-body card-tight"><dl class="facts">
        <div><dt>${t("host.link.opening")}</dt><dd><${LinkBadge} room=${room ?? followed.hall} /></dd></div>
        ${later.value !== null && html`<div><dt>${t("host.link.evaluation")}</dt><dd><${LinkBadge} room=${later.value} /></dd></div>`}</dl></div></section></aside></div>`;
}

function Body() {
  const mine = person();
  const terms = followed.terms.value ?? followed.state.value.convened;
  if (mine === null) {
    return html`<${Empty} icon="person"><p>${t("error.sign-in-first")}</p><p><button class="button" type="button" onClick=${goSignIn}>${t("frame.signIn")}</button></p><//>`;
  }
  if (followed.hall.link.value === "refused" && terms === null) return html`<${Empty}><p>${t("opening.unknown")}</p><//>`;
  if (terms === null) return followed.hall.held.value.joined ? html`<${Empty} icon="clock"><p>${t("opening.unpublished")}</p><//>` : html`<${Skeleton} />`;
  if (followed.terms.value && !followed.terms.value.hosts.includes(mine.id)) {
    return html`<${Title} terms=${terms} /><${Notice} state="attention"><p>${t("host.notHost")} <a href=${`/opening/${tender}`}>${t("opening.title")}</a></p><//>`;
  }
  return html`<${Title} terms=${terms} /><${Desk} me=${mine.id} terms=${terms} />`;
}

function Page() {
  const terms = followed.terms.value;
  const title = terms ? `${t("host.title")} · ${named(terms.title, terms.title_en)}` : t("host.title");
  return html`<${Frame} current="host" wide title=${title}><div class="page page-wide"><${Body} /></div><//>`;
}

mount(Page);
