// The hall's clock, as well as this computer can know it: `now()` follows a monotonic clock, set by the answers with the
// shortest way. A step of this computer's own clock therefore moves nothing.

import { get } from "./api.js";
import { signal } from "./ui.js";

const ROUNDS = 3;
const AGAIN = 5 * 60_000;

/** Hall time minus monotonic time, in ms; by this computer's own clock until the hall has answered. */
let offset = Date.now() - performance.now();
let shortest = Infinity;

/** How this computer's clock differs from the hall's, and how surely: ms. Null until the hall has answered. */
export const drift = signal(/** @type {{behind: number, error: number} | null} */ (null));
/** The hall's time, moved on once a second. */
export const second = signal(now());

/** The hall's time now. @returns {Date} */
export function now() {
  return new Date(performance.now() + offset);
}

/**
 * Take the hall's time from an answer that took `way` ms in all.
 *
 * @param {string} text
 * @param {number} way
 */
export function heard(text, way) {
  if (way > shortest + 5) return;
  shortest = way;
  offset = Date.parse(text) + way / 2 - performance.now();
  drift.value = { behind: Math.round(now().getTime() - Date.now()), error: Math.ceil(way / 2) };
}

/** Ask the hall for its time, a few times: the quickest answer tells it best. */
export async function ask() {
  shortest = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const sent = performance.now();
    try {
      const answer = await get("/api/time");
      heard(answer.now, performance.now() - sent);
    } catch {
      return; // a page that cannot reach the hall says so elsewhere
    }
  }
}

/** Let the clock run. */
export function run() {
  const tick = () => {
    second.value = now();
    setTimeout(tick, 1000 - (second.value.getTime() % 1000) + 5);
  };
  tick();
  ask();
  setInterval(ask, AGAIN);
}
