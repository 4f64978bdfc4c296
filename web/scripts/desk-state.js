// What a person has to do next in each case, and where. Pure.

/** @typedef {{stream: string, kind: string, tender: string, title: string, title_en: string, phase: string, roles: string[],
 *   closes_at: string | null, opens_at: string | null}} Case */
/** @typedef {{words: string, href: string | null, act: boolean}} Next `act`: it is this person's turn */

/** @typedef {[roles: string, phases: string, words: string, page: string, act?: boolean]} Rule */

// The first rule that fits decides: roles and phases are lists by spaces, `*` fits all.
/** @type {Record<string, Rule[]>} */
const RULES = {
  tender: [
    ["owner", "draft", "publish", "tenders", true],
    ["*", "draft", "draft", "tenders"],
    ["*", "published", "bidding", "tenders"],
    ["*", "*", "closed", "tenders"],
  ],
  ceremony: [
    ["custodian", "joining", "join", "custodian", true],
    ["custodian", "round-one signing", "ceremony", "custodian", true],
    ["*", "joining round-one signing", "ceremonyGoes", ""],
    ["*", "verifying", "verifying", ""],
    ["*", "completed", "keys", ""],
    ["*", "*", "aborted", ""],
  ],
  opening: [
    ["host", "releasing", "chair", "host", true],
    ["custodian", "releasing", "release", "custodian", true],
    ["host", "decrypting", "decrypting", "host"],
    ["host", "decrypted", "announce", "host", true],
    ["host", "announced", "end", "host", true],
    ["supervisor", "releasing decrypting decrypted announced", "watch", "opening", true],
    ["*", "releasing decrypting decrypted announced", "follow", "opening"],
    ["*", "ended", "ended", "opening"],
    ["*", "*", "notOpened", "opening"],
  ],
  evaluation: [
    ["host", "convened", "roster", "host", true],
    ["custodian", "rostered", "releaseDraw", "custodian", true],
    ["expert", "seated", "pledge", "evaluation", true],
    ["expert", "scoring", "score", "evaluation", true],
    ["expert", "ranked", "sign", "evaluation", true],
    ["expert", "signed reported", "reported", "evaluation"],
    ["expert", "*", "wait", "evaluation"],
    ["*", "reported", "reported", "host"],
    ["supervisor", "*", "watch", "supervise", true],
    ["host", "*", "evaluationGoes", "host"],
    ["*", "*", "evaluationGoes", ""],
  ],
};

const OVER = new Set(["completed", "aborted", "ended", "not-opened", "reported"]);
const ORDER = ["opening", "evaluation", "ceremony", "tender"];

/** @param {string} list @param {readonly string[]} given */
const fits = (list, given) => list === "*" || list.split(" ").some((one) => given.includes(one));

/** @param {Case} one @returns {Next} */
export function nextStep(one) {
  const rule = (RULES[one.kind] ?? []).find(([roles, phases]) => fits(roles, one.roles) && fits(phases, [one.phase]));
  if (!rule) return { words: "none", href: null, act: false };
  const [, , words, page, act = false] = rule;
  return { words, href: pageOf(one, page), act };
}

/** @param {Case} one @param {string} page */
function pageOf(one, page) {
  if (page === "") return null;
  if (page === "custodian" || page === "supervise") return `/${page}`;
  if (page === "host" && !one.roles.includes("host")) return null;
  return `/${page}/${one.kind === "tender" ? one.stream : one.tender}`;
}

/** Whether nothing more will happen in a case. @param {Case} one */
function isOver(one) {
  return OVER.has(one.phase) || (one.kind === "tender" && one.phase === "closed");
}

/**
 * Sort cases by kind: those that go on, and those that are over.
 *
 * @param {readonly Case[]} cases
 * @returns {{acts: Case[], going: Map<string, Case[]>, over: Case[]}}
 */
export function sorted(cases) {
  const acts = cases.filter((one) => nextStep(one).act);
  const rest = cases.filter((one) => !nextStep(one).act);
  const going = new Map(ORDER.map((kind) => [kind, rest.filter((one) => one.kind === kind && !isOver(one))]));
  return { acts, going, over: rest.filter(isOver) };
}
