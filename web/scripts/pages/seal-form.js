// The first two steps of sealing: which files, and the form with price and key terms.

import { capitals, money, size } from "../format.js";
import { Icon } from "../parts/icon.js";
import { Field, Notice } from "../parts/pieces.js";
import { html, useState } from "../ui.js";
import { language, named, t } from "../words.js";
import { problemsOf, SHORTEST_PASSPHRASE } from "./seal-checks.js";
import { STEPS, replaced, seal, view } from "./seal-state.js";

/** Where one is on the way. @param {{step: string}} props */
export function Steps({ step }) {
  const at = STEPS.indexOf(step);
  return html`<ol class="steps" aria-label=${t("seal.steps")}>${STEPS.map((name, place) => html`<li key=${name}
    data-state=${place < at ? "done" : undefined} aria-current=${place === at ? "step" : undefined}>
    ${place < at ? html`<${Icon} name="done" />` : html`<b class="num">${place + 1}</b>`}<span>${t(`seal.step.${name}`)}</span></li>`)}</ol>`;
}

/** @param {Partial<import("./seal-state.js").Draft>} change */
function fill(change) {
  view.draft.value = { ...view.draft.value, ...change };
  const problems = { ...view.problems.value };
  for (const name of Object.keys(change)) delete problems[name];
  view.problems.value = problems;
}

/** Go on to a step, when nothing is wrong in those before it. @param {string} wanted */
function goTo(wanted) {
  const lot = view.manifest.value.lots.find((/** @type {any} */ one) => one.lot === view.draft.value.lot);
  const until = STEPS.indexOf(wanted);
  const problems = problemsOf(view.draft.value, lot, STEPS.slice(0, until));
  view.problems.value = problems;
  if (Object.keys(problems).length === 0) view.step.value = wanted;
  else document.getElementById(Object.keys(problems)[0])?.focus();
}

/** All that is wrong, on top, where it is two things or more. */
function Summary() {
  const all = Object.entries(view.problems.value);
  if (all.length < 2) return null;
  return html`<${Notice} state="fault" alert><p><strong>${t("seal.problems", { n: all.length })}</strong></p>
    <ul>${all.map(([name, text]) => html`<li key=${name}><a href=${`#${name}`}>${text}</a></li>`)}</ul><//>`;
}

export function FilesStep() {
  const [over, setOver] = useState(false);
  const { lot, files } = view.draft.value;
  const error = view.problems.value.files;
  const add = (/** @type {FileList | null} */ list) => {
    const kept = new Map(files.map((one) => [one.name, one]));
    for (const one of list ?? []) kept.set(one.name, one);
    fill({ files: [...kept.values()] });
  };
  return html`<section class="card" aria-labelledby="files-title"><div class="card-head"><h2 id="files-title">${t("seal.files.title")}</h2>
      <span class="muted small">${t("seal.files.limit")}</span></div>
    <div class="card-body"><${Summary} />
      <${Field} id="lot" label=${t("seal.lot")}><select class="select" id="lot" value=${lot} onChange=${(/** @type {any} */ event) => fill({ lot: event.target.value })}>
        ${view.manifest.value.lots.map((/** @type {any} */ one) => html`<option key=${one.lot} value=${one.lot}>${t("seal.lot.name", { lot: one.lot, name: named(one.name, one.name_en) })}</option>`)}</select><//>
      ${replaced() && html`<${Notice} state="attention"><p>${t("seal.replaces", { n: replaced()?.number ?? 0 })}</p><//>`}
      <label class="drop" for="files" data-state=${over ? "open" : undefined}
        onDragOver=${(/** @type {DragEvent} */ event) => { event.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)}
        onDrop=${(/** @type {DragEvent} */ event) => { event.preventDefault(); setOver(false); add(event.dataTransfer?.files ?? null); }}>
        <${Icon} name="upload" /><strong>${t("seal.files.drop")}</strong><span class="hint">${t("seal.files.here")}</span>
        <input class="visually-hidden" id="files" type="file" multiple aria-invalid=${error ? "true" : undefined} aria-describedby="files-error"
          onChange=${(/** @type {any} */ event) => { add(event.target.files); event.target.value = ""; }} /></label>
      ${error && html`<p class="error" id="files-error"><${Icon} name="warning" />${error}</p>`}
      ${files.length > 0 && html`<div class="table-frame"><table class="table table-cards"><thead><tr><th scope="col">${t("seal.file")}</th>
        <th scope="col" class="num">${t("seal.size")}</th><th scope="col"><span class="visually-hidden">${t("seal.remove")}</span></th></tr></thead><tbody>
        ${files.map((one) => html`<tr key=${one.name}><th scope="row">${one.name}</th><td class="num" data-label=${t("seal.size")}>${size(one.size)}</td>
          <td class="right"><button class="button button-quiet button-small" type="button" aria-label=${t("seal.remove.one", { name: one.name })}
            onClick=${() => fill({ files: files.filter((other) => other !== one) })}>${t("seal.remove")}</button></td></tr>`)}</tbody></table></div>`}
    </div>
    <div class="card-foot"><button class="button" type="button" onClick=${() => goTo("form")}>${t("seal.toForm")}</button></div></section>`;
}

/** @param {{name: "duration_days" | "valid_days" | "quality" | "manager", unit?: string}} props */
function Term({ name, unit }) {
  const error = view.problems.value[name];
  const input = html`<input class=${unit ? "input input-number" : "input"} id=${name} value=${view.draft.value[name]} inputmode=${unit ? "numeric" : "text"} maxlength=${unit ? 5 : 200}
    aria-invalid=${error ? "true" : undefined} aria-describedby=${`${name}-error`} onInput=${(/** @type {any} */ event) => fill({ [name]: event.target.value.trim() })} />`;
  return html`<${Field} id=${name} label=${t(`seal.term.${name}`)} error=${error}>${unit ? html`<div class="input-group">${input}<span class="unit">${unit}</span></div>` : input}<//>`;
}

export function FormStep() {
  const { draft, problems } = view;
  const lot = view.manifest.value.lots.find((/** @type {any} */ one) => one.lot === draft.value.lot);
  const price = draft.value.price;
  const whole = /^[1-9][0-9]{0,12}\.[0-9]{2}$/.test(price);
  return html`<section class="card" aria-labelledby="form-title"><div class="card-head"><h2 id="form-title">${t("seal.form.title")}</h2>
      <span class="muted small">${t("seal.lot.name", { lot: lot.lot, name: named(lot.name, lot.name_en) })}</span></div>
    <div class="card-body"><${Summary} />
      <${Field} id="price" label=${t("seal.price")} hint=${t("seal.price.limit", { limit: money(lot.ceiling) })} error=${problems.value.price}>
        <div class="input-group"><input class="input input-number input-price" id="price" inputmode="decimal" autocomplete="off" value=${price} placeholder="0.00"
          aria-invalid=${problems.value.price ? "true" : undefined} aria-describedby="price-hint price-error"
          onInput=${(/** @type {any} */ event) => fill({ price: event.target.value.replace(/[,，\s]/g, "") })} /><span class="unit">${t("seal.yuan")}</span></div><//>
      ${whole && html`<p class="words">${language.value === "zh-CN" ? `人民币${capitals(price)}` : `CNY ${money(price)}`}<small>${t("seal.price.check")}</small></p>`}
      <div class="pair"><${Term} name="duration_days" unit=${t("seal.days")} /><${Term} name="valid_days" unit=${t("seal.days")} />
        <${Term} name="quality" /><${Term} name="manager" /></div>
    </div></section>
    <section class="card" aria-labelledby="recovery-title"><div class="card-head"><h2 id="recovery-title">${t("seal.recovery.title")}</h2></div><div class="card-body">
      <p class="soft">${t("seal.recovery.text")}</p>
      <div class="pair">${["passphrase", "again"].map((name) => html`<${Field} key=${name} id=${name} label=${t(`seal.pass.${name}`)} error=${problems.value[name]}
        hint=${name === "passphrase" ? t("seal.passphrase.hint", { n: SHORTEST_PASSPHRASE }) : undefined}>
        <input class="input" id=${name} type="password" autocomplete="new-password" value=${draft.value[/** @type {"again"} */ (name)]}
          aria-invalid=${problems.value[name] ? "true" : undefined} aria-describedby=${`${name}-hint ${name}-error`}
          onInput=${(/** @type {any} */ event) => fill({ [name]: event.target.value })} /><//>`)}</div>
      <div class="field"><label class="check" for="understood"><input type="checkbox" id="understood" checked=${draft.value.understood} aria-invalid=${problems.value.understood ? "true" : undefined}
        onChange=${(/** @type {any} */ event) => fill({ understood: event.target.checked })} /><span>${t("seal.understood")}</span></label>
      ${problems.value.understood && html`<p class="error" id="understood-error"><${Icon} name="warning" />${problems.value.understood}</p>`}</div></div>
    <div class="card-foot"><button class="button button-second" type="button" onClick=${() => { view.step.value = "files"; }}>${t("seal.back")}</button>
      <button class="button" type="button" onClick=${() => {
        const wrong = problemsOf(draft.value, lot, ["files", "form"]);
        problems.value = wrong;
        if (Object.keys(wrong).length === 0) seal();
        else document.getElementById(Object.keys(wrong)[0])?.focus();
      }}><${Icon} name="sealed" />${t("seal.seal")}</button></div></section>`;
}
