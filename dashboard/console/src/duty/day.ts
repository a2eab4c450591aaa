// A day on the roster: where its shifts and gaps lie on the band, in percent of the day.

import type { components } from "../api/schema";
import { ZONE } from "../clock";

export type OnDuty = components["schemas"]["LevelOnDuty"];
export type Shift = OnDuty["shifts"][number];
export type RosterChange = components["schemas"]["RosterChange"];

const DAY = 86_400_000;
/** The clock on the wall is eight hours ahead of UTC, all year (Asia/Shanghai). */
const OFFSET = "+08:00";

export const startOf = (day: string): string => new Date(`${day}T00:00:00${OFFSET}`).toISOString();
export const endOf = (day: string): string => new Date(Date.parse(startOf(day)) + DAY).toISOString();
/** What a field for a local date and time holds, as a moment. */
export const momentOf = (local: string): string => `${local}:00${OFFSET}`;
/** A moment as such a field wants it: 2026-11-25T20:00. */
export const localOf = (time: string | number): string =>
  new Intl.DateTimeFormat("sv-SE", {
    timeZone: ZONE,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  })
    .format(new Date(time))
    .replace(" ", "T");

export const endOfShift = (shift: Shift): string => shift.ended_at ?? shift.ends;

/** From where to where on the band of the day, in percent; never outside it. */
export function placed(day: string, starts: string, ends: string): { left: string; width: string } {
  const zero = Date.parse(startOf(day));
  const part = (time: string): number => Math.min(100, Math.max(0, ((Date.parse(time) - zero) / DAY) * 100));
  return { left: `${part(starts)}%`, width: `${Math.max(0.4, part(ends) - part(starts))}%` };
}

/** Who is on duty at this moment, each name once. */
export const onDutyNow = (level: OnDuty, now: number): string[] => [
  ...new Set(
    level.shifts
      .filter((one) => !one.disabled && Date.parse(one.starts) <= now && now < Date.parse(endOfShift(one)))
      .map((one) => one.username),
  ),
];

/** A shift that was handed to this person and for which they have not signed yet; the log has the newest first. */
export function handedTo(log: readonly RosterChange[], username: string): RosterChange | undefined {
  const seen = new Set<string>();
  for (const entry of log) {
    if (seen.has(entry.shift_id)) continue;
    if (entry.kind === "taken_over") seen.add(entry.shift_id);
    if (entry.kind !== "handed_over") continue;
    if (entry.other_name === username) return entry;
    seen.add(entry.shift_id);
  }
  return undefined;
}
