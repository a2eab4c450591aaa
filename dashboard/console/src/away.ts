// Whoever was away (nothing pressed, the page hidden, or the link lost) is offered what happened meanwhile.

import { onMounted, onUnmounted, shallowRef, watch } from "vue";
import { get } from "./api/client";
import type { Missed } from "./api/types";
import { now } from "./clock";
import { linkState, may, working } from "./session";

/** So long without a sign of anybody is a break (an assumption); so long without the link is one too. */
export const AWAY_AFTER = 5 * 60_000;
export const LOST_AFTER = 60_000;

/** What was missed in the break that has just ended, until somebody looks at it or puts it away. */
export const offered = shallowRef<Missed | null>(null);
export const dismissOffer = (): void => void (offered.value = null);

/** Nothing is offered where nothing happened. */
async function offer(since: number): Promise<void> {
  if (!working.value || !may("watch")) return;
  const found = await get("/api/missed", { query: { since: new Date(since).toISOString() } }).catch(() => null);
  if (found?.lines.length) offered.value = found;
}

/** From now on breaks are noticed; call it where the frame of all pages is set up. */
export function noticeBreaks(): void {
  let seenAt = now();
  let lostAt = 0;
  const here = (): void => {
    const away = now() - seenAt;
    const since = seenAt;
    seenAt = now();
    if (away > AWAY_AFTER) void offer(since);
  };
  const shown = (): void => {
    if (document.visibilityState === "visible") here();
  };
  const SIGNS = ["pointermove", "pointerdown", "keydown", "wheel"] as const;
  onMounted(() => {
    for (const sign of SIGNS) document.addEventListener(sign, here, { passive: true });
    document.addEventListener("visibilitychange", shown);
  });
  onUnmounted(() => {
    for (const sign of SIGNS) document.removeEventListener(sign, here);
    document.removeEventListener("visibilitychange", shown);
  });
  watch(working, () => (seenAt = now())); // whoever logs in begins anew
  watch(
    () => linkState.value.name,
    (name) => {
      if (name === "lost") lostAt ||= Date.parse(linkState.value.asOf ?? "") || now();
      else if (name === "live") {
        if (lostAt && now() - lostAt > LOST_AFTER) void offer(lostAt);
        lostAt = 0;
      }
    },
  );
}

/** How many opened, were closed, and went on to a further level. */
export function countsOf(missed: Missed): { opened: number; closed: number; escalated: number } {
  const of = (...kinds: string[]): number =>
    new Set(missed.lines.filter((line) => kinds.includes(line.kind)).map((line) => line.alert_id)).size;
  const further = missed.lines.filter((line) => line.kind === "told" && line.detail.whom !== "seat");
  return { opened: of("opened"), closed: of("close"), escalated: new Set(further.map((line) => line.alert_id)).size };
}
