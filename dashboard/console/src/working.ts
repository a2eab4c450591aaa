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
  /** Of an alert, the step whose key was pressed while the one before was on its way. */
  const pressed = new Map<string, Step>();
  const asking = shallowRef<Asking | null>(null);
  const focusedRow = (): HTMLElement | undefined =>
    rows().find((row) => row === document.activeElement || row.contains(document.activeElement));
  const buttonOf = (row: HTMLElement | undefined, step: Step, which = ":not(:disabled)"): HTMLElement | null =>
    row?.querySelector<HTMLElement>(`[data-step=${step}]${which}`) ?? null;

  /** Takes the step, or asks for what it needs. */
  async function begin(alert: AlertView, step: Step): Promise<void> {
    const now = find(alert.id) ?? alert;
    if (!isPlain(step)) {
      asking.value = { step, alert: now };
      return;
    }
    const row = rows().find((one) => one.dataset.id === alert.id);
    // The button that was pressed will be another one: the row keeps the focus. Afterwards it may be somewhere else.
    if (row !== undefined && row === focusedRow()) row.focus();
    busy.add(alert.id);
    const done = await take(now, step);
    busy.delete(alert.id);
    await nextTick();
    const next = pressed.get(alert.id);
    pressed.delete(alert.id);
    if (done && next) buttonOf(row, next)?.click(); // after a refusal it might be somebody else's alert
  }

  /** A letter takes its step: on the row that has the focus, else on the one that it can only mean. */
  function byLetter(letter: string): boolean {
    const step = STEP_OF.get(letter);
    if (!step) return false;
    const own = focusedRow();
    const meant = own ? [own] : rows();
    const fitting = meant.filter((row) => buttonOf(row, step));
    if (!own && fitting.length > 1 && !TOPMOST.has(step)) {
      notice(t("step.which", { step: t(`step.${step}`) }));
      return true;
    }
    const row = fitting[0];
    if (row && !own) row.focus(); // from here on the keys mean this one
    buttonOf(row, step)?.click();
    if (!row) later(meant, step);
    return true;
  }

  /** The key was faster than the step before: it is taken when that one has been. */
  function later(meant: HTMLElement[], step: Step): void {
    const id = meant.find((row) => buttonOf(row, step, ":disabled"))?.dataset.id;
    if (id) pressed.set(id, step);
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
