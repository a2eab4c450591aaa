// Time as the server has it, shown as it is in Ma'anshan.

import { language, t } from "./words.js";

export const ZONE = "Asia/Shanghai";
let ahead = 0;

/** The server says what time it is. */
export function setClock(iso) {
  ahead = Date.parse(iso) - Date.now();
}

export const now = () => Date.now() + ahead;

const format = (options) => new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE, ...options });
const SECONDS = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const MINUTES = format({ hour: "2-digit", minute: "2-digit" });
const DAY = format({ year: "numeric", month: "2-digit", day: "2-digit" });

export const timeOf = (time) => SECONDS.format(new Date(time));
export const minuteOf = (time) => MINUTES.format(new Date(time));
export const dayOf = (time) => DAY.format(new Date(time));
export const today = () => dayOf(now());

/** 12:03:10 today, else 11-20 12:03:10, else with the year. */
export function moment(time) {
  const day = dayOf(time);
  if (day === today()) return timeOf(time);
  const short = day.slice(0, 4) === today().slice(0, 4) ? day.slice(5) : day;
  return `${short} ${timeOf(time)}`;
}

/** 2026-11-23 星期一 */
export function named(day) {
  const weekday = new Intl.DateTimeFormat(language(), { weekday: "long", timeZone: "UTC" });
  return `${day} ${weekday.format(new Date(`${day}T12:00:00Z`))}`;
}

/** The day so many days away from YYYY-MM-DD. */
export function dayAfter(day, days) {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** How long, in words: the two largest units. */
export function lasting(milliseconds) {
  const all = Math.max(0, Math.floor(milliseconds / 1000));
  const [d, h, m, s] = [Math.floor(all / 86400), Math.floor(all / 3600) % 24, Math.floor(all / 60) % 60, all % 60];
  if (d) return t("time.days", { d, h });
  if (h) return t("time.hours", { h, m });
  return m ? t("time.minutes", { m, s: String(s).padStart(2, "0") }) : t("time.seconds", { s });
}

export function ago(time) {
  const age = now() - Date.parse(time);
  return age < 5000 ? t("time.now") : t("time.ago", { age: lasting(age) });
}
