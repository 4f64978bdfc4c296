// A command to be typed elsewhere, with a button that copies it.

import { toast } from "../dialogs.js";
import { html } from "../ui.js";
import { addWords, t } from "../words.js";
import words from "../../locales/command.js";
import { Icon } from "./icon.js";

addWords(words);

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("command.copied"));
  } catch {
    toast(t("command.byHand"), "fault"); // a page without https has no clipboard
  }
}

/** @param {{text: string, label: string}} props */
export function CommandLine({ text, label }) {
  return html`<div class="command"><code>${text}</code>
    <button class="button button-second button-small" type="button" aria-label=${t("command.copy.label", { label })} onClick=${() => copy(text)}><${Icon} name="copy" />${t("command.copy")}</button></div>`;
}
