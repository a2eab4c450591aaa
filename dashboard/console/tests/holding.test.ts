// @vitest-environment node
import { expect, test } from "vitest";
import type { AlertView } from "../src/api/types";
import { inPlace } from "../src/holding";

const alert = (id: string, priority: string, phase = "raised"): AlertView => ({ id, priority, phase }) as AlertView;
const ids = (alerts: readonly AlertView[]): string => alerts.map((one) => one.id).join(" ");
const [fall, strap, low] = [alert("fall", "high"), alert("strap", "medium"), alert("low", "low")];

test("what is not high waits, however urgent it is among the others", () => {
  expect(ids(inPlace([low], [strap, low]))).toBe("low");
});

test("a high one enters on top", () => {
  expect(ids(inPlace([strap, low], [fall, strap, low]))).toBe("fall strap low");
});

test("one that is answered, or answered elsewhere, keeps its place", () => {
  const answered = alert("fall", "high", "answered");
  expect(ids(inPlace([fall, strap], [strap, answered]))).toBe("fall strap");
});

test("a high one that is handed back comes on top again", () => {
  const answered = alert("fall", "high", "answered");
  expect(ids(inPlace([strap, answered], [fall, strap]))).toBe("fall strap");
});

test("what is closed goes", () => {
  expect(ids(inPlace([fall, strap, low], [fall, low]))).toBe("fall low");
});
