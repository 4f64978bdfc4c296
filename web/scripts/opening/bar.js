// The bar of the hall: which session, the hall's time, and the mode for the projector.

import { Icon } from "../parts/icon.js";
import { Account, Brand, Languages, SystemClock } from "../parts/frame.js";
import { html, signal } from "../ui.js";
import { named, t } from "../words.js";

/** Whether the page is shown to a room. */
export const projector = signal(new URLSearchParams(location.search).get("mode") === "projector");

/** @param {boolean} wanted */
function project(wanted) {
  projector.value = wanted;
  const address = new URL(location.href);
  if (wanted) address.searchParams.set("mode", "projector");
  else address.searchParams.delete("mode");
  history.replaceState(null, "", address);
  showMode();
}

/** Let the whole page follow the mode. */
export function showMode() {
  if (projector.value) document.documentElement.dataset.mode = "projector";
  else delete document.documentElement.dataset.mode;
}

/** @param {{terms: any, id: string}} props `terms`: the session's, or the tender's before it */
export function HallBar({ terms, id }) {
  return html`<header class="hall-bar"><div class="page page-wide hall-bar-row"><${Brand} />
    <div class="hall-bar-title"><h1>${terms ? named(terms.title, terms.title_en) : t("opening.title")}</h1>
      <p class="soft">${terms && html`${t("opening.tenderee", { name: terms.tenderee })} · `}<a href=${`/tenders/${id}`}>${t("opening.toTender")}</a></p></div>
    <div class="header-end"><${SystemClock} />
      ${!projector.value && html`<${Languages} /><${Account} />`}
      <button class="button on-ink button-small projector-switch" type="button" aria-pressed=${String(projector.value)} onClick=${() => project(!projector.value)}>
        ${t(projector.value ? "opening.projector.off" : "opening.projector")}</button></div></div></header>`;
}

const STEPS = ["closed", "release", "decrypt", "announce", "confirm", "record"];
const PLACE = /** @type {Record<string, number>} */ ({ new: 0, releasing: 1, decrypting: 2, decrypted: 3, announced: 4, ended: 6 });

/** What comes after what. @param {{phase: string, record: boolean}} props */
export function Agenda({ phase, record }) {
  if (phase === "not-opened") return null;
  const place = phase === "ended" && !record ? 5 : PLACE[phase];
  return html`<ol class="agenda" aria-label=${t("opening.agenda")}>${STEPS.map(
    (step, at) => html`<li key=${step} data-state=${at < place ? "done" : undefined} aria-current=${at === place ? "step" : undefined}>
      ${at < place && html`<${Icon} name="check" />`}${t(`opening.agenda.${step}`)}</li>`,
  )}</ol>`;
}
