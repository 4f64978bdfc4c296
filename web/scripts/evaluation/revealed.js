// A lot after the reveal: every seat's totals, what the checks ask about, the price scores and the ranking.

import { money } from "../format.js";
import { Icon } from "../parts/icon.js";
import { Badge } from "../parts/pieces.js";
import { html } from "../ui.js";
import { named, t } from "../words.js";
import { codeOf } from "../evaluation-state.js";
import { seatName, seatNumber } from "./pieces.js";

/** @typedef {import("../evaluation-state.js").Evaluation} Evaluation */

/** @param {Evaluation} state @param {any} report @param {string} bid @param {number} seat */
const outlier = (state, report, bid, seat) => report.findings.find((/** @type {any} */ one) => one.check === "outlying" && one.bid === bid && one.seats.includes(seat));

/** @param {{state: Evaluation, report: any}} props */
export function Matrix({ state, report }) {
  const seats = report.sheets.map((/** @type {any} */ one) => one.seat);
  const rows = [...report.technical].sort((one, two) => (codeOf(state, one.bid) < codeOf(state, two.bid) ? -1 : 1));
  const asked = report.findings.length;
  return html`<section class="card" aria-labelledby="matrix-title"><div class="card-head"><h2 id="matrix-title">${t("eva.matrix")}</h2>
      <${Badge} state=${asked ? "attention" : "done"} icon=${asked ? "warning" : "check"}>${t(asked ? "eva.matrix.asked" : "eva.matrix.clear", { n: asked })}<//></div>
    <div class="table-frame" tabindex="0" role="region" aria-label=${t("eva.matrix")}><table class="matrix"><caption class="visually-hidden">${t("eva.matrix.caption")}</caption>
      <thead><tr><th scope="col">${t("eva.code")}</th>${seats.map((/** @type {number} */ seat) => html`<th scope="col" key=${seat}>${t(`county.${state.seats.get(seat)?.county}`)}<br />${t("eva.seat.short", { seat: seatNumber(seat) })}</th>`)}
        <th scope="col">${t("eva.mean")}</th><th scope="col">${t("eva.spread")}</th></tr></thead>
      <tbody>${rows.map((row) => html`<tr key=${row.bid}><th scope="row">${codeOf(state, row.bid)}</th>
        ${seats.map((/** @type {number} */ seat) => {
          const found = outlier(state, report, row.bid, seat);
          const high = found?.code === "outlying-high";
          return html`<td key=${seat} data-state=${found ? (high ? "high" : "low") : undefined}>${row.totals[seat]}${found && html`<small>${t(high ? "eva.high" : "eva.low", { percent: found.params.percent.replace(/\..*/, "") })}</small>`}</td>`;
        })}<td class="mean">${row.mean}</td><td>${row.spread}</td></tr>`)}</tbody></table></div>
    <div class="card-foot"><span class="muted small">${t("eva.matrix.foot")}</span></div></section>
    <${Every} state=${state} report=${report} seats=${seats} />`;
}

/** Every score of every seat, criterion by criterion. @param {{state: Evaluation, report: any, seats: number[]}} props */
function Every({ state, report, seats }) {
  const sheets = new Map(report.sheets.map((/** @type {any} */ one) => [one.seat, one]));
  const differs = (/** @type {string} */ bid, /** @type {string} */ criterion, /** @type {number} */ seat) =>
    report.findings.some((/** @type {any} */ one) => one.check === "objective" && one.bid === bid && one.criterion === criterion && one.seats.includes(seat));
  const bids = [...report.scored].sort((one, two) => (codeOf(state, one) < codeOf(state, two) ? -1 : 1));
  return html`<details class="card"><summary class="card-head"><h2>${t("eva.every")}</h2><${Icon} name="plus" /></summary>
    <div class="table-frame" tabindex="0" role="region" aria-label=${t("eva.every")}><table class="matrix"><caption class="visually-hidden">${t("eva.every")}</caption>
    <thead><tr><th scope="col">${t("eva.criterion")}</th>${seats.map((seat) => html`<th scope="col" key=${seat}>${t("eva.seat.short", { seat: seatNumber(seat) })}</th>`)}</tr></thead>
    <tbody>${bids.flatMap((bid) => report.criteria.map((/** @type {any} */ one) => html`<tr key=${bid + one.id}><th scope="row">${codeOf(state, bid)} · ${named(one.name, one.name_en)}</th>
      ${seats.map((seat) => {
        const comment = sheets.get(seat)?.comments[bid]?.[one.id];
        return html`<td key=${seat} data-state=${differs(bid, one.id, seat) ? "differs" : undefined}>${sheets.get(seat)?.scores[bid]?.[one.id]}${comment && html`<small class="comment">${comment}</small>`}</td>`;
      })}</tr>`))}</tbody></table></div></details>`;
}

/** Objective criteria on which the seats differ. @param {{state: Evaluation, report: any}} props */
export function Objective({ state, report }) {
  const found = report.findings.filter((/** @type {any} */ one) => one.check === "objective");
  if (found.length === 0) return null;
  const seats = report.sheets.map((/** @type {any} */ one) => one.seat);
  return html`<section class="card" aria-labelledby="objective-title"><div class="card-head"><h2 id="objective-title">${t("eva.objective.differ")}</h2></div>
    <div class="table-frame" tabindex="0" role="region" aria-label=${t("eva.objective.differ")}><table class="matrix"><caption class="visually-hidden">${t("eva.objective.differ")}</caption>
    <thead><tr><th scope="col">${t("eva.objective.should")}</th>${seats.map((/** @type {number} */ seat) => html`<th scope="col" key=${seat}>${t("eva.seat.short", { seat: seatNumber(seat) })}</th>`)}</tr></thead>
    <tbody>${found.map((/** @type {any} */ one, /** @type {number} */ key) => html`<tr key=${key}><th scope="row">${codeOf(state, one.bid)} · ${criterionName(report, one.criterion)}</th>
      ${report.sheets.map((/** @type {any} */ sheet) => html`<td key=${sheet.seat} data-state=${one.seats.includes(sheet.seat) ? "differs" : undefined}>${sheet.scores[one.bid]?.[one.criterion]}</td>`)}</tr>`)}</tbody></table></div></section>`;
}

/** @param {any} report @param {string} id */
function criterionName(report, id) {
  const found = report.criteria.find((/** @type {any} */ one) => one.id === id);
  return found ? named(found.name, found.name_en) : id;
}

/** The ranking, with each price score's working. @param {{state: Evaluation, report: any}} props */
export function Ranking({ state, report }) {
  const working = new Map(report.price.rows.map((/** @type {any} */ one) => [one.bid, one]));
  const flags = report.flags.map((/** @type {any} */ one) => t(`eva.flag.${one.code}`, { bids: one.bids.map((/** @type {string} */ bid) => codeOf(state, bid)).join("、") }));
  return html`<section class="card" aria-labelledby="ranking-title"><div class="card-head"><h2 id="ranking-title">${t("eva.ranking")}</h2>
      <span class="muted small">${t("eva.ceiling", { ceiling: money(report.ceiling) })}</span></div>
    <div class="table-frame" tabindex="0" role="region" aria-label=${t("eva.ranking")}><table class="table table-cards">
      <thead><tr><th scope="col">${t("eva.rank")}</th><th scope="col">${t("eva.code")}</th><th scope="col" class="money">${t("eva.price")}</th><th scope="col" class="num">${t("eva.technical")}</th><th scope="col" class="num">${t("eva.priceScore")}</th><th scope="col" class="num">${t("eva.total")}</th></tr></thead>
      <tbody>${report.rows.map((/** @type {any} */ row) => row.rejected
        ? html`<tr key=${row.bid}><td data-label=${t("eva.rank")}><${Badge} state="fault" icon="fault">${t("eva.rejected")}<//></td><th scope="row">${codeOf(state, row.bid)}<small>${t(row.rejected === "above-ceiling" ? "eva.rejected.above-ceiling" : "eva.rejected.reason", { reason: row.rejected })}</small></th>
            <td class="money" data-label=${t("eva.price")}>${row.price ? money(row.price) : "–"}</td><td class="num">–</td><td class="num">–</td><td class="num">–</td></tr>`
        : html`<tr key=${row.bid}><td class="strong" data-label=${t("eva.rank")}>${row.rank}${row.tied ? ` ${t("eva.tied")}` : ""} ${report.candidates.includes(row.bid) && html`<${Badge} state="done" icon="check">${t("eva.candidate")}<//>`}</td><th scope="row">${codeOf(state, row.bid)}</th>
            <td class="money" data-label=${t("eva.price")}>${money(row.price)}</td><td class="num" data-label=${t("eva.technical")}>${row.technical}</td>
            <td class="num" data-label=${t("eva.priceScore")}>${row.price_score}<small>${working.get(row.bid)?.formula}</small></td><td class="num strong" data-label=${t("eva.total")}>${row.total}</td></tr>`)}</tbody></table></div>
    <div class="card-foot stack stack-tight"><span class="muted small">${t(`eva.method.${report.price.method}`)} ${report.price.base_formula ?? ""}</span>
      ${flags.map((/** @type {string} */ one) => html`<span class="warn-text small" key=${one}>${one}</span>`)}
      <span class="muted small">${t("eva.blind")}</span></div></section>`;
}

/** The four checks before signing, each with what it asks. @param {{state: Evaluation, report: any}} props */
export function Checks({ state, report }) {
  return html`<section class="card"><div class="card-head card-tight"><h2>${t("eva.checks")}</h2><span class="muted small">${t("eva.checks.law")}</span></div>
    <ol class="checks">${report.checks.map((/** @type {any} */ check) => html`<li key=${check.check} data-state=${check.findings ? "attention" : undefined}>
      <${Icon} name=${check.findings ? "warning" : "done"} /><div><b>${t(check.findings ? `eva.check.${check.check}.found` : `eva.check.${check.check}`, { n: check.findings })}</b>
      ${report.findings.filter((/** @type {any} */ one) => one.check === check.check).map((/** @type {any} */ one, /** @type {number} */ key) => html`<p key=${key}>${question(state, report, one)}</p>`)}</div></li>`)}</ol></section>`;
}

/** @param {Evaluation} state @param {any} report @param {any} finding */
function question(state, report, finding) {
  const seats = finding.seats.map((/** @type {number} */ one) => seatName(state, one)).join("、");
  return t(`eva.finding.${finding.code}`, { ...finding.params, seats, bid: codeOf(state, finding.bid), criterion: criterionName(report, finding.criterion) });
}
