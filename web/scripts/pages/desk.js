// My work: what I have to do now and where, what goes on, my device keys.

import { explain, get } from "../api.js";
import { second } from "../clock.js";
import { nextStep, sorted } from "../desk-state.js";
import { deviceOf, forgetDevice } from "../device.js";
import { confirm, toast } from "../dialogs.js";
import { briefly, duration } from "../format.js";
import { Frame, mount } from "../parts/frame.js";
import { Icon } from "../parts/icon.js";
import { Badge, Empty, Hash, Notice, Problem, Skeleton } from "../parts/pieces.js";
import { goSignIn, has, load, me, perform, person, signOut } from "../session.js";
import { batch, html, signal, useEffect, useState } from "../ui.js";
import { addWords, hasWords, named, t } from "../words.js";
import words from "../../locales/desk.js";

addWords(words);

/** @typedef {import("../desk-state.js").Case} Case */

const AGAIN = 20_000;
const cases = signal(/** @type {Case[] | null} */ (null));
const tenders = signal(/** @type {any[]} */ ([]));
const wrong = signal(/** @type {any} */ (null));

async function look() {
  try {
    const [mine, open, live] = await Promise.all([
      get("/api/desk"),
      has("bidder") ? get("/api/tenders?phase=published") : { tenders: [] },
      has("bidder") ? get("/api/tenders?live=1") : { tenders: [] },
    ]);
    batch(() => {
      cases.value = mine.cases;
      tenders.value = [...live.tenders, ...open.tenders.reverse()];
      wrong.value = null;
    });
  } catch (error) {
    wrong.value = error;
  }
}

/** @param {string} role */
const roleWord = (role) => (hasWords(`role.${role}`) ? t(`role.${role}`) : role);

/** @param {{one: Case}} props */
function When({ one }) {
  const { closes_at: closes, opens_at: opens } = one;
  if (!closes || !opens) return null;
  const open = one.kind === "tender" && one.phase !== "closed";
  return html`<span>${open ? t("desk.closes", { when: briefly(closes, second.value) }) : t("desk.opens", { when: briefly(opens, second.value) })}</span>`;
}

/** @param {{one: Case}} props */
function Tile({ one }) {
  const { words: key, href, act } = nextStep(one);
  const title = named(one.title, one.title_en) || one.stream;
  return html`<article class="tile" data-state=${act ? "live" : undefined}>
    <div class="tile-top"><span>${t(`desk.kind.${one.kind}`)}</span><span>${one.roles.map(roleWord).join(t("desk.join"))}</span></div>
    <h3>${href ? html`<a href=${href}>${title}</a>` : title}</h3>
    <div class="stage"><b>${t(`desk.next.${key}`)}</b></div>
    <div class="tile-foot"><${When} one=${one} />${act && href && html`<a class="button button-small" href=${href}>${t("desk.go")}</a>`}</div></article>`;
}

/** @param {{all: Case[]}} props */
function Acts({ all }) {
  return html`<section aria-labelledby="acts-title"><div class="section-head"><h2 id="acts-title">${t("desk.acts")}</h2></div>
    ${all.length === 0
      ? html`<div class="card"><${Empty} icon="check"><p class="strong">${t("desk.acts.none")}</p><p>${t("desk.acts.none.text")}</p><//></div>`
      : html`<div class="wall">${all.map((one) => html`<${Tile} key=${one.stream} one=${one} />`)}</div>`}</section>`;
}

/** @param {{kind: string, all: Case[]}} props */
function Kind({ kind, all }) {
  return html`<section aria-labelledby=${`kind-${kind}`}><div class="section-head"><h2 id=${`kind-${kind}`}>${t(`desk.kind.${kind}`)}</h2></div>
    <div class="wall">${all.map((one) => html`<${Tile} key=${one.stream} one=${one} />`)}</div></section>`;
}

function Cases() {
  const all = cases.value;
  if (wrong.value !== null && all === null) return html`<${Problem} error=${wrong.value} retry=${look} />`;
  if (all === null) return html`<div class="card"><${Skeleton} lines=${5} /></div>`;
  if (all.length === 0 && has("bidder")) return null;
  if (all.length === 0) return html`<div class="card"><${Empty}><p class="strong">${t("desk.empty")}</p><p>${t("desk.empty.text")}</p><//></div>`;
  const { acts, going, over } = sorted(all);
  return html`${wrong.value !== null && html`<${Problem} error=${wrong.value} retry=${look} />`}<${Acts} all=${acts} />
    ${[...going].filter(([, some]) => some.length).map(([kind, some]) => html`<${Kind} key=${kind} kind=${kind} all=${some} />`)}
    ${over.length > 0 && html`<details class="stack"><summary class="strong">${t("desk.over", { n: over.length })}</summary>
      <div class="wall">${over.map((one) => html`<${Tile} key=${one.stream} one=${one} />`)}</div></details>`}`;
}

/** What a bidder may bid for: the platform has no list of who bids. */
function Bidding() {
  if (!has("bidder") || cases.value === null) return null;
  const row = (/** @type {any} */ one) => {
    const left = Date.parse(one.closes_at) - second.value.getTime();
    return html`<li key=${one.tender}><a href=${left > 0 ? `/tenders/${one.tender}` : `/opening/${one.tender}`}>${named(one.title, one.title_en)}</a>
      <span>${t(`county.${one.county}`)} · ${t("desk.closes", { when: briefly(one.closes_at, second.value) })} · ${
        left > 0 ? t("desk.bids.open", { left: duration(left) }) : t("desk.bids.live")}</span></li>`;
  };
  return html`<section class="card" aria-labelledby="bids-title"><div class="card-head"><h2 id="bids-title">${t("desk.bids")}</h2></div><div class="card-body">
    <p class="soft small">${t("desk.bids.text")}</p>
    ${tenders.value.length === 0 ? html`<p class="muted">${t("desk.bids.none")}</p>` : html`<ul class="links">${tenders.value.map(row)}</ul>`}</div></section>`;
}

/** @param {{one: any, here: boolean}} props */
function DeviceKey({ one, here }) {
  const [error, setError] = useState("");
  const revoke = async () => {
    const text = html`<p>${t("desk.revoke.text")}</p>${here && html`<p>${t("desk.revoke.here")}</p>`}`;
    const sure = await confirm({ title: t("desk.revoke.title"), text, confirm: t("desk.revoke"), cancel: t("desk.revoke.keep"), stop: true });
    if (!sure) return;
    setError("");
    try {
      if ((await perform("registry", "RevokeDevice", { device: one.device })) === null) return;
      const mine = person();
      if (here && mine) await forgetDevice(mine.id);
      await load();
      toast(t("desk.revoke.done"));
    } catch (problem) {
      setError(explain(problem));
    }
  };
  return html`<li><span class="share" data-state=${one.active ? "ready" : undefined}><${Icon} name="key" /></span>
    <span>${here && html`<b>${t("desk.device.here")}</b>`}<small><span class="hash">${one.device.slice(0, 12)}</span> · ${t("desk.device.key", { key: "" })}<${Hash} value=${one.public_key} /></small>
      ${error && html`<span class="error" role="alert"><${Icon} name="warning" />${error}</span>`}</span>
    ${one.active
      ? html`<button class="button button-stop button-small" type="button" onClick=${revoke}>${t("desk.revoke")}</button>`
      : html`<${Badge} icon="fault">${t("desk.device.revoked")}<//>`}</li>`;
}

function Devices() {
  const [here, setHere] = useState("");
  const all = [...(me.value?.devices ?? [])].sort((one, other) => Number(other.active) - Number(one.active));
  useEffect(() => {
    const mine = person();
    if (mine) deviceOf(mine.id).then((one) => setHere(one?.device ?? ""), () => undefined);
  }, [me.value]);
  const pages = me.value?.pages ?? 0;
  return html`<section class="card" aria-labelledby="devices-title"><div class="card-head card-tight"><h2 id="devices-title">${t("desk.devices")}</h2></div><div class="card-body">
    <p class="soft small">${t("desk.devices.text")}</p>
    ${all.length === 0 && html`<p class="muted small">${t("desk.devices.none")}</p>`}
    <ul class="people">${all.map((one) => html`<${DeviceKey} key=${one.device} one=${one} here=${one.device === here} />`)}</ul>
    ${pages > 1 && html`<${Notice} state="attention"><p>${t("desk.sessions", { n: pages })}</p><div class="notice-actions">
      <button class="button button-second button-small" type="button" onClick=${() => signOut(true)}>${t("desk.signOutAll")}</button></div><//>`}</div></section>`;
}

function Page() {
  const mine = person();
  useEffect(() => {
    if (mine === null) return undefined;
    look();
    const timer = setInterval(() => document.hidden || look(), AGAIN);
    return () => clearInterval(timer);
  }, []);
  if (mine === null) {
    return html`<${Frame} current="desk" title=${t("desk.title")}><div class="page page-narrow"><div class="title"><h1>${t("desk.title")}</h1></div>
      <section class="card"><${Empty} icon="person"><p class="strong">${t("desk.signIn")}</p><p>${t("desk.signIn.text")}</p><//>
        <div class="card-foot"><button class="button" type="button" onClick=${goSignIn}>${t("frame.signIn")}</button></div></section></div><//>`;
  }
  const roles = mine.roles.map(roleWord).join(t("desk.join"));
  return html`<${Frame} current="desk" title=${t("desk.title")}><div class="page">
    <div class="title"><h1>${t("desk.title")}</h1><p class="soft">${t("desk.as", { organisation: mine.organisation_name, name: mine.name, roles })}</p></div>
    <div class="with-aside"><div class="stack stack-loose"><${Cases} /><${Bidding} /></div><aside class="stack aside"><${Devices} /></aside></div></div><//>`;
}

mount(Page);
