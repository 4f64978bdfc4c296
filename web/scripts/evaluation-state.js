// What an evaluation is, told from the events that this viewer may see. Pure: the same events, the same state.

/** @typedef {{id: string, name: string, name_en: string, maximum: string, step: string, objective: boolean}} Criterion */
/** @typedef {{lot: string, name: string, name_en: string, ceiling: string, criteria: Criterion[], price: any}} Lot */
/** @typedef {{lot: string, scores: Record<string, Record<string, string>>, comments: Record<string, Record<string, string>>, totals: Record<string, string>}} Sheet */
/** @typedef {{seat: number, county: string, speciality: string, signedIn: boolean, pledged: boolean, recused: number, locked: Set<string>, signed: boolean}} Seat */
/** @typedef {{threshold: number, custodians: {index: number, name: string}[], released: Set<number>, recovered: boolean}} Custody */
/** @typedef {{at: string, seat: number | null, role: string, text: string}} Said */
/** @typedef {"new" | "convened" | "rostered" | "seated" | "pledged" | "scoring" | "ranked" | "signed" | "reported"} Phase */

/**
 * `files`: bid -> {files} or {reason}; `drafts`: lot -> the viewer's own sheet, as last saved or locked; `savedAt`: lot ->
 * when; `sheets`: lot -> the revealed sheets; `reports`: lot -> report; `signatures`: seat -> dissent.
 *
 * @typedef {object} Evaluation
 * @property {Phase} phase
 * @property {string} tender
 * @property {string} title
 * @property {string} titleEn
 * @property {Lot[]} lots
 * @property {{county: string, speciality: string, count: number}[]} draw
 * @property {number | null} total how many bids, for watchers
 * @property {{root: string, size: number, excluded: number} | null} roster
 * @property {Map<number, Seat>} seats
 * @property {number} substitutes
 * @property {Custody} custody
 * @property {{bid: string, code: string, lot: string}[]} bids
 * @property {number} secrets for how many bids the operator's leg is released
 * @property {Map<string, any>} files
 * @property {Map<string, Sheet>} drafts
 * @property {Map<string, string>} savedAt
 * @property {Map<string, string>} lockedAt
 * @property {Set<string>} revealed
 * @property {Map<string, {seat: number, sheet: Sheet}[]>} sheets
 * @property {Map<string, any>} reports
 * @property {Map<number, string>} signatures
 * @property {string} reportHash
 * @property {any} report
 * @property {string} paused why, or ""
 * @property {string} pausedAt
 * @property {Said[]} spoken
 */

/** @returns {Evaluation} */
function nothing() {
  return {
    phase: "new", tender: "", title: "", titleEn: "", lots: [], draw: [], total: null, roster: null, seats: new Map(), substitutes: 0,
    custody: { threshold: 0, custodians: [], released: new Set(), recovered: false },
    bids: [], secrets: 0, files: new Map(), drafts: new Map(), savedAt: new Map(), lockedAt: new Map(), revealed: new Set(),
    sheets: new Map(), reports: new Map(), signatures: new Map(), reportHash: "", report: null, paused: "", pausedAt: "", spoken: [],
  };
}

/**
 * @param {readonly import("./state.js").RoomEvent[]} events
 * @returns {Evaluation}
 */
export function fold(events) {
  const state = nothing();
  for (const event of events) (STEPS[event.kind] ?? ignore)(state, event.body, event.at);
  return state;
}

function ignore() {}

/** @type {Record<string, (state: Evaluation, body: any, at: string) => void>} */
const STEPS = {
  EvaluationConvened(state, body) {
    state.phase = "convened";
    state.tender = body.tender;
    state.title = body.title;
    state.titleEn = body.title_en ?? "";
    state.lots = body.lots;
    state.draw = body.draw?.seats ?? [];
    state.total = body.total ?? null;
    state.custody.threshold = body.threshold;
    state.custody.custodians = body.custodians;
  },
  RosterCommitted(state, body) {
    state.phase = "rostered";
    state.roster = body;
  },
  ShareReleased(state, body) {
    state.custody.released.add(body.index);
  },
  KeyRecovered(state) {
    state.custody.recovered = true;
  },
  DrawMade(state, body) {
    state.phase = "seated";
    state.substitutes = body.substitutes;
    state.bids = body.bids;
    for (const one of body.seats) state.seats.set(one.seat, emptySeat(one));
  },
  ExpertSignedIn(state, body) {
    change(state, body.seat, (seat) => (seat.signedIn = true));
  },
  PledgeSigned(state, body) {
    change(state, body.seat, (seat) => (seat.pledged = true));
    if ([...state.seats.values()].every((one) => one.pledged)) state.phase = "pledged";
  },
  ExpertRecused(state, body) {
    change(state, body.seat, (seat) => {
      seat.signedIn = seat.pledged = false;
      seat.recused += 1;
    });
  },
  SeatFilled(state) {
    state.substitutes -= 1;
  },
  FilesReleased(state, body) {
    state.secrets = body.bids;
  },
  FilesOpened(state, body) {
    state.files.set(body.bid, { files: body.files });
  },
  FilesVoided(state, body) {
    state.files.set(body.bid, { files: [], reason: body.reason });
  },
  ScoringStarted(state) {
    state.phase = "scoring";
  },
  SheetSaved(state, body, at) {
    state.drafts.set(body.lot, body.sheet);
    state.savedAt.set(body.lot, at);
  },
  SheetLocked(state, body, at) {
    change(state, body.seat, (seat) => seat.locked.add(body.lot));
    if (!body.sheet) return; // another seat's: only that it is locked
    state.drafts.set(body.lot, body.sheet);
    state.lockedAt.set(body.lot, at);
  },
  SheetsRevealed(state, body) {
    state.revealed.add(body.lot);
    state.sheets.set(body.lot, body.sheets);
  },
  LotRanked(state, body) {
    state.reports.set(body.lot, body.report);
    if (state.reports.size === state.lots.length) state.phase = "ranked";
  },
  ReportSigned(state, body) {
    state.signatures.set(body.seat, body.dissent);
    change(state, body.seat, (seat) => (seat.signed = true));
  },
  EvaluationCompleted(state, body) {
    state.phase = "signed";
    state.reportHash = body.report_hash;
  },
  ReportFiled(state, body) {
    state.phase = "reported";
    state.report = body;
  },
  EvaluationPaused(state, body, at) {
    state.paused = body.reason;
    state.pausedAt = at;
  },
  EvaluationResumed(state) {
    state.paused = "";
    state.pausedAt = "";
  },
  Spoken(state, body, at) {
    state.spoken.push({ at, seat: body.seat ?? null, role: body.role ?? "", text: body.text });
  },
};

/** @param {{seat: number, county: string, speciality: string}} one @returns {Seat} */
function emptySeat({ seat, county, speciality }) {
  return { seat, county, speciality, signedIn: false, pledged: false, recused: 0, locked: new Set(), signed: false };
}

/** @param {Evaluation} state @param {number} number @param {(seat: Seat) => void} act */
function change(state, number, act) {
  const seat = state.seats.get(number);
  if (seat) act(seat);
}

/** The seats of each county, in order. @param {Evaluation} state @returns {[string, Seat[]][]} */
export function byCounty(state) {
  /** @type {Map<string, Seat[]>} */
  const sites = new Map();
  for (const seat of state.seats.values()) sites.set(seat.county, [...(sites.get(seat.county) ?? []), seat]);
  return [...sites];
}

/** The bids of a lot that are scored, by code. @param {Evaluation} state @param {string} lot */
export function scoredBids(state, lot) {
  return state.bids.filter((one) => one.lot === lot && !state.files.get(one.bid)?.reason);
}

/** What a seat may be called by in a blind bid. @param {Evaluation} state @param {string} bid */
export function codeOf(state, bid) {
  return state.bids.find((one) => one.bid === bid)?.code ?? bid;
}
