// Follows a tender up to its opening, and the opening from there: first the tender's room, then the session's.

import { now } from "../clock.js";
import { fold } from "../opening-state.js";
import { Room } from "../room.js";
import { roomLater } from "../room-later.js";
import { computed, effect } from "../ui.js";

/** @typedef {{hall: Room, terms: {value: any}, room: {value: Room | null}, state: {value: import("../opening-state.js").Opening}}} Followed */

/** The published terms among the events of a tender. @param {readonly any[]} events */
export function termsOf(events) {
  return events.filter((one) => one.kind === "TenderPublished").at(-1)?.body.manifest ?? null;
}

/** @param {string} tender its id, `ten-...` @returns {Followed} */
export function follow(tender) {
  const hall = new Room(tender);
  const terms = computed(() => termsOf(hall.held.value.events));
  // As long as the terms are not known, neither is the time.
  const from = () => (terms.peek() ? Date.parse(terms.peek().opens_at) : now().getTime() + 500);
  const later = roomLater(`ope-${tender.slice(4)}`, from);
  const state = computed(() => fold(later.room.value?.held.value.events ?? []));
  hall.start();
  const end = effect(() => {
    if (later.room.value === null) return;
    queueMicrotask(() => {
      end();
      hall.stop();
    });
  });
  return { hall, terms, room: later.room, state };
}

/** A lot by its number, from the session's terms. @param {any} convened @param {string} lot */
export function lotOf(convened, lot) {
  return convened?.lots.find((/** @type {any} */ one) => one.lot === lot) ?? { lot, name: lot, name_en: lot, ceiling: "" };
}
