// Short messages at the top of the page, such as a step that was refused.

import { shallowRef } from "vue";
import { Refusal } from "./api/client";
import type { AlertView } from "./api/types";
import { moment } from "./clock";
import { t, word } from "./words";

const STAYS = 12_000;
export const noticeText = shallowRef("");
let timer = 0;

export function notice(text: string): void {
  noticeText.value = text;
  clearTimeout(timer);
  timer = window.setTimeout(dismiss, STAYS);
}

export function dismiss(): void {
  noticeText.value = "";
}

/** The alert as it is, which a refused step tells. */
export const alertIn = (problem: unknown): AlertView | null =>
  problem instanceof Refusal ? ((problem.body.alert as AlertView | undefined) ?? null) : null;

/** Why a step was not done, and who has the alert now. */
export function refusal(problem: unknown): string {
  const alert = alertIn(problem);
  const status = problem instanceof Refusal ? problem.status : 0;
  if (status === 404) return t("step.gone");
  if (status === 403) return t("step.not_yours");
  if (status !== 409 || !alert) return t("step.failed");
  if (alert.phase === "closed" && alert.closed_at)
    return t("step.refused_closed", { who: alert.closed_by_name ?? "", time: moment(alert.closed_at) });
  if (alert.dispatched_to && alert.phase !== "raised" && alert.phase !== "answered")
    return t("step.refused_sent", { whom: alert.dispatched_to, phase: word("phase", alert.phase) });
  if (alert.answered_by_name && alert.answered_at)
    return t("step.refused_answered", { who: alert.answered_by_name, time: moment(alert.answered_at) });
  return t("step.refused", { phase: word("phase", alert.phase) });
}
