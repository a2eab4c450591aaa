// How far back a chart looks, and how coarse it is then: about as many buckets as dots across.

const MINUTE = 60_000;

export const RANGES = {
  hour: { length: 60 * MINUTE, bucket: "30s", refresh: 15_000 },
  day: { length: 24 * 60 * MINUTE, bucket: "5m", refresh: 60_000 },
  week: { length: 7 * 24 * 60 * MINUTE, bucket: "30m", refresh: 300_000 },
  month: { length: 30 * 24 * 60 * MINUTE, bucket: "2h", refresh: 300_000 },
} as const;

export type RangeName = keyof typeof RANGES;
export const RANGE_NAMES = Object.keys(RANGES) as RangeName[];
export const isRange = (name: unknown): name is RangeName => typeof name === "string" && name in RANGES;
