// The last steps of sealing: the self-test, the upload, and the receipt.

import { moment, size } from "../format.js";
import { Icon } from "../parts/icon.js";
import { Hash, Notice, Progress } from "../parts/pieces.js";
import { html } from "../ui.js";
import { t } from "../words.js";
import { receiptFile } from "../../seal/receipt.js";
import { explainSealing, handIn, startOver, view } from "./seal-state.js";

/** Let the browser keep a file. @param {Blob} blob @param {string} name */
function keep(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function Recovery() {
  const found = view.recovery.value;
  if (!found) return null;
  return html`<section class="card" aria-labelledby="kept-title"><div class="card-head"><h2 id="kept-title">${t("seal.recovery.title")}</h2></div>
    <div class="card-body"><p class="soft">${t("seal.recovery.keep", { name: found.name })}</p>
      <div class="row"><button class="button button-second" type="button" onClick=${() => keep(found.blob, found.name)}><${Icon} name="download" />${t("seal.recovery.save")}</button></div></div></section>`;
}

export function SealingStep() {
  const progress = view.progress.value;
  if (progress !== null) {
    const done = Math.floor(100 * progress.fraction);
    return html`<section class="card" aria-labelledby="sealing-title"><div class="card-head"><h2 id="sealing-title">${t(`seal.doing.${progress.step}`)}</h2>
        <span class="muted small num">${done}%</span></div>
      <div class="card-body"><${Progress} value=${done} max=${100} label=${t(`seal.doing.${progress.step}`)} large />
        <p class="soft">${t("seal.doing.text")}</p></div></section>`;
  }
  const sealed = view.sealed.value;
  return html`<${Notice} state="done" icon="shield"><p><strong>${t("seal.tested")}</strong></p><//>
    <section class="card" aria-labelledby="ready-title"><div class="card-head"><h2 id="ready-title">${t("seal.ready.title")}</h2></div>
      <div class="card-body"><dl class="facts">${sealed.stages.map((/** @type {any} */ one) => html`<div key=${one.stage}><dt>${t(`seal.stage.${one.stage}`)}</dt>
        <dd><span class="num">${size(one.ciphertext.size)}</span> · ${t("seal.fingerprint")} <${Hash} value=${one.descriptorHash} /></dd></div>`)}</dl>
        <p class="soft">${t("seal.ready.text")}</p></div>
      <div class="card-foot"><button class="button" type="button" onClick=${handIn}><${Icon} name="upload" />${t("seal.handIn")}</button>
        <button class="button button-quiet" type="button" onClick=${startOver}>${t("seal.again")}</button></div></section>
    <${Recovery} />`;
}

export function UploadStep() {
  const progress = view.progress.value ?? { stage: "form", done: 0, total: 0, fraction: 0 };
  const { error, link, handing, sealed } = view;
  const at = sealed.value.stages.findIndex((/** @type {any} */ one) => one.stage === progress.stage);
  const held = link.value === "paused";
  return html`<section class="card" aria-labelledby="upload-title"><div class="card-head"><h2 id="upload-title">${t("seal.upload.title")}</h2>
      <span class="muted small num">${Math.floor(100 * progress.fraction)}%</span></div>
    <div class="card-body">
      <${Progress} value=${Math.floor(1000 * progress.fraction)} max=${1000} label=${t("seal.upload.title")} large />
      <div>${sealed.value.stages.map((/** @type {any} */ one, /** @type {number} */ place) => {
        const total = one.ciphertext.size;
        const done = place < at ? total : place === at ? progress.done : 0;
        return html`<div class="transfer" key=${one.stage}><div class="transfer-head"><strong>${t(`seal.stage.${one.stage}`)}</strong><span class="muted"><${Hash} value=${one.descriptorHash} /></span>
          ${done >= total ? html`<span class="push ok-text row"><${Icon} name="done" />${t("seal.upload.stored")}</span>` : html`<span class="push num">${size(done)} / ${size(total)}</span>`}</div>
          <${Progress} value=${done} max=${total} label=${t(`seal.stage.${one.stage}`)} state=${done >= total ? "done" : undefined} /></div>`;
      })}</div>
      ${link.value === "waiting" && html`<${Notice} state="attention" alert><p>${t("seal.upload.waiting")}</p><//>`}
      ${error.value
        ? html`<${Notice} state="fault" alert><p><strong>${explainSealing(error.value)}</strong></p><p>${t("seal.upload.kept")}</p>
            <div class="notice-actions"><button class="button button-second button-small" type="button" onClick=${handIn}><${Icon} name="again" />${t("piece.retry")}</button></div><//>`
        : html`<${Notice} state="attention"><p><strong>${t("seal.upload.notYet")}</strong>${t("seal.upload.stay")}</p><//>`}
    </div>
    <div class="card-foot"><button class="button button-second" type="button" onClick=${() => (held ? handing.value.resume() : handing.value.pause())}>
        <${Icon} name=${held ? "again" : "pause"} />${t(held ? "seal.upload.resume" : "seal.upload.pause")}</button>
      <button class="button button-quiet" type="button" onClick=${startOver}>${t("seal.again")}</button></div></section>
    <${Recovery} />`;
}

export function ReceiptStep() {
  const { bid, lot, receipt, proven } = view.result.value;
  const tender = receipt.event.stream;
  const hashes = view.sealed.value.stages;
  return html`<article class="receipt" aria-labelledby="receipt-title"><div class="receipt-head"><${Icon} name="done" />
      <div><h2 id="receipt-title">${t("seal.receipt.title")}</h2><p class="soft">${t("seal.receipt.at", { at: moment(receipt.time) })}</p></div>
      <span class="push row"><button class="button button-second" type="button" onClick=${() => print()}><${Icon} name="print" />${t("seal.receipt.print")}</button>
        <button class="button" type="button" onClick=${() => keep(receiptFile(receipt), `${tender}-lot${lot}-${bid}.receipt.json`)}><${Icon} name="download" />${t("seal.receipt.save")}</button></span></div>
    <div class="receipt-body"><dl class="facts"><div><dt>${t("seal.receipt.bid")}</dt><dd class="hash strong">${bid}</dd></div>
        <div><dt>${t("seal.lot")}</dt><dd>${lot}</dd></div>
        <div><dt>${t("seal.receipt.number")}</dt><dd>${t("seal.receipt.times", { n: receipt.event.body.number })}</dd></div>
        ${hashes.map((/** @type {any} */ one) => html`<div key=${one.stage}><dt>${t(`seal.stage.${one.stage}`)}</dt><dd><${Hash} value=${one.descriptorHash} long /></dd></div>`)}</dl>
      <section class="stack" aria-labelledby="chain-title"><h3 id="chain-title">${t("seal.chain.title")}</h3><ol class="chain">
        <li><b><${Icon} name="done" />${t("seal.chain.bid")}</b><span class="muted">${t("seal.chain.bid.text")}</span></li>
        <li><b><${Icon} name="done" />${t("seal.chain.entry", { n: Number(proven.index) + 1 })}</b><span class="muted">${t("seal.chain.entry.text")}</span></li>
        <li><b><${Icon} name="done" />${t("seal.chain.checkpoint", { n: Number(proven.checkpoint.size) })}</b><span class="muted">${t("seal.chain.checkpoint.text")}</span></li></ol></section></div></article>
    <${Notice} state="attention" icon="key"><p>${t("seal.receipt.recovery")}</p><//>
    <${Recovery} />
    <div class="row"><a class="button button-second" href=${`/tenders/${tender}`}>${t("seal.receipt.back")}</a>
      <a class="button button-quiet" href=${`/seal/${tender}?lot=${encodeURIComponent(lot)}`}>${t("seal.receipt.replace")}</a></div>`;
}
