// What a bidder does in the session: confirm what was announced as its bid, or object to it.

import { explain } from "../api.js";
import { confirm, toast } from "../dialogs.js";
import { capitals, money } from "../format.js";
import { Icon } from "../parts/icon.js";
import { At, Badge, Notice } from "../parts/pieces.js";
import { voidReason } from "../parts/void.js";
import { perform, person } from "../session.js";
import { html, useState } from "../ui.js";
import { t } from "../words.js";
import { lotName } from "./bids.js";
import { lotOf } from "./follow.js";

/** @typedef {import("../opening-state.js").Opening} Opening */
/** @typedef {import("../room.js").Room} Room */

/** The bids of who looks on. @param {Opening} state */
export function ownBids(state) {
  const mine = person();
  return mine?.organisation ? state.bids.filter((one) => one.bidder === mine.organisation) : [];
}

/** @param {{state: Opening, room: Room}} props */
export function Mine({ state, room }) {
  const own = ownBids(state);
  if (own.length === 0) return null;
  return html`<section class="card desk-only own-bids" aria-labelledby="mine"><div class="card-head card-tight"><h2 id="mine">${t("opening.mine")}</h2></div>
    <div class="card-body card-tight">${own.map((one) => html`<${OwnBid} key=${one.bid} one=${one} state=${state} room=${room} />`)}</div></section>`;
}

/** @param {{one: import("../opening-state.js").Bid, state: Opening, room: Room}} props */
function OwnBid({ one, state, room }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const lot = lotName(lotOf(state.convened, one.lot));
  const act = async (/** @type {string} */ kind, /** @type {any} */ body, /** @type {any} */ how, /** @type {string} */ said) => {
    setBusy(true);
    setError("");
    try {
      const done = await perform(room.stream, kind, body, { ...how, send: (/** @type {any} */ command) => room.command(command) });
      if (done) toast(t(said));
    } catch (problem) {
      setError(explain(problem));
    }
    setBusy(false);
  };
  const agree = async () => {
    const text = html`<div class="stack"><dl class="facts"><div><dt>${t("opening.price")}</dt><dd class="money"><strong>${money(one.form.price)}</strong><br />${capitals(one.form.price)}</dd></div>
      <div><dt>${t("opening.duration")}</dt><dd class="num">${one.form.duration_days}</dd></div><div><dt>${t("opening.manager")}</dt><dd>${one.form.manager}</dd></div></dl><p>${t("opening.confirm.text")}</p></div>`;
    if (await confirm({ title: t("opening.confirm.title", { lot }), text, confirm: t("opening.confirm.act") })) {
      await act("ConfirmBid", { bid: one.bid }, { signed: true }, "opening.confirm.done");
    }
  };
  const object = async () => {
    const given = await confirm({ title: t("opening.object.title", { lot }), text: html`<p>${t("opening.object.text")}</p>`, confirm: t("opening.object.act"), reason: t("opening.object.label") });
    if (given) await act("RaiseObjection", { bid: one.bid, text: given.reason }, {}, "opening.object.done");
  };
  const over = state.phase !== "announced";
  const closed = over ? t("opening.closed.ended") : state.paused ? t("opening.closed.paused") : "";
  return html`<article class="own-bid"><h3>${lot}</h3>
    ${one.form ? html`<p class="money strong">${money(one.form.price)} ${t("opening.yuan")}</p>` : html`<p><${Badge} state="fault" icon="fault">${t("opening.void")}<//> ${voidReason(one.code)}</p>`}
    ${one.confirmedAt && html`<p class="ok-text small row"><${Icon} name="check" />${t("opening.mine.confirmed")} <${At} at=${one.confirmedAt} /></p>`}
    ${error && html`<${Notice} state="fault" alert><p>${error}</p><//>`}
    ${over && one.form && !one.confirmedAt && html`<p class="soft small">${t("opening.mine.silent")}</p>`}
    ${!over && html`<div class="row">${one.form && !one.confirmedAt && html`<button class="button" type="button" disabled=${busy || Boolean(closed)} onClick=${agree}>${t("opening.confirm.button")}</button>`}
      <button class="button button-second" type="button" disabled=${busy || Boolean(closed)} onClick=${object}>${t("opening.object.button")}</button></div>`}
    ${closed && html`<p class="muted small">${closed}</p>`}</article>`;
}
