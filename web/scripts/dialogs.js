// Dialogs: one at a time, the native element, focus on the safe choice, Esc is the safe choice.

import { explain } from "./api.js";
import { Icon } from "./parts/icon.js";
import { html, signal, useEffect, useRef, useState } from "./ui.js";
import { t } from "./words.js";

/** @typedef {{title: string, text?: any, confirm: string, cancel?: string, stop?: boolean, reason?: string, check?: string}} Question */
/** @typedef {{question: Question, kind: "ask" | "code", act?: (given: any) => Promise<any>, done: (answer: any) => void}} Open */

const open = signal(/** @type {Open | null} */ (null));
const toasts = signal(/** @type {{id: number, text: string, state: string}[]} */ ([]));
const SHOWN = 6_000;
let numbers = 0;

/**
 * Ask before something that cannot be undone. With `reason` a text is wanted, with `check` a tick.
 *
 * @param {Question} question
 * @returns {Promise<false | {reason: string}>}
 */
export function confirm(question) {
  return new Promise((done) => {
    open.value = { question, kind: "ask", done };
  });
}

/**
 * Ask for a code of the authenticator and give it to `act`; tells whether one was taken.
 *
 * @param {(given: {code: string}) => Promise<any>} act
 * @returns {Promise<boolean>}
 */
export function askCode(act) {
  const question = { title: t("dialog.code.title"), text: t("dialog.code.text"), confirm: t("dialog.code.confirm") };
  return new Promise((done) => {
    open.value = { question, kind: "code", act, done };
  });
}

/** Say something that needs no answer. @param {string} text @param {string} [state] */
export function toast(text, state = "done") {
  numbers += 1;
  const id = numbers;
  toasts.value = [...toasts.value, { id, text, state }];
  setTimeout(() => {
    toasts.value = toasts.value.filter((one) => one.id !== id);
  }, SHOWN);
}

/** Where dialogs and toasts appear; once a page. */
export function Dialogs() {
  return html`
    ${open.value && html`<${Dialog} key=${open.value.question.title} open=${open.value} />`}
    <div class="toasts" role="status" aria-live="polite">
      ${toasts.value.map(
        (one) => html`<p class="toast" key=${one.id} data-state=${one.state}>
          <${Icon} name=${one.state === "fault" ? "warning" : "check"} />${one.text}
        </p>`,
      )}
    </div>
  `;
}

/** @param {{open: Open}} props */
function Dialog({ open: { question, kind, act, done } }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const [text, setText] = useState("");
  const [ticked, setTicked] = useState(!question.check);
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => element.current?.showModal(), []);

  const finish = (/** @type {any} */ answer) => {
    open.value = null;
    done(answer);
  };
  const cancel = () => !busy && finish(false);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (question.reason && !text.trim()) return setError(t("dialog.reason.missing"));
    if (!ticked) return setError(t("dialog.check.missing"));
    if (kind === "ask") return finish({ reason: text.trim() });
    if (!/^[0-9]{6}$/.test(text)) return setError(t("dialog.code.form"));
    setBusy(true);
    try {
      await act?.({ code: text });
      finish(true);
    } catch (problem) {
      setError(explain(problem));
      setBusy(false);
    }
  };
  const field = kind === "code" ? "code" : question.reason ? "reason" : "";
  return html`<dialog class="dialog" ref=${element} aria-labelledby="dialog-title" onCancel=${(/** @type {Event} */ event) => {
    event.preventDefault();
    cancel();
  }}>
    <form onSubmit=${submit} novalidate>
      <div class="dialog-head"><h2 id="dialog-title">${question.title}</h2></div>
      <div class="dialog-body">
        ${question.text && html`<div>${question.text}</div>`}
        ${field === "code" &&
        html`<div class="field"><label for="dialog-field">${t("dialog.code.label")}</label>
          <input class="input input-number" id="dialog-field" inputmode="numeric" autocomplete="one-time-code" maxlength="6" autofocus
            aria-invalid=${error ? "true" : undefined} aria-describedby="dialog-error" value=${text}
            onInput=${(/** @type {any} */ event) => setText(event.target.value.replace(/\s/g, ""))} /></div>`}
        ${field === "reason" &&
        html`<div class="field"><label for="dialog-field">${question.reason}</label>
          <textarea class="textarea" id="dialog-field" maxlength="500" aria-invalid=${error ? "true" : undefined}
            aria-describedby="dialog-error" value=${text} onInput=${(/** @type {any} */ event) => setText(event.target.value)}></textarea></div>`}
        ${question.check &&
        html`<label class="check"><input type="checkbox" checked=${ticked} onChange=${(/** @type {any} */ event) => setTicked(event.target.checked)} />
          <span>${question.check}</span></label>`}
        <p class="error" id="dialog-error" role="alert" hidden=${!error}><${Icon} name="warning" />${error}</p>
      </div>
      <div class="dialog-foot">
        <button class="button button-second" type="button" onClick=${cancel} autofocus=${!field}>${question.cancel ?? t("dialog.cancel")}</button>
        <button class=${question.stop ? "button button-stop-firm" : "button"} type="submit" disabled=${busy}>${question.confirm}</button>
      </div>
    </form>
  </dialog>`;
}
