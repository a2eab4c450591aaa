// What whoever went there reports: where it asks the seat for something, every page shows it until somebody acts.

import { computed, watch } from "vue";
import { inOrder } from "./alerts";
import { soundAsked } from "./ring";
import { may, me } from "./session";

/** Reports that wait for the seat, the one that has waited longest first; one's own ask oneself for nothing. */
export const reported = computed(() =>
  inOrder.value
    .filter((alert) => alert.report_asks && alert.report_by_name !== me.value?.username && may("respond"))
    .sort((a, b) => Date.parse(a.report_at ?? "") - Date.parse(b.report_at ?? "")),
);
const each = computed(() => reported.value.map((alert) => `${alert.id} ${alert.report_at}`));

/** From now on a new report that asks for something is heard once. */
export function followReports(): void {
  watch(each, (now, before) => {
    if (now.some((one) => !before.includes(one))) soundAsked();
  });
}
