// Closing without a visit takes two people: whoever may be the second one sees that at once, and the first the answer.

import { computed, watch } from "vue";
import { find, inOrder, recentlyClosed } from "./alerts";
import type { AlertView } from "./api/types";
import { notice } from "./notices";
import { soundAsked } from "./ring";
import { may, me } from "./session";
import { t, word } from "./words";

const isAsked = (alert: AlertView): boolean => alert.close_asked_by_name !== null;
const isOwn = (alert: AlertView): boolean => alert.close_asked_by_name === me.value?.username;

/** Whether this person may decide, as the second one, that nobody goes there. */
export const asksMe = (alert: AlertView): boolean => isAsked(alert) && !isOwn(alert) && may("respond");

/** What waits for this person as the second one, that which has waited longest first. */
export const askedOfMe = computed(() =>
  inOrder.value.filter(asksMe).sort((a, b) => Date.parse(a.close_asked_at ?? "") - Date.parse(b.close_asked_at ?? "")),
);
/** Each time that somebody asks: the same alert may be asked about again. */
const wishes = computed(() => askedOfMe.value.map((alert) => `${alert.id} ${alert.close_asked_at}`));
const mine = computed(() => inOrder.value.filter((alert) => isAsked(alert) && isOwn(alert)).map((alert) => alert.id));

/** From now on a new wish is heard once, and the one who asked is told what came of it. */
export function followWishes(): void {
  watch(wishes, (now, before) => {
    if (now.some((wish) => !before.includes(wish))) soundAsked();
  });
  watch(mine, (now, before) => {
    for (const id of before)
      if (!now.includes(id)) tellAnswer(find(id) ?? recentlyClosed.value.find((one) => one.id === id));
  });
}

let arriving = "";
/** The row of this alert takes the focus as soon as it is drawn. */
export const focusOnArrival = (id: string): void => void (arriving = id);
export function isArriving(id: string): boolean {
  if (arriving !== id) return false;
  arriving = "";
  return true;
}

function tellAnswer(alert: AlertView | undefined): void {
  if (!alert || !me.value) return;
  const what = `${word("rule", alert.rule)} · ${alert.resident_name ?? t("alert.nobody")}`;
  if (alert.phase === "closed") notice(t("asked.agreed", { who: alert.closed_by_name ?? "", what }));
  else if (alert.close_refused_by_name)
    notice(t("asked.refused", { who: alert.close_refused_by_name, what, why: alert.close_refused_why ?? "" }));
}
