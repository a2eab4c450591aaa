// Orders of services: how one stands, what can be done to it, and when somebody is to come.

import type { Answer } from "../api/client";
import type { components } from "../api/schema";
import { dayAfter, dayOf, lasting, minuteOf, now, today } from "../clock";
import { may } from "../session";
import { language, t, word } from "../words";

export type Order = components["schemas"]["ServiceOrder"];
export type Which = components["schemas"]["WorkList"];
export type OrderInFull = Answer<"/api/orders/{order_id}", "get">;
export type OrderStep = components["schemas"]["OrderStep"];
export type Service = components["schemas"]["Service"];

export const SERVICES: readonly Service[] = ["meal", "bath", "cleaning", "accompaniment", "other"];

// As care/orders.py has it, which a test holds.
const POSSIBLE: Record<string, readonly OrderStep[]> = {
  ordered: ["accept", "decline", "cancel"],
  accepted: ["set_out", "finish", "miss", "decline", "cancel"],
  under_way: ["finish", "miss", "decline"],
};
export const KEY_OF: Record<OrderStep, string> = {
  accept: "1",
  set_out: "2",
  finish: "3",
  miss: "4",
  decline: "5",
  cancel: "6",
};

/** What this person can do to the order now. */
export const possible = (order: Order): OrderStep[] =>
  (POSSIBLE[order.state] ?? []).filter((step) => may(step === "cancel" ? "order" : "serve"));

/** The parts of a day in which somebody can come; the hours are care/orders.py's. */
export const DAYTIMES: Record<string, [from: string, to: string]> = {
  morning: ["08:00", "11:00"],
  noon: ["11:00", "13:00"],
  afternoon: ["13:00", "17:00"],
  evening: ["17:00", "20:00"],
};

const weekday = (day: string): string =>
  new Intl.DateTimeFormat(language(), { weekday: "short", timeZone: "UTC" }).format(new Date(`${day}T12:00:00Z`));

/** The days for which something can be ordered, today and the two weeks after it. */
export const days = (): { value: string; words: string }[] =>
  Array.from({ length: 15 }, (_, ahead) => dayAfter(today(), ahead)).map((day) => ({
    value: day,
    words: `${day.slice(5)} ${weekday(day)}`,
  }));

export const dayName = (order: Order): string => {
  const day = dayOf(order.wished_from);
  return `${day.slice(5)} ${weekday(day)}`;
};
export const hours = (order: Order): string => `${minuteOf(order.wished_from)}–${minuteOf(order.wished_to)}`;
export const lateFor = (order: Order): string =>
  order.due_at ? t("order.late", { time: lasting(now() - Date.parse(order.due_at)) }) : "";

/** Who comes, or why it ended as it did. */
export const remark = (order: Order): string =>
  [
    order.due_at && order.comes ? t("order.comes_is", { who: order.comes }) : "",
    order.settled_at ? order.why : "",
    order.weeks > 1 ? t("order.weekly", { count: order.weeks }) : "",
  ]
    .filter(Boolean)
    .join(" · ");

/** Who ordered it, and for whom of the family. */
export const orderer = (order: Order): string =>
  [
    order.ordered_by_name && t("order.by", { who: order.ordered_by_name }),
    order.contact_name && t("order.for", { who: order.contact_name }),
  ]
    .filter(Boolean)
    .join(" · ");

export const serviceName = (order: Order): string => word("order.service", order.service);
