// Verifying: the whole record offline by the command line, a receipt in this page. Nothing is uploaded.

import { clockTime, moment } from "../format.js";
import { now } from "../clock.js";
import { CommandLine } from "../parts/command-line.js";
import { Crumbs, Frame, mount } from "../parts/frame.js";
import { Icon } from "../parts/icon.js";
import { Badge, At, Hash } from "../parts/pieces.js";
import { html, signal, useEffect, useRef, useState } from "../ui.js";
import { addWords, hasWords, t } from "../words.js";
import { STEPS, checkReceipt } from "../verify/receipt-checks.js";
import words from "../../locales/verify.js";

addWords(words);

/** @typedef {import("../verify/receipt-checks.js").Verdict} Verdict */
/** @typedef {{file: string, at: Date, took: number, verdict: Verdict}} Result */

const result = signal(/** @type {Result | null} */ (null));
const busy = signal(false);

/** @param {FileList | null | undefined} files */
async function check(files) {
  const file = files?.[0];
  if (!file || busy.value) return;
  busy.value = true;
  const began = performance.now();
  const verdict = await checkReceipt(file);
  result.value = { file: file.name, at: now(), took: performance.now() - began, verdict };
  busy.value = false;
}

function Drop() {
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [over, setOver] = useState(false);
  return html`<div class="drop" data-state=${over ? "over" : undefined}
      onDragOver=${(/** @type {DragEvent} */ event) => {
        event.preventDefault();
        setOver(true);
      }} onDragLeave=${() => setOver(false)} onDrop=${(/** @type {DragEvent} */ event) => {
        event.preventDefault();
        setOver(false);
        check(event.dataTransfer?.files);
      }}><${Icon} name="upload" /><p>${t("verify.drop")}</p>
    <input class="visually-hidden" id="receipt" type="file" accept=".json,application/json" tabindex="-1" ref=${input} aria-label=${t("verify.choose")} onChange=${(/** @type {any} */ event) => {
      check(event.target.files);
      event.target.value = "";
    }} />
    <button class="button" type="button" disabled=${busy.value} onClick=${() => input.current?.click()}>${t(busy.value ? "verify.busy" : "verify.choose")}</button>
    <p class="muted small">${t("verify.nothingUploaded")}</p></div>`;
}

/** @param {{found: Result}} props */
function Verdict({ found: { file, verdict } }) {
  const { event } = verdict;
  const element = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => element.current?.focus(), [verdict]);
  const state = verdict.passed ? "passed" : verdict.away ? "away" : "failed";
  const failed = verdict.outcomes.find((one) => one.state === "fault");
  const said = state === "failed" && hasWords(`verify.failed.${failed?.code}`) ? `verify.failed.${failed?.code}` : `verify.${state}.text`;
  return html`<div class="section-top"><div class="verdict" ref=${element} tabindex="-1" data-state=${state === "passed" ? undefined : "fault"} role="status"><${Icon} name=${state === "passed" ? "shield" : "warning"} />
    <div><h1>${t(`verify.${state}`)}</h1>
      <p>${file}${event && html` · ${eventName(event)} · <span class="num">${event.stream}</span>`}</p>
      <p>${t(said)}</p></div></div></div>`;
}

/** @param {any} event */
const eventName = (event) => (hasWords(`verify.event.${event.kind}`) ? t(`verify.event.${event.kind}`) : String(event.kind));

/** Facts as people read them: the event by its name, its time in Beijing's. @param {Record<string, string>} facts @param {any} event */
const readable = (facts, event) => (facts.kind ? { kind: eventName(event), time: moment(event.at) } : facts);

/** @param {{verdict: Verdict}} props */
function Checks({ verdict }) {
  const done = verdict.outcomes.filter((one) => one.state === "done").length;
  const icons = { done: "done", fault: "fault", skipped: "info" };
  return html`<section class="card" aria-labelledby="checks-title"><div class="card-head"><h2 id="checks-title">${t("verify.checked")}</h2>
      <${Badge} state=${verdict.passed ? "done" : "fault"} icon=${verdict.passed ? "check" : "fault"}>${t(verdict.passed ? "verify.checked.all" : "verify.checked.some", { done, all: STEPS.length })}<//></div>
    <ol class="checks">${verdict.outcomes.map((one) => html`<li key=${one.step} data-state=${one.state === "done" ? undefined : one.state}><${Icon} name=${icons[one.state]} />
      <div><b>${t(`verify.step.${one.step}`)}</b><p>${one.state === "done" ? t(`verify.step.${one.step}.done`, readable(one.facts, verdict.event)) : one.state === "fault" ? t(`verify.step.${one.step}.fault`) : t(one.reason ? "verify.step.away" : "verify.step.skipped")}</p>
        ${one.state !== "done" && one.reason && html`<dl class="evidence"><div><dt>${t("verify.evidence")}</dt><dd>${one.reason}</dd></div></dl>`}</div>
      <span class="num">${t(`verify.state.${one.state}`)}</span></li>`)}</ol></section>`;
}

/** @param {{found: Result}} props */
function Facts({ found: { file, at, took, verdict } }) {
  const key = verdict.outcomes.find((one) => one.step === "key")?.facts ?? {};
  return html`<section class="card"><div class="card-head card-tight"><h2>${t("verify.this")}</h2></div><div class="card-body card-tight"><dl class="facts">
      <div><dt>${t("verify.this.file")}</dt><dd>${file}</dd></div>
      ${verdict.event && html`<div><dt>${t("verify.this.time")}</dt><dd><${At} at=${verdict.event.at} whole /></dd></div>`}
      ${key.origin && html`<div><dt>${t("verify.this.record")}</dt><dd>${key.origin}</dd></div><div><dt>${t("verify.this.key")}</dt><dd><${Hash} value=${key.vkey} /></dd></div>`}
      <div><dt>${t("verify.this.at")}</dt><dd class="num">${clockTime(at)}</dd></div>
      <div><dt>${t("verify.this.took")}</dt><dd>${t("verify.this.seconds", { seconds: (took / 1000).toFixed(1) })}</dd></div></dl>
    <button class="button button-second button-wide" type="button" onClick=${() => print()}><${Icon} name="print" />${t("verify.print")}</button>
    <button class="button button-quiet button-wide" type="button" onClick=${() => (result.value = null)}><${Icon} name="back" />${t("verify.again")}</button></div></section>`;
}

function Offline() {
  const steps = [
    ["verify.offline.get", ".venv/bin/bidhall export ten-… -o record.zip"],
    ["verify.offline.run", ".venv/bin/bidhall verify record.zip"],
    ["verify.offline.receipt", ".venv/bin/bidhall verify record.zip --receipt receipt.json"],
    ["verify.offline.key", ".venv/bin/bidhall verify record.zip --key 'KEY'"],
    ["verify.offline.json", ".venv/bin/bidhall verify record.zip --json"],
  ];
  return html`<section class="card" aria-labelledby="offline-title"><div class="card-head"><h2 id="offline-title">${t("verify.offline")}</h2></div>
    <ol class="checks commands">${steps.map(([word, command]) => html`<li key=${word}><${Icon} name=${word === "verify.offline.get" ? "download" : "shield"} /><div><b>${t(word)}</b><p>${t(`${word}.text`)}</p>
      <${CommandLine} text=${command} label=${t(word)} /></div></li>`)}</ol>
    <div class="card-foot"><span class="muted small">${t("verify.offline.foot")}</span></div></section>`;
}

function Why() {
  return html`<section class="card"><div class="card-body card-tight"><h2 class="small strong">${t("verify.why")}</h2><p class="soft small">${t("verify.why.text")}</p></div></section>`;
}

function Page() {
  const found = result.value;
  return html`<${Frame} current="verify" title=${t("verify.title")}><div class="page"><${Crumbs} steps=${[[t("frame.nav.home"), "/"], [t("verify.title")]]} />
    ${found ? html`<${Verdict} found=${found} />` : html`<div class="title"><h1>${t("verify.title")}</h1><p class="soft">${t("verify.lead")}</p></div>`}
    <div class="section with-aside"><div class="stack">${found && html`<${Checks} verdict=${found.verdict} />`}
      ${!found && html`<section class="card" aria-labelledby="receipt-title"><div class="card-head"><h2 id="receipt-title">${t("verify.receipt")}</h2></div><div class="card-body"><p class="soft">${t("verify.receipt.text")}</p><${Drop} /></div></section>`}
      <${Offline} /></div>
    <aside class="stack aside" aria-label=${t("verify.aside")}>${found && html`<${Facts} found=${found} />`}<${Why} />
      <section class="card"><div class="card-body card-tight"><h2 class="small strong">${t("verify.record")}</h2><p class="soft small">${t("verify.record.text")}</p>
        <a class="button button-quiet button-wide" href="/record/checkpoint">${t("frame.footer.checkpoint")}</a><a class="button button-quiet button-wide" href="/record/key">${t("verify.record.key")}</a></div></section></aside></div></div><//>`;
}

mount(Page);
