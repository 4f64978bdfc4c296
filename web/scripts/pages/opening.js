// The opening hall: everyone who watches sees the same thing at the same moment.

import { Frame, idOfPage, mount } from "../parts/frame.js";
import { LinkNotice } from "../parts/link.js";
import { At, Empty, Notice, Skeleton } from "../parts/pieces.js";
import { person } from "../session.js";
import { html } from "../ui.js";
import { addWords, named, t } from "../words.js";
import words from "../../locales/opening.js";
import { Agenda, HallBar, projector, showMode } from "../opening/bar.js";
import { Counts, Envelopes, NotOpened, Prices, lotName } from "../opening/bids.js";
import { follow } from "../opening/follow.js";
import { Mine } from "../opening/mine.js";
import { Announced, Decrypting, Ended, Releasing, Waiting } from "../opening/now.js";
import { Feed, Objections, People, presentShares } from "../opening/side.js";

addWords(words);
const tender = idOfPage();
const followed = follow(tender);
showMode();

/** @param {{state: import("../opening-state.js").Opening, present: Set<number>, stream: string}} props */
function Now({ state, present, stream }) {
  switch (state.phase) {
    case "releasing":
      return html`<${Releasing} state=${state} present=${present} />`;
    case "decrypting":
    case "decrypted":
      return html`<${Decrypting} state=${state} present=${present} />`;
    case "announced":
      return html`<${Announced} state=${state} />`;
    default:
      return html`<${Ended} state=${state} stream=${stream} />`;
  }
}

/** @param {{room: import("../room.js").Room}} props */
function Session({ room }) {
  const state = followed.state.value;
  const { members, listeners } = room.held.value;
  if (state.convened === null) return html`<div class="page page-wide"><${Skeleton} /></div>`;
  const open = state.bids.length > 0;
  const counting = state.phase === "releasing" || state.phase === "not-opened";
  return html`<h1 class="visually-hidden">${t("opening.title")} · ${t(`opening.phase.${state.phase}`)}</h1>
    <section class="hall-now" aria-label=${t("opening.now")}><${Now} state=${state} present=${presentShares(members)} stream=${room.stream} /></section>
    <${Agenda} phase=${state.phase} record=${state.record !== null} />
    <div class="page page-wide hall-body"><div class="stack"><${LinkNotice} room=${room} />
      ${state.paused && html`<${Notice} state="attention" icon="pause" alert><p><strong>${t("opening.paused")}</strong> ${t("opening.paused.reason", { reason: state.paused.reason })}</p>
        <p class="small"><${At} at=${state.paused.at} /> · ${t("opening.paused.text")}</p><//>`}
      <${NotOpened} state=${state} />
      ${counting && html`<${Counts} state=${state} />`}
      ${!counting && !open && html`<${Envelopes} state=${state} />`}
      ${open && html`<${Prices} state=${state} mine=${projector.value ? "" : (person()?.organisation ?? "")} />`}</div>
    <div class="stack hall-side"><${Mine} state=${state} room=${room} />
      ${open && html`<${Objections} state=${state} />`}<${Feed} state=${state} />
      ${state.phase !== "not-opened" && html`<${People} state=${state} members=${members} listeners=${listeners} />`}</div></div>`;
}

/** Before the session: nobody can read a bid, and nobody knows how many there are. @param {{terms: any}} props */
function Hall({ terms }) {
  const { link, held } = followed.hall;
  return html`<h1 class="visually-hidden">${t("opening.title")} · ${t("opening.phase.new")}</h1>
    <section class="hall-now" aria-label=${t("opening.now")}><${Waiting} opensAt=${terms.opens_at} /></section><${Agenda} phase="new" record=${false} />
    <div class="page page-wide hall-body"><div class="stack">${link.value === "lost" && html`<${LinkNotice} room=${followed.hall} />`}
      <${Notice} icon="sealed"><p><strong>${t("opening.unread")}</strong> ${t("opening.unread.text", { all: terms.custodians.length, need: terms.threshold })}</p><//>
      <section class="card" aria-labelledby="custodians"><div class="card-head"><h2 id="custodians">${t("opening.custodians")}</h2><span class="muted small">${t("opening.custodians.need", { need: terms.threshold })}</span></div>
        <div class="card-body card-tight"><ol class="people people-wide">${terms.custodians.map((/** @type {any} */ one) => html`<li key=${one.index}><span class="share" data-state="ready">${one.index}</span><span>${one.name}<small>${t("opening.custodians.share", { n: one.index })}</small></span></li>`)}</ol></div></section></div>
    <div class="stack"><section class="card" aria-labelledby="lots"><div class="card-head card-tight"><h2 id="lots">${t("opening.lots")}</h2></div><div class="card-body card-tight"><ul class="links">
        ${terms.lots.map((/** @type {any} */ one) => html`<li key=${one.lot}><span>${lotName(one)}</span></li>`)}</ul></div></section>
      <section class="card" aria-labelledby="present"><div class="card-head card-tight"><h2 id="present">${t("opening.people")}</h2></div><div class="card-body card-tight">
        <p class="soft">${t("opening.waiting.listeners", { n: held.value.listeners })}</p><p class="muted small">${t("opening.waiting.listeners.text")}</p></div></section></div></div>`;
}

/** Whether the tender is not there for this viewer. @param {string} link */
function unknown(link) {
  return link === "refused" || (link === "signed-out" && person() === null);
}

function Page() {
  const { terms, room, hall, state } = followed;
  const shown = state.value.convened ?? terms.value;
  const title = shown ? `${t("opening.title")} · ${named(shown.title, shown.title_en)}` : t("opening.title");
  return html`<${Frame} current="opening" wide title=${title} bar=${html`<${HallBar} terms=${shown} id=${tender} />`}>
    ${room.value !== null
      ? html`<${Session} room=${room.value} />`
      : terms.value !== null
        ? html`<${Hall} terms=${terms.value} />`
        : unknown(hall.link.value)
          ? html`<div class="page"><${Empty}><p>${t(person() ? "opening.unknown" : "opening.unknown.spectator")}</p><p><a href="/">${t("opening.home")}</a></p><//></div>`
          : hall.held.value.joined !== null && hall.held.value.events.length === 0
            ? html`<div class="page"><${Empty} icon="clock"><p>${t("opening.unpublished")}</p><//></div>`
            : html`<div class="page page-wide"><${LinkNotice} room=${hall} /><${Skeleton} /></div>`}<//>`;
}

mount(Page);
