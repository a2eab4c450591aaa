// A flood: more rings than one can read. What is not urgent stands together by what it has in common; nothing is dropped.

import { isWaiting } from "./alerts";
import type { AlertView } from "./api/types";

/** So many ringing alerts fill two screens of rows (an assumption); it ends at half of it, as floods do (ISA-18.2). */
export const BEGINS = 20;
export const ENDS = 10;

export type By = "cause" | "street" | "home";
export interface Group {
  key: string;
  by: By | "aside";
  alerts: readonly AlertView[];
}
export type Entry = AlertView | Group;
export const isGroup = (entry: Entry): entry is Group => "alerts" in entry;

/** Whether it is one now, when it was `before` or not. */
export const isFlood = (ringing: number, before: boolean): boolean => ringing > (before ? ENDS : BEGINS);

/** What is urgent and waits, and what somebody is at, is never in a group. */
const standsAlone = (alert: AlertView): boolean =>
  alert.phase !== "raised" || (alert.priority === "high" && isWaiting(alert));

function keyOf(alert: AlertView, by: By): string {
  if (!isWaiting(alert)) return "aside";
  if (by === "cause") return `cause ${alert.rule}`;
  if (by === "street") return `street ${alert.street ?? ""}`;
  return `home ${alert.home_address || (alert.resident_id ?? alert.id)}`;
}

/** The alerts as they are shown, in their order; a group stands where its first one stood, one alone is no group. */
export function condensed(shown: readonly AlertView[], by: By): Entry[] {
  const groups = new Map<string, AlertView[]>();
  for (const alert of shown) {
    if (standsAlone(alert)) continue;
    const key = keyOf(alert, by);
    groups.set(key, [...(groups.get(key) ?? []), alert]);
  }
  const placed = new Set<string>();
  return shown.flatMap((alert): Entry[] => {
    const key = keyOf(alert, by);
    const alerts = standsAlone(alert) ? [] : (groups.get(key) ?? []);
    if (alerts.length < 2) return [alert];
    if (placed.has(key)) return [];
    placed.add(key);
    return [{ key, by: key === "aside" ? "aside" : by, alerts }];
  });
}

/** The earliest of these times; null where there is none. */
export const earliest = (times: readonly (string | null)[]): string | null =>
  times.filter((time) => time !== null).sort((a, b) => Date.parse(a) - Date.parse(b))[0] ?? null;
