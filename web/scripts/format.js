// How times, durations, money and sizes are written. Money is text with two decimals and is never a number.

import { language, t } from "./words.js";

const ZONE = "Asia/Shanghai";

/** @type {Record<string, Intl.DateTimeFormat>} */
const formats = {};

/** @param {string} name @param {Intl.DateTimeFormatOptions} options */
function format(name, options) {
  formats[name] ??= new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE, ...options });
  return formats[name];
}

/** `2026-11-26`. @param {Date} at */
export function day(at) {
  return format("day", { year: "numeric", month: "2-digit", day: "2-digit" }).format(at);
}

/** `09:30:00`. @param {Date} at */
export function clockTime(at) {
  return format("time", { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }).format(at);
}

/** `2026-11-26 09:30:00`. @param {Date | string} at */
export function moment(at) {
  const date = typeof at === "string" ? new Date(at) : at;
  return `${day(date)} ${clockTime(date)}`;
}

/** The time, with its day only when that is not `now`'s. @param {Date | string} at @param {Date} now */
export function briefly(at, now) {
  const date = typeof at === "string" ? new Date(at) : at;
  return day(date) === day(now) ? clockTime(date) : `${day(date).slice(5)} ${clockTime(date)}`;
}

/** The day in words of the page's language. @param {Date} at */
export function longDay(at) {
  return new Intl.DateTimeFormat(language.value, { timeZone: ZONE, dateStyle: "full" }).format(at);
}

/** @typedef {{days: number, hours: number, minutes: number, seconds: number}} Parts */

/** @param {number} milliseconds @returns {Parts} */
export function parts(milliseconds) {
  const all = Math.max(0, Math.ceil(milliseconds / 1000));
  return {
    days: Math.floor(all / 86400),
    hours: Math.floor(all / 3600) % 24,
    minutes: Math.floor(all / 60) % 60,
    seconds: all % 60,
  };
}

/** A duration in words, its two largest parts: 1 天 23 小时. @param {number} milliseconds */
export function duration(milliseconds) {
  const { days, hours, minutes, seconds } = parts(milliseconds);
  const all = [
    ["days", days],
    ["hours", hours],
    ["minutes", minutes],
    ["seconds", seconds],
  ];
  const first = all.findIndex(([, n]) => Number(n) > 0);
  if (first < 0) return t("time.seconds", { n: 0 });
  return all
    .slice(first, first + 2)
    .filter(([, n], place) => place === 0 || Number(n) > 0)
    .map(([name, n]) => t(`time.${name}`, { n: Number(n) }))
    .join(" ");
}

/** `48,620,000.00`. @param {string} yuan with two decimals */
export function money(yuan) {
  const [whole, decimals] = yuan.split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (decimals ? `.${decimals}` : "");
}

/** Sizes as people say them: 46.2 MB (of a million bytes). @param {number} bytes */
export function size(bytes) {
  if (bytes < 1000) return t("size.bytes", { n: bytes });
  const units = ["KB", "MB", "GB"];
  let amount = bytes / 1000;
  let unit = 0;
  while (amount >= 999.95 && unit < units.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${amount.toFixed(1)} ${units[unit]}`;
}

const DIGITS = "零壹贰叁肆伍陆柒捌玖";
const STEPS = ["", "拾", "佰", "仟"];
const GROUPS = ["", "万", "亿", "万亿"];

/** The amount in Chinese capitals, for a price to be checked by eye. @param {string} yuan with two decimals */
export function capitals(yuan) {
  const [whole, decimals = "00"] = yuan.split(".");
  let text = "";
  const digits = whole.replace(/^0+(?=\d)/, "");
  const groups = digits.replace(/\B(?=(\d{4})+$)/g, ",").split(",");
  groups.forEach((group, place) => {
    const said = fourDigits(group);
    const gap = place > 0 && group.startsWith("0") && said;
    if (said) text += (gap && text ? "零" : "") + said + GROUPS[groups.length - 1 - place];
  });
  text = `${text || "零"}元`.replace(/零+/g, "零");
  const [jiao, fen] = [Number(decimals[0]), Number(decimals[1])];
  if (!jiao && !fen) return `${text}整`;
  return text + (jiao ? `${DIGITS[jiao]}角` : "零") + (fen ? `${DIGITS[fen]}分` : "整");
}

/** @param {string} group up to four digits */
function fourDigits(group) {
  let text = "";
  let zero = false;
  [...group].forEach((digit, place) => {
    if (digit === "0") {
      zero = text !== "";
      return;
    }
    text += (zero ? "零" : "") + DIGITS[Number(digit)] + STEPS[group.length - 1 - place];
    zero = false;
  });
  return text;
}

/** A fingerprint short enough to compare by eye: 4be1…90c7. @param {string} hex */
export function brief(hex) {
  return hex.length > 12 ? `${hex.slice(0, 4)}…${hex.slice(-4)}` : hex;
}
