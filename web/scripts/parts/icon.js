// The drawings, 20 x 20, by what they mean. An icon never stands alone for a state: a word is beside it.

import { h } from "../ui.js";

/** @type {Record<string, string>} a path, or shapes separated by `|`: `c cx cy r`, `r x y w h rx` */
const DRAWINGS = {
  check: "m4 10.5 4 4 8-9",
  done: "c 10 10 7.5|m6.5 10.2 2.5 2.5 4.5-5",
  warning: "M10 3 2.5 16.5h15zM10 8v4M10 14.3v.2",
  sealed: "r 4 9 12 8.5 1.5|M6.5 9V6.5a3.5 3.5 0 0 1 7 0V9M10 12.5v2",
  open: "r 4 9 12 8.5 1.5|M6.5 9V6a3.5 3.5 0 0 1 6.8-1.2M10 12.5v2",
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  download: "M10 3v9.5m-4-4 4 4 4-4M3.5 13v3.5h13V13",
  upload: "M10 13V3.5m-4 4 4-4 4 4M3.5 13v3.5h13V13",
  person: "c 10 6.5 3.5|M3.5 17.5c.6-3.6 3.2-5.5 6.5-5.5s5.9 1.9 6.5 5.5",
  clock: "c 10 10 7.5|M10 5.5V10l3 2",
  pause: "M7 4.5v11M13 4.5v11",
  key: "c 6.5 13.5 3.5|m9 11 7.5-7.5M13.5 6.5l2.5 2.5M11.5 8.5l1.5 1.5",
  away: "M2.5 2.5l15 15M5 12a7 7 0 0 1 4-2M2.5 8.5A11 11 0 0 1 6.5 6M17.5 8.5a11 11 0 0 0-7-3M10 16v.2M12.5 12.8A4 4 0 0 0 10 12",
  again: "M16.5 10A6.5 6.5 0 1 1 14 5l2.5 2M16.5 3v4h-4",
  shield: "M10 2.5 16.5 5v4.5c0 4-2.7 6.8-6.5 8-3.8-1.2-6.5-4-6.5-8V5zM7 10l2.2 2.2L13.2 8",
  fault: "c 10 10 7.5|m7 7 6 6m0-6-6 6",
  back: "m12.5 4.5-5.5 5.5 5.5 5.5",
  forward: "m7.5 4.5 5.5 5.5-5.5 5.5",
  print: "M6 7.5v-5h8v5M6 14.5H3v-7h14v7h-3M6 12h8v5.5H6z",
  speech: "M3 4h14v9.5H9L5.5 17v-3.5H3z",
  call: "M3 8v4h3l7 4V4L6 8zM16 8v4",
  copy: "M7 7h9.5v10H7zM13 7V3H3.5v10H7",
  pen: "M3.5 16.5l1-4L14 3l3 3-9.5 9.5z",
  search: "c 9 9 5.5|m13 13 4.5 4.5",
  box: "M3 6.5 10 3l7 3.5v7L10 17l-7-3.5zM3 6.5l7 3.5 7-3.5M10 10v7",
  eye: "M2 10c2-3.7 4.7-5.5 8-5.5s6 1.8 8 5.5c-2 3.7-4.7 5.5-8 5.5S4 13.7 2 10z|c 10 10 2.5",
  plus: "M10 4v12M4 10h12",
  minus: "M4 10h12",
  info: "c 10 10 7.5|M10 9v5M10 6.2v.2",
};

/** @param {{name: string, class?: string}} props */
export function Icon({ name, class: more = "" }) {
  const shapes = DRAWINGS[name].split("|").map((text, key) => {
    const [letter, ...numbers] = text.split(" ");
    if (letter === "c") return h("circle", { key, cx: numbers[0], cy: numbers[1], r: numbers[2] });
    if (letter === "r") return h("rect", { key, x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3], rx: numbers[4] });
    return h("path", { key, d: text });
  });
  return h("svg", { class: `icon ${more}`.trim(), viewBox: "0 0 20 20", "aria-hidden": "true" }, shapes);
}
