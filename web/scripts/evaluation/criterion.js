// One criterion of the score sheet: the points, what is wrong with them, and the written reason.

import { Icon } from "../parts/icon.js";
import { Badge } from "../parts/pieces.js";
import { html, useState } from "../ui.js";
import { named, t } from "../words.js";
import { commentOf, hundredths, points, reasonLimit, reasonMissing, scoreFault, scoreOf } from "./sheet.js";

/** @param {{criterion: import("../evaluation-state.js").Criterion, number: number, bid: string, draft: import("./draft.js").Draft, last: boolean}} props */
export function Criterion({ criterion, number, bid, draft, last }) {
  const [inside, setInside] = useState(false);
  const entries = draft.entries.value;
  const text = scoreOf(entries, bid, criterion.id);
  const comment = commentOf(entries, bid, criterion.id);
  const fault = scoreFault(criterion, text);
  // A number that is still being typed is not yet called wrong, unless no further digit can mend it.
  const said = fault && (!inside || fault.code === "range") ? t(`eva.fault.${fault.code}`, fault.params) : "";
  const reason = !fault && reasonMissing(criterion, text, comment);
  const id = `c-${criterion.id}`;
  const leave = () => {
    setInside(false);
    const value = hundredths(text);
    if (value !== null && points(value) !== text) draft.score(bid, criterion.id, points(value));
  };
  const enter = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    const article = /** @type {HTMLElement} */ (event.target).closest("article");
    const following = last ? article?.closest("section")?.querySelector(".pane-foot .button") : article?.nextElementSibling?.querySelector(".score .input");
    /** @type {HTMLElement | null | undefined} */ (following)?.focus();
  };
  const described = [`${id}-hint`, said && `${id}-error`, reason && `${id}-reason`].filter(Boolean).join(" ");
  const name = named(criterion.name, criterion.name_en);
  return html`<article class="criterion" data-state=${said ? "fault" : undefined} onKeyDown=${enter}>
    <div><label for=${id}>${number}. ${name} ${criterion.objective && html`<${Badge}>${t("eva.objective")}<//>`}</label>
      <span class="hint" id=${`${id}-hint`}>${t("eva.criterion.hint", { maximum: criterion.maximum, step: criterion.step })}</span></div>
    <div class="score"><input class="input" id=${id} inputmode="decimal" autocomplete="off" value=${text} maxlength="8" aria-describedby=${described} aria-invalid=${said ? "true" : undefined}
      onFocus=${(/** @type {any} */ event) => {
        setInside(true);
        event.target.select();
      }} onBlur=${leave} onInput=${(/** @type {any} */ event) => draft.score(bid, criterion.id, event.target.value)} /><span>/ ${criterion.maximum}</span></div>
    ${said && html`<p class="error" id=${`${id}-error`} role="alert"><${Icon} name="warning" />${said}</p>`}
    <div class="note"><input class="input" aria-label=${t("eva.comment.label", { name })} maxlength="2000" value=${comment} placeholder=${t("eva.comment.hint", { limit: reasonLimit(criterion) })}
      aria-invalid=${reason && !inside ? "true" : undefined} onInput=${(/** @type {any} */ event) => draft.comment(bid, criterion.id, event.target.value)} /></div>
    ${reason && !inside && html`<p class="error" id=${`${id}-reason`}><${Icon} name="warning" />${t("eva.comment.missing", { limit: reasonLimit(criterion) })}</p>`}
  </article>`;
}
