// A value that is known now: whether it is too old to be so, and how it is written.

import type { CurrentValue, Usual } from "../api/types";
import { second } from "../clock";
import { t, word } from "../words";

const OLD_WITHOUT_INTERVAL = 24 * 3600;

/** Three intervals without a word: who knows how it is now. */
export const isOld = (one: CurrentValue): boolean =>
  second.value - Date.parse(one.time) >
  (one.expected_interval ? 3 * one.expected_interval : OLD_WITHOUT_INTERVAL) * 1000;

export function written(one: CurrentValue): string {
  if (one.kind === "state") return word("state", one.value ? one.metric : `${one.metric}_off`);
  return Number.isInteger(one.value) ? String(one.value) : one.value.toFixed(1);
}

/** 平时 62–84：their own band, not a limit. */
export const usualOf = (band: Usual | undefined): string =>
  band ? t("now.usual", { low: band.low, high: band.high }) : "";
