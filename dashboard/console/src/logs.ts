// Lines of an alert's log in words; what the platform did in one breath is one line.

import type { LogLine } from "./api/types";
import { minuteOf, moment } from "./clock";
import { levels } from "./next";
import { language, t, word } from "./words";

const TOGETHER = 2000;

/** The levels that could not be reached, or were told, at the same moment stand in one line. */
export function folded<Line extends LogLine>(all: readonly Line[]): Line[] {
  const found: Line[] = [];
  for (const line of all) {
    const last = found.at(-1);
    const isSame = last && !line.by_name && last.kind === line.kind && typeof line.detail.whom === "string";
    if (isSame && Date.parse(line.at) - Date.parse(last.at) < TOGETHER) {
      const whom = new Set([...String(last.detail.whom).split(","), ...String(line.detail.whom).split(",")]);
      found[found.length - 1] = { ...last, detail: { ...last.detail, whom: [...whom].join(",") } };
    } else found.push(line);
  }
  return found;
}

function ticked({ words, done }: LogLine["detail"]): string {
  const said = (words as Record<string, string> | undefined)?.[language()] ?? "";
  return `${done ? "✓" : "✗"} ${said}`;
}

/** What belongs to it, in words. */
export function about(line: LogLine): string {
  const { detail } = line;
  if (line.kind === "script") return ticked(detail);
  const text = (name: string): string => (typeof detail[name] === "string" ? detail[name] : "");
  return [
    text("who") &&
      [word("party", text("who")), word("means", text("how")), word("reached", text("result"))].join(" · "),
    text("relation"),
    text("said") && word("said", text("said")),
    text("whom") && levels(text("whom")),
    text("to"),
    text("what") && word("report", text("what")),
    text("proof") && word("proof", text("proof")),
    text("expected_at") && t("log.expected", { time: minuteOf(text("expected_at")) }),
    text("until") && t("log.until", { time: moment(text("until")) }),
    text("reason"),
    text("outcome") && word("outcome", text("outcome")),
    text("false_cause") && word("false_cause", text("false_cause")),
    text("note"),
    line.by_name ? text("why") : "", // the platform's own is for whoever runs it
  ]
    .filter(Boolean)
    .join(" · ");
}
