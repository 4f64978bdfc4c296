// A room that may not be there yet: tried again until it lets the viewer in.

import { now } from "./clock.js";
import { Room } from "./room.js";
import { effect, signal } from "./ui.js";

const AGAIN = 2_000;
const LONGEST = 60 * 60_000;

/**
 * Join a room as soon as it exists.
 *
 * @param {string} stream
 * @param {() => number} from before this time (ms) it cannot be there
 * @returns {{room: import("../vendor/@preact/signals-core/dist/signals-core.js").Signal<Room | null>, stop: () => void}}
 */
export function roomLater(stream, from = () => 0) {
  const found = signal(/** @type {Room | null} */ (null));
  let timer = 0;
  let stopped = false;
  /** @type {Room | null} */
  let tried = null;

  const attempt = () => {
    if (stopped) return;
    const left = from() - now().getTime();
    if (left > 0) {
      timer = window.setTimeout(attempt, Math.min(left + 200, LONGEST));
      return;
    }
    const room = new Room(stream);
    tried = room;
    const end = effect(() => {
      const inside = room.held.value.joined !== null;
      // Who is not signed in is asked to, as long as there is no room for the public.
      const refused = room.link.value === "refused" || room.link.value === "signed-out";
      if (inside || refused) queueMicrotask(() => decide(inside));
    });
    const decide = (/** @type {boolean} */ inside) => {
      end();
      if (inside) {
        found.value = room;
        return;
      }
      room.stop();
      // A random moment, so that a full waiting hall does not knock all at once.
      timer = window.setTimeout(attempt, AGAIN * (0.5 + Math.random()));
    };
    room.start();
  };
  attempt();
  return {
    room: found,
    stop() {
      stopped = true;
      clearTimeout(timer);
      (found.value ?? tried)?.stop();
    },
  };
}
