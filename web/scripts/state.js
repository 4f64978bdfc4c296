// What a member of a room holds: the events it may see, in order. Pure; follows `docs/spec/rooms.md`, "A client, step by step".

/** @typedef {{seq: number, at: string, kind: string, body: any}} RoomEvent */
/** @typedef {{audience: string, kind: string, stream: string, you: any}} Joined */
/** @typedef {{events: readonly RoomEvent[], joined: Joined | null, members: readonly any[], listeners: number, broken: boolean}} Held */

/** @type {Held} */
export const NOTHING = { events: [], joined: null, members: [], listeners: 0, broken: false };

/**
 * Take in one frame of the hall. `broken` tells that a number was missing: the member then joins anew from nothing.
 *
 * @param {Held} held
 * @param {any} frame
 * @returns {Held}
 */
export function take(held, frame) {
  switch (frame.t) {
    case "joined": {
      const same = held.joined?.audience === frame.audience && frame.after === held.events.length;
      const { audience, kind, stream, you } = frame;
      return { ...held, events: same ? held.events : [], joined: { audience, kind, stream, you }, broken: !same && frame.after !== 0 };
    }
    case "event": {
      if (frame.seq !== held.events.length + 1) return { ...held, broken: true };
      const { seq, at, kind, body } = frame;
      return { ...held, events: [...held.events, { seq, at, kind, body }] };
    }
    case "presence":
      return { ...held, members: frame.members, listeners: frame.listeners };
    default:
      return held;
  }
}

/** How a member asks to join: from what it holds. @param {Held} held */
export function joining(held) {
  if (held.joined === null || held.broken) return { t: "join", v: 1, after: 0 };
  return { t: "join", v: 1, after: held.events.length, audience: held.joined.audience };
}
