// The rows of the board keep their places while somebody points at them or has scrolled down.

import { computed, onMounted, onUnmounted, shallowRef, watch, type ComputedRef, type ShallowRef } from "vue";
import { inOrder, isWaiting } from "./alerts";
import type { AlertView } from "./api/types";

/** So long a pointer that has come to rest on the list still holds its rows (an assumption: time to read one and decide). */
export const HOLDS_FOR = 10_000;

const rings = (alert: AlertView | undefined): boolean =>
  alert !== undefined && alert.priority === "high" && isWaiting(alert);

/** What is shown after `shown`, of the alerts that are `open` now: a high one that waits enters on top, no other does. */
export function inPlace(shown: readonly AlertView[], open: readonly AlertView[]): AlertView[] {
  const before = new Map(shown.map((alert) => [alert.id, alert]));
  const entering = open.filter((alert) => rings(alert) && !rings(before.get(alert.id)));
  const now = new Map(open.map((alert) => [alert.id, alert]));
  for (const { id } of entering) now.delete(id);
  return [...entering, ...shown.flatMap(({ id }) => now.get(id) ?? [])];
}

interface Held {
  shown: Readonly<ShallowRef<readonly AlertView[]>>;
  /** How many wait to be shown. */
  fresh: ComputedRef<number>;
  /** The pointer is over the list: here, or moved to there. */
  point: (event: PointerEvent) => void;
  /** It has left. */
  leave: () => void;
  /** Shows all of them in their order. */
  show: () => void;
  /** Whether the rows keep their places now. */
  holds: ComputedRef<boolean>;
}

/** The alerts as the board shows them. */
export function held(): Held {
  const shown = shallowRef<readonly AlertView[]>(inOrder.value);
  const pointing = shallowRef(false);
  const scrolled = shallowRef(false);
  const holds = computed(() => pointing.value || scrolled.value);
  const fresh = computed(() => inOrder.value.length - shown.value.length);
  const show = (): void => void (shown.value = inOrder.value);
  const look = (): void => void (scrolled.value = scrollY > 0);

  watch([inOrder, holds], () => {
    look(); // the event of a scroll comes a frame after it, and an alert may come between
    const moves = shown.value.length > 0; // where nothing is shown, as on arriving, nothing can move
    const kept = holds.value && moves ? inPlace(shown.value, inOrder.value) : [];
    shown.value = kept.length ? kept : inOrder.value;
  });
  let at = "";
  let timer = 0;
  const leave = (): void => {
    clearTimeout(timer);
    pointing.value = false;
  };
  const point = (event: PointerEvent): void => {
    const now = `${event.screenX} ${event.screenY}`;
    if (event.type === "pointermove" && now === at) return; // the page has moved under it, not it over the page
    at = now;
    clearTimeout(timer);
    pointing.value = true;
    timer = window.setTimeout(leave, HOLDS_FOR);
  };

  onMounted(() => addEventListener("scroll", look, { passive: true }));
  onUnmounted(() => {
    removeEventListener("scroll", look);
    clearTimeout(timer);
  });
  return { shown, fresh, point, leave, show, holds };
}
