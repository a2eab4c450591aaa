// Taking steps on rows of alerts, with the pointer and by keyboard; the board and the page of one alert share it.

import { nextTick, reactive, shallowRef } from "vue";
import { find } from "./alerts";
import type { AlertView } from "./api/types";
import { notice } from "./notices";
import { isPlain, KEY_OF, take, type Step } from "./steps";
import { t } from "./words";

const STEP_OF = new Map(Object.entries(KEY_OF).map(([step, key]) => [key.toLowerCase(), step as Step]));
/** Where no row has the focus, these mean the topmost row that they fit; the others only ever the one that they fit. */
const TOPMOST = new Set<Step>(["answer", "close"]);

export interface Asking {
  step: Step;
  alert: AlertView;
}

/** `rows`: the rows as they stand on the page. */
export function working(rows: () => HTMLElement[]) {
  const busy = reactive(new Set<string>());
  const asking = shallowRef<Asking | null>(null);
  const focusedRow = (): HTMLElement | undefined =>
    rows().find((row) => row === document.activeElement || row.contains(document.activeElement));

  /** Takes the step, or asks for what it needs. */
  async function begin(alert: AlertView, step: Step): Promise<void> {
    const now = find(alert.id) ?? alert;
    if (!isPlain(step)) {
      asking.value = { step, alert: now };
      return;
    }
    const row = rows().find((one) => one.dataset.id === alert.id);
    const had = row !== undefined && row === focusedRow();
    busy.add(alert.id);
    await take(now, step);
    busy.delete(alert.id);
    // The button that was pressed is another one now: the row keeps the focus.
    await nextTick();
    if (had && row.isConnected && !row.contains(document.activeElement)) row.focus();
  }

  /** A letter takes its step: on the row that has the focus, else on the one that it can only mean. */
  function byLetter(letter: string): boolean {
    const step = STEP_OF.get(letter);
    if (!step) return false;
    const own = focusedRow();
    const fitting = (own ? [own] : rows()).filter((row) => row.querySelector(`[data-step=${step}]:not(:disabled)`));
    if (!own && fitting.length > 1 && !TOPMOST.has(step)) {
      notice(t("step.which", { step: t(`step.${step}`) }));
      return true;
    }
    const row = fitting[0];
    if (row && !own) row.focus(); // from here on the keys mean this one
    row?.querySelector<HTMLElement>(`[data-step=${step}]`)?.click();
    return true;
  }

  /** The arrows move from row to row. */
  function move(by: 1 | -1): void {
    const all = rows();
    const own = focusedRow();
    const here = own ? all.indexOf(own) : -1;
    all[Math.min(all.length - 1, Math.max(0, here + by))]?.focus();
  }

  return { busy, asking, begin, byLetter, move, focusedRow };
}
