// How figures are written.

import type { components } from "../api/schema";
import { number } from "../words";

type Schemas = components["schemas"];
export type Figures = Schemas["Figures"];
export type Rate = Schemas["Rate"];
export type OfDay = Schemas["OfDay"];
export type Miss = Schemas["Miss"];
export type Verdicts = Schemas["Verdicts"];

/** 97.5 %, and 90 % without the .0 where it is a target. */
export const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)}%`;
export const targetOf = (share: number): string => percent(share, Number.isInteger(share * 100) ? 0 : 1);

/** Whether a target is kept; null where there was nothing to keep. */
export const isKept = (rate: Rate): boolean | null => (rate.share === null ? null : rate.share >= rate.target);

/** 3, 0.4, 0.02 */
export const some = (value: number): string => {
  const scale = value < 1 ? 100 : 10;
  return number(Math.round(value * scale) / scale);
};
