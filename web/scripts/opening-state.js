// What an opening session is, folded from the events its viewers see (bidhall/cases/opening.py). Pure.

/** @typedef {import("./state.js").RoomEvent} RoomEvent */
/** @typedef {"new" | "not-opened" | "releasing" | "decrypting" | "decrypted" | "announced" | "ended"} Phase */
/** @typedef {{bid: string, lot: string, bidder: string, bidder_name: string, form?: any, void?: string, fault?: string,
 *   judged?: string, confirmedAt?: string}} Bid */
/** @typedef {{objection: string, bid: string, bidder_name: string, text: string, at: string, answer?: string, answeredAt?: string}} Objection */
/** @typedef {{at: string, what: string, state?: string, params: Record<string, string | number>}} Milestone */

/**
 * @typedef {object} Opening
 * @property {Phase} phase
 * @property {any} convened the terms, as they were when the session was convened; null before
 * @property {string} since when it was convened
 * @property {Record<string, {count: number, minimum: number}>} notOpened by lot
 * @property {{person: string, name: string, at: string} | null} chair
 * @property {Record<string, Record<number, string>>} shares stage -> share -> when it was released
 * @property {Record<string, string>} keys stage -> when its key was whole
 * @property {number} done
 * @property {number} total
 * @property {number} voids
 * @property {{at: string, void: boolean}[]} settled one by one, in the order of opening
 * @property {Record<string, string>} reached phase -> when it began
 * @property {Bid[]} bids empty until they are announced
 * @property {Objection[]} objections
 * @property {{reason: string, at: string} | null} paused
 * @property {{at: string, remark: string, silent: string[]} | null} ended
 * @property {{at: string, body: any} | null} record
 * @property {Milestone[]} milestones oldest first
 */

/** The stages whose keys are put together in this session. */
export const STAGES = ["form", "technical"];

/** @returns {Opening} */
function nothing() {
  return {
    phase: "new", convened: null, since: "", notOpened: {}, chair: null, shares: { form: {}, technical: {} }, keys: {},
    done: 0, total: 0, voids: 0, settled: [], reached: {}, bids: [], objections: [], paused: null, ended: null, record: null,
    milestones: [],
  };
}

/** Fold what a viewer has seen of an opening. @param {readonly RoomEvent[]} events @returns {Opening} */
export function fold(events) {
  const state = nothing();
  for (const event of events) STEPS[event.kind]?.(state, event.body, event.at);
  return state;
}

/** How many custodians have released the shares of every stage. @param {Opening} state */
export function sharesIn(state) {
  return Math.min(...STAGES.map((stage) => Object.keys(state.shares[stage] ?? {}).length));
}

/** When a custodian had released all of its shares; "" while some are missing. @param {Opening} state @param {number} index */
export function releasedAt(state, index) {
  const times = STAGES.map((stage) => state.shares[stage]?.[index] ?? "");
  return times.every(Boolean) ? /** @type {string} */ (times.sort().at(-1)) : "";
}

/** The bids of one lot, as announced. @param {Opening} state @param {string} lot */
export function bidsOf(state, lot) {
  return state.bids.filter((one) => one.lot === lot);
}

/** The objections that wait for their answer. @param {Opening} state */
export function unanswered(state) {
  return state.objections.filter((one) => one.answer === undefined);
}

/** Void bids on whose fault the host has not judged. @param {Opening} state */
export function unjudged(state) {
  return state.bids.filter((one) => one.void && one.judged === undefined);
}

/** @param {Opening} state @param {Phase} phase @param {string} at */
function reach(state, phase, at) {
  state.phase = phase;
  state.reached[phase] = at;
}

/** @param {Opening} state @param {string} at @param {string} what @param {Record<string, string | number>} [params] @param {string} [look] */
function tell(state, at, what, params = {}, look) {
  state.milestones.push({ at, what, state: look, params });
}

/** @param {Opening} state @param {string} bid @param {Partial<Bid>} change */
function change(state, bid, change) {
  state.bids = state.bids.map((one) => (one.bid === bid ? { ...one, ...change } : one));
}

/** @param {Opening} state @param {string} bid */
function bidder(state, bid) {
  return state.bids.find((one) => one.bid === bid)?.bidder_name ?? "";
}

/** @param {boolean} isVoid */
function settle(isVoid) {
  return (/** @type {Opening} */ state, /** @type {any} */ body, /** @type {string} */ at) => {
    state.done = body.done;
    state.total = body.total;
    if (isVoid) state.voids += 1;
    state.settled.push({ at, void: isVoid });
    tell(state, at, isVoid ? "voided" : "opened", { n: body.done, total: body.total }, isVoid ? "fault" : "done");
  };
}

/** @type {Record<string, (state: Opening, body: any, at: string) => void>} */
const STEPS = {
  OpeningConvened(state, body, at) {
    state.convened = body;
    state.since = at;
    state.total = body.total;
    reach(state, body.total ? "releasing" : "not-opened", at);
    tell(state, at, "convened", { n: body.total });
  },
  LotNotOpened(state, body, at) {
    state.notOpened[body.lot] = { count: body.count, minimum: body.minimum };
    state.total -= body.count;
    if (state.total <= 0) reach(state, "not-opened", at);
    tell(state, at, "notOpened", { lot: body.lot, n: body.count, minimum: body.minimum }, "attention");
  },
  ChairTaken(state, body, at) {
    const again = state.chair !== null;
    state.chair = { person: body.person, name: body.name, at };
    tell(state, at, again ? "chairChanged" : "chairTaken", { name: body.name, reason: body.reason });
  },
  ShareReleased(state, body, at) {
    const given = (state.shares[body.stage] ??= {});
    given[body.index] = at;
    if (!releasedAt(state, body.index)) return;
    const name = state.convened?.custodians.find((/** @type {any} */ one) => one.index === body.index)?.name ?? "";
    tell(state, at, "released", { name, index: body.index });
  },
  KeyRecovered(state, body, at) {
    state.keys[body.stage] = at;
    if (!STAGES.every((stage) => state.keys[stage])) return;
    reach(state, "decrypting", at);
    tell(state, at, "keyWhole", {}, "done");
  },
  BidOpened: settle(false),
  BidVoided: settle(true),
  DecryptionCompleted(state, body, at) {
    reach(state, "decrypted", at);
    tell(state, at, "decrypted", { n: body.total }, "done");
  },
  BidsAnnounced(state, body, at) {
    state.bids = body.bids;
    reach(state, "announced", at);
    tell(state, at, "announced", { n: body.bids.length }, "done");
  },
  BidConfirmed(state, body, at) {
    change(state, body.bid, { confirmedAt: at });
    tell(state, at, "confirmed", { name: bidder(state, body.bid) }, "done");
  },
  ObjectionRaised(state, body, at) {
    state.objections.push({ ...body, at });
    tell(state, at, "objection", { name: body.bidder_name }, "fault");
  },
  ObjectionAnswered(state, body, at) {
    state.objections = state.objections.map((one) =>
      one.objection === body.objection ? { ...one, answer: body.text, answeredAt: at } : one,
    );
    const asked = state.objections.find((one) => one.objection === body.objection);
    tell(state, at, "answered", { name: asked?.bidder_name ?? "" }, "done");
  },
  FaultJudged(state, body, at) {
    change(state, body.bid, { fault: body.fault, judged: body.reason });
    tell(state, at, "judged", { name: bidder(state, body.bid) });
  },
  OpeningPaused(state, body, at) {
    state.paused = { reason: body.reason, at };
    tell(state, at, "paused", { reason: body.reason }, "attention");
  },
  OpeningResumed(state, _body, at) {
    state.paused = null;
    tell(state, at, "resumed", {});
  },
  OpeningEnded(state, body, at) {
    state.ended = { at, remark: body.remark, silent: body.silent };
    reach(state, "ended", at);
    tell(state, at, "ended", {}, "done");
  },
  OpeningRecordFiled(state, body, at) {
    state.record = { at, body };
    tell(state, at, "recordFiled", {}, "done");
  },
};
