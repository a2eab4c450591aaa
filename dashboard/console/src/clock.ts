// Time as the server has it, shown as it is in Ma'anshan.

import { shallowRef } from "vue";
import { language, t } from "./words";

export const ZONE = "Asia/Shanghai";
type Time = string | number | Date;
let ahead = 0;

/** The server says what time it is. */
export function setClock(iso: string): void {
  ahead = Date.parse(iso) - Date.now();
}

export const now = (): number => Date.now() + ahead;

/** Now, to the second: whatever shows it is drawn anew each second. */
export const second = shallowRef(now());
setInterval(() => (second.value = now()), 1000);

const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE, ...options });
const SECONDS = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const MINUTES = format({ hour: "2-digit", minute: "2-digit" });
const DAY = format({ year: "numeric", month: "2-digit", day: "2-digit" });

export const timeOf = (time: Time): string => SECONDS.format(new Date(time));
export const minuteOf = (time: Time): string => MINUTES.format(new Date(time));
export const dayOf = (time: Time): string => DAY.format(new Date(time));
export const today = (): string => dayOf(now());

/** 12:03:10 today, else 11-20 12:03:10, else with the year. */
export function moment(time: Time): string {
  const day = dayOf(time);
  if (day === today()) return timeOf(time);
  const short = day.slice(0, 4) === today().slice(0, 4) ? day.slice(5) : day;
  return `${short} ${timeOf(time)}`;
}

/** The same without the seconds: for what is to come. */
export const momently = (time: Time): string => moment(time).slice(0, -3);

/** What a field for a time says, 2026-11-23T12:00, as it is in Ma'anshan (which has no summer time). */
export const atLocal = (field: string): string => `${field}:00+08:00`;
/** A time as such a field has it. */
export const fieldOf = (time: Time): string => `${dayOf(time)}T${minuteOf(time)}`;

/** 2026-11-23 星期一 */
export function named(day: string): string {
  const weekday = new Intl.DateTimeFormat(language(), { weekday: "long", timeZone: "UTC" });
  return `${day} ${weekday.format(new Date(`${day}T12:00:00Z`))}`;
}

/** The day so many days away from YYYY-MM-DD. */
export function dayAfter(day: string, days: number): string {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** How long, in words: the two largest units. */
export function lasting(milliseconds: number): string {
  const all = Math.max(0, Math.floor(milliseconds / 1000));
  const [d, h, m, s] = [Math.floor(all / 86400), Math.floor(all / 3600) % 24, Math.floor(all / 60) % 60, all % 60];
  if (d) return t("time.days", { d, h });
  if (h) return t("time.hours", { h, m });
  return m ? t("time.minutes", { m, s: String(s).padStart(2, "0") }) : t("time.seconds", { s });
}

/** What is left, as a clock that runs down: 0:43, 12:05, and in words where it is an hour or more. */
export function left(milliseconds: number): string {
  const all = Math.max(0, Math.ceil(milliseconds / 1000));
  if (all >= 3600) return lasting(all * 1000);
  return `${Math.floor(all / 60)}:${String(all % 60).padStart(2, "0")}`;
}

/** How often, in the largest unit that fits: 10 s, 5 min, 1 day. */
export function interval(seconds: number): string {
  if (seconds === 0) return t("time.seconds", { s: 0 });
  if (seconds % 86_400 === 0) return t("time.each_days", { d: seconds / 86_400 });
  if (seconds % 3600 === 0) return t("time.each_hours", { h: seconds / 3600 });
  return seconds % 60 === 0
    ? t("time.each_minutes", { m: seconds / 60 })
    : t("time.seconds", { s: Math.round(seconds) });
}

/** How long ago, as of the second that is shown. */
export function ago(time: string): string {
  const age = second.value - Date.parse(time);
  return age < 5000 ? t("time.now") : t("time.ago", { age: lasting(age) });
}
