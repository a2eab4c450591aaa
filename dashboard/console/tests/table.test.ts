// @vitest-environment node
import { expect, test } from "vitest";
import type { Level } from "../src/api/types";
import { aligned, alone, extremes, observedAt } from "../src/charts/table";

const at = (minute: number): string => new Date(minute * 60_000).toISOString();
const level = (minute: number, avg: number | null): Level => ({
  time: at(minute),
  avg,
  min: avg && avg - 2,
  max: avg && avg + 2,
  readings: 1,
});
const minutes = (from: number, now: number, interval = 20) => ({
  from: from * 60,
  now: now * 60,
  bucket: 60,
  interval,
});

test("where nothing is known there is a gap, one for each stretch, and none in the future", () => {
  const points = [level(0, 60), level(1, null), level(2, null), level(3, 62), level(4, null), level(5, null)];
  const { gaps, series } = aligned([points], minutes(0, 4.5));
  expect(gaps).toEqual([
    [60, 180],
    [240, 270],
  ]);
  expect(series[0]?.avg).toEqual([60, null, null, 62, null, null]);
});

test("two devices share one axis, and what one does not know is not a gap where the other knows", () => {
  const { times, series, gaps } = aligned([[level(0, 60), level(1, null)], [level(1, 70)]], minutes(0, 2));
  expect(times).toEqual([0, 60]);
  expect(series.map((one) => one.avg)).toEqual([
    [60, null],
    [null, 70],
  ]);
  expect(gaps).toEqual([]);
});

test("a sensor that speaks every ten minutes has no gap between its words, and one after its last", () => {
  const points = [...Array(70).keys()].map((minute) => level(minute, minute % 10 || minute > 30 ? null : 21));
  const { series, gaps } = aligned([points], minutes(0, 70, 600));
  expect(gaps).toEqual([[60 * 60, 70 * 60]]);
  expect(series[0]?.avg.slice(0, 3)).toEqual([21, undefined, undefined]);
});

test("how often a device speaks is taken from its words where nobody has said", () => {
  const points = [0, 5, 10, 15, 60].map((minute) => level(minute, 21));
  expect(aligned([points], { ...minutes(0, 61), interval: null }).gaps).toEqual([[30 * 60, 60 * 60]]);
});

test("where nobody observes at all, everything is a gap", () => {
  expect(aligned([], minutes(0, 5)).gaps).toEqual([[0, 300]]);
});

test("the extremes are those of the range, not of the averages", () => {
  expect(extremes(aligned([[level(0, 60), level(1, 80)]], minutes(0, 2)))).toEqual({ low: 58, high: 82, last: 80 });
  expect(extremes(aligned([[level(0, null)]], minutes(0, 2)))).toBeNull();
});

test("between two words of a slow sensor the earlier one holds, in a gap none", () => {
  expect([0, 1, 2, 3, 4].map((index) => observedAt([21, undefined, 22, null, null], index))).toEqual([0, 0, 2, -1, -1]);
});

test("a reading between two gaps is a dot", () => {
  expect(alone([null, 60, null, 61, undefined, 62, null, 63])).toEqual([1, 7]);
});
