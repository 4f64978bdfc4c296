// A room, followed from a page: joins, comes back by itself after a lost link, and keeps each command until it is answered.

import { HallError, newId } from "./api.js";
import { heard } from "./clock.js";
import { batch, signal } from "./ui.js";
import { NOTHING, joining, take } from "./state.js";

const STOP = new Set([4003, 4009]);
const SIGN_IN = 4001;
const FIRST_WAIT = 300;
const LONGEST_WAIT = 15_000;
const PING = 15_000;
const SILENCE = 40_000;
const CLOCK_WAY = 1_000;

/** @typedef {"joining" | "live" | "lost" | "signed-out" | "refused"} Link */

/** @typedef {{frame: any, resolve: (result: any) => void, reject: (error: any) => void, sent: boolean}} Pending */

/** One membership of one room. `start` begins it, `stop` ends it. */
export class Room {
  /** @param {string} stream */
  constructor(stream) {
    this.stream = stream;
    /** What this member holds. */
    this.held = signal(NOTHING);
    /** @type {import("../vendor/@preact/signals-core/dist/signals-core.js").Signal<Link>} */
    this.link = signal(/** @type {Link} */ ("joining"));
    /** When the link was lost, in ms of the page; 0 while it is there. */
    this.lostAt = signal(0);
    /** How many commands wait for their answer. */
    this.waiting = signal(0);
    /** @type {Map<string, Pending>} */
    this.pending = new Map();
    /** @type {WebSocket | null} */
    this.socket = null;
    this.wait = FIRST_WAIT;
    this.stopped = false;
    this.spoke = 0;
    this.pinged = 0;
    this.timer = 0;
    this.again = () => this.#connect();
  }

  /** Join, and stay joined until `stop`. */
  start() {
    addEventListener("online", this.again);
    this.timer = window.setInterval(() => this.#listen(), PING);
    this.#connect();
  }

  /** Leave for good. */
  stop() {
    this.stopped = true;
    removeEventListener("online", this.again);
    clearInterval(this.timer);
    this.socket?.close();
  }

  /** Join again with the session the page has now. */
  rejoin() {
    if (this.socket !== null) this.socket.close();
    else this.#connect();
  }

  /**
   * Ask the case to do something; kept and sent again, with the same id, until it is answered.
   *
   * @param {{id: string, kind: string, body: any, signed?: any}} command
   * @returns {Promise<any>}
   */
  command(command) {
    return new Promise((resolve, reject) => {
      const frame = { t: "command", ...command };
      this.pending.set(command.id, { frame, resolve, reject, sent: false });
      this.waiting.value = this.pending.size;
      this.#flush();
    });
  }

  #connect() {
    if (this.stopped || this.socket !== null) return;
    const address = new URL(`/rooms/${this.stream}`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.socket = socket;
    this.spoke = performance.now();
    socket.onopen = () => socket.send(JSON.stringify(joining(this.held.value)));
    socket.onmessage = (message) => this.#frame(JSON.parse(message.data));
    socket.onclose = (event) => {
      if (this.socket === socket) this.#closed(event.code);
    };
  }

  /** @param {any} frame */
  #frame(frame) {
    this.spoke = performance.now();
    if (frame.t === "clock" && this.pinged) heard(frame.now, performance.now() - this.pinged);
    if (frame.t === "clock") this.pinged = 0;
    if (frame.t === "reply") this.#reply(frame);
    const held = take(this.held.value, frame);
    batch(() => {
      this.held.value = held;
      if (frame.t !== "joined") return;
      this.link.value = "live";
      this.lostAt.value = 0;
      this.wait = FIRST_WAIT;
    });
    if (held.broken) this.socket?.close();
    else if (frame.t === "joined") this.#flush();
  }

  /** @param {any} frame */
  #reply(frame) {
    const pending = this.pending.get(frame.id);
    if (!pending) return;
    if (!frame.ok && frame.error.code === "internal" && !pending.frame.again) {
      // The hall asks to send it once more, with the same id.
      pending.frame.again = true;
      pending.sent = false;
      setTimeout(() => this.#flush(), FIRST_WAIT);
      return;
    }
    this.pending.delete(frame.id);
    this.waiting.value = this.pending.size;
    if (frame.ok) pending.resolve(frame.result);
    else pending.reject(new HallError(409, frame.error.code, frame.error.message, frame.error.params));
  }

  #flush() {
    if (this.link.value !== "live" || this.socket?.readyState !== WebSocket.OPEN) return;
    for (const pending of this.pending.values()) {
      if (pending.sent) continue;
      const { t, id, kind, body, signed } = pending.frame;
      this.socket.send(JSON.stringify({ t, id, kind, body, ...(signed ? { signed } : {}) }));
      pending.sent = true;
    }
  }

  /** @param {number} code */
  #closed(code) {
    this.socket = null;
    for (const pending of this.pending.values()) pending.sent = false;
    if (this.stopped) return;
    if (this.lostAt.value === 0) this.lostAt.value = performance.now();
    if (STOP.has(code) && !this.held.value.broken) {
      this.link.value = "refused";
      return;
    }
    this.link.value = code === SIGN_IN ? "signed-out" : "lost";
    const wait = this.wait * (0.5 + Math.random() / 2);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    setTimeout(this.again, wait);
  }

  #listen() {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    if (performance.now() - this.spoke > SILENCE) {
      const socket = this.socket;
      socket.onclose = null;
      socket.close();
      this.#closed(1006);
      return;
    }
    if (performance.now() - this.pinged > CLOCK_WAY) this.pinged = performance.now();
    this.socket.send('{"t":"ping"}');
  }
}

/** A command with a fresh id. @param {string} kind @param {any} [body] */
export function commandOf(kind, body = {}) {
  return { id: newId("cmd"), kind, body };
}
