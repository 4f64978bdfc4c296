// Small pieces that several pages show.

import { explain } from "../api.js";
import { second } from "../clock.js";
import { brief, briefly, moment, parts } from "../format.js";
import { html, useEffect, useRef } from "../ui.js";
import { t } from "../words.js";
import { Icon } from "./icon.js";

/** @typedef {any} Node */

/** A state: shape, word and colour. @param {{state?: string, icon?: string, children?: Node}} props */
export function Badge({ state, icon, children }) {
  return html`<span class="badge" data-state=${state}>${state === "live" ? html`<span class="pulse"></span>` : icon && html`<${Icon} name=${icon} />`}${children}</span>`;
}

const NOTICE_ICONS = /** @type {Record<string, string>} */ ({ attention: "warning", fault: "fault", done: "done" });

/** One thing that must be read. @param {{state?: string, icon?: string, alert?: boolean, children?: Node}} props */
export function Notice({ state, icon, alert, children }) {
  return html`<div class="notice" data-state=${state} role=${alert ? "alert" : undefined}>
    <${Icon} name=${icon ?? NOTICE_ICONS[state ?? ""] ?? "info"} /><div>${children}</div></div>`;
}

/** What went wrong, in words, with a way to try again. @param {{error: any, retry?: () => void}} props */
export function Problem({ error, retry }) {
  return html`<${Notice} state="fault" alert><p><strong>${explain(error)}</strong></p>
    ${retry && html`<div class="notice-actions"><button class="button button-second button-small" type="button" onClick=${retry}>
      <${Icon} name="again" />${t("piece.retry")}</button></div>`}<//>`;
}

/** Nothing is there yet, and why. @param {{icon?: string, children?: Node}} props */
export function Empty({ icon = "box", children }) {
  return html`<div class="empty"><${Icon} name=${icon} /><div>${children}</div></div>`;
}

/** Something is on its way. */
export function Skeleton({ lines = 3 }) {
  return html`<div class="skeleton" role="status" aria-label=${t("piece.loading")}>
    ${Array.from({ length: lines }, (_, key) => html`<span key=${key}></span>`)}</div>`;
}

/** A fingerprint, short, whole in its title. @param {{value: string, long?: boolean}} props */
export function Hash({ value, long }) {
  return html`<span class="hash" title=${value}>${long ? value.replace(/(.{8})(?=.)/g, "$1 ") : brief(value)}</span>`;
}

/** An instant, with its day when that is not today. @param {{at: string, whole?: boolean}} props */
export function At({ at, whole }) {
  return html`<time datetime=${at}>${whole ? moment(at) : briefly(at, second.value)}</time>`;
}

/** A bar with its number beside it. @param {{value: number, max: number, label: string, state?: string, large?: boolean}} props */
export function Progress({ value, max, label, state, large }) {
  const share = max > 0 ? Math.floor((100 * value) / max) : 0;
  return html`<progress class=${large ? "progress progress-large" : "progress"} data-state=${state} value=${value} max=${Math.max(max, 1)}
    aria-label=${label}>${share}%</progress>`;
}

/** The clock that runs to a deadline, on ink. @param {{to: string, label: string, after?: string, children?: Node}} props */
export function Deadline({ to, label, after, children }) {
  const left = Date.parse(to) - second.value.getTime();
  const { days, hours, minutes, seconds } = parts(left);
  const faces = days > 0 ? [["days", days], ["hours", hours], ["minutes", minutes]] : [["hours", hours], ["minutes", minutes], ["seconds", seconds]];
  return html`<div class="clock"><h2 class="clock-label">${label}</h2>
    ${left > 0
      ? html`<div class="clock-face" role="timer">${faces.map(([name, n]) => html`${n}<small>${t(`unit.${name}`, { n: Number(n) })}</small>`)}</div>`
      : html`<div class="clock-face">${after ?? t("piece.passed")}</div>`}
    <${Milestones} left=${left} />
    <p class="clock-exact">${children ?? moment(to)}</p></div>`;
}

/** The last minutes, said to who cannot see the clock: at 10, 5, 1 minute and at the end. @param {{left: number}} props */
export function Milestones({ left }) {
  const said = useRef(/** @type {HTMLParagraphElement | null} */ (null));
  const minute = [10, 5, 1, 0].find((one) => left <= one * 60_000 && left > one * 60_000 - 2_000);
  useEffect(() => {
    if (minute !== undefined && said.current) said.current.textContent = minute ? t("piece.left", { n: minute }) : t("piece.passed");
  }, [minute]);
  return html`<p class="visually-hidden" role="status" aria-live="polite" ref=${said}></p>`;
}

/** A field with its label, hint and error. The control is the child and has the id.
 * @param {{id: string, label: string, hint?: Node, error?: string, children?: Node}} props */
export function Field({ id, label, hint, error, children }) {
  return html`<div class="field"><label for=${id}>${label}</label>${children}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${error && html`<p class="error" id=${`${id}-error`}><${Icon} name="warning" />${error}</p>`}</div>`;
}
