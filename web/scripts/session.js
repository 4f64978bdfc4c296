// Who is signed in on this page, and how a command gets what it needs: a session, a fresh code, a device key.

import { HallError, get, newId, persist, post, request } from "./api.js";
import { deviceOf, enrolDevice, forgetDevice, signCommand } from "./device.js";
import { askCode } from "./dialogs.js";
import { signal } from "./ui.js";

/** @typedef {{id: string, name: string, organisation: string, organisation_name: string, county: string, roles: string[]}} Person */
/** @typedef {{person: Person | null, account?: string, step?: string, second_factor?: boolean, fresh_until?: string | null, devices?: any[]}} Me */

/** Null until the hall has answered. */
export const me = signal(/** @type {Me | null} */ (null));

/** Ask who is signed in. @returns {Promise<Me>} */
export async function load() {
  me.value = await persist(() => get("/api/me"));
  return /** @type {Me} */ (me.value);
}

/** The person signed in with both factors, or null. @returns {Person | null} */
export function person() {
  return me.value?.step === "none" ? me.value.person : null;
}

/** Tell whether who is signed in has a role. @param {...string} roles */
export function has(...roles) {
  const mine = person()?.roles ?? [];
  return roles.some((one) => mine.includes(one));
}

/** Go and sign in, then come back here. */
export function goSignIn() {
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}

/** @param {boolean} [everywhere] */
export async function signOut(everywhere = false) {
  await request("DELETE", everywhere ? "/api/session?all=1" : "/api/session");
  me.value = { person: null };
  location.assign("/");
}

/** Give a code, so that commands of weight pass. @param {{code?: string, recovery?: string}} given */
export async function giveCode(given) {
  me.value = { ...me.value, ...(await post("/api/session/code", given)) };
}

/** @typedef {{signed?: boolean, send?: (command: any) => Promise<any>}} How */

/**
 * Send a command to a case with all that it needs, asking the person for a code or a device key where one is wanted.
 * Whatever is asked in between, the command keeps its id, so that it is done once.
 *
 * @param {string} stream
 * @param {string} kind
 * @param {Record<string, any>} [body]
 * @param {How} [how] `send` carries it another way than by HTTP: a room's own `command`
 * @returns {Promise<any>} the hall's answer, or null where the person broke off
 */
export async function perform(stream, kind, body = {}, how = {}) {
  const command = /** @type {any} */ ({ id: newId("cmd"), kind, body });
  const send = how.send ?? ((one) => persist(() => post(`/api/cases/${stream}/commands`, one)));
  if (how.signed) {
    const signed = await signedBy(stream, command);
    if (signed === null) return null;
    command.signed = signed;
  }
  for (;;) {
    try {
      return await send(command);
    } catch (error) {
      if (!(error instanceof HallError)) throw error;
      if (error.code === "second-factor-needed" && (await askCode(giveCode))) continue;
      if (error.code === "second-factor-needed") return null;
      if (error.code === "sign-in-first") goSignIn();
      if (error.code === "device-revoked" && person()) await forgetDevice(/** @type {Person} */ (person()).id);
      throw error;
    }
  }
}

/** The device key of who is signed in, made and enrolled where there is none yet. @returns {Promise<any>} null: broken off */
export async function myDevice() {
  const mine = person();
  if (mine === null) throw new HallError(401, "sign-in-first", "sign in first", {});
  const enrolled = new Set((me.value?.devices ?? []).filter((one) => one.active).map((one) => one.device));
  const kept = await deviceOf(mine.id);
  if (kept !== null && enrolled.has(kept.device)) return kept;
  for (;;) {
    try {
      const device = await enrolDevice(mine.id);
      await load();
      return device;
    } catch (error) {
      if (!(error instanceof HallError) || error.code !== "second-factor-needed") throw error;
      if (!(await askCode(giveCode))) return null;
    }
  }
}

/** @param {string} stream @param {any} command */
async function signedBy(stream, command) {
  const device = await myDevice();
  return device === null ? null : signCommand(device, stream, command);
}
