// A tender as its events tell it to this viewer. Pure.

/** @typedef {import("./state.js").RoomEvent} RoomEvent */
/** @typedef {{kind: "submitted" | "replaced" | "withdrawn", number: number, at: string, seq: number, size: number}} Step */
/** @typedef {{bid: string, lot: string, number: number, withdrawn: boolean, at: string, steps: Step[]}} OwnBid */
/** @typedef {{kind: string, at: string, name?: string}} Draft */
/**
 * @typedef {object} Tender
 * @property {"none" | "draft" | "published" | "closed"} phase `none`: nothing that this viewer may see
 * @property {any} terms what the draft says; later the manifest
 * @property {any} keys the keys of the draft, or null
 * @property {{name: string, sha256: string, size: number}[]} documents the last under each name
 * @property {string} hash the fingerprint of the manifest, "" before it is published
 * @property {string} publishedAt
 * @property {number} publishedSeq the number of the publication as this viewer counts
 * @property {{counts: Record<string, number>, at: string, seq: number} | null} closed
 * @property {OwnBid[]} bids those of the viewer's own organisation
 * @property {Draft[]} drafts how the draft came about, for who may see it
 */

/** @type {Tender} */
const NOTHING = { phase: "none", terms: {}, keys: null, documents: [], hash: "", publishedAt: "", publishedSeq: 0, closed: null, bids: [], drafts: [] };

const STEPS = /** @type {const} */ ({ BidSubmitted: "submitted", BidReplaced: "replaced", BidWithdrawn: "withdrawn" });

/** @param {readonly RoomEvent[]} events @returns {Tender} */
export function fold(events) {
  return events.reduce(after, NOTHING);
}

/** @param {Tender} tender @param {RoomEvent} event @returns {Tender} */
function after(tender, event) {
  const { kind, body, at, seq } = event;
  switch (kind) {
    case "TenderCreated":
    case "TenderRevised":
      return { ...tender, phase: "draft", terms: body.terms, drafts: [...tender.drafts, { kind, at }] };
    case "DocumentAttached": {
      const { name, sha256, size } = body;
      const others = tender.documents.filter((one) => one.name !== name);
      return { ...tender, documents: [...others, { name, sha256, size }], drafts: [...tender.drafts, { kind, at, name }] };
    }
    case "KeysAssigned":
      return { ...tender, keys: body, drafts: [...tender.drafts, { kind, at }] };
    case "TenderPublished":
      return {
        ...tender,
        phase: "published",
        terms: { ...body.manifest, tenderee_name: body.manifest.tenderee },
        keys: body.manifest,
        documents: body.manifest.documents,
        hash: body.manifest_hash,
        publishedAt: at,
        publishedSeq: seq,
      };
    case "TenderClosed":
      return { ...tender, phase: "closed", closed: { counts: body.counts, at, seq } };
    case "BidSubmitted":
    case "BidReplaced":
    case "BidWithdrawn":
      return { ...tender, bids: withStep(tender.bids, kind, event) };
    default:
      return tender;
  }
}

/** @param {OwnBid[]} bids @param {keyof typeof STEPS} kind @param {RoomEvent} event */
function withStep(bids, kind, { body, at, seq }) {
  const known = bids.find((one) => one.bid === body.bid);
  const number = body.number ?? known?.number ?? 1;
  const size = (body.stages ?? []).reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.descriptor.size, 0);
  const step = { kind: STEPS[kind], number, at, seq, size };
  const bid = { bid: body.bid, lot: body.lot, number, withdrawn: kind === "BidWithdrawn", at, steps: [...(known?.steps ?? []), step] };
  return [...bids.filter((one) => one.bid !== body.bid), bid].sort((one, other) => one.lot.localeCompare(other.lot, "en", { numeric: true }));
}

/** What a draft still needs before it can be published. @param {Tender} tender @returns {string[]} */
export function missing(tender) {
  const { terms } = tender;
  const needs = ["closes_at", "opens_at", "lots", "draw", "hosts"].filter((name) => !(name in terms) || (name === "hosts" && !terms.hosts.length));
  return tender.keys === null ? [...needs, "keys"] : needs;
}

/** Which of the tender's bids are in force. @param {Tender} tender */
export function inForce(tender) {
  return tender.bids.filter((one) => !one.withdrawn);
}

/**
 * How an opening stands, by its public events.
 *
 * @param {readonly RoomEvent[]} events
 * @returns {"none" | "not-opened" | "going" | "announced" | "ended"}
 */
export function openingPhase(events) {
  const kinds = new Set(events.map((one) => one.kind));
  if (kinds.has("OpeningEnded")) return "ended";
  if (kinds.has("BidsAnnounced")) return "announced";
  if (!kinds.has("OpeningConvened")) return "none";
  const counts = Object.values(events.find((one) => one.kind === "OpeningConvened")?.body.counts ?? {}).length;
  return events.filter((one) => one.kind === "LotNotOpened").length === counts ? "not-opened" : "going";
}
