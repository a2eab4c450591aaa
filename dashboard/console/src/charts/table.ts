// Series of several devices on one time axis, as uPlot wants them; pure.

import type { Level } from "../api/types";

type Column = (number | null)[];

export interface Aligned {
  times: number[];
  /** For each series its average, highest and lowest, null where nothing is known. */
  series: { avg: Column; max: Column; min: Column }[];
  /** From–until, in seconds, where nothing is known of any series. */
  gaps: [number, number][];
}

/** All in seconds. What has not been yet is no gap; where nobody observes at all, everything since `from` is one. */
export function aligned(all: readonly (readonly Level[])[], bucket: number, now: number, from = now): Aligned {
  const at = (point: Level): number => Date.parse(point.time) / 1000;
  const times = [...new Set(all.flatMap((points) => points.map(at)))].sort((a, b) => a - b);
  const series = all.map((points) => {
    const known = new Map(points.map((point) => [at(point), point]));
    const column = (name: "avg" | "max" | "min"): Column => times.map((time) => known.get(time)?.[name] ?? null);
    return { avg: column("avg"), max: column("max"), min: column("min") };
  });
  const isKnown = (index: number): boolean => series.some((one) => one.avg[index] !== null);
  const gaps: [number, number][] = [];
  times.forEach((time, index) => {
    if (time >= now || isKnown(index)) return;
    const until = Math.min(now, time + bucket);
    const last = gaps.at(-1);
    if (last && last[1] >= time) last[1] = until;
    else gaps.push([time, until]);
  });
  if (!times.length && from < now) gaps.push([from, now]);
  return { times, series, gaps };
}

/** The lowest, the highest and the last known value, for those who hear the chart read. */
export function extremes({ series }: Aligned): { low: number; high: number; last: number } | null {
  const known = (column: Column): number[] => column.filter((value) => value !== null);
  const lows = series.flatMap((one) => known(one.min));
  const highs = series.flatMap((one) => known(one.max));
  const last = series.map((one) => known(one.avg).at(-1)).find((value) => value !== undefined);
  if (!lows.length || last === undefined) return null;
  return { low: Math.min(...lows), high: Math.max(...highs), last };
}
