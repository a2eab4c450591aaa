// @vitest-environment node
import { expect, test } from "vitest";
import type { Level } from "../src/api/types";
import { aligned, extremes } from "../src/charts/table";

const at = (minute: number): string => new Date(minute * 60_000).toISOString();
const level = (minute: number, avg: number | null): Level => ({
  time: at(minute),
  avg,
  min: avg && avg - 2,
  max: avg && avg + 2,
  readings: 1,
});

test("where nothing is known there is a gap, one for each stretch, and none in the future", () => {
  const points = [level(0, 60), level(1, null), level(2, null), level(3, 62), level(4, null), level(5, null)];
  const { gaps } = aligned([points], 60, 4.5 * 60);
  expect(gaps).toEqual([
    [60, 180],
    [240, 270],
  ]);
});

test("two devices share one axis, and what one does not know is not a gap where the other knows", () => {
  const { times, series, gaps } = aligned([[level(0, 60), level(1, null)], [level(1, 70)]], 60, 120);
  expect(times).toEqual([0, 60]);
  expect(series.map((one) => one.avg)).toEqual([
    [60, null],
    [null, 70],
  ]);
  expect(gaps).toEqual([]);
});

test("the extremes are those of the range, not of the averages", () => {
  expect(extremes(aligned([[level(0, 60), level(1, 80)]], 60, 120))).toEqual({ low: 58, high: 82, last: 80 });
  expect(extremes(aligned([[level(0, null)]], 60, 120))).toBeNull();
});
