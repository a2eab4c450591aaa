// @vitest-environment node
import { expect, test, vi } from "vitest";
import {
  endOf,
  handedTo,
  localOf,
  momentOf,
  onDutyNow,
  placed,
  startOf,
  type OnDuty,
  type RosterChange,
} from "../src/duty/day";

vi.mock("../src/clock", () => ({ ZONE: "Asia/Shanghai" }));

test("a day is one in Ma'anshan, and what a field holds is its local time", () => {
  expect(startOf("2026-11-25")).toBe("2026-11-24T16:00:00.000Z");
  expect(endOf("2026-11-25")).toBe("2026-11-25T16:00:00.000Z");
  expect(new Date(momentOf("2026-11-25T20:00")).toISOString()).toBe("2026-11-25T12:00:00.000Z");
  expect(localOf("2026-11-25T12:00:00Z")).toBe("2026-11-25T20:00");
});

test("a shift lies where it is on the day, and what began before or ends after is cut off", () => {
  const { left, width } = placed("2026-11-25", "2026-11-24T20:00:00Z", "2026-11-25T04:00:00Z");
  expect(parseFloat(left)).toBeCloseTo((4 / 24) * 100);
  expect(parseFloat(width)).toBeCloseTo((8 / 24) * 100);
  expect(placed("2026-11-25", "2026-11-20T00:00:00Z", "2026-11-30T00:00:00Z")).toEqual({ left: "0%", width: "100%" });
});

test("whoever was struck off or whose account is disabled is not on duty", () => {
  const shift = (username: string, more = {}) => ({
    username,
    starts: "2026-11-25T00:00:00Z",
    ends: "2026-11-25T08:00:00Z",
    ended_at: null,
    disabled: false,
    ...more,
  });
  const shifts = [
    shift("李敏"),
    shift("李敏"),
    shift("张强", { ended_at: "2026-11-25T02:00:00Z" }),
    shift("王", { disabled: true }),
  ];
  expect(onDutyNow({ shifts } as unknown as OnDuty, Date.parse("2026-11-25T03:00:00Z"))).toEqual(["李敏"]);
});

test("a shift that was handed over waits for a signature until its next one has signed", () => {
  const entry = (kind: string, by: string, other: string): RosterChange =>
    ({ kind, shift_id: "1", by_name: by, other_name: other }) as RosterChange;
  const handed = entry("handed_over", "李敏", "张强");
  expect(handedTo([handed], "张强")).toBe(handed);
  expect(handedTo([handed], "李敏")).toBeUndefined();
  expect(handedTo([entry("taken_over", "张强", "李敏"), handed], "张强")).toBeUndefined();
});
