// What the host has to do: the steps of the session, and the one that comes next. Pure.

import { sharesIn, unanswered, unjudged } from "./opening-state.js";

/** @typedef {import("./opening-state.js").Opening} Opening */
/** @typedef {import("./evaluation-state.js").Evaluation} Evaluation */
/** @typedef {{name: string, params?: Record<string, string | number>, act?: string}} Next `act`: the command it asks of the host */
/** @typedef {{name: string, done: boolean, note: string, params: Record<string, string | number>, at: string}} Step */

const OPENING = ["new", "releasing", "decrypting", "decrypted", "announced", "ended"];
const EVALUATION = ["new", "convened", "rostered", "seated", "pledged", "scoring", "ranked", "signed", "reported"];

/** How many sheets are locked, and how many there will be. @param {Evaluation} evaluation */
export function sheets(evaluation) {
  const seats = [...evaluation.seats.values()];
  return { n: seats.reduce((sum, one) => sum + one.locked.size, 0), total: seats.length * evaluation.lots.length };
}

/** How many seats have done something. @param {Evaluation} evaluation @param {(seat: import("./evaluation-state.js").Seat) => boolean} done */
export function seatsThat(evaluation, done) {
  return [...evaluation.seats.values()].filter(done).length;
}

/** The steps in their order, each with what can be said of it. @param {Opening} opening @param {Evaluation} evaluation @returns {Step[]} */
export function steps(opening, evaluation) {
  const at = OPENING.indexOf(opening.phase);
  const then = EVALUATION.indexOf(evaluation.phase);
  const seats = evaluation.seats.size;
  const valid = opening.bids.filter((one) => one.form);
  const confirmed = valid.filter((one) => one.confirmedAt).length;
  const step = (/** @type {string} */ name, /** @type {boolean} */ done, /** @type {any} */ params = null, when = "") => ({
    name, done, note: params ? `host.note.${name}` : "", params: params ?? {}, at: when,
  });
  const { threshold = 0 } = opening.convened ?? {};
  return [
    step("closed", opening.convened !== null, opening.convened ? { n: opening.convened.total } : null, opening.since),
    step("chair", opening.chair !== null, null, opening.chair?.at),
    step("release", at >= 2, at >= 1 ? { n: sharesIn(opening), need: threshold } : null, opening.reached.decrypting),
    step("decrypt", at >= 3, at >= 2 ? { n: opening.done, total: opening.total } : null, opening.reached.decrypted),
    step("announce", at >= 4, null, opening.reached.announced),
    step("confirm", at >= 5, at >= 4 ? { n: confirmed, total: valid.length } : null),
    step("end", at >= 5, null, opening.ended?.at),
    step("roster", then >= 2, then >= 2 ? { n: evaluation.roster?.size, excluded: evaluation.roster?.excluded } : null),
    step("draw", then >= 3, then >= 3 ? { n: seats, substitutes: evaluation.substitutes } : null),
    step("pledge", then >= 4, then >= 3 ? { n: seatsThat(evaluation, (one) => one.pledged), total: seats } : null),
    step("score", then >= 6, then >= 5 ? sheets(evaluation) : null),
    step("sign", then >= 7, then >= 6 ? { n: evaluation.signatures.size, total: seats } : null),
    step("report", then >= 8),
  ];
}

/** The one next step. @param {Opening} opening @param {Evaluation} evaluation @param {string} me the host's id @returns {Next} */
export function next(opening, evaluation, me) {
  if (opening.phase === "new") return { name: "waiting" };
  if (opening.phase === "not-opened") return { name: "none" };
  if (opening.phase === "ended") return afterwards(evaluation);
  if (opening.chair === null) return { name: "chair", act: "TakeChair" };
  if (opening.chair.person !== me) return { name: "taken", act: "TakeOver", params: { name: opening.chair.name } };
  return inTheChair(opening);
}

/** @param {Opening} opening @returns {Next} */
function inTheChair(opening) {
  const { total, voids } = opening;
  switch (opening.phase) {
    case "releasing":
      return { name: "release", params: { n: sharesIn(opening), need: opening.convened.threshold } };
    case "decrypting":
      return { name: "decrypt", params: { n: Math.min(opening.done + 1, total), total } };
    case "decrypted":
      return { name: "announce", act: "AnnounceBids", params: { total, voids } };
    default:
      return beforeTheEnd(opening);
  }
}

/** @param {Opening} opening @returns {Next} */
function beforeTheEnd(opening) {
  const [objection] = unanswered(opening);
  if (objection) return { name: "answer", act: "AnswerObjection", params: { n: unanswered(opening).length, name: objection.bidder_name } };
  const [bid] = unjudged(opening);
  if (bid) return { name: "judge", act: "JudgeFault", params: { n: unjudged(opening).length, name: bid.bidder_name } };
  const valid = opening.bids.filter((one) => one.form);
  const n = valid.filter((one) => one.confirmedAt).length;
  return { name: "end", act: "EndOpening", params: { n, total: valid.length, silent: valid.length - n } };
}

/** @param {Evaluation} evaluation @returns {Next} */
function afterwards(evaluation) {
  const total = evaluation.seats.size;
  const { custody } = evaluation;
  switch (evaluation.phase) {
    case "new":
      return { name: "evaluation" };
    case "convened":
      return { name: "roster", act: "CommitRoster" };
    case "rostered":
      return { name: "draw", params: { n: custody.released.size, need: custody.threshold } };
    case "seated":
      return { name: "seats", params: { total, signedIn: seatsThat(evaluation, (one) => one.signedIn), pledged: seatsThat(evaluation, (one) => one.pledged) } };
    case "pledged":
      return { name: "files", params: { n: evaluation.files.size, total: evaluation.bids.length } };
    case "scoring":
      return { name: "score", params: sheets(evaluation) };
    case "ranked":
      return { name: "sign", params: { n: evaluation.signatures.size, total } };
    case "signed":
      return { name: "filing" };
    default:
      return { name: "done", act: "Download" };
  }
}
