// The one place from which pages take their building blocks, so that a library is named once.

import { h, render } from "../vendor/preact/dist/preact.js";
import { useEffect, useMemo, useRef, useState } from "../vendor/preact/hooks/dist/hooks.js";
import { batch, computed, effect, signal } from "../vendor/@preact/signals/dist/signals.js";
import htm from "../vendor/htm/dist/htm.js";

/** Markup as a tagged template. */
export const html = htm.bind(h);
export { batch, computed, effect, h, render, signal, useEffect, useMemo, useRef, useState };
