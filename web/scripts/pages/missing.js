// What stands for a page that is not there.

import { Frame, mount } from "../parts/frame.js";
import { Empty } from "../parts/pieces.js";
import { person } from "../session.js";
import { html } from "../ui.js";
import { addWords, t } from "../words.js";
import words from "../../locales/missing.js";

addWords(words);

const SHOWN = 120;

function Page() {
  const path = location.pathname.slice(0, SHOWN);
  return html`<${Frame} current="" title=${t("missing.title")}><div class="page page-narrow">
    <div class="title"><h1>${t("missing.title")}</h1></div>
    <section class="card"><${Empty} icon="search"><p class="strong">${t("missing.text", { path })}</p><p>${t("missing.why")}</p><//>
      <div class="card-foot"><a class="button" href="/">${t("missing.home")}</a>
        ${person() !== null && html`<a class="button button-second" href="/desk">${t("missing.desk")}</a>`}</div></section></div><//>`;
}

mount(Page);
