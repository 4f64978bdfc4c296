// One seat's sheet for one lot, kept while it is filled in: saved by itself, a moment after the last key; sent again by the
// room where the link was lost. What is not saved yet stays here, and the page says since when.

import { perform } from "../session.js";
import { now } from "../clock.js";
import { signal } from "../ui.js";
import { faulty, plain, put, sameSheet, sheetBody } from "./sheet.js";

const QUIET = 700;

/** @typedef {"saved" | "waiting" | "sending" | "failed"} Saving */

export class Draft {
  /**
   * @param {import("../room.js").Room} room
   * @param {import("../evaluation-state.js").Lot} lot
   * @param {readonly string[]} bids
   */
  constructor(room, lot, bids) {
    this.room = room;
    this.lot = lot;
    this.bids = bids;
    /** What is in the fields. */
    this.entries = signal(/** @type {import("./sheet.js").Entries} */ ({ scores: {}, comments: {} }));
    this.saving = signal(/** @type {Saving} */ ("saved"));
    /** Since when something is only on this page. */
    this.since = signal(/** @type {Date | null} */ (null));
    this.error = signal(/** @type {any} */ (null));
    this.changed = false;
    this.closed = false;
    this.timer = 0;
  }

  /**
   * Take in what the hall has, from an earlier visit or another page, unless something here is newer. What this page sent
   * itself comes back too: then the fields stay as they were typed, and what could not be sent stays in any case.
   *
   * @param {import("../evaluation-state.js").Sheet | undefined} kept
   */
  hear(kept) {
    if (!kept || this.since.value !== null || sameSheet(kept, this.body())) return;
    const scores = { ...kept.scores };
    for (const [bid, criterion, text] of faulty(this.lot, this.bids, this.entries.value)) put(scores, bid, criterion, text);
    this.entries.value = { scores, comments: kept.comments };
  }

  /** @param {string} bid @param {string} criterion @param {string} text */
  score(bid, criterion, text) {
    this.#enter("scores", bid, criterion, plain(text));
  }

  /** @param {string} bid @param {string} criterion @param {string} text */
  comment(bid, criterion, text) {
    this.#enter("comments", bid, criterion, text);
  }

  /** @param {"scores" | "comments"} part @param {string} bid @param {string} criterion @param {string} text */
  #enter(part, bid, criterion, text) {
    const table = { ...this.entries.value[part] };
    put(table, bid, criterion, text);
    this.entries.value = { ...this.entries.value, [part]: table };
    this.changed = true;
    this.since.value ??= now();
    if (this.saving.value !== "sending") this.saving.value = "waiting";
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.save(), QUIET);
  }

  /** What the hall would be sent now. */
  body() {
    return sheetBody(this.lot, this.bids, this.entries.value);
  }

  /** Save now what is not saved. */
  async save() {
    clearTimeout(this.timer);
    if (!this.changed || this.closed || this.saving.value === "sending") return;
    this.changed = false;
    this.saving.value = "sending";
    this.error.value = null;
    try {
      await perform(this.room.stream, "SaveSheet", this.body(), { send: (one) => this.room.command(one) });
    } catch (error) {
      this.changed = true;
      this.error.value = error;
      this.saving.value = "failed";
      return;
    }
    if (this.changed) {
      this.saving.value = "waiting";
      await this.save();
    } else {
      this.saving.value = "saved";
      this.since.value = null;
    }
  }

  /** Nothing more is saved: the sheet is being locked. */
  close() {
    clearTimeout(this.timer);
    this.closed = true;
  }

  /** The sheet was not locked after all. */
  reopen() {
    this.closed = false;
    if (this.changed) this.save();
  }

  /** Whether leaving the page now would lose something. */
  get unsaved() {
    return this.since.value !== null && !this.closed;
  }
}
