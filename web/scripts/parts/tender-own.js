// What a tender's page shows to this viewer alone: its bids and receipts, and where it goes from here.

import { explain, get } from "../api.js";
import { second } from "../clock.js";
import { confirm, toast } from "../dialogs.js";
import { briefly, moment, size } from "../format.js";
import { has, perform, person } from "../session.js";
import { html, useState } from "../ui.js";
import { named, t } from "../words.js";
import { Icon } from "./icon.js";
import { Badge, Notice } from "./pieces.js";

/** @typedef {import("../tender-state.js").Tender} Tender */
/** @typedef {import("../tender-state.js").OwnBid} OwnBid */
/** @typedef {import("../room.js").Room} Room */

/** Whether bids may still be handed in, by the hall's clock. @param {Tender} tender */
export function takesBids(tender) {
  return tender.phase === "published" && Date.parse(tender.terms.closes_at) > second.value.getTime();
}

/** @param {{room: Room, bid: OwnBid}} props */
function Withdraw({ room, bid }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const withdraw = async () => {
    const { lot } = bid;
    const sure = await confirm({
      title: t("tender.withdraw.title", { lot }),
      text: t("tender.withdraw.text"),
      confirm: t("tender.withdraw.confirm"),
      cancel: t("tender.withdraw.keep"),
      stop: true,
    });
    if (!sure) return;
    setBusy(true);
    setError("");
    try {
      const done = await perform(room.stream, "WithdrawBid", { bid: bid.bid }, { signed: true, send: (one) => room.command(one) });
      if (done !== null) toast(t("tender.withdraw.done", { lot }));
    } catch (problem) {
      setError(explain(problem));
    }
    setBusy(false);
  };
  return html`<button class="button button-stop button-small" type="button" disabled=${busy} onClick=${withdraw}>${t("tender.mine.withdraw")}</button>
    ${error && html`<p class="error" role="alert"><${Icon} name="warning" />${error}</p>`}`;
}

/** @param {{stream: string, bid: OwnBid}} props */
function Receipts({ stream, bid }) {
  return html`<ul class="links">${[...bid.steps].reverse().map((one, place) => html`<li key=${one.seq}>
    <span>${moment(one.at)} · ${t(`tender.mine.step.${one.kind}`, { n: one.number, size: size(one.size) })}</span>
    <a class="file" download=${`receipt-${bid.bid}-${one.seq}.json`} href=${`/api/receipts/${stream}/${place === 0 ? bid.bid : one.seq}`}
      aria-label=${t("tender.mine.receipt.of", { when: moment(one.at) })}><${Icon} name="download" />${t("tender.mine.receipt")}</a></li>`)}</ul>`;
}

/** @param {{room: Room, lot: any, bids: OwnBid[], open: boolean}} props */
function LotBid({ room, lot, bids, open }) {
  const live = bids.find((one) => !one.withdrawn);
  const seal = `/seal/${room.stream}?lot=${encodeURIComponent(lot.lot)}`;
  return html`<section class="stack stack-tight" aria-label=${t("tender.lot", { lot: lot.lot })}>
    <div class="row row-between"><h3>${t("tender.lot", { lot: lot.lot })}</h3>
      ${live
        ? html`<${Badge} state="done" icon="sealed">${t("tender.mine.state", { n: live.number })}<//>`
        : html`<${Badge} icon=${bids.length ? "back" : "box"}>${t(bids.length ? "tender.mine.withdrawn" : "tender.mine.none")}<//>`}</div>
    <p class="small soft">${named(lot.name, lot.name_en)}</p>
    ${bids.map((one) => html`<${Receipts} key=${one.bid} stream=${room.stream} bid=${one} />`)}
    ${open && html`<div class="row">${live
      ? html`<a class="button button-second button-small" href=${seal}>${t("tender.mine.replace")}</a><${Withdraw} room=${room} bid=${live} />`
      : html`<a class="button button-second button-small" href=${seal}>${t("tender.seal")}</a>`}</div>`}</section>`;
}

/** The bids of the viewer's organisation; only it sees this. @param {{room: Room, tender: Tender}} props */
export function Own({ room, tender }) {
  if (!has("bidder") || tender.phase === "draft") return null;
  const open = takesBids(tender);
  const any = tender.bids.length > 0;
  return html`<section class="card own" id="mine" aria-labelledby="mine-title"><div class="card-head card-tight"><h2 id="mine-title">${t("tender.mine")}</h2></div>
    <div class="card-body"><p class="muted small">${t("tender.mine.only")} ${!any && t(open ? "tender.mine.none.text" : "tender.mine.none.late")}</p>
      ${(any || open) && tender.terms.lots.map((/** @type {any} */ lot) => html`<${LotBid} key=${lot.lot} room=${room} lot=${lot} open=${open}
        bids=${tender.bids.filter((one) => one.lot === lot.lot)} />`)}
      ${any && html`<p class="muted small">${t("tender.mine.keep")}${!open && html`<br />${t("tender.mine.late")}`}</p>`}</div></section>`;
}

/** @typedef {{href: string, name: string, how: string, download?: string}} Way */

/** Where this viewer goes from here. @param {Tender} tender @param {string} stream @param {string} phase of the opening @param {boolean} filed @param {any[]} cases of the desk */
function ways(tender, stream, phase, filed, cases) {
  const opening = `ope-${stream.slice(4)}`;
  const mine = person()?.id ?? "";
  const seat = (tender.keys?.custodians ?? []).find((/** @type {any} */ one) => one.person === mine);
  const seated = cases.some((one) => one.kind === "evaluation" && one.tender === stream && one.roles.includes("expert"));
  /** @type {Way[]} */
  const found = [];
  if (tender.phase === "draft") return found;
  if ((tender.terms.hosts ?? []).includes(mine)) found.push({ href: `/host/${stream}`, name: t("tender.ways.host"), how: t("tender.ways.host.how") });
  if (seat) found.push({ href: "/custodian", name: t("tender.ways.custodian"), how: t("tender.ways.custodian.how", { n: seat.index }) });
  if (seated) found.push({ href: `/evaluation/${stream}`, name: t("tender.ways.evaluation"), how: t("tender.ways.evaluation.how") });
  if (has("supervisor")) found.push({ href: "/supervise", name: t("tender.ways.supervise"), how: t("tender.ways.supervise.how") });
  const over = phase === "ended" || phase === "not-opened";
  const when = briefly(tender.terms.opens_at, second.value);
  found.push(over
    ? { href: `/opening/${stream}`, name: t("tender.ways.opened"), how: t("tender.ways.opened.how") }
    : { href: `/opening/${stream}`, name: t("tender.ways.opening"), how: t("tender.ways.opening.how", { when }) });
  const record = `/api/cases/${opening}/documents/opening-record.pdf`;
  if (filed) found.push({ href: record, name: t("tender.ways.record"), how: t("tender.ways.record.how"), download: "opening-record.pdf" });
  found.push({ href: "/verify", name: t("tender.ways.verify"), how: t("tender.ways.verify.how") });
  return found;
}

/** @param {{tender: Tender, stream: string, phase: string, filed: boolean, cases: any[]}} props */
export function Ways({ tender, stream, phase, filed, cases }) {
  const all = ways(tender, stream, phase, filed, cases);
  if (all.length === 0) return null;
  return html`<section class="card" aria-labelledby="ways-title"><div class="card-head card-tight"><h2 id="ways-title">${t(person() ? "tender.ways" : "tender.ways.public")}</h2></div>
    <div class="card-body"><ul class="links">${all.map((one) => html`<li key=${one.href}><a href=${one.href} download=${one.download}>${one.name}</a><span>${one.how}</span></li>`)}</ul></div></section>`;
}

/** What is secret until the deadline, and then the numbers. @param {{tender: Tender, stream: string}} props */
export function Hidden({ tender, stream }) {
  const { closed } = tender;
  if (tender.phase === "draft") return null;
  if (closed === null) {
    return html`<section class="card" aria-labelledby="hidden-title"><div class="card-body card-tight"><h2 class="small strong" id="hidden-title">${t("tender.hidden")}</h2>
      <p class="soft small">${t("tender.hidden.text")}</p><p class="soft small">${t("tender.hidden.law")}</p></div></section>`;
  }
  return html`<section class="card" aria-labelledby="hidden-title"><div class="card-head card-tight"><h2 id="hidden-title">${t("tender.counts")}</h2></div><div class="card-body">
    <ul class="plain">${Object.entries(closed.counts).map(([lot, n]) => html`<li key=${lot}>${t("tender.counts.lot", { lot, n })}</li>`)}</ul>
    <p class="soft small">${t("tender.counts.names")}</p>
    <p class="small"><a href=${`/api/receipts/${stream}/${closed.seq}`} download=${`close-${stream}.json`}>${t("tender.counts.receipt")}</a></p></div></section>`;
}

/** How the tender was drafted, for who may see it. @param {{tender: Tender}} props */
export function Drafts({ tender }) {
  if (tender.drafts.length === 0) return null;
  return html`<section class="card" aria-labelledby="drafts-title"><div class="card-head"><h2 id="drafts-title">${t("tender.drafts")}</h2>
      <span class="muted small">${t("tender.drafts.who")}</span></div><div class="card-body"><ol class="feed">
    ${[...tender.drafts].reverse().map((one, key) => html`<li key=${key}><time datetime=${one.at}>${briefly(one.at, second.value)}</time>
      <span>${t(`tender.drafts.${one.kind}`)}${one.name && html`<small>${one.name}</small>`}</span></li>`)}</ol></div></section>`;
}

/** @param {{needs: string[]}} props */
export function DraftNotice({ needs }) {
  const what = needs.map((one) => t(`tender.draft.need.${one}`)).join(t("tender.draft.join"));
  return html`<${Notice} state="attention"><p><strong>${t("tender.draft")}</strong></p><p>${t("tender.draft.who")}</p>
    <p>${needs.length ? t("tender.draft.needs", { what }) : t("tender.draft.ready")}</p><//>`;
}

/** Who sat on the committee, asked for when wanted: before the report is filed the hall refuses. @param {{stream: string}} props */
export function Committee({ stream }) {
  const [seats, setSeats] = useState(/** @type {any[] | null} */ (null));
  const [error, setError] = useState("");
  const ask = async () => {
    setError("");
    try {
      setSeats((await get(`/api/cases/eva-${stream.slice(4)}/committee`)).seats);
    } catch (problem) {
      setError(explain(problem));
    }
  };
  return html`<section class="card" aria-labelledby="committee-title"><div class="card-head card-tight"><h2 id="committee-title">${t("tender.committee")}</h2></div><div class="card-body">
    ${seats === null
      ? html`<p class="soft small">${t("tender.committee.text")}</p>
          <button class="button button-second button-small" type="button" onClick=${ask}>${t("tender.committee.show")}</button>
          ${error && html`<p class="error" role="alert"><${Icon} name="warning" />${error}</p>`}`
      : html`<ol class="people">${seats.map((one) => html`<li key=${one.seat}><span class="share" data-state="released">${one.seat}</span>
          <span>${one.name}<small>${t("tender.committee.seat", { n: one.seat })} · ${t(`county.${one.county}`)} · ${one.speciality}</small></span></li>`)}</ol>`}</div></section>`;
}
