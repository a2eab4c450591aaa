// A resident's day: the band of bed, rooms and doors, the heart rate below it, and the devices.

import { get } from "./api.js";
import { ago, dayAfter, lasting, moment, named, timeOf, today, ZONE } from "./clock.js";
import { drawDay } from "./band.js";
import { h, replace } from "./dom.js";
import { bornOf, whereOf } from "./residents.js";
import { stateSign } from "./signs.js";
import { t, word } from "./words.js";

const REFRESH = 60_000;

export function dayPage(main, id, query) {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(query.get("day") ?? "") ? query.get("day") : today();
  const head = h("div", { class: "person" });
  const chart = h("div", { class: "chart" });
  const below = h("div", {});
  replace(
    main,
    h("p", { class: "back" }, h("a", { href: "#/residents" }, `‹ ${t("day.back")}`)),
    head,
    h("div", { class: "title" }, h("h2", {}, `${t("day.title")} · ${named(day)}`), picker(id, day)),
    chart,
    below,
  );
  let facts = null;
  let timer = null;
  const draw = () => facts && chart.clientWidth && drawDay(chart, facts);
  const watcher = new ResizeObserver(draw);
  watcher.observe(chart);
  const load = async () => {
    try {
      facts = await read(id, day);
    } catch (problem) {
      replace(chart, trouble(problem, load));
      return;
    }
    renderHead(head, facts.resident);
    replace(below, table(facts), devices(facts.resident));
    draw();
    clearTimeout(timer);
    if (day === today()) timer = setTimeout(load, REFRESH);
  };
  load();
  return () => {
    watcher.disconnect();
    clearTimeout(timer);
    facts = null;
  };
}

async function read(id, day) {
  const base = `/api/residents/${encodeURIComponent(id)}`;
  const [resident, band] = await Promise.all([get(base), get(`${base}/band?day=${day}&zone=${ZONE}`)]);
  const between = new URLSearchParams({ metric: "heart_rate", from: band.start, to: band.end, bucket: "5m" });
  const heart = await get(`${base}/observations?${between}`);
  return { day, resident, band, heart };
}

function trouble(problem, again) {
  if (problem.status === 404 || problem.status === 422) return h("div", { class: "empty" }, h("p", {}, t("error.no_resident")));
  const button = h("button", { type: "button", onclick: again }, t("day.retry"));
  return h("div", { class: "empty" }, h("p", {}, t("day.unavailable")), button);
}

function picker(id, day) {
  const to = (other) => `#/residents/${id}?day=${other}`;
  const input = h("input", { type: "date", value: day, max: today(), "aria-label": t("day.choose") });
  input.addEventListener("change", () => input.value && (location.hash = to(input.value)));
  return h(
    "nav",
    { class: "picker", "aria-label": t("day.choose") },
    h("a", { class: "button", href: to(dayAfter(day, -1)), "aria-label": t("day.previous"), title: t("day.previous") }, "‹"),
    input,
    day < today() && h("a", { class: "button", href: to(dayAfter(day, 1)), "aria-label": t("day.next"), title: t("day.next") }, "›"),
    day !== today() && h("a", { class: "button", href: to(today()) }, t("day.today")),
  );
}

function renderHead(head, resident) {
  replace(
    head,
    h("h1", {}, resident.name),
    h("p", {}, [bornOf(resident), resident.bed ? `${t("residents.bed")} ${resident.bed}` : t("residents.no_bed")].filter(Boolean).join(" · ")),
    h("p", { class: "muted" }, whereOf(resident)),
    resident.open_alerts > 0 &&
      h("p", {}, h("a", { class: "badge waiting", href: "#/" }, t("residents.open_alerts", { count: resident.open_alerts }))),
  );
}

/** What the picture shows, for those who read or hear it. */
function table({ band }) {
  const spans = band.rows.flatMap((row) =>
    row.spans.filter((span) => span.value).map((span) => ({ ...span, row })),
  );
  spans.sort((a, b) => (a.since < b.since ? -1 : 1));
  const line = ({ since, until, row }) =>
    h(
      "tr",
      {},
      h("td", {}, timeOf(since)),
      h("td", {}, until === band.end ? "24:00:00" : timeOf(until)),
      h("td", {}, lasting(Date.parse(until) - Date.parse(since))),
      h("td", {}, row.place || row.device),
      h("td", {}, t(`state.${row.metric}`)),
    );
  const names = ["day.from", "day.until", "day.lasted", "devices.place", "day.what"];
  return h(
    "details",
    { class: "as-table" },
    h("summary", {}, t("day.as_table")),
    h("table", {}, h("thead", {}, h("tr", {}, names.map((name) => h("th", {}, t(name))))), h("tbody", {}, spans.map(line))),
  );
}

function devices(resident) {
  const list = resident.devices;
  if (!list.length) return h("section", {}, h("h2", {}, t("devices.title")), h("p", { class: "muted" }, t("devices.none")));
  const names = ["devices.place", "devices.kind", "devices.device", "devices.last_seen", "devices.link", "devices.battery"];
  return h(
    "section",
    { class: "devices" },
    h("h2", {}, t("devices.title")),
    h("table", {}, h("thead", {}, h("tr", {}, names.map((name) => h("th", {}, t(name))))), h("tbody", {}, list.map(deviceLine))),
  );
}

function deviceLine(device) {
  const seen = device.last_seen
    ? h("time", { datetime: device.last_seen, title: moment(device.last_seen) }, ago(device.last_seen))
    : h("span", { class: "never" }, t("devices.never"));
  const link = device.online === null ? "unknown" : device.online ? "online" : "offline";
  const battery = device.battery === null ? "—" : `${Math.round(device.battery)} %`;
  const cell = (name, ...content) => h("td", { "data-name": t(`devices.${name}`) }, content);
  return h(
    "tr",
    {},
    cell("place", device.place || "—"),
    cell("kind", word("kind", device.kind)),
    cell("device", h("code", {}, `${device.vendor}/${device.device}`)),
    cell("last_seen", seen),
    cell("link", h("span", { class: link }, link === "offline" && [stateSign("degraded"), " "], t(`devices.${link}`))),
    cell("battery", battery),
  );
}
