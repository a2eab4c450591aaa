// A check-in plan in words: on which days, from when to when, how long one waits, and what is left out.

import type { Plan } from "../api/types";
import { interval } from "../clock";
import { language, t } from "../words";

/** What a form asks for: a time of the day on some days of the week (1 Monday … 7 Sunday). */
export interface Simple {
  /** 08:00 */
  from: string;
  days: number[];
}
export const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];

/** A cron expression that is no more than a time on days of the week; null where it says more. */
export function simple(cron: string): Simple | null {
  const found = /^(\d{1,2}) (\d{1,2}) \* \* (\*|[0-7](?:[-,][0-7])*)$/.exec(cron.trim());
  if (!found) return null;
  const [, minute, hour, week] = found as unknown as [string, string, string, string];
  if (Number(minute) > 59 || Number(hour) > 23) return null;
  return { from: `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`, days: daysOf(week) };
}

function daysOf(week: string): number[] {
  if (week === "*") return EVERY_DAY;
  const each = week.split(",").flatMap((part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  return [...new Set(each.map((day) => day || 7))].sort((a, b) => a - b);
}

export function cronOf({ from, days }: Simple): string {
  const [hour = 0, minute = 0] = from.split(":").map(Number);
  const week = days.length === 7 ? "*" : days.map((day) => day % 7).join(",");
  return `${minute} ${hour} * * ${week}`;
}

/** 08:00 and 120 minutes: 10:00; past midnight it says so. */
export function until(from: string, minutes: number): string {
  const [hour = 0, minute = 0] = from.split(":").map(Number);
  const end = hour * 60 + minute + minutes;
  const clock = `${pad(Math.floor(end / 60) % 24)}:${pad(end % 60)}`;
  return end >= 1440 ? t("plan.next_day", { time: clock }) : clock;
}
const pad = (value: number): string => String(value).padStart(2, "0");

/** From 08:00 to 10:00: 120; to an earlier time: on the next day. */
export function minutesBetween(from: string, to: string): number {
  const [one = 0, other = 0] = [from, to].map((time) => {
    const [hour = 0, minute = 0] = time.split(":").map(Number);
    return hour * 60 + minute;
  });
  return (other - one + 1440) % 1440 || 1440;
}

/** 周一 / Mon, in the reader's language. */
export function dayName(day: number): string {
  const monday = Date.UTC(2024, 0, 1);
  const name = new Intl.DateTimeFormat(language(), { weekday: "short", timeZone: "UTC" });
  return name.format(new Date(monday + (day - 1) * 86_400_000));
}

/** 每天 08:00–10:00；宽限 30 分钟；节假日除外 */
export function inWords(plan: Pick<Plan, "cron" | "window_minutes" | "grace_minutes" | "on_holidays">, grace: number) {
  const wait = plan.grace_minutes ?? grace;
  const parts = [
    when(plan),
    wait ? t("plan.grace_of", { time: interval(wait * 60) }) : t("plan.no_grace"),
    ...(plan.on_holidays ? [] : [t("plan.not_on_holidays")]),
  ];
  return parts.join(t("plan.and"));
}

function when({ cron, window_minutes: minutes }: Pick<Plan, "cron" | "window_minutes">): string {
  const found = simple(cron);
  if (!found) return t("plan.by_cron", { cron, time: interval(minutes * 60) });
  const times = `${found.from}–${until(found.from, minutes)}`;
  if (found.days.length === 7) return t("plan.daily", { times });
  const workdays = found.days.join() === "1,2,3,4,5";
  const days = workdays ? t("plan.workdays") : found.days.map(dayName).join(t("plan.comma"));
  return t("plan.on_days", { days, times });
}
