// The alerts as this page knows them, and whoever wants to hear of changes.

const open = new Map();
let recent = [];
const listeners = new Set();

export const onAlerts = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const tell = (news) => listeners.forEach((listener) => listener(news));

export function replaceAll(alerts) {
  open.clear();
  for (const alert of alerts) open.set(alert.id, alert);
  tell({ kind: "snapshot" });
}

/** An alert as it is now, from a change or from the answer to a step. */
export function put(alert, kind) {
  const known = open.has(alert.id);
  if (alert.phase === "closed") {
    open.delete(alert.id);
    recent = [alert, ...recent.filter((one) => one.id !== alert.id)].slice(0, 30);
  } else {
    open.set(alert.id, alert);
  }
  tell({ kind, alert, isNew: !known && alert.phase !== "closed" });
}

export function setRecent(alerts) {
  recent = alerts;
  tell({ kind: "recent" });
}

export const recentlyClosed = () => recent;
export const find = (id) => open.get(id);
export const unansweredHigh = () => [...open.values()].filter((a) => a.priority === "high" && a.phase === "raised");

const RANK = { high: 0, medium: 1, low: 2 };

/** Unanswered high ones first, the newest on top; then what waits, then what is in hand, the most urgent first. */
export function inOrder() {
  const rank = (a) => (a.phase === "raised" ? 0 : 10) + (RANK[a.priority] ?? 3);
  return [...open.values()].sort((a, b) => {
    if (rank(a) !== rank(b)) return rank(a) - rank(b);
    const older = a.opened_at < b.opened_at ? -1 : a.opened_at > b.opened_at ? 1 : 0;
    return rank(a) === 0 ? -older : older;
  });
}
