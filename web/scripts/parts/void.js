// Why a bid could not be opened, in the language of the page.

import { addWords, hasWords, t } from "../words.js";
import words from "../../locales/void.js";

addWords(words);

/** @param {string | undefined} code as the opener found it */
export function voidReason(code = "") {
  return hasWords(`void.${code}`) ? t(`void.${code}`) : t("void.other", { code });
}
