// A score sheet while it is being filled in: what is wrong, what is missing, what it adds up to. Points are texts; sums are
// made in whole hundredths, so no fraction is ever a float. The rules are those of the specification of scores.

/** @typedef {import("../evaluation-state.js").Criterion} Criterion */
/** @typedef {Record<string, Record<string, string>>} Table bid -> criterion -> text */
/** @typedef {{scores: Table, comments: Table}} Entries as typed */
/** @typedef {{code: string, params: Record<string, string>}} Fault */

const POINTS = /^(0|[1-9][0-9]{0,2})(?:\.([0-9]{1,2}))?$/;
const REASON_BELOW = 60;

/** Digits as typed with a Chinese input method become plain ones. @param {string} text */
export function plain(text) {
  return text
    .replace(/[\uff10-\uff19]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 0xfee0))
    .replace(/[\u3002\uff0e\uff0c,]/g, ".")
    .replace(/\s/g, "");
}

/** Points in hundredths, or null where the text is none. @param {string} text @returns {number | null} */
export function hundredths(text) {
  const found = POINTS.exec(text);
  return found ? Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0")) : null;
}

/** @param {number} amount in hundredths */
export function points(amount) {
  return `${Math.trunc(amount / 100)}.${String(amount % 100).padStart(2, "0")}`;
}

/** What is wrong with a score that was typed, or null; an empty one is only missing. @param {Criterion} criterion @param {string} text @returns {Fault | null} */
export function scoreFault(criterion, text) {
  if (text === "") return null;
  const { maximum } = criterion;
  const [value, most, step] = [hundredths(text), amount(maximum), amount(criterion.step)];
  if (value === null) return { code: "malformed", params: { value: text, maximum } };
  if (value > most) return { code: "range", params: { value: points(value), maximum } };
  if (value % step === 0) return null;
  const below = value - (value % step);
  return { code: "step", params: { value: points(value), step: criterion.step, below: points(below), above: points(below + step) } };
}

/** @param {string} text from the hall */
function amount(text) {
  return /** @type {number} */ (hundredths(text));
}

/** A score below this needs a reason before the sheet is locked. @param {Criterion} criterion */
export function reasonLimit(criterion) {
  return points(Math.floor((amount(criterion.maximum) * REASON_BELOW + 50) / 100));
}

/** @param {Criterion} criterion @param {string} score @param {string} comment */
export function reasonMissing(criterion, score, comment) {
  const value = hundredths(score);
  return value !== null && value < amount(reasonLimit(criterion)) && !tidy(comment);
}

/** What a written reason becomes: one line, no control characters and no marks that reorder text. @param {string} text */
export function tidy(text) {
  return text.replace(/[\p{Z}\p{C}]+/gu, " ").trim();
}

/** @param {Entries} entries @param {string} bid @param {string} criterion */
export const scoreOf = (entries, bid, criterion) => entries.scores[bid]?.[criterion] ?? "";
/** @param {Entries} entries @param {string} bid @param {string} criterion */
export const commentOf = (entries, bid, criterion) => entries.comments[bid]?.[criterion] ?? "";

/**
 * How far a bid is: what it adds up to, and how many entries are still missing or wrong.
 *
 * @param {readonly Criterion[]} criteria
 * @param {Entries} entries
 * @param {string} bid
 */
export function progress(criteria, entries, bid) {
  const found = { total: 0, missing: 0, faults: 0, reasons: 0, complete: false };
  for (const one of criteria) {
    const text = scoreOf(entries, bid, one.id);
    if (text === "") found.missing += 1;
    else if (scoreFault(one, text)) found.faults += 1;
    else found.total += amount(text);
    if (!scoreFault(one, text) && reasonMissing(one, text, commentOf(entries, bid, one.id))) found.reasons += 1;
  }
  found.complete = !found.missing && !found.faults && !found.reasons;
  return { ...found, total: points(found.total) };
}

/** The most a technical part can have. @param {readonly Criterion[]} criteria */
export function most(criteria) {
  return points(criteria.reduce((sum, one) => sum + amount(one.maximum), 0));
}

/**
 * What may be sent: every score that is right, with two decimals, and every reason that is not empty.
 *
 * @param {import("../evaluation-state.js").Lot} lot
 * @param {readonly string[]} bids
 * @param {Entries} entries
 */
export function sheetBody(lot, bids, entries) {
  /** @type {Entries} */
  const sent = { scores: {}, comments: {} };
  for (const bid of bids) {
    for (const one of lot.criteria) {
      const text = scoreOf(entries, bid, one.id);
      if (text !== "" && !scoreFault(one, text)) put(sent.scores, bid, one.id, points(amount(text)));
      const comment = tidy(commentOf(entries, bid, one.id));
      if (comment) put(sent.comments, bid, one.id, comment);
    }
  }
  return { lot: lot.lot, ...sent };
}

/** @param {Table} table @param {string} bid @param {string} criterion @param {string} text */
export function put(table, bid, criterion, text) {
  table[bid] = { ...table[bid], [criterion]: text };
}

/** The scores that cannot be sent. @param {import("../evaluation-state.js").Lot} lot @param {readonly string[]} bids @param {Entries} entries @returns {[string, string, string][]} */
export function faulty(lot, bids, entries) {
  return bids.flatMap((bid) =>
    lot.criteria
      .filter((one) => scoreFault(one, scoreOf(entries, bid, one.id)))
      .map((one) => /** @type {[string, string, string]} */ ([bid, one.id, scoreOf(entries, bid, one.id)])),
  );
}

/** Tell whether two sheets say the same. @param {Entries} one @param {Entries} two */
export function sameSheet(one, two) {
  return flat(one.scores) === flat(two.scores) && flat(one.comments) === flat(two.comments);
}

/** @param {Table} table */
function flat(table) {
  const lines = Object.entries(table).flatMap(([bid, texts]) => Object.entries(texts).map((pair) => JSON.stringify([bid, ...pair])));
  return lines.sort().join();
}
