// @vitest-environment node
import { expect, test } from "vitest";
import type { BandRow, Level } from "../src/api/types";
import { arranged, inBed, Levels, Plan, runs, type Known } from "../src/day/band";

const DAY = { start: "2026-11-24T16:00:00Z", end: "2026-11-25T16:00:00Z", now: "2026-11-25T04:00:00Z" };
const row = (metric: string, place: string, spans: BandRow["spans"] = []): BandRow => ({
  metric,
  place,
  vendor: "acme",
  device: metric,
  kind: "bed",
  spans,
  unknown: [],
});
const level = (avg: number | null): Level => ({
  time: DAY.start,
  avg,
  min: avg,
  max: avg,
  readings: avg === null ? 0 : 1,
});

test("half a day is half the width, and the afternoon to come is empty", () => {
  const plan = new Plan(1008, DAY, []);
  expect(plan.x(Date.parse(DAY.now))).toBeCloseTo((plan.left + plan.right) / 2);
  expect(plan.at(plan.x(Date.parse(DAY.now)))).toBeCloseTo(Date.parse(DAY.now));
});

test("a door that is open for two seconds can be seen", () => {
  expect(new Plan(640, DAY, []).bar("2026-11-25T00:00:00Z", "2026-11-25T00:00:02Z").width).toBe(1.5);
});

test("a day on which the clocks change has as many hours as it has", () => {
  const short = { ...DAY, end: "2026-11-25T15:00:00Z" };
  expect(new Plan(1000, short, []).hours()).toHaveLength(24);
});

test("beds come first, doors last, and a device that was bound twice has one row", () => {
  const found = arranged([
    row("door_open", "大门"),
    row("in_bed", "卧室"),
    row("in_bed", "卧室"),
    row("motion", "厨房"),
  ]);
  expect(found.map((one) => one.metric)).toEqual(["in_bed", "motion", "door_open"]);
});

test("a curve breaks where nothing is known", () => {
  expect(runs([60, 61, null, null, 62, null].map(level)).map((run) => run.length)).toEqual([2, 1]);
});

test("the axis of the heart rate holds every reading", () => {
  const levels = new Levels([{ ...level(140), avg: 140, min: 38, max: 171 } as Known], 0);
  expect([levels.low, levels.high]).toEqual([30, 180]);
});

test("without a word from the bed nobody says how long somebody lay in it", () => {
  expect(inBed([row("motion", "厨房")])).toBeNull();
  const spans = [
    { since: DAY.start, until: "2026-11-24T23:00:00Z", value: 1 },
    { since: "2026-11-24T23:00:00Z", until: DAY.now, value: 0 },
  ];
  expect(inBed([row("in_bed", "卧室", spans)])).toBe(7 * 3_600_000);
});
