/**
 * Which record this hall writes. A browser keeps origin and key from its first visit; a hall that later shows
 * others is not believed.
 */

import { HallError, get, persist } from "../scripts/api.js";

const PLACE = "bidhall.record";

/**
 * The record's origin and verifier key; throws a HallError with `record-changed` where they are not those of the
 * first visit.
 *
 * @returns {Promise<{origin: string, vkey: string}>}
 */
export async function pinnedRecord() {
  const { origin, vkey } = await persist(() => get("/record/key"));
  const kept = JSON.parse(localStorage.getItem(PLACE) ?? "null");
  if (kept === null) localStorage.setItem(PLACE, JSON.stringify({ origin, vkey }));
  else if (kept.origin !== origin || kept.vkey !== vkey) {
    throw new HallError(0, "record-changed", "the hall shows another record than on your first visit; do not trust it", {});
  }
  return { origin, vkey };
}
