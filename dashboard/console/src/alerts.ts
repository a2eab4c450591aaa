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
  gathered.length = 0; // what came before the whole is in it
  open.clear();
  for (const alert of alerts) open.set(alert.id, alert);
}

const GATHERED_FOR = 100;
const AT_ONCE = 10; // so many in that time are no flood: each is shown as it comes
const gathered: AlertView[] = [];
let countedFrom = -GATHERED_FOR;
let counted = 0;
let timer: ReturnType<typeof setTimeout> | 0 = 0;

/** A change from the live link. It is shown at once; in a flood what comes is shown ten times a second. */
export function hear(alert: AlertView): void {
  gathered.push(alert);
  const early = GATHERED_FOR - (performance.now() - countedFrom);
  if (early <= 0) {
    countedFrom = performance.now();
    counted = 0;
  }
  counted += 1;
  if (counted <= AT_ONCE) settle();
  else timer ||= setTimeout(settle, Math.max(0, early));
}

/** Show what was gathered, in the order in which it came: before anything else is done with an alert. */
export function settle(): void {
  clearTimeout(timer);
  timer = 0;
  for (const alert of gathered.splice(0)) put(alert);
}

/** An alert as it is now, from the answer to a step; after all that was heard before. */
export function putAlert(alert: AlertView): void {
  settle();
  put(alert);
}

function put(alert: AlertView): void {
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
const IN_HAND = 10; // above what may wait for hours: a battery never hides the fall that somebody is at
const MAY_WAIT = 20;
const PUT_AWAY = 30; // shelved or held back
const rank = (alert: AlertView): number => {
  const priority = RANK[alert.priority] ?? 3;
  if (isWaiting(alert)) return alert.priority === "low" ? MAY_WAIT : priority;
  return (alert.phase === "raised" ? PUT_AWAY : IN_HAND) + priority;
};

/** What happens in one home together is one case. */
const caseOf = (alert: AlertView): string => alert.case_id ?? alert.id;

/** Unanswered high ones first, the newest on top; then what waits, what is in hand, what may wait, what is put away. */
export function ordered(alerts: Iterable<AlertView>): AlertView[] {
  const ranked = Array.from(alerts, (alert) => ({ alert, at: alert.opened_at, rank: rank(alert) }));
  ranked.sort((a, b) => {
    if (a.rank !== b.rank) return a.rank - b.rank;
    const older = a.at < b.at ? -1 : a.at > b.at ? 1 : 0;
    return a.rank === 0 ? -older : older;
  });
  const urgent = ranked.filter((one) => one.rank === 0).map((one) => one.alert);
  const rest = ranked.slice(urgent.length).map((one) => one.alert);
  const places = new Map<string, number>();
  for (const { alert } of ranked) if (!places.has(caseOf(alert))) places.set(caseOf(alert), places.size);
  return [...byCase(urgent, places), ...byCase(rest, places)];
}

/** The alerts of one case stand together, where its most urgent one stands; nothing comes before what is urgent. */
const byCase = (alerts: readonly AlertView[], places: ReadonlyMap<string, number>): AlertView[] =>
  alerts
    .map((alert, at) => ({ alert, at, place: places.get(caseOf(alert)) ?? 0 }))
    .sort((a, b) => a.place - b.place || a.at - b.at)
    .map(({ alert }) => alert);

/** How many open alerts each case has. */
export const caseSizes = computed(() => {
  const sizes = new Map<string, number>();
  for (const alert of open.values()) sizes.set(caseOf(alert), (sizes.get(caseOf(alert)) ?? 0) + 1);
  return sizes;
});

/** How many others of the same home there are. */
export const othersOfCase = (alert: AlertView): number => (caseSizes.value.get(caseOf(alert)) ?? 1) - 1;

export const inOrder = computed(() => ordered(open.values()));
