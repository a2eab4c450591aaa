// The picture of a day as numbers: where each row, gap and curve goes. Pure: the clock and the width are arguments.

import type { Band, BandRow, Level, Observations } from "../api/types";

export const ORDER = ["in_bed", "presence", "motion", "door_open"];
export const CHART = 150;
const HOUR = 3_600_000;
export const ms = (time: string): number => Date.parse(time);

/** One row for each device and state, also where it was bound twice that day; beds first, doors last. */
export function arranged(rows: readonly BandRow[]): BandRow[] {
  const merged = new Map<string, BandRow>();
  for (const row of rows) {
    const key = `${row.metric} ${row.vendor}/${row.device}`;
    const known = merged.get(key);
    merged.set(
      key,
      known ? { ...known, spans: [...known.spans, ...row.spans], unknown: [...known.unknown, ...row.unknown] } : row,
    );
  }
  const rank = (row: BandRow): number => ORDER.indexOf(row.metric);
  return [...merged.values()].sort((a, b) => rank(a) - rank(b) || (a.place < b.place ? -1 : 1));
}

/** About as wide as this will be: a Chinese character is twice a Latin one. */
const textWidth = (text: string): number => [...text].reduce((sum, letter) => sum + (letter > "\u2e7f" ? 14.5 : 8), 24);

/** Where everything goes in a picture of this width. */
export class Plan {
  readonly narrow: boolean;
  readonly left: number;
  readonly right: number;
  readonly pitch: number;
  readonly top = 22;
  readonly chartTop: number;
  readonly bottom: number;
  readonly height: number;
  readonly start: number;
  readonly end: number;
  readonly now: number;
  private readonly scale: number;

  constructor(
    readonly width: number,
    band: Pick<Band, "start" | "end" | "now">,
    names: readonly string[],
  ) {
    this.narrow = width < 640;
    this.left = this.narrow ? 30 : Math.min(300, Math.max(150, ...names.map(textWidth)));
    this.right = width - 8;
    this.pitch = this.narrow ? 38 : 30;
    this.chartTop = this.top + names.length * this.pitch + 36;
    this.bottom = this.chartTop + CHART;
    this.height = this.bottom + 26;
    this.start = ms(band.start);
    this.end = ms(band.end);
    this.now = Math.min(this.end, Math.max(this.start, ms(band.now)));
    this.scale = (this.right - this.left) / (this.end - this.start);
  }

  x(time: number): number {
    return this.left + (Math.min(this.end, Math.max(this.start, time)) - this.start) * this.scale;
  }

  at(x: number): number {
    return this.start + (x - this.left) / this.scale;
  }

  /** A span as a bar; a door that opens for two seconds is less than a dot wide, and still was opened. */
  bar(from: string, to: string): { x: number; width: number } {
    const x = this.x(ms(from));
    return { x, width: Math.max(1.5, this.x(ms(to)) - x) };
  }

  /** The hours; some of them have their name. */
  hours(): { x: number; hour: number; named: boolean; anchor: "end" | "middle" }[] {
    const every = this.narrow ? 6 : 2;
    const found = [];
    for (let hour = 0; this.start + hour * HOUR <= this.end; hour += 1) {
      const x = this.x(this.start + hour * HOUR);
      found.push({ x, hour, named: hour % every === 0, anchor: x > this.right - 16 ? "end" : "middle" } as const);
    }
    return found;
  }

  /** In the middle of what has been of this day. */
  get middle(): number {
    return (this.left + this.x(this.now)) / 2;
  }
}

/** A level that was observed. */
export type Known = Level & { avg: number; min: number; max: number };
const isKnown = (point: Level): point is Known => typeof point.avg === "number";

/** The stretches without a gap: what is not known is not drawn. */
export function runs(points: readonly Level[]): Known[][] {
  const found: Known[][] = [];
  let run: Known[] = [];
  for (const point of points) {
    if (isKnown(point)) run.push(point);
    else if (run.length) {
      found.push(run);
      run = [];
    }
  }
  if (run.length) found.push(run);
  return found;
}

/** The heart rate's own axis: at least 50 to 100, in steps that can be read. */
export class Levels {
  readonly low: number;
  readonly high: number;

  constructor(
    points: readonly Known[],
    private readonly top: number,
  ) {
    this.low = Math.min(50, Math.floor(Math.min(...points.map((point) => point.min)) / 10) * 10);
    this.high = Math.max(100, Math.ceil(Math.max(...points.map((point) => point.max)) / 10) * 10);
  }

  y(value: number): number {
    return this.top + CHART - ((value - this.low) / (this.high - this.low)) * CHART;
  }

  lines(): number[] {
    const every = this.high - this.low > 100 ? 50 : 25;
    const found = [];
    for (let value = Math.ceil(this.low / every) * every; value <= this.high; value += every) found.push(value);
    return found;
  }
}

/** The curves of one run: the average and the range around it, and the ground on which it is known. */
export function curve(run: readonly Known[], bucket: number, plan: Plan, levels: Levels) {
  const [first, last] = [run[0], run.at(-1)];
  if (!first || !last) throw new Error("a run has points");
  const x = (point: Known): number => plan.x(Math.min(plan.now, ms(point.time) + bucket / 2));
  const line = (name: "avg" | "min" | "max"): string[] =>
    run.map((point) => `${x(point).toFixed(1)},${levels.y(point[name]).toFixed(1)}`);
  const from = plan.x(ms(first.time));
  const until = plan.x(Math.min(plan.now, ms(last.time) + bucket));
  return {
    from,
    width: Math.max(1, until - from),
    range: `M${[...line("max"), ...line("min").reverse()].join("L")}Z`,
    average: run.length > 1 ? `M${line("avg").join("L")}` : null,
    dot: { x: x(first), y: levels.y(first.avg) },
  };
}

/** The heart rate that is known at this moment. */
export function heartAt(heart: Observations, at: number): Known | null {
  const bucket = (heart.bucket ?? 0) * 1000;
  for (const one of heart.series) {
    const point = (one.points as Level[]).find((p) => ms(p.time) <= at && at < ms(p.time) + bucket);
    if (point && isKnown(point)) return point;
  }
  return null;
}

/** Milliseconds in bed, or null where no bed has said anything. */
export function inBed(rows: readonly BandRow[]): number | null {
  const bed = rows.find((row) => row.metric === "in_bed" && row.spans.length);
  if (!bed) return null;
  return bed.spans.filter((span) => span.value).reduce((sum, span) => sum + ms(span.until) - ms(span.since), 0);
}
