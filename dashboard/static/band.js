// The picture of a day: one time axis, a row for each state, and the heart rate below.

import { minuteOf, timeOf } from "./clock.js";
import { h, replace, svg } from "./dom.js";
import { t } from "./words.js";

const ORDER = ["in_bed", "presence", "motion", "door_open"];
const HOUR = 3_600_000;
const CHART = 150;
const ms = (time) => Date.parse(time);

export function drawDay(place, { day, resident, band, heart }) {
  const rows = arranged(band.rows);
  if (!resident.devices.length && !rows.length) {
    replace(place, h("div", { class: "empty" }, h("p", {}, t("day.no_devices"))));
    return;
  }
  const box = getComputedStyle(place);
  const plan = layout(place.clientWidth - parseFloat(box.paddingLeft) - parseFloat(box.paddingRight), band, rows);
  const title = t("day.chart", { name: resident.name, day });
  const picture = svg("svg", { width: plan.width, height: plan.height, role: "img", "aria-label": title }, hatch(), hours(plan));
  rows.forEach((row, index) => picture.append(drawRow(plan, row, index)));
  picture.append(drawHeart(plan, heart, band), ...notYet(plan));
  const readout = h("p", { class: "readout", "aria-hidden": "true" });
  picture.append(pointer(plan, picture, (at) => replace(readout, ...read(at, rows, heart))));
  readout.textContent = total(rows);
  picture.addEventListener("pointerleave", () => (readout.textContent = total(rows)));
  replace(place, readout, picture, legend(rows));
}

/** One row for each device and state, also where it was bound twice that day; beds first, doors last. */
function arranged(rows) {
  const merged = new Map();
  for (const row of rows) {
    const key = `${row.metric} ${row.vendor}/${row.device}`;
    const known = merged.get(key);
    merged.set(key, known ? { ...known, spans: [...known.spans, ...row.spans], unknown: [...known.unknown, ...row.unknown] } : row);
  }
  const rank = (row) => ORDER.indexOf(row.metric);
  return [...merged.values()].sort((a, b) => rank(a) - rank(b) || (a.place < b.place ? -1 : 1));
}

function layout(width, band, rows) {
  const narrow = width < 640;
  const left = narrow ? 30 : Math.min(300, Math.max(150, ...rows.map((row) => textWidth(nameOf(row)))));
  const [start, end] = [ms(band.start), ms(band.end)];
  const pitch = narrow ? 38 : 30;
  const top = 22;
  const chartTop = top + rows.length * pitch + 36;
  const scale = (width - left - 8) / (end - start);
  return {
    width, narrow, left, start, end, pitch, top, chartTop,
    right: width - 8,
    now: Math.min(end, Math.max(start, ms(band.now))),
    height: chartTop + CHART + 26,
    x: (time) => left + (Math.min(end, Math.max(start, time)) - start) * scale,
    at: (x) => start + (x - left) / scale,
  };
}

const nameOf = (row) => `${row.place || row.device} ${t(`state.${row.metric}`)}`;

/** About as wide as this will be: a Chinese character is twice a Latin one. */
const textWidth = (text) => [...text].reduce((sum, letter) => sum + (letter > "\u2e7f" ? 14.5 : 8), 24);

function hatch() {
  const lines = svg("path", { class: "hatch-line", d: "M-2 2 2-2M0 8 8 0M6 10 10 6" });
  const pattern = { id: "hatch", width: 8, height: 8, patternUnits: "userSpaceOnUse" };
  return svg("defs", {}, svg("pattern", pattern, svg("rect", { class: "hatch-ground", width: 8, height: 8 }), lines));
}

function hours(plan) {
  const every = plan.narrow ? 6 : 2;
  const lines = [];
  for (let hour = 0; plan.start + hour * HOUR <= plan.end; hour += 1) {
    const x = plan.x(plan.start + hour * HOUR);
    const named = hour % every === 0;
    lines.push(svg("line", { class: named ? "hour named" : "hour", x1: x, x2: x, y1: plan.top - 4, y2: plan.chartTop + CHART }));
    if (!named) continue;
    const anchor = x > plan.right - 16 ? "end" : "middle";
    const label = hour === 24 ? "24" : minuteOf(plan.start + hour * HOUR).slice(0, 2);
    lines.push(
      svg("text", { class: "tick", x, y: plan.top - 9, "text-anchor": anchor }, label),
      svg("text", { class: "tick", x, y: plan.chartTop + CHART + 16, "text-anchor": anchor }, label),
    );
  }
  return svg("g", {}, lines);
}

function drawRow(plan, row, index) {
  const y = plan.top + index * plan.pitch + (plan.narrow ? 17 : 4);
  const height = plan.narrow ? 17 : 20;
  const bar = (type, from, to) => {
    const x = plan.x(from);
    // A door that opens for two seconds is less than a dot wide, and still was opened.
    return svg("rect", { class: type, x, y, width: Math.max(1.5, plan.x(to) - x), height });
  };
  const on = row.spans.filter((span) => span.value);
  const known = row.spans.map((span) => bar("known", ms(span.since), ms(span.until)));
  const unknown = row.unknown.map((gap) => bar("unknown", ms(gap.since), ms(gap.until)));
  const shown = on.map((span) => bar(`on ${row.metric}`, ms(span.since), ms(span.until)));
  return svg("g", { class: "row", "data-metric": row.metric, "data-device": row.device }, known, unknown, shown, label(plan, row, y, height), silent(plan, row, y, height));
}

function label(plan, row, y, height) {
  const place = row.place || row.device;
  const state = svg("tspan", { class: "state" }, ` ${t(`state.${row.metric}`)}`);
  if (plan.narrow) return svg("text", { class: "label", x: plan.left, y: y - 5 }, place, state);
  return svg("text", { class: "label", x: plan.left - 10, y: y + height / 2 + 4.5, "text-anchor": "end" }, place, state);
}

function silent(plan, row, y, height) {
  if (row.spans.length || !row.unknown.length) return null;
  const middle = (plan.left + plan.x(plan.now)) / 2;
  return svg("text", { class: "none", x: middle, y: y + height / 2 + 4.5, "text-anchor": "middle" }, t("day.no_data_all_day"));
}

/** What has not been yet is neither normal nor unknown: it stays empty. */
function notYet(plan) {
  if (plan.now >= plan.end) return [];
  const x = plan.x(plan.now);
  const bottom = plan.chartTop + CHART;
  return [svg("line", { class: "now", x1: x, x2: x, y1: plan.top - 4, y2: bottom })];
}

function drawHeart(plan, heart, band) {
  const points = heart.series.flatMap((one) => one.points).filter((point) => point.avg !== null);
  const top = plan.chartTop;
  const name = svg("text", { class: "label", x: plan.left, y: top - 9 }, t("day.heart_rate"));
  const ground = svg("rect", { class: "unknown", x: plan.left, y: top, width: Math.max(0, plan.x(plan.now) - plan.left), height: CHART });
  if (!points.length) {
    const middle = (plan.left + plan.x(plan.now)) / 2;
    return svg("g", {}, ground, name, svg("text", { class: "none", x: middle, y: top + CHART / 2 + 4, "text-anchor": "middle" }, t("day.no_heart_rate")));
  }
  const low = Math.min(50, Math.floor(Math.min(...points.map((point) => point.min)) / 10) * 10);
  const high = Math.max(100, Math.ceil(Math.max(...points.map((point) => point.max)) / 10) * 10);
  const y = (value) => top + CHART - ((value - low) / (high - low)) * CHART;
  const lines = heart.series.map((one) => drawSeries(plan, one, heart.bucket * 1000, y, ms(band.now)));
  return svg("g", { class: "heart" }, ground, levels(plan, low, high, y), lines, name);
}

function levels(plan, low, high, y) {
  const every = high - low > 100 ? 50 : 25;
  const found = [];
  for (let value = Math.ceil(low / every) * every; value <= high; value += every) {
    found.push(
      svg("line", { class: "level", x1: plan.left, x2: plan.right, y1: y(value), y2: y(value) }),
      svg("text", { class: "tick", x: plan.left - 5, y: y(value) + 4, "text-anchor": "end" }, value),
    );
  }
  return found;
}

/** A line for each run of buckets without a gap: what is not known is not drawn. */
function drawSeries(plan, series, width, y, now) {
  const runs = [];
  let run = [];
  for (const point of series.points) {
    if (point.avg !== null) run.push(point);
    else if (run.length) runs.push(run), (run = []);
  }
  if (run.length) runs.push(run);
  return runs.map((points) => {
    const from = plan.x(ms(points[0].time));
    const until = plan.x(Math.min(now, ms(points.at(-1).time) + width));
    const x = (point) => plan.x(Math.min(now, ms(point.time) + width / 2));
    const line = (name) => points.map((point) => `${x(point).toFixed(1)},${y(point[name]).toFixed(1)}`);
    const range = `M${[...line("max"), ...line("min").reverse()].join("L")}Z`;
    return svg(
      "g",
      {},
      svg("rect", { class: "known", x: from, y: plan.chartTop, width: Math.max(1, until - from), height: CHART }),
      svg("path", { class: "range", d: range }),
      points.length > 1
        ? svg("path", { class: "average", d: `M${line("avg").join("L")}` })
        : svg("circle", { class: "average dot", cx: x(points[0]), cy: y(points[0].avg), r: 1.8 }),
    );
  });
}

function pointer(plan, picture, tell) {
  const cross = svg("line", { class: "cross", y1: plan.top - 4, y2: plan.chartTop + CHART, x1: -9, x2: -9 });
  picture.addEventListener("pointermove", (event) => {
    const x = event.clientX - picture.getBoundingClientRect().left;
    if (x < plan.left || x > plan.right) return;
    cross.setAttribute("x1", x);
    cross.setAttribute("x2", x);
    tell(plan.at(x));
  });
  picture.addEventListener("pointerleave", () => (cross.setAttribute("x1", -9), cross.setAttribute("x2", -9)));
  return cross;
}

function read(at, rows, heart) {
  const said = [];
  for (const row of rows) {
    const span = row.spans.find((one) => ms(one.since) <= at && at < ms(one.until));
    if (span?.value) said.push(`${row.place || row.device} ${t(`state.${row.metric}`)} ${timeOf(span.since)}–${timeOf(span.until)}`);
  }
  for (const one of heart.series) {
    const point = one.points.find((p) => ms(p.time) <= at && at < ms(p.time) + heart.bucket * 1000);
    if (point && point.avg !== null) said.push(`${t("metric.heart_rate")} ${Math.round(point.avg)}（${point.min}–${point.max}）`);
  }
  return [h("b", {}, timeOf(at)), said.length ? ` · ${said.join(" · ")}` : ""];
}

function total(rows) {
  const inBed = rows.find((row) => row.metric === "in_bed" && row.spans.length);
  if (!inBed) return "";
  const seconds = inBed.spans.filter((span) => span.value).reduce((sum, span) => sum + ms(span.until) - ms(span.since), 0);
  const minutes = Math.floor(seconds / 60_000);
  return t("day.in_bed_total", { time: t("time.hours", { h: Math.floor(minutes / 60), m: minutes % 60 }) });
}

function legend(rows) {
  const swatch = (words, ...shapes) => h("li", {}, svg("svg", { width: 22, height: 12, "aria-hidden": "true" }, shapes), words);
  const bar = (type) => svg("rect", { class: type, width: 22, height: 12 });
  const shown = ORDER.filter((metric) => rows.some((row) => row.metric === metric));
  const off = shown.map((metric) => t(`state.${metric}_off`)).join(" / ");
  return h(
    "ul",
    { class: "legend", "aria-label": t("day.legend") },
    shown.map((metric) => swatch(t(`state.${metric}`), bar(`on ${metric}`))),
    shown.length > 0 && swatch(off, bar("known")),
    swatch(t("day.no_data"), bar("unknown")),
    swatch(`${t("metric.heart_rate")} ${t("day.average")} / ${t("day.range")}`, bar("range"), svg("path", { class: "average", d: "M0 6H22" })),
  );
}
