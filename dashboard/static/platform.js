// How the platform itself is: quiet while all is well, named while it isn't.

import { health } from "./api.js";
import { moment } from "./clock.js";
import { byId, h, replace } from "./dom.js";
import { stateSign } from "./signs.js";
import { t, word } from "./words.js";

const EVERY = 10_000;
const IN_DETAIL = new Set(["says_so", "session_lost"]);
let known = null;
let timer = null;

export function startPlatform() {
  byId("platform").hidden = false;
  refresh();
  clearInterval(timer);
  timer = setInterval(refresh, EVERY);
}

export function stopPlatform() {
  clearInterval(timer);
  byId("platform").hidden = true;
}

/** The beat says how it is in one word; where that differs, look closer at once. */
export function platformIs(status) {
  if (known && known.status !== status) refresh();
}

export async function refresh() {
  known = await health().catch(() => null);
  renderPlatform();
}

export function renderPlatform() {
  const footer = byId("platform");
  const open = footer.querySelector("details")?.open;
  const status = known?.status ?? "unknown";
  const parts = Object.entries(known?.parts ?? {});
  const trouble = parts.filter(([, part]) => part.status !== "ok");
  footer.dataset.status = status;
  document.documentElement.dataset.platform = status;
  replace(
    footer,
    h(
      "details",
      { open },
      h(
        "summary",
        {},
        stateSign(status === "unknown" ? "degraded" : status),
        h("b", {}, t(`health.${status}`)),
        h("span", { class: "muted" }, trouble.length ? named(trouble) : t("health.parts", { count: parts.length })),
      ),
      h("div", {}, h("table", {}, h("tbody", {}, parts.map(line)))),
    ),
  );
}

/** 告警引擎、事件接收：超过 15 秒没有上报 */
function named(trouble) {
  const byProblem = new Map();
  for (const [name, part] of trouble) byProblem.set(why(part), [...(byProblem.get(why(part)) ?? []), partName(name)]);
  return [...byProblem].map(([problem, names]) => `${names.join(t("health.and"))}${t("health.colon")}${problem}`).join(" · ");
}

function partName(name) {
  const bulk = name.match(/^ingest-bulk-(\d+)$/);
  if (bulk) return t("part.ingest-bulk", { number: Number(bulk[1]) + 1 });
  return word("part", name);
}

const why = (part) => (part.problem ? t(`problem.${part.problem}`) : t(`health.part_${part.status}`));

function crash(process) {
  const again = process.next_try_at && t("health.next_try", { time: moment(process.next_try_at) });
  return [t("health.last_exit", { code: process.last_exit ?? "?" }), again].filter(Boolean).join(" · ");
}

function line([name, part]) {
  const facts = [
    IN_DETAIL.has(part.problem) && part.detail,
    part.lag !== null && part.lag > 5 && t("health.lag", { seconds: Math.round(part.lag) }),
    part.problem === "crashed" && crash(part.process),
    part.process?.restarts > 0 && t("health.restarts", { count: part.process.restarts }),
    part.seen_at && t("health.seen", { time: moment(part.seen_at) }),
  ];
  return h(
    "tr",
    { class: part.status },
    h("th", { scope: "row" }, partName(name)),
    h("td", {}, stateSign(part.status), ` ${t(`health.part_${part.status}`)}`),
    h("td", {}, part.problem ? why(part) : ""),
    h("td", { class: "muted" }, facts.filter(Boolean).join(" · ")),
  );
}
