// What may be wrong with the files and the form of a bid, by field, in words.

import { money, size } from "../format.js";
import { t } from "../words.js";
import { checkFiles } from "../../seal/worker-client.js";
import { explainSealing } from "./seal-state.js";

const MOST = 2 * 2 ** 30;
export const SHORTEST_PASSPHRASE = 12;

/** What is wrong in these steps, by field. @param {import("./seal-state.js").Draft} draft @param {any} lot @param {string[]} steps */
export function problemsOf(draft, lot, steps) {
  /** @type {Record<string, string>} */
  const found = {};
  if (steps.includes("files")) {
    const bytes = draft.files.reduce((all, one) => all + one.size, 0);
    if (draft.files.length === 0) found.files = t("seal.files.none");
    else if (bytes > MOST) found.files = t("seal.files.big", { size: size(bytes) });
    else found.files = wrongFiles(draft) ?? "";
    if (!found.files) delete found.files;
  }
  if (steps.includes("form")) Object.assign(found, formProblems(draft, lot));
  return found;
}

/** @param {import("./seal-state.js").Draft} draft */
function wrongFiles(draft) {
  try {
    checkFiles(draft.lot, draft.files);
    return null;
  } catch (error) {
    return explainSealing(error);
  }
}

/** @param {import("./seal-state.js").Draft} draft @param {any} lot */
function formProblems(draft, lot) {
  /** @type {Record<string, string>} */
  const found = {};
  if (!draft.price) found.price = t("seal.price.none");
  else if (!/^(0|[1-9][0-9]{0,12})\.[0-9]{2}$/.test(draft.price) || draft.price === "0.00") found.price = t("seal.price.form", { value: draft.price });
  else if (cents(draft.price) > cents(lot.ceiling)) found.price = t("seal.price.high", { value: money(draft.price), limit: money(lot.ceiling) });
  for (const name of ["duration_days", "valid_days"]) {
    const text = draft[/** @type {"duration_days"} */ (name)];
    if (text && !/^(0|[1-9][0-9]{0,4})$/.test(text)) found[name] = t("seal.days.form", { value: text });
  }
  if (draft.passphrase.length < SHORTEST_PASSPHRASE) found.passphrase = t("seal.passphrase.short", { n: SHORTEST_PASSPHRASE });
  else if (draft.again !== draft.passphrase) found.again = t("seal.passphrase.differs");
  if (!draft.understood) found.understood = t("seal.understood.missing");
  return found;
}

/** @param {string} yuan */
function cents(yuan) {
  return BigInt(yuan.replace(".", ""));
}
