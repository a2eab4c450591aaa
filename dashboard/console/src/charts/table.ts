// Series of several devices on one time axis, as uPlot wants them; pure. All times are in seconds.

import type { Level } from "../api/types";

/** undefined: nothing was observed, but the reading before still holds; null: nothing is known. */
type Column = (number | null | undefined)[];
type Span = [from: number, until: number];

/** What a chart shows of whom: `interval` is how often its devices speak, where that is known. */
export interface Window {
  from: number;
  now: number;
  bucket: number;
  interval?: number | null;
}

export interface Aligned {
  times: number[];
  /** For each series its average, highest and lowest. */
  series: { avg: Column; max: Column; min: Column }[];
  /** Where nothing is known of any series; what has not been yet is no gap. */
  gaps: Span[];
}

const BELIEVED = 3; // intervals for which a reading holds, as on the server (records/readings/spans.py)

export function aligned(all: readonly (readonly Level[])[], window: Window): Aligned {
  const times = [...new Set(all.flatMap((points) => points.map(timeOf)))].sort((a, b) => a - b);
  const covered: Span[] = [];
  const series = all.map((points) => {
    const known = points.filter((point) => typeof point.avg === "number");
    const spans = held(known.map(timeOf), window);
    covered.push(...spans);
    const byTime = new Map(known.map((point) => [timeOf(point), point]));
    const holds = (time: number): boolean => spans.some(([from, until]) => from <= time && time < until);
    const column = (name: "avg" | "max" | "min"): Column =>
      times.map((time) => byTime.get(time)?.[name] ?? (holds(time) ? undefined : null));
    return { avg: column("avg"), max: column("max"), min: column("min") };
  });
  return { times, series, gaps: uncovered(covered, window) };
}

const timeOf = (point: Level): number => Date.parse(point.time) / 1000;

/** For how long each reading holds: until the next one, if that comes within three intervals. */
function held(known: readonly number[], { bucket, interval, now }: Window): Span[] {
  const steps = known.slice(1).map((time, index) => time - (known[index] ?? time));
  const usual = interval ?? steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? bucket;
  const longest = Math.max(bucket, BELIEVED * usual);
  return known.map((time, index) => {
    const next = known[index + 1] ?? now;
    return [time, next - time <= longest ? next : time + longest];
  });
}

function uncovered(covered: readonly Span[], { from, now }: Window): Span[] {
  const gaps: Span[] = [];
  let known = from;
  for (const [start, end] of [...covered].sort((a, b) => a[0] - b[0])) {
    if (start > known) gaps.push([known, Math.min(start, now)]);
    known = Math.max(known, end);
  }
  if (known < now) gaps.push([known, now]);
  return gaps;
}

/** Where the value that holds at `index` was observed; -1 where nothing is known there. */
export function observedAt(column: Column, index: number): number {
  let at = index;
  while (column[at] === undefined && at > 0) at -= 1;
  return typeof column[at] === "number" ? at : -1;
}

/** Readings that no line leads to or from: without a dot nobody would see them. */
export function alone(column: Column): number[] {
  const isGap = (index: number): boolean => index < 0 || index >= column.length || column[index] === null;
  return column.flatMap((value, index) =>
    typeof value === "number" && isGap(index - 1) && isGap(index + 1) ? [index] : [],
  );
}

/** The lowest, the highest and the last known value, for those who hear the chart read. */
export function extremes({ series }: Aligned): { low: number; high: number; last: number } | null {
  const known = (column: Column): number[] => column.filter((value) => typeof value === "number");
  const lows = series.flatMap((one) => known(one.min));
  const highs = series.flatMap((one) => known(one.max));
  const last = series.map((one) => known(one.avg).at(-1)).find((value) => value !== undefined);
  if (!lows.length || last === undefined) return null;
  return { low: Math.min(...lows), high: Math.max(...highs), last };
}
