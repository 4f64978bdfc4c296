// Before scoring: signing in to the seat, the pledge, stepping aside; and what watchers and waiting seats see meanwhile.

import { Icon } from "../parts/icon.js";
import { Badge, Hash, Notice, Problem } from "../parts/pieces.js";
import { confirm } from "../dialogs.js";
import { perform } from "../session.js";
import { html, useState } from "../ui.js";
import { t } from "../words.js";
import { WaitSeats, lotName, seatName } from "./pieces.js";

/** @typedef {import("../evaluation-state.js").Evaluation} Evaluation */
/** @typedef {import("../room.js").Room} Room */

/** Before the draw there is no seat, so only watchers see this. @param {{state: Evaluation}} props */
export function BeforeDraw({ state }) {
  const { custody, roster } = state;
  const left = Math.max(0, custody.threshold - custody.released.size);
  return html`<section class="card"><div class="card-head"><h2>${t("eva.before")}</h2>
      <${Badge} state="open" icon="clock">${t(roster ? "eva.before.keys" : "eva.before.roster")}<//></div>
    <div class="card-body"><p class="soft">${t("eva.before.text")}</p>
      <dl class="facts">
        <div><dt>${t("eva.before.seats")}</dt><dd>${state.draw.map((one) => t("eva.before.quota", { county: t(`county.${one.county}`), speciality: one.speciality, n: one.count })).join("；")}</dd></div>
        ${state.total !== null && html`<div><dt>${t("eva.before.bids")}</dt><dd class="num">${state.total}</dd></div>`}
        ${roster && html`<div><dt>${t("eva.before.roster.label")}</dt><dd>${t("eva.before.roster.text", { size: roster.size, excluded: roster.excluded })} <${Hash} value=${roster.root} /></dd></div>`}
        <div><dt>${t("eva.before.released")}</dt><dd>${t("eva.before.released.text", { done: custody.released.size, threshold: custody.threshold, left })}</dd></div>
      </dl>
      <ul class="people people-wide">${custody.custodians.map(
        (one) => html`<li key=${one.index}><span class="share" data-state=${custody.released.has(one.index) ? "released" : "waiting"}>${one.index}</span>
          <span>${one.name}</span><span class="small muted">${t(custody.released.has(one.index) ? "eva.share.released" : "eva.share.waiting")}</span></li>`,
      )}</ul></div></section>`;
}

/** Which bids there are, by code alone. @param {{state: Evaluation}} props */
function Codes({ state }) {
  return html`<dl class="facts">${state.lots.map(
    (lot) => html`<div key=${lot.lot}><dt>${lotName(lot)}</dt><dd class="row">${state.bids
      .filter((one) => one.lot === lot.lot)
      .map((one) => html`<${Badge} key=${one.bid}>${one.code}<//>`)}</dd></div>`,
  )}</dl>`;
}

/** The steps of one seat from the door to the pledge. @param {{room: Room, state: Evaluation, mine: number}} props */
export function Arrival({ room, state, mine }) {
  const seat = /** @type {import("../evaluation-state.js").Seat} */ (state.seats.get(mine));
  const [agreed, setAgreed] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(/** @type {any} */ (null));
  const act = async (/** @type {string} */ kind, /** @type {any} */ body, /** @type {boolean} */ signed) => {
    setBusy(true);
    setError(null);
    try {
      await perform(room.stream, kind, body, { signed, send: (one) => room.command(one) });
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  const recuse = async () => {
    const answer = await confirm({ title: t("eva.recuse.title"), text: t("eva.recuse.text"), reason: t("eva.recuse.reason"), confirm: t("eva.recuse.confirm"), stop: true });
    if (answer) await act("Recuse", { reason: answer.reason }, false);
  };
  const off = busy || Boolean(state.paused);
  return html`<section class="card"><div class="card-head"><h2>${t("eva.arrive", { seat: seatName(state, mine) })}</h2>
      <${Badge} state=${seat.pledged ? "done" : "attention"} icon=${seat.pledged ? "check" : "pen"}>${t(seat.pledged ? "eva.arrive.done" : seat.signedIn ? "eva.arrive.pledge" : "eva.arrive.signIn")}<//></div>
    <div class="card-body">
      ${error && html`<${Problem} error=${error} />`}
      ${!seat.signedIn && html`<p>${t("eva.signIn.text")}</p>
        <div class="row"><button class="button button-large" type="button" disabled=${off} onClick=${() => act("SignIn", {}, false)}>${t("eva.signIn")}</button>
        ${state.paused && html`<span class="soft small">${t("eva.disabled.paused")}</span>`}</div>`}
      ${seat.signedIn && !seat.pledged && html`
        <div><h3>${t("eva.pledge.bids")}</h3><p class="soft">${t("eva.pledge.bids.text")}</p></div>
        <${Codes} state=${state} />
        <div><h3>${t("eva.pledge")}</h3>
        <ol>${["one", "two", "three", "four", "five"].map((one) => html`<li key=${one}>${t(`eva.pledge.${one}`)}</li>`)}</ol></div>
        <label class="check"><input type="checkbox" checked=${agreed} onChange=${(/** @type {any} */ event) => setAgreed(event.target.checked)} /><span>${t("eva.pledge.agree")}</span></label>
        <div class="row"><button class="button" type="button" disabled=${off || !agreed} onClick=${() => act("SignPledge", {}, true)}>${t("eva.pledge.sign")}</button>
          <button class="button button-stop" type="button" disabled=${off} onClick=${recuse}>${t("eva.recuse")}</button>
          ${(state.paused || !agreed) && html`<span class="soft small">${t(state.paused ? "eva.disabled.paused" : "eva.disabled.agree")}</span>`}</div>`}
      ${seat.pledged && html`<${Notice} state="done"><p><strong>${t("eva.pledged.title")}</strong></p><p>${t("eva.pledged.text")}</p><//>`}
    </div></section>`;
}

/** Who has come and pledged. @param {{state: Evaluation, mine: number | null}} props */
export function Pledges({ state, mine }) {
  return html`<section class="card"><div class="card-head"><h2>${t("eva.pledges")}</h2></div><div class="card-body">
    <${WaitSeats} state=${state} mine=${mine} label=${t("eva.pledges")} done=${(/** @type {any} */ one) => one.pledged} yes=${t("eva.pledges.yes")} no=${t("eva.pledges.no")} />
    <p class="muted small">${t("eva.pledges.text", { n: state.substitutes })}</p></div></section>`;
}

/** The files of the bids are being opened. @param {{state: Evaluation}} props */
export function OpeningFiles({ state }) {
  return html`<section class="lockscreen"><${Icon} name="open" /><h2>${t("eva.opening", { done: state.files.size, all: state.bids.length })}</h2>
    <progress class="progress progress-large" value=${state.files.size} max=${Math.max(1, state.bids.length)} aria-label=${t("eva.opening.label")}></progress>
    <p>${t("eva.opening.text")}</p></section>`;
}
