// Signing in: account and password, then the code; the first time the authenticator is enrolled here.

import { explain, post } from "../api.js";
import { me } from "../session.js";
import { Field, Notice } from "../parts/pieces.js";
import { Frame, mount } from "../parts/frame.js";
import { html, useState } from "../ui.js";
import { addWords, t } from "../words.js";
import words from "../../locales/sign-in.js";

addWords(words);

/** Where to go afterwards: only within this hall. */
function next() {
  const asked = new URLSearchParams(location.search).get("next") ?? "";
  const inside = asked.startsWith("/") && !asked.startsWith("//") && !asked.includes("\\");
  return inside ? asked : "/desk";
}

/** @typedef {{busy: boolean, error: string, act: (form: FormData) => Promise<void>}} Step */

/** @param {(form: FormData) => Promise<void>} act */
function useStep(act) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setError("");
    try {
      await act(new FormData(/** @type {HTMLFormElement} */ (event.target)));
    } catch (problem) {
      setError(explain(problem));
    }
    setBusy(false);
  };
  return { busy, error, submit };
}

function Wrong({ error = "" }) {
  return error ? html`<${Notice} state="fault" alert><p>${error}</p><//>` : null;
}

function Password() {
  const { busy, error, submit } = useStep(async (form) => {
    const given = { account: String(form.get("account")).trim(), password: form.get("password"), kind: "page" };
    me.value = await post("/api/session", given);
    if (me.value?.step === "none") location.assign(next());
  });
  return html`<form class="card" onSubmit=${submit}><div class="card-head"><h2>${t("signIn.first")}</h2></div><div class="card-body">
    <${Wrong} error=${error} />
    <${Field} id="account" label=${t("signIn.account")}><input class="input" id="account" name="account" autocomplete="username" required autofocus autocapitalize="none" spellcheck="false" /><//>
    <${Field} id="password" label=${t("signIn.password")}><input class="input" id="password" name="password" type="password" autocomplete="current-password" required /><//>
    <button class="button button-wide" type="submit" disabled=${busy}>${t("signIn.on")}</button></div></form>`;
}

function Code() {
  const [recovery, setRecovery] = useState(false);
  const { busy, error, submit } = useStep(async (form) => {
    const text = String(form.get("code")).replace(/\s/g, "");
    me.value = await post("/api/session/code", recovery ? { recovery: text } : { code: text });
    location.assign(next());
  });
  return html`<form class="card" onSubmit=${submit} key=${String(recovery)}><div class="card-head"><h2>${t("signIn.second")}</h2></div><div class="card-body">
    <${Wrong} error=${error} />
    <${Field} id="code" label=${t(recovery ? "signIn.recovery" : "signIn.code")} hint=${t(recovery ? "signIn.recovery.hint" : "signIn.code.hint")}>
      <input class="input" id="code" name="code" inputmode=${recovery ? "text" : "numeric"} autocomplete="one-time-code" required autofocus spellcheck="false" aria-describedby="code-hint" /><//>
    <button class="button button-wide" type="submit" disabled=${busy}>${t("signIn.enter")}</button>
    <button class="button button-quiet" type="button" onClick=${() => setRecovery(!recovery)}>${t(recovery ? "signIn.useCode" : "signIn.useRecovery")}</button></div></form>`;
}

function Enrol() {
  const [secret, setSecret] = useState("");
  const [codes, setCodes] = useState(/** @type {string[]} */ ([]));
  const { busy, error, submit } = useStep(async (form) => {
    if (!secret) return setSecret((await post("/api/totp", {})).secret);
    const done = await post("/api/totp", { code: String(form.get("code")).replace(/\s/g, "") });
    setCodes(done.recovery_codes);
  });
  if (codes.length) {
    return html`<section class="card"><div class="card-head"><h2>${t("signIn.codes")}</h2></div><div class="card-body">
      <${Notice} state="attention"><p>${t("signIn.codes.text")}</p><//>
      <ul class="codes">${codes.map((one) => html`<li key=${one}><code>${one}</code></li>`)}</ul>
      <button class="button button-wide" type="button" onClick=${() => location.assign(next())}>${t("signIn.codes.kept")}</button></div></section>`;
  }
  return html`<form class="card" onSubmit=${submit} key=${secret}><div class="card-head"><h2>${t("signIn.enrol")}</h2></div><div class="card-body">
    <p class="soft">${t("signIn.enrol.text")}</p><${Wrong} error=${error} />
    ${secret && html`<${Field} id="secret" label=${t("signIn.secret")} hint=${t("signIn.secret.hint")}>
      <input class="input" id="secret" readonly value=${secret.replace(/(.{4})(?=.)/g, "$1 ")} aria-describedby="secret-hint" /><//>
    <${Field} id="code" label=${t("signIn.code")}><input class="input" id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required /><//>`}
    <button class="button button-wide" type="submit" disabled=${busy}>${t(secret ? "signIn.enrol.finish" : "signIn.enrol.begin")}</button></div></form>`;
}

function Page() {
  const step = me.value?.person ? me.value.step : "password";
  const shown = step === "none" ? "code" : step;
  return html`<${Frame} current="sign-in" title=${t("signIn.title")}><div class="page page-narrow">
    <div class="title"><h1>${t("signIn.title")}</h1><p class="soft">${t("signIn.lead")}</p></div>
    ${shown === "password" && html`<${Password} />`}
    ${shown === "code" && html`<${Code} />`}
    ${shown === "enrol" && html`<${Enrol} />`}
  </div><//>`;
}

mount(Page);
