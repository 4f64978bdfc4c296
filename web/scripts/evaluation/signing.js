// Signing the report: what is signed is the fingerprint of all lots' reports, computed here from what this page shows.

import { digest } from "../../seal/canonical.js";
import { toHex } from "../../seal/bytes.js";
import { confirm } from "../dialogs.js";
import { Icon } from "../parts/icon.js";
import { Hash, Notice, Problem } from "../parts/pieces.js";
import { perform } from "../session.js";
import { html, useEffect, useState } from "../ui.js";
import { t } from "../words.js";
import { WaitSeats, seatName } from "./pieces.js";

/** @typedef {import("../evaluation-state.js").Evaluation} Evaluation */

/** The fingerprint of the report, as `report_hash` of the specification of scores. @param {Evaluation} state @returns {Promise<string>} */
export async function reportHash(state) {
  return toHex(await digest([...state.reports.keys()].sort().map((lot) => state.reports.get(lot))));
}

/** @param {{room: import("../room.js").Room, state: Evaluation, mine: number | null}} props */
export function Signing({ room, state, mine }) {
  const [hash, setHash] = useState("");
  const complete = state.reports.size === state.lots.length;
  useEffect(() => {
    if (complete) reportHash(state).then(setHash);
  }, [complete, state.reports.size]);
  const seat = mine === null ? undefined : state.seats.get(mine);
  return html`<section class="card" aria-labelledby="sign-title"><div class="card-head card-tight"><h2 id="sign-title">${t(seat && !seat.signed && complete ? "eva.sign.turn" : "eva.sign")}</h2>
      <span class="num small">${t("eva.sign.count", { done: state.signatures.size, all: state.seats.size })}</span></div>
    <div class="card-body card-tight">
      ${!complete && html`<p class="soft">${t("eva.sign.wait", { done: state.reports.size, all: state.lots.length })}</p>`}
      ${complete && hash && html`<p class="small soft">${t("eva.sign.print")} <${Hash} value=${hash} long /></p>`}
      ${complete && hash && seat && !seat.signed && html`<${Sign} room=${room} hash=${hash} paused=${Boolean(state.paused)} />`}
      ${seat?.signed && html`<${Notice} state="done"><p><strong>${t("eva.signed.mine")}</strong></p><//>`}
      ${complete && html`<${WaitSeats} state=${state} mine=${mine} label=${t("eva.sign")} done=${(/** @type {any} */ one) => one.signed} yes=${t("eva.signed.yes")} no=${t("eva.signed.no")} />`}
      ${[...state.signatures].filter(([, dissent]) => dissent).map(([number, dissent]) => html`<${Notice} key=${number} state="attention"><p><strong>${t("eva.dissent.of", { seat: seatName(state, number) })}</strong></p><p>${dissent}</p><//>`)}
    </div></section>`;
}

/** @param {{room: import("../room.js").Room, hash: string, paused: boolean}} props */
function Sign({ room, hash, paused }) {
  const [dissent, setDissent] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(/** @type {any} */ (null));
  const sign = async () => {
    const text = dissent.trim();
    const answer = await confirm({
      title: t("eva.sign.title"),
      text: html`<p>${t(text ? "eva.sign.text.dissent" : "eva.sign.text")}</p><p class="small soft"><${Hash} value=${hash} long /></p>`,
      confirm: t(text ? "eva.sign.confirm.dissent" : "eva.sign.confirm"),
    });
    if (!answer) return;
    setBusy(true);
    setError(null);
    try {
      await perform(room.stream, "SignReport", { report_hash: hash, dissent: text }, { signed: true, send: (one) => room.command(one) });
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  return html`${error && html`<${Problem} error=${error} />`}
    <div class="field"><label for="dissent">${t("eva.dissent")}</label>
      <textarea class="textarea" id="dissent" maxlength="2000" rows="3" aria-describedby="dissent-hint" value=${dissent} onInput=${(/** @type {any} */ event) => setDissent(event.target.value)}></textarea>
      <p class="hint" id="dissent-hint">${t("eva.dissent.hint")}</p></div>
    <button class="button button-wide" type="button" disabled=${busy || paused} onClick=${sign}><${Icon} name="pen" />${t(busy ? "eva.sign.busy" : "eva.sign.confirm")}</button>
    ${paused && html`<p class="soft small">${t("eva.disabled.paused")}</p>`}`;
}

/** The report is filed: where it is, and who sat where. @param {{state: Evaluation, stream: string}} props */
export function Filed({ state, stream }) {
  return html`<section class="card"><div class="card-head card-tight"><h2>${t("eva.filed")}</h2></div><div class="card-body card-tight">
    <p class="soft">${t("eva.filed.text")}</p>
    ${state.report && html`<a class="button button-wide" href=${`/api/cases/${stream}/documents/evaluation-report.pdf`} download><${Icon} name="download" />${t("eva.filed.report")}</a>`}
    <a class="button button-second button-wide" href="/verify"><${Icon} name="shield" />${t("eva.filed.verify")}</a></div></section>`;
}
