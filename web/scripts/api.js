// Requests to the hall. What goes wrong becomes a HallError with the hall's stable code; `explain` puts it into words.

import { moment } from "./format.js";
import { addWords, hasWords, t } from "./words.js";
import errors from "../locales/errors.js";
import cases from "../locales/errors-cases.js";
import sealed from "../locales/errors-crypto.js";

[errors, cases, sealed].forEach(addWords);

const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** The hall said no, or did not answer (`away`, status 0). */
export class HallError extends Error {
  /** @param {number} status @param {string} code @param {string} message @param {Record<string, any>} params */
  constructor(status, code, message, params) {
    super(message);
    this.name = "HallError";
    this.status = status;
    this.code = code;
    this.params = params;
  }
}

/** Say an error in the language of the page: what was wrong, what to do. @param {any} error */
export function explain(error) {
  if (!(error instanceof HallError)) return String(error?.message ?? error);
  const key = `error.${error.code}`;
  if (!hasWords(key)) return error.message;
  return t(key, Object.fromEntries(Object.entries(error.params).map(([name, value]) => [name, said(value)])));
}

/** Say a value of an error: a time as times are written, a list as one. @param {any} value @returns {string} */
function said(value) {
  if (Array.isArray(value)) return value.map(said).join(t("error.join"));
  if (INSTANT.test(value)) return moment(value);
  return hasWords(`value.${value}`) ? t(`value.${value}`) : String(value);
}

/**
 * Send one request and read the JSON of its answer (undefined for 204).
 *
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export async function request(method, path, body) {
  /** @type {RequestInit} */
  const options = { method, credentials: "same-origin", headers: { Accept: "application/json" } };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { Accept: "application/json", "Content-Type": "application/json" };
  }
  const answer = await fetch(path, options).catch(() => null);
  if (answer === null) throw new HallError(0, "away", "the hall does not answer", {});
  if (answer.status === 204) return undefined;
  const found = await answer.json().catch(() => null);
  if (answer.ok && found !== null) return found;
  const error = found?.error ?? { code: "http-error", message: `HTTP ${answer.status}`, params: {} };
  throw new HallError(answer.status, error.code, error.message, error.params ?? {});
}

/** @param {string} path */
export const get = (path) => request("GET", path);
/** @param {string} path @param {unknown} body */
export const post = (path, body) => request("POST", path, body);

/** Try again what a worker that goes away, or a busy store, refused; a command's id makes that harmless.
 *
 * @template T
 * @param {() => Promise<T>} act
 * @param {number} tries
 * @returns {Promise<T>}
 */
export async function persist(act, tries = 5) {
  for (let round = 1; ; round += 1) {
    try {
      return await act();
    } catch (error) {
      const passing = error instanceof HallError && (error.status === 0 || error.status === 503);
      if (!passing || round >= tries) throw error;
      await new Promise((done) => setTimeout(done, 250 * 2 ** round * (0.5 + Math.random() / 2)));
    }
  }
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** Make an id such as `cmd-c4k...`: 26 characters nobody can guess. @param {string} prefix */
export function newId(prefix) {
  const bytes = crypto.getRandomValues(new Uint8Array(26));
  return `${prefix}-${[...bytes].map((one) => ALPHABET[one % 32]).join("")}`;
}
