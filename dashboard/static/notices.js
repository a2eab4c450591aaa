// Short messages at the top of the page, such as a step that was refused.

import { byId, h, replace } from "./dom.js";
import { moment } from "./clock.js";
import { t, word } from "./words.js";

export function notice(text) {
  const close = h("button", { class: "quiet", type: "button", "aria-label": t("close.cancel") }, "×");
  const box = h("div", { class: "notice" }, h("p", {}, text), close);
  close.addEventListener("click", () => box.remove());
  replace(byId("notices"), box);
  setTimeout(() => box.remove(), 12_000);
}

/** Why a step was not done, and who has the alert now. */
export function refusal(problem) {
  const alert = problem.body?.alert;
  if (problem.status === 404) return t("step.gone");
  if (problem.status !== 409 || !alert) return t("step.failed");
  if (alert.phase === "closed")
    return t("step.refused_closed", { who: alert.closed_by_name, time: moment(alert.closed_at) });
  if (alert.answered_by_name)
    return t("step.refused_answered", { who: alert.answered_by_name, time: moment(alert.answered_at) });
  return t("step.refused", { phase: word("phase", alert.phase) });
}
