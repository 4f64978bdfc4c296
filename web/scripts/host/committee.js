// The evaluation as a host may see it: seats by number and county, how far each is, never a name or a score.

import { Icon } from "../parts/icon.js";
import { Badge, Empty } from "../parts/pieces.js";
import { html } from "../ui.js";
import { hasWords, t } from "../words.js";

/** @param {{evaluation: import("../evaluation-state.js").Evaluation, room: import("../room.js").Room | null}} props */
export function Committee({ evaluation, room }) {
  const here = new Set((room?.held.value.members ?? []).filter((one) => one.role === "expert").map((one) => one.seat));
  const seats = [...evaluation.seats.values()].sort((a, b) => a.seat - b.seat);
  return html`<section class="card" aria-labelledby="committee"><div class="card-head"><h2 id="committee">${t("host.evaluation")}</h2><span class="muted small">${t("host.evaluation.note")}</span></div>
    ${seats.length === 0
      ? html`<div class="card-body"><${Empty} icon="person"><p>${t(room === null ? "host.evaluation.none" : "host.seats.none")}</p><//></div>`
      : html`<div class="table-frame" tabindex="0" role="region" aria-label=${t("host.evaluation")}><table class="table table-cards"><thead><tr>
          ${["seat", "county", "here", "signedIn", "pledged", "locked", "signed"].map((one) => html`<th scope="col" key=${one}>${t(`host.${one}`)}</th>`)}</tr></thead>
        <tbody>${seats.map((one) => html`<${Row} key=${one.seat} one=${one} here=${here.has(one.seat)} lots=${evaluation.lots.length} />`)}</tbody></table></div>`}</section>`;
}

/** @param {{one: import("../evaluation-state.js").Seat, here: boolean, lots: number}} props */
function Row({ one, here, lots }) {
  const county = hasWords(`county.${one.county}`) ? t(`county.${one.county}`) : one.county;
  const away = one.signedIn && !here && !one.signed;
  return html`<tr><th scope="row" class="nowrap">${t("host.seat.n", { n: one.seat })}</th><td data-label=${t("host.county")}>${county}<small>${one.speciality}</small></td>
    <td data-label=${t("host.here")}>${here ? html`<${Badge} state="done" icon="check">${t("opening.here")}<//>` : html`<${Badge} state=${away ? "attention" : undefined} icon="away">${t("opening.notHere")}<//>`}</td>
    <td data-label=${t("host.signedIn")}><${Tick} on=${one.signedIn} /></td><td data-label=${t("host.pledged")}><${Tick} on=${one.pledged} /></td>
    <td data-label=${t("host.locked")} class="nowrap">${t("host.locked.of", { n: one.locked.size, total: lots })}</td><td data-label=${t("host.signed")}><${Tick} on=${one.signed} /></td></tr>`;
}

/** @param {{on: boolean}} props */
function Tick({ on }) {
  return on ? html`<span class="ok-text row"><${Icon} name="check" />${t("host.yes")}</span>` : html`<span class="muted">${t("host.no")}</span>`;
}
