// How long something lasts, in the unit that a person would say it in.

export const UNITS = { s: 1, min: 60, h: 3600, d: 86_400 } as const;
export type Unit = keyof typeof UNITS;

/** The largest unit in which it is a whole number: 1800 → 30 min. */
export function unitOf(seconds: number): Unit {
  const fits = (["d", "h", "min"] as const).find((unit) => seconds >= UNITS[unit] && seconds % UNITS[unit] === 0);
  return fits ?? "s";
}

/** Both as they stand in a field: 5400 in hours is 1.5. */
export const inUnit = (seconds: number, unit: Unit): string => String(Number((seconds / UNITS[unit]).toFixed(4)));
export const inSeconds = (text: string, unit: Unit): number => Math.round(Number(text.replace(",", ".")) * UNITS[unit]);
