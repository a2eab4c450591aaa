// Priority is shape, word and colour: it reads in greyscale too.

import { h, svg } from "./dom.js";
import { word } from "./words.js";

const SHAPES = {
  high: () => [svg("path", { d: "M12 2 23 21H1Z" }), svg("path", { class: "mark", d: "M12 9v6M12 17.4v.6" })],
  medium: () => [svg("path", { d: "M12 1.5 22.5 12 12 22.5 1.5 12Z" }), svg("path", { class: "mark", d: "M12 7v6M12 16v.6" })],
  low: () => [svg("circle", { cx: 12, cy: 12, r: 9.5 }), svg("path", { class: "mark", d: "M12 11v6M12 7v.6" })],
};

export function sign(priority) {
  const shape = svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, (SHAPES[priority] ?? SHAPES.low)());
  return h("div", { class: "sign" }, shape, h("b", {}, word("priority", priority)));
}

const STATES = {
  ok: () => svg("circle", { cx: 8, cy: 8, r: 4.5 }),
  degraded: () => svg("path", { d: "M8 1.5 14.5 8 8 14.5 1.5 8Z" }),
  down: () => svg("path", { d: "M3 1.5h10L14.5 3v10L13 14.5H3L1.5 13V3Z" }),
};

export const stateSign = (state) =>
  svg("svg", { viewBox: "0 0 16 16", class: `state-sign ${state}`, "aria-hidden": "true" }, (STATES[state] ?? STATES.ok)());
