// An hour around somebody as numbers and lines: where each thing stands in the picture, and the same as a table.

import type { LastHour, NormalBand, Usual } from "../api/types";

type Limits = Pick<NormalBand, "low" | "high">;
type Curve = LastHour["vitals"][number];
export type Point = Curve["points"][number] & { avg: number; min: number; max: number };
type StateRow = LastHour["rows"][number];

const MINUTE = 60_000;
const GAP = 3; // times as long as usual without a reading, and never less than so many minutes: the curve breaks
export const ms = (time: string): number => Date.parse(time);

/** Where on the axis, in percent; never outside it. */
export function place(hour: Pick<LastHour, "start" | "end">, time: string | number): number {
  const [start, end] = [ms(hour.start), ms(hour.end)];
  const at = typeof time === "number" ? time : ms(time);
  return Math.min(100, Math.max(0, ((at - start) / (end - start)) * 100));
}

/** From where to where, in percent; what lasts a second is still to be seen. */
export function span(hour: Pick<LastHour, "start" | "end">, since: string, until: string) {
  const left = place(hour, since);
  return { left: `${left}%`, width: `${Math.max(0.6, place(hour, until) - left)}%` };
}

/** Each tenth minute of the clock. */
export function ticks(hour: Pick<LastHour, "start" | "end">): number[] {
  const every = 10 * MINUTE;
  const first = Math.ceil(ms(hour.start) / every) * every;
  return Array.from({ length: 7 }, (_, at) => first + at * every).filter((time) => time <= ms(hour.end));
}

const known = (points: Curve["points"]): Point[] => points.filter((one): one is Point => typeof one.avg === "number");

/** What a curve is drawn from: its stretches without a gap, the band that is usual for them, and what is beyond a limit. */
export function drawn(hour: LastHour, curve: Curve, limits: Limits, usual: Usual | null) {
  const points = known(curve.points);
  const values = [...points.flatMap((one) => [one.min, one.max]), ...(usual ? [usual.low, usual.high] : [])];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(1, (most - least) * 0.08);
  const y = (value: number): number => 100 - ((value - least + room) / (most - least + 2 * room)) * 100;
  const at = (one: Point): string => place(hour, ms(one.time) + MINUTE / 2).toFixed(2);
  const paths = stretches(points).map((run) => ({
    range: `M${[...run.map((one) => `${at(one)},${y(one.max)}`), ...run.toReversed().map((one) => `${at(one)},${y(one.min)}`)].join("L")}Z`,
    average: `M${(run.length > 1 ? run : [run[0]!, run[0]!]).map((one) => `${at(one)},${y(one.avg)}`).join("L")}`,
  }));
  const { low, high } = limits;
  const beyond = points.filter((one) => isBeyond(one.min, low, high) || isBeyond(one.max, low, high));
  return {
    paths,
    band: usual && { top: y(usual.high), bottom: y(usual.low) },
    beyond: beyond.map((one) => ({ time: one.time, x: place(hour, ms(one.time) + MINUTE / 2) })),
    lowest: lowest(points),
    highest: highest(points),
  };
}

/** As the rules have it: a limit that is reached is reached. */
export const isBeyond = (value: number, low: number | null, high: number | null): boolean =>
  (low !== null && value <= low) || (high !== null && value >= high);

/** Some devices speak each ten seconds, some each five minutes: what is usual for this one says what is a gap. */
function stretches(points: readonly Point[]): Point[][] {
  const apart = points.slice(1).map((one, at) => ms(one.time) - ms(points[at]!.time));
  const usual = apart.toSorted((a, b) => a - b)[Math.floor(apart.length / 2)] ?? MINUTE;
  const found: Point[][] = [];
  for (const one of points) {
    const run = found.at(-1);
    if (run && ms(one.time) - ms(run.at(-1)!.time) <= GAP * Math.max(MINUTE, usual)) run.push(one);
    else found.push([one]);
  }
  return found;
}

const lowest = (points: readonly Point[]) =>
  points.reduce<Point | null>((best, one) => (best === null || one.min < best.min ? one : best), null);
const highest = (points: readonly Point[]) =>
  points.reduce<Point | null>((best, one) => (best === null || one.max > best.max ? one : best), null);

const FIRST = ["in_bed", "presence", "motion", "door_open"];

/** The rows with something to see, beds first, doors last; a device that was bound twice has one. */
export function rowsOf(hour: LastHour): StateRow[] {
  const merged = new Map<string, StateRow>();
  for (const row of hour.rows) {
    const key = `${row.metric} ${row.vendor}/${row.device}`;
    const before = merged.get(key);
    merged.set(
      key,
      before ? { ...row, spans: [...before.spans, ...row.spans], unknown: [...before.unknown, ...row.unknown] } : row,
    );
  }
  return [...merged.values()].sort(
    (a, b) => FIRST.indexOf(a.metric) - FIRST.indexOf(b.metric) || (a.place < b.place ? -1 : 1),
  );
}

/** One line of the table. */
export interface Entry {
  at: string;
  kind: "state" | "vital" | "water" | "event" | "alert";
  name: string;
  where: string;
  until?: string;
  value?: number;
  extreme?: "lowest" | "highest";
  mark?: boolean;
}

/** Everything that happened, the latest first. */
export function entriesOf(hour: LastHour): Entry[] {
  const states = rowsOf(hour).flatMap((row) =>
    row.spans
      .filter((one) => one.value)
      .map((one): Entry => ({
        at: one.since,
        kind: "state",
        name: row.metric,
        where: row.place || row.device,
        until: one.until,
      })),
  );
  const vitals = hour.vitals.flatMap((curve): Entry[] => {
    const points = known(curve.points);
    const [least, most] = [lowest(points), highest(points)];
    if (!least || !most) return [];
    const line = (one: Point, extreme: "lowest" | "highest", value: number): Entry => ({
      at: one.time,
      kind: "vital",
      name: curve.metric,
      where: "",
      value,
      extreme,
    });
    return [line(least, "lowest", least.min), line(most, "highest", most.max)];
  });
  const water = hour.water.map((one): Entry => ({
    at: one.time,
    kind: "water",
    name: "water",
    where: "",
    value: one.litres,
  }));
  const events = hour.events.map((one): Entry => ({
    at: one.time,
    kind: "event",
    name: one.event,
    where: one.place,
    mark: one.drill,
  }));
  const alerts = hour.alerts.map((one): Entry => ({
    at: one.happened_at,
    kind: "alert",
    name: one.rule,
    where: one.device_place ?? "",
    mark: one.drill,
  }));
  return [...states, ...vitals, ...water, ...events, ...alerts].sort((a, b) => ms(b.at) - ms(a.at));
}
