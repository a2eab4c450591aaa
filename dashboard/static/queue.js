// The open alerts, worked off from the top.

import { get, post } from "./api.js";
import { lasting, dayOf, moment, now } from "./clock.js";
import { askHowItEnded, closingIsOpen } from "./closing.js";
import { h, replace, setText } from "./dom.js";
import { notice, refusal } from "./notices.js";
import { sign } from "./signs.js";
import { find, inOrder, onAlerts, put, recentlyClosed, setRecent } from "./store.js";
import { t, word } from "./words.js";

const SETTLED_AFTER = 500; // a click so soon after a row has come under the pointer was meant for another one

const HANDED_BACK = new Set(["answered", "dispatched", "arrived"]); // where that step is possible

export function queuePage(main) {
  const list = h("div", { class: "queue", role: "list" });
  const counts = h("p", { class: "counts" });
  const recent = h("div", { class: "recent" });
  replace(
    main,
    h("div", { class: "title" }, h("h1", {}, t("queue.title")), counts, h("p", { class: "hint keys" }, t("queue.keys"))),
    list,
    h("h2", {}, t("queue.recent")),
    recent,
  );
  const rows = new Map();
  const render = () => {
    renderRows(list, rows);
    renderCounts(counts);
    renderRecent(recent);
  };
  const stopHearing = onAlerts(render);
  const ages = setInterval(() => renderAges(rows), 1000);
  const keys = (event) => byKey(event, list);
  document.addEventListener("keydown", keys);
  render();
  get("/api/alerts?state=closed&limit=20").then((found) => setRecent(found.alerts), () => {});
  return () => {
    stopHearing();
    clearInterval(ages);
    document.removeEventListener("keydown", keys);
  };
}

function renderRows(list, rows) {
  const alerts = inOrder();
  const wanted = new Set(alerts.map((alert) => alert.id));
  for (const [id, row] of rows) {
    if (wanted.has(id)) continue;
    const next = row.element.contains(document.activeElement) ? row.element.nextElementSibling : null;
    row.element.remove();
    rows.delete(id);
    next?.focus();
  }
  list.querySelector(".empty")?.remove();
  const before = new Map([...rows].map(([id, row]) => [id, row.element.offsetTop]));
  alerts.forEach((alert, index) => place(list, rows, alert, index));
  for (const [id, row] of rows) if (before.size && before.get(id) !== row.element.offsetTop) row.movedAt = performance.now();
  if (!alerts.length) list.append(nothing());
  renderAges(rows);
}

/** Put a row where it belongs; one that is there already and unchanged isn't touched. */
function place(list, rows, alert, index) {
  const known = rows.get(alert.id);
  if (!known || known.alert !== alert) {
    const standing = { alert, movedAt: known?.movedAt ?? -SETTLED_AFTER };
    const element = row(alert, () => performance.now() - standing.movedAt < SETTLED_AFTER);
    const focused = known?.element.contains(document.activeElement);
    known?.element.replaceWith(element);
    rows.set(alert.id, Object.assign(standing, { element }));
    if (focused) element.focus();
  }
  const { element } = rows.get(alert.id);
  if (list.children[index] !== element) {
    const focused = element.contains(document.activeElement) ? document.activeElement : null;
    list.insertBefore(element, list.children[index] ?? null);
    focused?.focus();
  }
}

function nothing() {
  return h("div", { class: "empty", role: "listitem" }, h("p", {}, t("queue.empty")), h("p", { class: "calm" }, t("queue.empty_more")), h("p", { class: "warning" }, t("queue.empty_unsure")));
}

function row(alert, isMoving) {
  return h(
    "article",
    {
      class: "alert",
      role: "listitem",
      tabindex: "0",
      "data-id": alert.id,
      "data-priority": alert.priority,
      "data-phase": alert.phase,
      "data-drill": alert.drill,
    },
    sign(alert.priority),
    h("div", { class: "what" }, h("h3", {}, word("rule", alert.rule)), badges(alert), because(alert)),
    h("div", { class: "who" }, person(alert), h("p", { class: "muted" }, whereabouts(alert))),
    times(alert),
    h("div", { class: "doing" }, doing(alert), actions(alert, isMoving)),
  );
}

function badges(alert) {
  const marks = ["drill", "delayed", "unclaimed"].filter((name) => alert[name]);
  return h(
    "p",
    { class: "badges" },
    h("span", { class: "class" }, word("class", alert.alert_class)),
    marks.map((name) => h("span", { class: `badge ${name}` }, t(`badge.${name}`))),
    alert.occurrences > 1 && h("span", { class: "badge" }, t("alert.occurrences", { count: alert.occurrences })),
    !alert.active && h("span", { class: "badge" }, t("alert.resolved")),
  );
}

/** What tripped the rule, in one line. */
function because(alert) {
  const { metric, value, low, high, lasting: seconds } = alert.evidence ?? {};
  if (!metric) return alert.evidence?.clock_problem ? h("p", { class: "muted" }, t("alert.clock_problem")) : null;
  const above = high !== null && high !== undefined && value >= high;
  const unit = t(`unit.${metric}`).replace(`unit.${metric}`, "");
  const words = { metric: word("metric", metric), value, unit, limit: above ? high : low, seconds };
  return h("p", { class: "because" }, t(above ? "alert.limit_high" : "alert.limit_low", words));
}

function person(alert) {
  if (!alert.resident_id) return h("p", { class: "name nobody" }, t("alert.nobody"));
  const link = `#/residents/${alert.resident_id}?day=${dayOf(alert.happened_at)}`;
  return h("p", { class: "name" }, h("a", { href: link }, alert.resident_name));
}

function whereabouts(alert) {
  const device = alert.vendor ? `${alert.vendor}/${alert.device}` : "";
  if (!alert.resident_id) return [alert.device_place, device].filter(Boolean).join(" · ");
  return [alert.home_address || t("alert.no_address"), alert.device_place || device].filter(Boolean).join(" · ");
}

function times(alert) {
  return h(
    "div",
    { class: "times" },
    h("span", { class: "age", "data-since": alert.opened_at }),
    h("p", { class: "muted" }, `${t("alert.happened")} ${moment(alert.happened_at)}`),
    // Where it came late, the two times differ, and that matters.
    alert.delayed && h("p", { class: "muted" }, `${t("alert.opened")} ${moment(alert.opened_at)}`),
  );
}

function doing(alert) {
  if (alert.phase === "raised") return h("p", { class: "phase" }, word("phase", "raised"));
  const by = { who: alert.answered_by_name ?? "", time: alert.answered_at ? moment(alert.answered_at) : "" };
  return h("p", { class: "phase taken" }, word("phase", alert.phase), h("small", {}, t("alert.answered_by", by)));
}

function actions(alert, isMoving) {
  const waits = alert.phase === "raised";
  const close = () => askHowItEnded(find(alert.id) ?? alert);
  return h(
    "div",
    { class: "buttons" },
    waits && button("answer", "primary", isMoving, () => step(alert.id, "answer")),
    button("close", waits ? "quiet" : "primary", isMoving, close),
    HANDED_BACK.has(alert.phase) && button("hand_back", "quiet", isMoving, () => step(alert.id, "hand_back")),
  );
}

function button(name, look, isMoving, act) {
  // `detail` is 0 where the keyboard pressed it: that is never a slip of the pointer.
  const pressed = (event) => (event.detail > 0 && isMoving() ? null : act());
  return h("button", { type: "button", class: look, "data-step": name, onclick: pressed }, t(`step.${name}`));
}

async function step(id, name) {
  const buttons = document.querySelectorAll(`[data-id="${CSS.escape(id)}"] button`);
  buttons.forEach((one) => (one.disabled = true));
  try {
    put(await post(`/api/alerts/${id}/${name}`), name);
  } catch (problem) {
    notice(refusal(problem));
    if (problem.body?.alert) put(problem.body.alert, "refused");
  } finally {
    buttons.forEach((one) => (one.disabled = false));
  }
}

function renderAges(rows) {
  for (const { element, alert } of rows.values())
    setText(element.querySelector(".age"), lasting(now() - Date.parse(alert.opened_at)));
}

function renderCounts(counts) {
  const alerts = inOrder();
  const waiting = alerts.filter((alert) => alert.phase === "raised").length;
  const words = [t("queue.waiting", { count: waiting }), t("queue.taken", { count: alerts.length - waiting })];
  setText(counts, alerts.length ? words.join(" · ") : "");
}

function renderRecent(place) {
  const closed = recentlyClosed().slice(0, 12);
  if (!closed.length) return replace(place, h("p", { class: "muted" }, t("queue.recent_empty")));
  const line = (alert) =>
    h(
      "li",
      {},
      h("span", { class: "muted" }, moment(alert.closed_at)),
      h("b", {}, word("rule", alert.rule)),
      h("span", {}, alert.resident_name ?? t("alert.nobody")),
      h("span", {}, word("outcome", alert.outcome ?? "")),
      h("span", { class: "muted" }, [alert.closed_by_name, alert.note].filter(Boolean).join("：")),
    );
  return replace(place, h("ul", {}, closed.map(line)));
}

/** A answers, C closes, the arrows move: on the row that has the focus, else on the topmost that it fits. */
function byKey(event, list) {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || closingIsOpen()) return;
  if (event.target.closest?.("input, textarea, select")) return;
  const rows = [...list.querySelectorAll("article")];
  const focused = rows.indexOf(document.activeElement?.closest("article"));
  const pick = (name) => (focused >= 0 ? [rows[focused]] : rows).map((one) => one.querySelector(`[data-step=${name}]`)).find(Boolean);
  const key = event.key.toLowerCase();
  if (key === "arrowdown" || key === "arrowup") {
    event.preventDefault();
    rows[Math.min(rows.length - 1, Math.max(0, focused + (key === "arrowdown" ? 1 : -1)))]?.focus();
  } else if (key === "a" || key === "c") {
    event.preventDefault();
    pick(key === "a" ? "answer" : "close")?.click();
  }
}
