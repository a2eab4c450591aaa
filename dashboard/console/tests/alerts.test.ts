// @vitest-environment node
import { expect, test } from "vitest";
import { ordered } from "../src/alerts";
import type { AlertView } from "../src/api/types";

const alert = (id: string, priority: string, phase: string, opened_at: string): AlertView =>
  ({ id, priority, phase, opened_at }) as AlertView;
const order = (...alerts: AlertView[]): string =>
  ordered(alerts)
    .map((one) => one.id)
    .join(" ");

test("the newest unanswered high alert is on top, then what waits by urgency, the oldest first", () => {
  const found = order(
    alert("low", "low", "raised", "2026-11-25T08:00"),
    alert("first fall", "high", "raised", "2026-11-25T08:01"),
    alert("second fall", "high", "raised", "2026-11-25T08:02"),
    alert("strap", "medium", "raised", "2026-11-25T08:03"),
    alert("older strap", "medium", "raised", "2026-11-25T08:00"),
  );
  expect(found).toBe("second fall first fall older strap strap low");
});

test("what is in hand comes after what waits for somebody, and before what may wait for hours", () => {
  const found = order(
    alert("low", "low", "raised", "2026-11-25T08:00"),
    alert("taken fall", "high", "answered", "2026-11-25T08:01"),
    alert("strap", "medium", "raised", "2026-11-25T08:02"),
  );
  expect(found).toBe("strap taken fall low");
});

test("the alerts of one home stand together, but none of them before what is urgent elsewhere", () => {
  const of = (home: string, one: AlertView): AlertView => ({ ...one, case_id: home });
  const found = order(
    of("wang", alert("her fall", "high", "raised", "2026-11-25T08:05")),
    of("wang", alert("her door", "low", "raised", "2026-11-25T08:06")),
    of("li", alert("his fall", "high", "raised", "2026-11-25T08:01")),
    of("zhao", alert("their strap", "medium", "raised", "2026-11-25T08:00")),
  );
  expect(found).toBe("her fall his fall her door their strap");
});
