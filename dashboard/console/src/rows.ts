// Walking through a list by keyboard: the arrows go from row to row, and each row's own step is then one Enter away.

import { onMounted, onUnmounted } from "vue";
import { isForThePage } from "./keys";

/** Each row of the page has one element of the class `row-step`. */
export function walkByArrows(): void {
  const byKey = (event: KeyboardEvent): void => {
    if ((event.key !== "ArrowDown" && event.key !== "ArrowUp") || !isForThePage(event)) return;
    const steps = [...document.querySelectorAll<HTMLElement>("main .row-step")];
    if (!steps.length) return;
    event.preventDefault();
    const row = document.activeElement?.closest("tr");
    const here = row ? steps.findIndex((step) => step.closest("tr") === row) : -1;
    const next = here + (event.key === "ArrowDown" ? 1 : -1);
    steps[Math.min(Math.max(next, 0), steps.length - 1)]?.focus();
  };
  onMounted(() => document.addEventListener("keydown", byKey));
  onUnmounted(() => document.removeEventListener("keydown", byKey));
}
