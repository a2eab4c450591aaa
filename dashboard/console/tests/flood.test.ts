// @vitest-environment node
import { expect, test } from "vitest";
import type { AlertView } from "../src/api/types";
import { condensed, earliest, isFlood, isGroup, type By } from "../src/flood";

const alert = (id: string, more: Partial<AlertView> = {}): AlertView =>
  ({
    id,
    rule: "water_leak",
    priority: "medium",
    phase: "raised",
    shelved_until: null,
    suppressed_by: null,
    ...more,
  }) as AlertView;
const said = (shown: AlertView[], by: By = "cause"): string =>
  condensed(shown, by)
    .map((one) => (isGroup(one) ? `[${one.alerts.map(({ id }) => id).join(" ")}]` : one.id))
    .join(" ");

test("a flood begins above twenty ringing alerts and ends at ten", () => {
  expect([isFlood(20, false), isFlood(21, false), isFlood(11, true), isFlood(10, true)]).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

test("what is urgent and what somebody is at stand alone, the others with their like, where the first of them stood", () => {
  const shown = [
    alert("fall", { priority: "high", rule: "fall" }),
    alert("fall2", { priority: "high", rule: "fall" }),
    alert("leak"),
    alert("door", { rule: "door_not_opened" }),
    alert("leak2"),
    alert("taken", { phase: "answered" }),
    alert("held", { suppressed_by: "outage:1" }),
    alert("shelved", { shelved_until: "2026-11-25T04:00:00Z" }),
  ];
  expect(said(shown)).toBe("fall fall2 [leak leak2] door taken [held shelved]");
});

test("by street and by home they stand together across causes", () => {
  const shown = [
    alert("a", { street: "解放路街道", home_address: "1栋" }),
    alert("b", { street: "湖东路街道", home_address: "2栋" }),
    alert("c", { street: "解放路街道", home_address: "2栋", rule: "room_cold" }),
  ];
  expect(said(shown, "street")).toBe("[a c] b");
  expect(said(shown, "home")).toBe("a [b c]");
});

test("nothing is dropped, however they are put together", () => {
  const shown = Array.from({ length: 60 }, (_, n) => alert(String(n), { rule: `r${n % 7}`, street: `s${n % 5}` }));
  for (const by of ["cause", "street", "home"] as const) {
    const ids = condensed(shown, by).flatMap((one) => (isGroup(one) ? one.alerts : [one]).map(({ id }) => id));
    expect(ids.sort()).toEqual(shown.map(({ id }) => id).sort());
  }
});

test("the earliest of some times, if there is any", () => {
  expect(earliest([null, "2026-11-25T04:00:00Z", "2026-11-25T11:00:00+08:00"])).toBe("2026-11-25T11:00:00+08:00");
  expect(earliest([null])).toBeNull();
});
