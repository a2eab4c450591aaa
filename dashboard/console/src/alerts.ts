// The alerts as this page knows them, and whoever wants to hear of new ones.

import { computed, shallowReactive, shallowRef } from "vue";
import type { AlertView } from "./api/types";

const open = shallowReactive(new Map<string, AlertView>());
const closed = shallowRef<readonly AlertView[]>([]);
type Listener = (alert: AlertView) => void;
let announce: Listener = () => {};

/** `listener` hears each alert that is new to this page, but not those that were there when it came. */
export function onNewAlert(listener: Listener): void {
  announce = listener;
}

export function replaceAll(alerts: readonly AlertView[]): void {
  open.clear();
  for (const alert of alerts) open.set(alert.id, alert);
}

/** An alert as it is now, from a change or from the answer to a step. */
export function putAlert(alert: AlertView): void {
  if (alert.phase === "closed") {
    open.delete(alert.id);
    closed.value = [alert, ...closed.value.filter((one) => one.id !== alert.id)].slice(0, 30);
    return;
  }
  const isNew = !open.has(alert.id);
  open.set(alert.id, alert);
  if (isNew) announce(alert);
}

export function setClosed(alerts: readonly AlertView[]): void {
  closed.value = alerts;
}

export const find = (id: string): AlertView | undefined => open.get(id);
export const recentlyClosed = computed(() => closed.value);
/** Whether it asks for somebody now: nobody has it, nobody has put it away, and no cause holds it back. */
export const isWaiting = (alert: AlertView): boolean =>
  alert.phase === "raised" && !alert.shelved_until && !alert.suppressed_by;
export const unansweredHigh = computed(() =>
  [...open.values()].filter((alert) => alert.priority === "high" && isWaiting(alert)),
);

const RANK: Record<string, number> = { high: 0, medium: 1, low: 2 };
const STAND: Record<string, number> = { raised: 20 }; // shelved or held back: below what is in hand
const rank = (alert: AlertView): number =>
  (isWaiting(alert) ? 0 : (STAND[alert.phase] ?? 10)) + (RANK[alert.priority] ?? 3);

/** Unanswered high ones first, the newest on top; then what waits, what is in hand, and what is put away. */
export function ordered(alerts: Iterable<AlertView>): AlertView[] {
  return [...alerts].sort((a, b) => {
    if (rank(a) !== rank(b)) return rank(a) - rank(b);
    const older = a.opened_at < b.opened_at ? -1 : a.opened_at > b.opened_at ? 1 : 0;
    return rank(a) === 0 ? -older : older;
  });
}

export const inOrder = computed(() => ordered(open.values()));
