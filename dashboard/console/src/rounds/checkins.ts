// A check-in in words: how it stands, what met it or why nobody was expected, and what comes next.

import type { CheckIn, CheckInState } from "../api/types";
import { dayOf, lasting, minuteOf, moment, now, today } from "../clock";
import { t, word } from "../words";

/** Somebody has to do something, the most urgent first. */
export const WAITING: readonly CheckInState[] = ["missed", "with_contacts", "tried", "late"];
export const isWaiting = ({ state }: CheckIn): boolean => WAITING.includes(state);
/** Whether it is more than late: nobody knows how they are, although they were asked. */
export const isUrgent = ({ state }: CheckIn): boolean => state === "missed" || state === "with_contacts";

/** 08:00–10:00 today, else with its day. */
export const windowOf = (one: Pick<CheckIn, "opens_at" | "closes_at">): string => {
  const day = dayOf(one.opens_at);
  return `${day === today() ? "" : `${day.slice(5)} `}${minuteOf(one.opens_at)}–${minuteOf(one.closes_at)}`;
};

/** Why nobody was expected: the kind of reason, and its own words after the colon. */
export function excuse(why: string): string {
  const [kind = "", ...rest] = why.split(": ");
  const more = rest.join(": ");
  const name = kind === "absence" ? word("absence.kind", more) : more;
  return [word("excuse", kind.replaceAll(" ", "_")), name].filter(Boolean).join(t("plan.colon"));
}

/** What met it: 活动感应 07:42 · 客厅, 电话问候 09:15, 李娜（家属）报平安 09:20 */
export function metBy(evidence: NonNullable<CheckIn["evidence"]>): string {
  const { by, time, place, who, role, proof } = evidence as Record<string, string | null | undefined>;
  const said = who ? t("checkin.said_by", { who, role: word("role", role ?? "") }) : "";
  const parts = [
    word("life", by ?? ""),
    time ? moment(time).slice(0, -3) : "",
    place ?? "",
    proof ? word("proof", proof) : "",
    said,
  ];
  return parts.filter(Boolean).join(" · ");
}

/** One line on how it stands. */
export function standing(one: CheckIn): string {
  if (one.state === "done" && one.evidence) return metBy(one.evidence);
  if (one.state === "excused") return excuse(one.why);
  const late = lasting(now() - Date.parse(one.closes_at));
  switch (one.state) {
    case "due":
      return Date.parse(one.opens_at) > now() ? "" : t("checkin.open_until", { time: minuteOf(one.closes_at) });
    case "late":
      return one.due_at
        ? t("checkin.late_for", { late, time: minuteOf(one.due_at) })
        : t("checkin.late_only", { late });
    case "tried":
      return t("checkin.tried_times", { late, count: one.tries });
    case "with_contacts":
      return t("checkin.contacts_told", { late, count: one.contacts_told });
    default:
      return t("checkin.missed_for", { late });
  }
}

export const attempted = (one: CheckIn): string =>
  one.attempted_at ? t("checkin.attempts", { count: one.attempts, time: minuteOf(one.attempted_at) }) : "";
