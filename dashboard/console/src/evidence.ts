// The evidence of an alert in words: what is known by name in its own, all else by the name that the engine gave it.

import { interval, lasting, moment } from "./clock";
import { number, t, unitOf, word } from "./words";

export interface Fact {
  name: string;
  value: string;
}

const SECONDS = new Set(["quiet", "limit", "longest_before", "within", "lasting"]);
const NAMED: Record<string, (name: string) => string> = {
  event: (name) => word("event", name),
  metric: (name) => word("metric", name),
  last_metric: (name) => word("metric", name),
  kind: (name) => word("kind", name),
  last_seen: (name) => word("seen", name),
};
/** Ours, or shown elsewhere on the page. */
const LEFT_OUT = new Set(["id", "canary", "version", "device_id", "check_in", "drill", "signal", "outage"]);
/** The most telling first; what is not here comes after. */
const ORDER = (
  "event clock_problem cause metric value low high quiet longest_before days limit lasting within where " +
  "last_seen last_place last_metric since judged_through alive not_alive count homes residents power_lost"
).split(" ");
const placeOf = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
const IS_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

/** What tripped the rule, in one line; nothing where the rule's name says it all. */
export function because(evidence: Record<string, unknown>): string {
  if (evidence.clock_problem) return t("alert.clock_problem");
  return ofSilence(evidence) || ofLimit(evidence);
}

function ofLimit({ metric, value, low, high, lasting: seconds }: Record<string, unknown>): string {
  if (typeof metric !== "string" || typeof value !== "number") return "";
  const above = typeof high === "number" && value >= high;
  const limit = Number((above ? high : low) ?? 0);
  const words = {
    metric: word("metric", metric),
    value,
    unit: unitOf(metric),
    limit,
    time: interval(Number(seconds ?? 0)),
  };
  return t(above ? "alert.limit_high" : "alert.limit_low", words);
}

function ofSilence({
  quiet,
  longest_before: longest,
  days,
  limit,
  last_place: place,
}: Record<string, unknown>): string {
  if (typeof quiet !== "number" || typeof limit !== "number") return "";
  const words = { quiet: lasting(quiet * 1000), limit: lasting(limit * 1000) };
  const learned = typeof longest === "number" && longest > 0 && typeof days === "number" && days > 0;
  const why = learned
    ? t("alert.quiet", { ...words, longest: lasting(longest * 1000), days })
    : t("alert.quiet_new", words);
  return typeof place === "string" && place ? `${why} · ${t("alert.last_seen", { place })}` : why;
}

export function evidenceOf(evidence: Record<string, unknown>): Fact[] {
  return Object.entries(evidence)
    .filter(([name, value]) => !LEFT_OUT.has(name) && value !== null && value !== "")
    .sort(([one], [other]) => placeOf(one) - placeOf(other))
    .map(([name, value]) => ({ name, value: inWords(name, value) }))
    .filter((fact) => fact.value !== "");
}

function inWords(name: string, value: unknown): string {
  if (typeof value === "number") return SECONDS.has(name) ? lasting(value * 1000) : number(value);
  if (typeof value === "boolean") return t(value ? "fact.yes" : "fact.no");
  if (typeof value === "string") return ofText(name, value);
  if (Array.isArray(value)) return ofList(value);
  return Object.entries(value as object)
    .map(([inner, what]) => `${word("fact", inner)} ${inWords(inner, what)}`)
    .join(" · ");
}

function ofText(name: string, value: string): string {
  if (IS_TIME.test(value)) return moment(value);
  return NAMED[name]?.(value) ?? value;
}

/** Readings are pairs of a time and a value; of many the first and the last say enough. */
function ofList(values: readonly unknown[]): string {
  const each = values.map((one) =>
    Array.isArray(one) ? one.map((part) => inWords("", part)).join(" ") : inWords("", one),
  );
  return each.length > 8 ? `${each.slice(0, 4).join("; ")} … ${each.slice(-3).join("; ")}` : each.join("; ");
}
