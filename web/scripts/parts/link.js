// The state of a room's link, said wherever it is not simply there: since when, and that nothing asked for is lost.

import { second } from "../clock.js";
import { duration } from "../format.js";
import { goSignIn } from "../session.js";
import { html } from "../ui.js";
import { addWords, t } from "../words.js";
import words from "../../locales/link.js";
import { Badge, Notice } from "./pieces.js";

addWords(words);

/** @typedef {import("../room.js").Room} Room */

/** What is wrong with the link, or nothing. @param {{room: Room}} props */
export function LinkNotice({ room }) {
  const link = room.link.value;
  const waiting = room.waiting.value;
  if (link === "live" || (link === "joining" && room.lostAt.value === 0)) return null;
  if (link === "refused") return html`<${Notice} state="fault" alert><p><strong>${t("link.refused")}</strong></p><//>`;
  if (link === "signed-out") {
    return html`<${Notice} state="attention" alert><p><strong>${t("link.signedOut")}</strong></p>
      <div class="notice-actions"><button class="button button-second button-small" type="button" onClick=${goSignIn}>${t("link.signIn")}</button></div><//>`;
  }
  return html`<${Notice} state="attention" icon="away" alert><p><strong>${t("link.lost")}</strong> <${LostFor} room=${room} /></p>
    ${waiting > 0 && html`<p>${t("link.kept", { n: waiting })}</p>`}<//>`;
}

/** @param {{room: Room}} props */
function LostFor({ room }) {
  void second.value; // once a second
  return html`<span aria-live="off">${t("link.lostFor", { time: duration(performance.now() - room.lostAt.value) })}</span>`;
}

/** The link in one word. @param {{room: Room}} props */
export function LinkBadge({ room }) {
  const link = room.link.value;
  const [state, icon] = link === "live" ? ["done", "check"] : link === "joining" ? [undefined, "clock"] : ["attention", "away"];
  return html`<${Badge} state=${state} icon=${icon}>${t(`link.word.${link}`)}<//>`;
}
