// Sealing and handing in a bid: files, form, self-test, upload, receipt. Nothing leaves this computer unsealed.

import { Crumbs, Frame, mount } from "../parts/frame.js";
import { Deadline, Empty, Notice, Problem, Skeleton } from "../parts/pieces.js";
import { goSignIn, has, person } from "../session.js";
import { html, useEffect } from "../ui.js";
import { addWords, named, t } from "../words.js";
import errors from "../../locales/sealing-errors.js";
import words from "../../locales/seal.js";
import { FilesStep, FormStep, Steps } from "./seal-form.js";
import { ReceiptStep, SealingStep, UploadStep } from "./seal-progress.js";
import { explainSealing, load, tender, view } from "./seal-state.js";

addWords(words);
addWords(errors);

function Aside() {
  const manifest = view.manifest.value;
  const mine = /** @type {any} */ (person());
  return html`<aside class="stack aside" aria-label=${t("seal.aside")}>
    <section class="card card-now"><div class="card-body"><${Deadline} to=${manifest.closes_at} label=${t("seal.left")} after=${t("seal.closed")} /></div></section>
    <section class="card"><div class="card-body card-tight"><h2 class="small strong">${t("seal.here.title")}</h2><p class="soft small">${t("seal.here.text")}</p></div></section>
    <section class="card"><div class="card-body card-tight"><h2 class="small strong">${t("role.bidder")}</h2>
      <p class="small">${mine.organisation_name}</p><p class="soft small">${t("seal.by", { name: mine.name })}</p></div></section></aside>`;
}

function Wizard() {
  const step = view.step.value;
  return html`<${Steps} step=${step} />
    <div class="section with-aside"><div class="stack">
      ${view.error.value && step !== "upload" && html`<${Notice} state="fault" alert><p><strong>${explainSealing(view.error.value)}</strong></p><//>`}
      ${step === "files" && html`<${FilesStep} />`}
      ${step === "form" && html`<${FormStep} />`}
      ${step === "selftest" && html`<${SealingStep} />`}
      ${step === "upload" && html`<${UploadStep} />`}
      ${step === "receipt" && html`<${ReceiptStep} />`}
    </div><${Aside} /></div>`;
}

function Body() {
  if (view.failed.value) return html`<${Problem} error=${view.failed.value} retry=${() => location.reload()} />`;
  if (person() === null) {
    return html`<${Empty} icon="person"><p>${t("seal.signIn")}</p><button class="button" type="button" onClick=${goSignIn}>${t("frame.signIn")}</button><//>`;
  }
  if (!has("bidder")) return html`<${Notice} state="attention"><p>${t("seal.notBidder")}</p><//>`;
  return view.manifest.value === null ? html`<${Skeleton} lines=${6} />` : html`<${Wizard} />`;
}

function Page() {
  useEffect(() => { load(); }, []);
  const manifest = view.manifest.value;
  const title = manifest ? named(manifest.title, manifest.title_en) : "";
  return html`<${Frame} current="tender" title=${t("seal.title")}><div class="page">
    <${Crumbs} steps=${[[t("frame.nav.home"), "/"], [title || tender, `/tenders/${tender}`], [t("seal.title")]]} />
    <div class="title"><h1>${t("seal.title")}</h1>${title && html`<div class="title-meta"><span><b>${t("seal.tender")}</b>${title}</span></div>`}</div>
    <${Body} /></div><//>`;
}

mount(Page);
