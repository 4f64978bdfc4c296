// The opened files of a bid. A file's own name may tell whose it is, so in a blind review it is called by the bid's code, on
// the page and on the reader's disk; for the same reason it is fetched here and not followed as a link.

import { toHex } from "../../seal/bytes.js";
import { HallError } from "../api.js";
import { size } from "../format.js";
import { Icon } from "../parts/icon.js";
import { Badge, Hash, Problem } from "../parts/pieces.js";
import { html, useState } from "../ui.js";
import { t } from "../words.js";

const COMPARED = 512 << 20;
const KEPT = 60_000;

/** `B3-1.pdf`. @param {string} code @param {number} number @param {string} name */
export function blindName(code, number, name) {
  const ending = /\.[A-Za-z0-9]{1,8}$/.exec(name)?.[0].toLowerCase() ?? "";
  return `${code}-${number}${ending}`;
}

/** @param {string} path @param {string} name @param {string} sha256 @returns {Promise<boolean>} whether its fingerprint was compared */
async function save(path, name, sha256) {
  const answer = await fetch(path, { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok) throw new HallError(answer?.status ?? 0, answer ? "http-error" : "away", t("eva.files.failed"), {});
  const blob = await answer.blob();
  const compared = blob.size <= COMPARED;
  if (compared && toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()))) !== sha256) {
    throw new HallError(0, "file-differs", t("eva.files.differs"), {});
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT);
  return compared;
}

/** @param {{stream: string, bid: string, code: string, number: number, file: {name: string, size: number, sha256: string}}} props */
export function OpenedFile({ stream, bid, code, number, file }) {
  const [busy, setBusy] = useState(false);
  const [compared, setCompared] = useState(false);
  const [error, setError] = useState(/** @type {any} */ (null));
  const name = blindName(code, number, file.name);
  const fetched = async () => {
    setBusy(true);
    setError(null);
    try {
      setCompared(await save(`/api/cases/${stream}/bids/${bid}/files/${number}`, name, file.sha256));
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  return html`<article class="card"><div class="card-body card-tight"><div class="row"><h3>${name}</h3>${compared && html`<${Badge} state="done" icon="check">${t("eva.files.compared")}<//>`}</div>
    <p class="soft small num">${size(file.size)} · ${t("eva.files.print")} <${Hash} value=${file.sha256} /></p>
    ${error && html`<${Problem} error=${error} retry=${fetched} />`}
    <div><button class="button button-second file-link" type="button" disabled=${busy} onClick=${fetched}><${Icon} name="download" />${t(busy ? "eva.files.busy" : "eva.files.open")}</button></div></div></article>`;
}
