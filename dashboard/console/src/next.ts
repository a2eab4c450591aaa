// In words, what the platform does next by itself: care/escalation.py names it `tell:station`, `overdue:seat,supervisor`.

import { t, word, type Key } from "./words";

const DEEDS: Record<string, Key> = {
  tell: "next.tell",
  last_resort: "next.last_resort",
  expire: "next.expire",
  overdue: "next.overdue",
  unshelve: "next.unshelve",
};

/** The seat, the supervisor. */
export const levels = (names: string): string =>
  names
    .split(",")
    .map((name) => word("whom", name))
    .join(t("health.and"));

/** Nothing where nothing is to come, or where a newer server names what this page doesn't know. */
export function nextStep(why: string | null): string {
  const [deed = "", whom = ""] = (why ?? "").split(":");
  const key = DEEDS[deed];
  return key ? t(key, { whom: levels(whom) }) : "";
}
