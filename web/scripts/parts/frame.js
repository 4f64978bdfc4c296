// What stands around every page: skip link, header with the hall's clock, main, footer; and how a page is put in place.

import { drift, run, second } from "../clock.js";
import { Dialogs } from "../dialogs.js";
import { clockTime } from "../format.js";
import { goSignIn, has, load, me, person, signOut } from "../session.js";
import { html, render, signal, useEffect, useState } from "../ui.js";
import { addWords, language, speak, t } from "../words.js";
import frame from "../../locales/frame.js";
import { Icon } from "./icon.js";

addWords(frame);

/** @typedef {any} Node */

const WORTH_SAYING = 1_000;

/** The mark and the name. */
export function Brand() {
  return html`<a class="brand" href="/"><svg viewBox="0 0 32 32" aria-hidden="true">
    <path class="brand-mount" d="M3 15.5 12.6 4.4a1 1 0 0 1 1.5 0l4.3 5 1.9-2.1a1 1 0 0 1 1.5 0L29 15.5z" />
    <path class="brand-lake" d="M3 17.5h26V26a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z" />
    <path class="brand-flap" d="m6.6 18.6 8.6 5.6a1.5 1.5 0 0 0 1.6 0l8.6-5.6" /></svg>
    <span class="brand-name">${t("frame.brand")}<span class="brand-sub">${t("frame.centre")}</span></span></a>`;
}

/** The hall's time and how this computer's clock differs. */
export function SystemClock() {
  const off = drift.value;
  const differs = off !== null && Math.abs(off.behind) > WORTH_SAYING;
  const seconds = off === null ? "" : (Math.abs(off.behind) / 1000).toFixed(2);
  return html`<div class="system-clock" data-state=${off === null || differs ? "attention" : undefined}>
    <time datetime=${second.value.toISOString()}>${clockTime(second.value)}</time>
    <span>${t("frame.zone")}<i class="drift" data-state=${differs ? "attention" : undefined}> · ${
      off === null ? t("frame.drift.unknown") : t(differs ? "frame.drift.differs" : "frame.drift", { seconds })
    }</i></span></div>`;
}

/** The two languages. */
export function Languages() {
  const choose = (/** @type {"zh-CN" | "en"} */ wanted) => (/** @type {Event} */ event) => {
    event.preventDefault();
    speak(wanted);
  };
  return html`<div class="language" role="group" aria-label="语言 Language">
    <a href="?lang=zh-CN" lang="zh-CN" aria-current=${language.value === "zh-CN" ? "true" : undefined} onClick=${choose("zh-CN")}>中文</a>
    <a href="?lang=en" lang="en" aria-current=${language.value === "en" ? "true" : undefined} onClick=${choose("en")}>English</a></div>`;
}

/** Who is signed in, or the way to. */
export function Account() {
  const mine = person();
  if (me.value === null) return null;
  if (mine === null) {
    return html`<a class="button button-second button-small account-in" href="/sign-in" onClick=${(/** @type {Event} */ event) => {
      event.preventDefault();
      goSignIn();
    }}>${t("frame.signIn")}</a>`;
  }
  return html`<details class="account-menu"><summary class="account"><${Icon} name="person" />${[mine.organisation_name, mine.name].filter(Boolean).join(" · ")}</summary>
    <div class="account-list"><a href="/desk">${t("frame.desk")}</a>
    <button class="button button-quiet button-small" type="button" onClick=${() => signOut()}>${t("frame.signOut")}</button>
    <button class="button button-quiet button-small" type="button" onClick=${() => signOut(true)}>${t("frame.signOutAll")}</button></div></details>`;
}

/** @param {string} current */
function places(current) {
  const all = [
    ["home", "/", true],
    ["desk", "/desk", person() !== null],
    ["custodian", "/custodian", has("custodian")],
    ["supervise", "/supervise", has("supervisor")],
    ["verify", "/verify", true],
  ];
  return all
    .filter(([, , shown]) => shown)
    .map(([name, href]) => html`<a key=${name} href=${href} aria-current=${name === current ? "page" : undefined}>${t(`frame.nav.${name}`)}</a>`);
}

/** @param {{current: string, wide?: boolean}} props */
function Header({ current, wide }) {
  const [shown, show] = useState(false);
  return html`<header class="header"><div class=${wide ? "page page-wide header-row" : "page header-row"}>
    <${Brand} />
    <button class="menu-toggle" type="button" aria-expanded=${String(shown)} aria-controls="site-nav" onClick=${() => show(!shown)}>
      <${Icon} name="menu" />${t("frame.menu")}</button>
    <nav class="nav" id="site-nav" aria-label=${t("frame.nav")}>${places(current)}
      ${person() === null
        ? html`<a class="phone-only" href="/sign-in">${t("frame.signIn")}</a>`
        : html`<a class="phone-only" href="/" onClick=${(/** @type {Event} */ event) => {
            event.preventDefault();
            signOut();
          }}>${t("frame.signOut")}</a>`}
      <a class="phone-only" href="?lang" lang=${language.value === "en" ? "zh-CN" : "en"} onClick=${(/** @type {Event} */ event) => {
        event.preventDefault();
        speak(language.value === "en" ? "zh-CN" : "en");
      }}>${language.value === "en" ? "中文" : "English"}</a></nav>
    <div class="header-end"><${SystemClock} /><${Languages} /><${Account} /></div></div></header>`;
}

/** @param {{wide?: boolean}} props */
function Footer({ wide }) {
  return html`<footer class="footer"><div class=${wide ? "page page-wide footer-row" : "page footer-row"}>
    <span>${t("frame.footer.authority")}</span><a href="/verify">${t("frame.footer.verify")}</a>
    <a href="/record/checkpoint">${t("frame.footer.checkpoint")}</a><span>${t("frame.footer.law")}</span></div></footer>`;
}

/** A page in its frame. `bar` takes the header's place, in the opening hall.
 * @param {{current: string, wide?: boolean, bar?: Node, title: string, children?: Node}} props */
export function Frame({ current, wide, bar, title, children }) {
  useEffect(() => {
    document.title = title ? `${title} - ${t("frame.name")}` : t("frame.name");
  });
  return html`<a class="skip" href="#main">${t("frame.skip")}</a>
    ${bar ?? html`<${Header} current=${current} wide=${wide} />`}
    <main id="main" tabindex="-1">${children}</main>
    <${Footer} wide=${wide} /><${Dialogs} />`;
}

/** Where one is. @param {{steps: [string, string?][]}} props */
export function Crumbs({ steps }) {
  return html`<nav aria-label=${t("frame.crumbs")}><ol class="crumbs">
    ${steps.map(([text, href], key) => html`<li key=${key}>${href ? html`<a href=${href}>${text}</a>` : text}</li>`)}</ol></nav>`;
}

const failed = signal(/** @type {any} */ (null));

/** Put a page in place, once it is known who is signed in. @param {() => Node} Page */
export async function mount(Page) {
  const body = /** @type {HTMLElement} */ (document.getElementById("page"));
  run();
  try {
    await load();
  } catch (error) {
    failed.value = error;
    me.value = { person: null };
  }
  body.textContent = "";
  render(html`<${Page} />`, body);
}

/** The id in the page's own address: `/tenders/{id}`. */
export function idOfPage() {
  return decodeURIComponent(location.pathname.split("/").filter(Boolean)[1] ?? "");
}
