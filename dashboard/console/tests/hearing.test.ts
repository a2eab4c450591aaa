// What the live link says: shown at once while it is calm, ten times a second in a flood, and never out of order.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { find, hear, inOrder, putAlert, replaceAll } from "../src/alerts";
import type { AlertView } from "../src/api/types";

const alert = (id: string, phase: string): AlertView =>
  ({ id, priority: "high", phase, opened_at: "2026-11-25T08:00" }) as AlertView;

beforeEach(() => {
  vi.useFakeTimers();
  vi.advanceTimersByTime(1000);
  replaceAll([]);
});
afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
});

const flood = (): void => {
  for (let number = 0; number < 500; number += 1) hear(alert(`bed ${number}`, "raised"));
};

test("a change is shown at once, and all of a flood within a tenth of a second", () => {
  hear(alert("fall", "raised"));
  expect(find("fall")?.phase).toBe("raised");
  flood();
  expect(inOrder.value.length).toBeLessThan(20);
  vi.advanceTimersByTime(100);
  expect(inOrder.value.length).toBe(501);
  hear(alert("later fall", "raised"));
  expect(find("later fall")?.phase).toBe("raised");
});

test("an answer to a step comes after all that was heard before it", () => {
  flood();
  hear(alert("fall", "raised"));
  hear(alert("fall", "answered"));
  putAlert(alert("fall", "dispatched"));
  expect(find("fall")?.phase).toBe("dispatched");
  vi.advanceTimersByTime(1000);
  expect(find("fall")?.phase).toBe("dispatched");
});

test("what was gathered before a snapshot is not put upon it", () => {
  flood();
  hear(alert("fall", "raised"));
  replaceAll([alert("fall", "answered")]);
  vi.advanceTimersByTime(1000);
  expect(inOrder.value.map((one) => `${one.id} ${one.phase}`)).toEqual(["fall answered"]);
});
