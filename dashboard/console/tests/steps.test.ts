// @vitest-environment node
import { beforeEach, expect, test, vi } from "vitest";
import { ordered, putAlert, find, replaceAll } from "../src/alerts";
import type { AlertView, Me } from "../src/api/types";
import { possible, take } from "../src/steps";

vi.mock("../src/session", async () => ({ may: () => true, me: { value: { username: "李敏" } as Me } }));
vi.mock("../src/notices", () => ({ notice: () => {}, refusal: () => "", alertIn: () => null }));

const alert = (id: string, more: Partial<AlertView> = {}): AlertView =>
  ({
    id,
    priority: "medium",
    phase: "raised",
    shelved_until: null,
    suppressed_by: null,
    opened_at: "2026-11-25T03:00:00Z",
    ...more,
  }) as AlertView;
const ids = (alerts: readonly AlertView[]): string => alerts.map((one) => one.id).join(" ");

/** Every request hangs until what this returns is called, and fails then. */
function noNetwork(): () => void {
  let refuse: () => void = () => {};
  const answer = new Promise((_, reject) => (refuse = () => reject(new Error("no network"))));
  vi.stubGlobal("fetch", () => answer);
  return refuse;
}

beforeEach(() => replaceAll([]));

test("an urgent alert can't be shelved, another can, but not twice", () => {
  expect(possible(alert("fall", { priority: "high" }))).toEqual(["answer", "close"]);
  expect(possible(alert("strap"))).toEqual(["answer", "shelve", "close"]);
  expect(possible(alert("strap", { shelved_until: "2026-11-25T04:00:00Z" }))).toEqual(["answer", "close"]);
});

test("what is shelved or held back stands below what is in hand", () => {
  const shelved = alert("shelved", { shelved_until: "2026-11-25T04:00:00Z" });
  const held = alert("held", { priority: "high", suppressed_by: "alert:1" });
  const taken = alert("taken", { priority: "low", phase: "answered" });
  const waits = alert("waits", { priority: "medium" });
  const battery = alert("battery", { priority: "low" });
  expect(ids(ordered([held, shelved, battery, taken, waits]))).toBe("waits taken battery held shelved");
});

test("an answer shows at once, and is taken back where the server refuses it", async () => {
  const raised = alert("fall", { priority: "high" });
  putAlert(raised);
  const refuse = noNetwork();
  const doing = take(raised, "answer");
  expect(find("fall")).toMatchObject({ phase: "answered", answered_by_name: "李敏" });
  refuse();
  await doing;
  expect(find("fall")).toBe(raised);
});

test("what the link says meanwhile is not taken back", async () => {
  const raised = alert("fall", { priority: "high" });
  putAlert(raised);
  const refuse = noNetwork();
  const doing = take(raised, "answer");
  const theirs = alert("fall", { priority: "high", phase: "answered", answered_by_name: "张强" });
  putAlert(theirs);
  refuse();
  await doing;
  expect(find("fall")).toBe(theirs);
});
