// Pieces of the evaluation that several of its views show: seats, link, chat.

import { second } from "../clock.js";
import { clockTime, duration } from "../format.js";
import { Icon } from "../parts/icon.js";
import { Badge, Notice, Problem } from "../parts/pieces.js";
import { perform } from "../session.js";
import { html, useState } from "../ui.js";
import { named, t } from "../words.js";
import { byCounty } from "../evaluation-state.js";

/** @typedef {import("../evaluation-state.js").Evaluation} Evaluation */
/** @typedef {import("../room.js").Room} Room */

/** @param {number} seat */
export const seatNumber = (seat) => String(seat).padStart(2, "0");

/** 祥云县 04 席. @param {Evaluation} state @param {number} seat */
export function seatName(state, seat) {
  const county = state.seats.get(seat)?.county;
  return t("eva.seat", { county: county ? t(`county.${county}`) : "", seat: seatNumber(seat) });
}

/** @param {import("../evaluation-state.js").Lot} lot */
export const lotName = (lot) => t("eva.lot", { lot: lot.lot, name: named(lot.name, lot.name_en) });

/** The seats of every county, and whose link is there. @param {{state: Evaluation, members: readonly any[], mine: number | null}} props */
export function SeatStrip({ state, members, mine }) {
  const here = new Set(members.filter((one) => one.role === "expert").map((one) => one.seat));
  const away = [...state.seats.values()].filter((one) => one.signedIn && !here.has(one.seat) && one.seat !== mine);
  const over = members.filter((one) => one.role === "supervisor").length;
  return html`<div class="bench-strip"><div class="presence" role="group" aria-label=${t("eva.presence")}>
    ${byCounty(state).map(([county, seats]) => html`<span class="presence-site" key=${county}><b>${t(`county.${county}`)}</b>
      <span class="seats">${seats.map((one) => html`<${Seat} key=${one.seat} seat=${one} here=${here.has(one.seat)} mine=${one.seat === mine} />`)}</span></span>`)}
    ${away.length > 0 && state.phase !== "reported" && html`<span class="warn-text small">${t("eva.away", { n: away.length, seats: away.map((one) => seatNumber(one.seat)).join("、") })}</span>`}
    </div><span class="push muted small">${over ? t("eva.supervised") : t("eva.unsupervised")} · ${t("eva.recorded")}</span></div>`;
}

/** @param {{seat: import("../evaluation-state.js").Seat, here: boolean, mine: boolean}} props */
function Seat({ seat, here, mine }) {
  const state = mine ? "me" : !seat.signedIn ? "empty" : here ? undefined : "away";
  const word = mine ? "eva.seat.me" : !seat.signedIn ? "eva.seat.empty" : here ? "eva.seat.here" : "eva.seat.away";
  return html`<span class="seat" data-state=${state} title=${t(word)}>${seatNumber(seat.seat)}<span class="visually-hidden">${t(word)}</span></span>`;
}

/** What the link is, when it is not there. @param {{room: Room}} props */
export function LinkNotice({ room }) {
  const link = room.link.value;
  if (link === "live") return null;
  if (link === "signed-out") {
    return html`<${Notice} state="fault" alert><p><strong>${t("eva.link.signedOut")}</strong></p>
      <p>${t("eva.link.signedOut.text")} <a href="/sign-in" target="_blank" rel="noopener">${t("eva.link.signIn")}</a></p><//>`;
  }
  if (link === "refused" && room.held.value.joined) return html`<${Notice} state="attention" alert><p><strong>${t("eva.link.left")}</strong></p><p>${t("eva.link.left.text")}</p><//>`;
  if (link === "refused") return html`<${Notice} state="fault" alert><p><strong>${t("eva.link.refused")}</strong></p><p>${t("eva.link.refused.text")}</p><//>`;
  if (link === "joining") return null;
  const gone = performance.now() - room.lostAt.value + 0 * second.value.getTime();
  return html`<${Notice} state="attention" icon="away" alert><p><strong>${t("eva.link.lost", { time: duration(gone) })}</strong></p>
    <p>${t("eva.link.lost.text", { n: room.waiting.value })}</p><//>`;
}

/** @param {{state: Evaluation}} props */
export function PausedNotice({ state }) {
  return state.paused
    ? html`<${Notice} state="attention" icon="pause" alert><p><strong>${t("eva.paused", { time: clockTime(new Date(state.pausedAt)) })}</strong>${state.paused}</p>
        <p>${t("eva.paused.text")}</p><//>`
    : null;
}

/** Who has done what. @param {{state: Evaluation, mine: number | null, done: (seat: import("../evaluation-state.js").Seat) => boolean, yes: string, no: string, label: string}} props */
export function WaitSeats({ state, mine, done, yes, no, label }) {
  return html`<ol class="wait-seats" aria-label=${label}>${[...state.seats.values()].map(
    (one) => html`<li key=${one.seat} data-state=${done(one) ? undefined : "waiting"}><b>${seatName(state, one.seat)}${one.seat === mine ? t("eva.me") : ""}</b>
      <span class="row"><${Icon} name=${done(one) ? "check" : "clock"} />${done(one) ? yes : no}</span></li>`,
  )}</ol>`;
}

/** What was said in the room, and a field to say something. @param {{room: Room, state: Evaluation, mine: number | null, may: boolean, pane?: boolean}} props */
export function Chat({ room, state, mine, may, pane }) {
  const open = may && state.phase !== "reported" && state.phase !== "new";
  return html`<section class=${pane ? "pane pane-side" : "card"} aria-labelledby="chat-title" tabindex="-1" data-pane>
    <div class=${pane ? "pane-head" : "card-head card-tight"}><h2 id="chat-title">${t("eva.chat")}</h2><${Badge}>${t("eva.recorded")}<//></div>
    <div class=${pane ? "pane-body" : ""} tabindex=${pane ? "0" : undefined} role=${pane ? "region" : undefined} aria-label=${pane ? t("eva.chat") : undefined}>
      ${state.spoken.length === 0 && html`<p class="chat muted">${t("eva.chat.empty")}</p>`}
      <ul class="chat" aria-live="polite">${state.spoken.map(
        (one, key) => html`<li key=${key} data-state=${one.seat !== null && one.seat === mine ? "me" : one.role ? "formal" : undefined}>
          <span class="who">${clockTime(new Date(one.at))} · ${one.seat !== null ? seatName(state, one.seat) + (one.seat === mine ? t("eva.me") : "") : t(`role.${one.role}`)}</span>
          <span class="said">${one.text}</span></li>`,
      )}</ul></div>
    ${open && html`<${Say} room=${room} pane=${pane} />`}</section>`;
}

/** @param {{room: Room, pane?: boolean}} props */
function Say({ room, pane }) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(/** @type {any} */ (null));
  const say = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const said = text.trim();
    if (!said || busy) return;
    setBusy(true);
    setError(null);
    try {
      if (await perform(room.stream, "Speak", { text: said }, { send: (one) => room.command(one) })) setText("");
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  return html`<form class=${pane ? "pane-foot" : "card-foot"} onSubmit=${say}>
    ${error && html`<${Problem} error=${error} />`}
    <div class="field chat-field"><label class="small" for="say">${t("eva.say")}</label>
      <textarea class="textarea" id="say" rows="2" maxlength="500" placeholder=${t("eva.say.hint")} value=${text}
        onInput=${(/** @type {any} */ event) => setText(event.target.value)}></textarea></div>
    <button class="button button-second button-small push" type="submit" disabled=${busy || !text.trim()}>${t(busy ? "eva.say.busy" : "eva.say.send")}</button></form>`;
}
