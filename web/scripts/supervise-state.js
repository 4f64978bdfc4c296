// The supervisor's tiles: what each case is doing, and how much it needs a person. Pure.

import { fold as foldEvaluation } from "./evaluation-state.js";
import { seatsThat, sheets } from "./host-state.js";
import { fold as foldOpening, sharesIn, unanswered, unjudged } from "./opening-state.js";

/** @typedef {import("./state.js").Held} Held */
/** @typedef {{name: string, params: Record<string, string | number>}} Lead `name` of words, `alert.NAME` */
/** @typedef {{kind: string, phase: string, state: "fault" | "attention" | "live" | "done", paused: string, pausedAt: string,
 *   value: number, max: number, stage: Record<string, string | number>, alerts: Lead[], members: number, listeners: number, seats: number, seatsHere: number}} Tile */

const OVER = new Set(["ended", "not-opened", "reported"]);
const ORDER = { fault: 0, attention: 1, live: 2, done: 3 };
const OPENING = ["releasing", "decrypting", "decrypted", "announced", "ended"];
const EVALUATION = ["convened", "rostered", "seated", "pledged", "scoring", "ranked", "signed", "reported"];

/** Whether a case of this phase is over. @param {string} phase */
export function isOver(phase) {
  return OVER.has(phase);
}

/** @param {string} kind @param {Held} held @param {string} link @returns {Tile} */
export function tileOf(kind, held, link) {
  const tile = kind === "opening" ? openingTile(held) : evaluationTile(held);
  if (link === "lost") tile.alerts.push({ name: "link", params: {} });
  tile.state = tile.paused ? "fault" : isOver(tile.phase) ? "done" : tile.alerts.length ? "attention" : "live";
  return tile;
}

/** @param {Held} held @returns {Tile} */
function openingTile(held) {
  const state = foldOpening(held.events);
  const over = isOver(state.phase);
  /** @type {Lead[]} */
  const alerts = [];
  for (const one of over ? [] : unanswered(state)) alerts.push({ name: "objection", params: { name: one.bidder_name } });
  const voids = over ? 0 : unjudged(state).length;
  if (voids) alerts.push({ name: "void", params: { n: voids } });
  if (!over && !held.members.some((one) => one.role === "host")) alerts.push({ name: "host", params: {} });
  const valid = state.bids.filter((one) => one.form);
  const stage = { n: state.done, total: state.total, given: sharesIn(state), need: state.convened?.threshold ?? 0,
    confirmed: valid.filter((one) => one.confirmedAt).length, valid: valid.length };
  return { ...base(held), kind: "opening", phase: state.phase, paused: state.paused?.reason ?? "", pausedAt: state.paused?.at ?? "",
    value: OPENING.indexOf(state.phase) + 1, max: OPENING.length, stage, alerts, seats: 0, seatsHere: 0 };
}

/** @param {Held} held @returns {Tile} */
function evaluationTile(held) {
  const state = foldEvaluation(held.events);
  const here = new Set(held.members.filter((one) => one.role === "expert").map((one) => one.seat));
  const away = [...state.seats.values()].filter((one) => one.signedIn && !one.signed && !here.has(one.seat));
  const alerts = isOver(state.phase) ? [] : away.map((one) => ({ name: "seat", params: { seat: one.seat, county: one.county } }));
  const stage = { given: state.custody.released.size, need: state.custody.threshold, total: state.seats.size, opened: state.files.size, bids: state.bids.length,
    pledged: seatsThat(state, (one) => one.pledged), locked: sheets(state).n, sheets: sheets(state).total, signed: state.signatures.size };
  return { ...base(held), kind: "evaluation", phase: state.phase, paused: state.paused, pausedAt: state.pausedAt,
    value: EVALUATION.indexOf(state.phase) + 1, max: EVALUATION.length, stage, alerts, seats: state.seats.size, seatsHere: here.size };
}

/** @param {Held} held */
function base(held) {
  return { state: /** @type {Tile["state"]} */ ("live"), members: held.members.length, listeners: held.listeners };
}

/** What needs a person first. @template {{tile: Tile}} T @param {T[]} all @returns {T[]} */
export function byUrgency(all) {
  return [...all].sort((a, b) => ORDER[a.tile.state] - ORDER[b.tile.state]);
}
