// The bench of one seat for one lot: the opened files left, the score sheet right, what is said beside it.

import { confirm } from "../dialogs.js";
import { clockTime } from "../format.js";
import { Icon } from "../parts/icon.js";
import { Badge, Empty, Notice, Problem } from "../parts/pieces.js";
import { perform } from "../session.js";
import { html, useEffect, useRef, useState } from "../ui.js";
import { named, t } from "../words.js";
import { Criterion } from "./criterion.js";
import { OpenedFile } from "./files.js";
import { Chat, lotName } from "./pieces.js";
import { most, progress } from "./sheet.js";

/** @typedef {import("../evaluation-state.js").Evaluation} Evaluation */
/** @typedef {import("./draft.js").Draft} Draft */

/** @param {{room: import("../room.js").Room, state: Evaluation, mine: number, lot: import("../evaluation-state.js").Lot, draft: Draft, bids: {bid: string, code: string}[]}} props */
export function Bench({ room, state, mine, lot, draft, bids }) {
  const [place, setPlace] = useState(0);
  const [touched, touch] = useState(0);
  const bench = useRef(/** @type {HTMLDivElement | null} */ (null));
  const bid = bids[Math.min(place, bids.length - 1)];
  const kept = state.drafts.get(lot.lot);
  useEffect(() => draft.hear(kept), [draft, kept]);
  useEffect(() => {
    if (touched) /** @type {HTMLElement | null} */ (bench.current?.querySelector(".score .input"))?.focus();
  }, [place, touched]);
  const go = (/** @type {number} */ to) => {
    setPlace((to + bids.length) % bids.length);
    touch(touched + 1);
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const plainAlt = event.altKey && !event.ctrlKey && !event.metaKey;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") draft.save();
    else if (plainAlt && event.key === "ArrowLeft") go(place - 1);
    else if (plainAlt && event.key === "ArrowRight") go(place + 1);
    else if (event.key === "F6") changePane(bench.current, event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
  };
  useEffect(() => {
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  });
  if (!bid) return html`<${Empty}>${t("eva.noBids")}<//>`;
  return html`<div class="split" ref=${bench}>
    <${Files} code=${bid.code} stream=${room.stream} bid=${bid.bid} found=${state.files.get(bid.bid)} />
    <${ScoreSheet} room=${room} state=${state} lot=${lot} draft=${draft} bids=${bids} place=${Math.min(place, bids.length - 1)} go=${go} />
    <${Chat} room=${room} state=${state} mine=${mine} may pane /></div>`;
}

/** @param {HTMLElement | null} bench @param {number} step */
function changePane(bench, step) {
  const panes = /** @type {HTMLElement[]} */ ([...(bench?.querySelectorAll("[data-pane]") ?? [])]);
  const here = panes.findIndex((one) => one.contains(document.activeElement));
  const next = panes[(here + step + panes.length) % panes.length];
  (next?.querySelector(".score .input, .file-link, textarea") ?? next)?.focus();
}

/** The opened technical part of a bid. @param {{code: string, stream: string, bid: string, found: any}} props */
function Files({ code, stream, bid, found }) {
  const files = found?.files ?? [];
  return html`<section class="pane" aria-labelledby="files-title" tabindex="-1" data-pane>
    <div class="pane-head"><h2 id="files-title">${t("eva.files", { code })}</h2><span class="num small muted">${t("eva.files.count", { n: files.length })}</span></div>
    <div class="pane-body viewer"><div class="file-list stack">
      ${files.length === 0 && html`<${Empty}>${t("eva.files.none")}<//>`}
      ${files.map((/** @type {any} */ one, /** @type {number} */ key) => html`<${OpenedFile} key=${bid + key} stream=${stream} bid=${bid} code=${code} number=${key + 1} file=${one} />`)}
      <${Notice}><p>${t("eva.files.how")}</p><p class="muted">${t("eva.files.blind")}</p><//>
    </div></div></section>`;
}

/** @param {any} props */
function ScoreSheet({ room, state, lot, draft, bids, place, go }) {
  const entries = draft.entries.value;
  const bid = bids[place];
  const mine = progress(lot.criteria, entries, bid.bid);
  const all = bids.map((/** @type {any} */ one) => progress(lot.criteria, entries, one.bid));
  return html`<section class="pane" aria-labelledby="sheet-title" tabindex="-1" data-pane>
    <div class="pane-head"><h2 id="sheet-title">${t("eva.sheet")}</h2>
      <nav class="bids" aria-label=${t("eva.sheet.bids")}>${bids.map((/** @type {any} */ one, /** @type {number} */ key) => html`<a key=${one.bid} href="#main" data-state=${all[key].complete ? "done" : undefined}
        aria-current=${key === place ? "true" : undefined} onClick=${(/** @type {Event} */ event) => {
          event.preventDefault();
          go(key);
        }}>${all[key].complete && html`<${Icon} name="check" />`}${one.code}${all[key].complete && html`<span class="visually-hidden">${t("eva.sheet.done")}</span>`}</a>`)}</nav></div>
    <div class="pane-body sheet">${lot.criteria.map((/** @type {any} */ one, /** @type {number} */ key) => html`<${Criterion} key=${bid.bid + one.id} criterion=${one} number=${key + 1} bid=${bid.bid} draft=${draft} last=${key === lot.criteria.length - 1} />`)}
      <p class="keys muted small">${t("eva.keys")}</p></div>
    <div class="pane-foot"><div><div class="sheet-total"><span class="soft">${t("eva.sheet.total", { code: bid.code })}</span><b>${mine.total}</b><span class="muted">/ ${most(lot.criteria)}</span></div>
      <${Saved} draft=${draft} room=${room} stamp=${state.savedAt.get(lot.lot)} faults=${all.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.faults, 0)} /></div>
      <${Next} room=${room} state=${state} lot=${lot} draft=${draft} bids=${bids} place=${place} go=${go} all=${all} /></div></section>`;
}

/** What is saved, and since when something is not. @param {{draft: Draft, room: any, stamp?: string, faults: number}} props */
function Saved({ draft, room, stamp, faults }) {
  const since = draft.since.value;
  if (since === null && faults > 0) return html`<span class="warn-text small" role="status">${t("eva.saved.but", { n: faults })}</span>`;
  if (since === null) {
    return stamp ? html`<span class="saved" role="status"><${Icon} name="check" />${t("eva.saved", { time: clockTime(new Date(stamp)) })}</span>` : html`<span class="muted small">${t("eva.saved.nothing")}</span>`;
  }
  if (draft.saving.value === "failed") {
    return html`<div><${Problem} error=${draft.error.value} retry=${() => draft.save()} /><span class="warn-text small">${t("eva.saved.here", { time: clockTime(since) })}</span></div>`;
  }
  const lost = room.link.value !== "live";
  return html`<span class=${lost ? "warn-text small" : "soft small"} role="status">${t(lost ? "eva.saved.lost" : "eva.saved.soon", { time: clockTime(since) })}</span>`;
}

/** @param {any} props */
function Next({ room, state, lot, draft, bids, place, go, all }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(/** @type {any} */ (null));
  const open = all.findIndex((/** @type {any} */ one) => !one.complete);
  const lock = async () => {
    const list = html`<table class="table"><tbody>${bids.map((/** @type {any} */ one, /** @type {number} */ key) => html`<tr key=${one.bid}><th scope="row">${one.code}</th><td class="num">${all[key].total}</td></tr>`)}</tbody></table>`;
    const answer = await confirm({ title: t("eva.lock.title", { lot: lotName(lot) }), text: html`<p>${t("eva.lock.text")}</p>${list}`, check: t("eva.lock.check"), confirm: t("eva.lock.confirm") });
    if (!answer) return;
    setBusy(true);
    setError(null);
    draft.close();
    try {
      const done = await perform(room.stream, "LockSheet", draft.body(), { signed: true, send: (one) => room.command(one) });
      if (done === null) draft.reopen();
    } catch (problem) {
      setError(problem);
      draft.reopen();
    }
    setBusy(false);
  };
  const mine = all[place];
  const parts = [
    mine.missing && t("eva.left.missing", { n: mine.missing }),
    mine.faults && t("eva.left.faults", { n: mine.faults }),
    mine.reasons && t("eva.left.reasons", { n: mine.reasons }),
  ].filter(Boolean);
  const left = parts.length > 0 && html`<p class=${mine.faults ? "fault-text small" : "soft small"}>${parts.join(t("eva.left.and"))}</p>`;
  if (open >= 0) {
    const following = mine.complete ? open : (place + 1) % bids.length;
    return html`<div class="push right"><button class=${mine.complete ? "button" : "button button-second"} type="button" disabled=${bids.length === 1} onClick=${() => go(following)}>${t("eva.next", { code: bids[following].code })}</button>
      ${left || html`<p class="soft small">${t("eva.left.bids", { n: all.filter((/** @type {any} */ one) => !one.complete).length })}</p>`}</div>`;
  }
  return html`<div class="push right">${error && html`<${Problem} error=${error} />`}
    <button class="button" type="button" disabled=${busy || Boolean(state.paused)} onClick=${lock}><${Icon} name="sealed" />${t(busy ? "eva.lock.busy" : "eva.lock")}</button>
    <p class="soft small">${t(state.paused ? "eva.disabled.paused" : "eva.lock.hint")}</p></div>`;
}

/** A sheet that can no longer change, to be read. @param {{lot: import("../evaluation-state.js").Lot, sheet: any, bids: {bid: string, code: string}[]}} props */
export function LockedSheet({ lot, sheet, bids }) {
  return html`<div class="table-frame" tabindex="0" role="region" aria-label=${t("eva.mySheet")}><table class="matrix"><caption class="visually-hidden">${t("eva.mySheet")}</caption>
    <thead><tr><th scope="col">${t("eva.criterion")}</th>${bids.map((one) => html`<th scope="col" key=${one.bid}>${one.code}</th>`)}</tr></thead>
    <tbody>${lot.criteria.map((one, key) => html`<tr key=${one.id}><th scope="row">${key + 1}. ${named(one.name, one.name_en)} ${one.objective && html`<${Badge}>${t("eva.objective")}<//>`}</th>
      ${bids.map(({ bid }) => html`<td key=${bid} title=${sheet.comments[bid]?.[one.id] ?? ""}>${sheet.scores[bid]?.[one.id] ?? ""}</td>`)}</tr>`)}
      <tr><th scope="row">${t("eva.total")}</th>${bids.map(({ bid }) => html`<td class="mean" key=${bid}>${sheet.totals[bid] ?? ""}</td>`)}</tr></tbody></table></div>`;
}
