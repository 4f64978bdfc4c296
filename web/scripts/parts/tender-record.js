// What is fixed about a tender: facts, lots with their criteria, documents, and who holds the keys.

import { moment, money, size } from "../format.js";
import { html } from "../ui.js";
import { hasWords, named, t } from "../words.js";
import { Icon } from "./icon.js";
import { Badge, Empty, Hash } from "./pieces.js";

/** @typedef {import("../tender-state.js").Tender} Tender */

/** Add up amounts exactly: in cents, never as a number with decimals. @param {string[]} amounts */
export function total(amounts) {
  const cents = amounts.reduce((sum, one) => sum + BigInt(one.replace(".", "")), 0n);
  const text = cents.toString().padStart(3, "0");
  return `${text.slice(0, -2)}.${text.slice(-2)}`;
}

/** @param {string} amount */
const yuan = (amount) => t("tender.yuan", { amount: money(amount) });

/** A speciality by its first level, which has a name, and its code: 工程施工 A0801. @param {string} code */
function speciality(code) {
  const key = `speciality.${code.slice(0, 3)}`;
  return `${t(hasWords(key) ? key : `speciality.${code[0]}`)} ${code}`;
}

/** @param {{label: string, children?: any}} props */
function Fact({ label, children }) {
  return html`<div><dt>${label}</dt><dd>${children ?? html`<span class="muted">${t("tender.facts.unset")}</span>`}</dd></div>`;
}

/** @param {{tender: Tender, stream: string}} props */
export function Facts({ tender, stream }) {
  const { terms, hash, publishedSeq } = tender;
  const seats = terms.draw?.seats ?? [];
  const count = seats.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.count, 0);
  return html`<section class="card" id="facts" aria-labelledby="facts-title"><div class="card-head"><h2 id="facts-title">${t("tender.facts")}</h2></div><div class="card-body">
    <dl class="facts facts-two">
      <${Fact} label=${t("tender.tenderee")}>${terms.tenderee_name || null}<//>
      <${Fact} label=${t("tender.facts.county")}>${terms.county ? t(`county.${terms.county}`) : null}<//>
      <${Fact} label=${t("tender.facts.closes")}>${terms.closes_at && html`<time class="num" datetime=${terms.closes_at}>${moment(terms.closes_at)}</time>`}<//>
      <${Fact} label=${t("tender.facts.opens")}>${terms.opens_at && html`<time class="num" datetime=${terms.opens_at}>${moment(terms.opens_at)}</time>`}<//>
      <${Fact} label=${t("tender.facts.lots")}>${terms.lots && t("tender.facts.lots.n", { n: terms.lots.length })}<//>
      <${Fact} label=${t("tender.facts.ceiling")}>${terms.lots && html`<span class="strong num">${yuan(total(terms.lots.map((/** @type {any} */ one) => one.ceiling)))}</span>`}<//>
      ${terms.minimum_bids && html`<${Fact} label=${t("tender.facts.minimum")}>${t("tender.facts.minimum.n", { n: terms.minimum_bids })}<//>`}
      <${Fact} label=${t("tender.facts.committee")}>${count === 0 ? null : html`${t("tender.facts.committee.n", { n: count })}
        <ul class="small soft plain">${seats.map((/** @type {any} */ one) => html`<li>${t("tender.seats", { county: t(`county.${one.county}`), speciality: speciality(one.speciality), n: one.count })}</li>`)}</ul>`}<//>
    </dl>
    ${hash && html`<dl class="facts"><${Fact} label=${t("tender.facts.manifest")}><${Hash} value=${hash} long /><p class="small soft">${t("tender.facts.manifest.why")}${" "}<a href=${`/api/receipts/${stream}/${publishedSeq}`} download=${`publication-${stream}.json`}>${t("tender.facts.receipt")}</a></p><//></dl>`}
  </div></section>`;
}

/** A price method in words. @param {any} price */
export function priceWords(price) {
  if (price.method === "low-price-first") return t("tender.price.low-price-first");
  const said = [t(`tender.price.${price.base}`, price)];
  if (price.base === "ceiling-mix" && price.drop) said.push(t("tender.price.trim", price));
  if (price.coefficient) said.push(t("tender.price.coefficient", price));
  said.push(t("tender.price.deduct", price), t(`tender.price.${price.counting}`, price));
  return said.join(t("tender.price.join"));
}

/** @param {{lot: any}} props */
function Lot({ lot }) {
  const maxima = [...lot.criteria.map((/** @type {any} */ one) => one.maximum), lot.price.weight];
  return html`<section class="stack stack-tight" aria-labelledby=${`lot-${lot.lot}`}>
    <div class="row row-between"><h3 id=${`lot-${lot.lot}`}>${t("tender.lot", { lot: lot.lot })} · ${named(lot.name, lot.name_en)}</h3>
      <span>${t("tender.lot.ceiling")} <b class="num">${yuan(lot.ceiling)}</b></span></div>
    <div class="table-frame" tabindex="0" role="region" aria-labelledby=${`lot-${lot.lot}`}><table class="table table-cards criteria"><thead><tr>
        <th scope="col">${t("tender.criteria.item")}</th><th scope="col">${t("tender.criteria.kind")}</th>
        <th scope="col" class="num">${t("tender.criteria.step")}</th><th scope="col" class="num">${t("tender.criteria.maximum")}</th></tr></thead>
      <tbody>${lot.criteria.map((/** @type {any} */ one) => html`<tr key=${one.id}><th scope="row">${named(one.name, one.name_en)}</th>
          <td data-label=${t("tender.criteria.kind")}>${t(one.objective ? "tender.criteria.objective" : "tender.criteria.subjective")}</td>
          <td data-label=${t("tender.criteria.step")} class="num">${one.step}</td><td data-label=${t("tender.criteria.maximum")} class="num">${one.maximum}</td></tr>`)}
        <tr><th scope="row">${t("tender.criteria.price")}</th><td colspan="2">${priceWords(lot.price)}</td>
          <td data-label=${t("tender.criteria.maximum")} class="num">${lot.price.weight}</td></tr></tbody>
      <tfoot><tr><th scope="row" colspan="3">${t("tender.criteria.sum")}</th><td class="num">${total(maxima)}</td></tr></tfoot></table></div></section>`;
}

/** @param {{tender: Tender}} props */
export function Lots({ tender }) {
  const lots = tender.terms.lots ?? [];
  return html`<section class="card" id="lots" aria-labelledby="lots-title"><div class="card-head"><h2 id="lots-title">${t("tender.lots")}</h2></div>
    <div class="card-body">${lots.length === 0 && html`<${Empty}><p>${t("tender.lots.none")}</p><//>`}
      ${lots.map((/** @type {any} */ one) => html`<${Lot} key=${one.lot} lot=${one} />`)}</div></section>`;
}

/** @param {{tender: Tender, stream: string}} props */
export function Documents({ tender, stream }) {
  const address = (/** @type {string} */ name) => `/api/cases/${stream}/documents/${encodeURIComponent(name)}`;
  return html`<section class="card" id="documents" aria-labelledby="documents-title"><div class="card-head"><h2 id="documents-title">${t("tender.documents")}</h2>
      <span class="muted small">${t("tender.documents.free")}</span></div>
    ${tender.documents.length === 0
      ? html`<${Empty}><p>${t("tender.documents.none")}</p><//>`
      : html`<div class="table-frame" tabindex="0" role="region" aria-label=${t("tender.documents.label")}><table class="table table-cards"><thead><tr>
          <th scope="col">${t("tender.documents.name")}</th><th scope="col" class="num">${t("tender.documents.size")}</th><th scope="col">${t("tender.documents.hash")}</th></tr></thead>
        <tbody>${tender.documents.map((one) => html`<tr key=${one.name}>
          <th scope="row"><a href=${address(one.name)} download=${one.name} aria-label=${t("tender.documents.download", { name: one.name })} class="file"><${Icon} name="download" /><span>${one.name}</span></a></th>
          <td data-label=${t("tender.documents.size")} class="num">${size(one.size)}</td>
          <td data-label=${t("tender.documents.hash")}><span class="small groups"><${Hash} value=${one.sha256} long /></span></td></tr>`)}</tbody></table></div>`}</section>`;
}

const KEYS = ["form", "technical", "lot"];

/** @param {{tender: Tender}} props */
export function Custody({ tender }) {
  const { keys, terms, phase } = tender;
  const head = html`<h2 id="custody-title">${t("tender.custody")}</h2>`;
  if (keys === null) {
    return html`<section class="card" id="custody" aria-labelledby="custody-title"><div class="card-head">${head}</div>
      <${Empty} icon="key"><p>${t("tender.custody.none")}</p><//></section>`;
  }
  const { threshold, custodians, ceremony } = keys;
  return html`<section class="card" id="custody" aria-labelledby="custody-title"><div class="card-head">${head}
      <${Badge} state="open" icon="key">${t("tender.custody.badge", { threshold, n: custodians.length })}<//></div><div class="card-body">
    <div class="custody"><div class="quorum">
        <div class="quorum-figure">${threshold}<small>${t("tender.custody.figure")}<br />${t("tender.custody.of", { n: custodians.length })}</small></div>
        <p class="soft small">${phase === "closed" || !terms.closes_at
          ? t("tender.custody.after", { threshold })
          : t("tender.custody.before", { when: moment(terms.closes_at), fewer: threshold - 1 })}</p>
        <p class="small"><a href=${`/api/cases/${ceremony}`} download=${`${ceremony}.json`}>${t("tender.custody.ceremony")}</a><br />
          <a href="/verify">${t("tender.custody.verify")}</a></p></div>
      <ol class="people">${custodians.map((/** @type {any} */ one) => html`<li key=${one.index}><span class="share" data-state="ready">${one.index}</span>
        <span>${one.name}<small>${t("tender.custody.share", { n: one.index, key: "" })}<${Hash} value=${one.public_key} /></small></span></li>`)}</ol></div>
    <h3>${t("tender.custody.keys")}</h3>
    <dl class="facts">${KEYS.map((name) => html`<div key=${name}><dt>${t(`tender.custody.key.${name}`)}</dt><dd class="small groups"><${Hash} value=${keys.keys[name].public_key} long /></dd></div>`)}</dl>
  </div></section>`;
}
