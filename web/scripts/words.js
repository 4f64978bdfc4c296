// Words of both languages. A page adds its own table; a word that is missing shows its key, and a test fails on it.

import { signal } from "./ui.js";

/** @typedef {"zh-CN" | "en"} Language */
/** @typedef {Record<string, string>} Words */
/** @typedef {{"zh-CN": Words, en: Words}} Locale */

/** @type {readonly Language[]} */
export const LANGUAGES = ["zh-CN", "en"];
const KEPT = "bidhall.language";

/** @type {Record<Language, Map<string, string>>} */
const known = { "zh-CN": new Map(), en: new Map() };

/** @returns {Language} */
function chosen() {
  const asked = new URLSearchParams(location.search).get("lang") ?? kept();
  if (asked === "zh-CN" || asked === "en") return asked;
  return navigator.language.toLowerCase().startsWith("zh") || !navigator.language ? "zh-CN" : "en";
}

/** @returns {string | null} */
function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null; // storage may be forbidden; the language then follows the browser
  }
}

/** The language the page is in. */
export const language = signal(chosen());
document.documentElement.lang = language.value;

/** Choose a language, and keep the choice on this computer. @param {Language} wanted */
export function speak(wanted) {
  try {
    localStorage.setItem(KEPT, wanted);
  } catch {
    // as above
  }
  document.documentElement.lang = wanted;
  language.value = wanted;
}

/** Add the words of one part of the house. @param {Locale} locale */
export function addWords(locale) {
  for (const one of LANGUAGES) {
    for (const [key, text] of Object.entries(locale[one])) known[one].set(key, text);
  }
}

/** Tell whether there are words for a key. @param {string} key */
export function hasWords(key) {
  return known[language.value].has(key);
}

/**
 * Say what `key` stands for in the language of the page; `{name}` is filled from `params`. English may give two forms,
 * "one bid|{n} bids": the first is for n = 1.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [params]
 * @returns {string}
 */
export function t(key, params = {}) {
  let text = known[language.value].get(key) ?? known["zh-CN"].get(key) ?? key;
  if (language.value === "en" && "n" in params && text.includes("|")) {
    const [one, more] = text.split("|");
    text = Number(params.n) === 1 ? one : more;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? String(params[name]) : whole));
}

/** Choose between a Chinese and an English name that data brings along. @param {string} zh @param {string} [en] */
export function named(zh, en) {
  return language.value === "en" && en ? en : zh;
}
