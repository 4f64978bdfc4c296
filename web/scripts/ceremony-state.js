// What a key ceremony is, told from its events. Pure: the same events, the same state.

/** @typedef {"new" | "joining" | "round-one" | "signing" | "verifying" | "completed" | "aborted"} Phase */
/** @typedef {{index: number, person: string, name: string, joined: boolean, sent: boolean, signed: boolean}} Member */
/** @typedef {{phase: Phase, title: string, threshold: number, batch: number, custodians: Member[], keys: any[], aborted: string}} Ceremony */

/**
 * @param {readonly import("./state.js").RoomEvent[]} events
 * @returns {Ceremony}
 */
export function fold(events) {
  /** @type {Ceremony} */
  const state = { phase: "new", title: "", threshold: 0, batch: 0, custodians: [], keys: [], aborted: "" };
  for (const { kind, body } of events) STEPS[kind]?.(state, body);
  return state;
}

/** @type {Record<string, (state: Ceremony, body: any) => void>} */
const STEPS = {
  CeremonyConvened(state, { title, threshold, batch, custodians }) {
    const members = custodians.map((/** @type {any} */ { index, person, name }) => ({ index, person, name, joined: false, sent: false, signed: false }));
    Object.assign(state, { phase: "joining", title, threshold, batch, custodians: members });
  },
  CustodianJoined: (state, { index }) => mark(state, index, "joined", "round-one"),
  RoundOneSubmitted: (state, { index }) => mark(state, index, "sent", "signing"),
  TranscriptSigned: (state, { index }) => mark(state, index, "signed", "verifying"),
  CeremonyCompleted(state, { keys }) {
    Object.assign(state, { phase: "completed", keys });
  },
  CeremonyAborted(state, { reason }) {
    Object.assign(state, { phase: "aborted", aborted: reason });
  },
};

/** @param {Ceremony} state @param {number} index @param {"joined" | "sent" | "signed"} what @param {Phase} next once all have done it */
function mark(state, index, what, next) {
  for (const one of state.custodians) if (one.index === index) one[what] = true;
  if (state.custodians.every((one) => one[what])) state.phase = next;
}
