// How the platform itself is: asked every ten seconds, and at once where the beat says that it has changed.

import { shallowRef, watchEffect } from "vue";
import { health } from "./api/client";
import type { Report } from "./api/types";

const EVERY = 10_000;
export const report = shallowRef<Report | null>(null);
let timer = 0;

watchEffect(() => (document.documentElement.dataset.platform = report.value?.status ?? "unknown"));

export function startPlatform(): void {
  clearInterval(timer);
  timer = window.setInterval(refresh, EVERY);
  void refresh();
}

export function stopPlatform(): void {
  clearInterval(timer);
}

/** The beat says how it is in one word; where that differs, look closer at once. */
export function platformIs(status: string): void {
  if (report.value && report.value.status !== status) void refresh();
}

async function refresh(): Promise<void> {
  report.value = await health().catch(() => null);
}
