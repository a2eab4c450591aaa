// The words of the console: two catalogues with the same keys, switched without a reload.

import { shallowRef } from "vue";
import { en, zh } from "./catalogues";
import { remember, remembered } from "./remember";

export type Key = keyof typeof zh;
export type Language = "zh-CN" | "en";
type Values = Record<string, string | number>;

const CATALOGUES: Record<Language, Record<string, string>> = { "zh-CN": zh, en };
const current = shallowRef<Language>(remembered("language") === "en" ? "en" : "zh-CN");
document.documentElement.lang = current.value;

export const language = (): Language => current.value;
export const otherLanguage = (): Language => (current.value === "en" ? "zh-CN" : "en");

export function useLanguage(chosen: Language): void {
  current.value = chosen;
  remember("language", chosen);
  document.documentElement.lang = chosen;
}

/** The words of a key with its {gaps} filled. */
export function t(key: Key, values: Values = {}): string {
  const text = CATALOGUES[current.value][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (gap, name: string) => String(values[name] ?? gap));
}

/** The words of something that a newer server may know and this page may not: its own name then. */
export function word(kind: string, name: string): string {
  return CATALOGUES[current.value][`${kind}.${name}`] ?? name.replaceAll("_", " ");
}

/** How a field that was refused is put right, where the catalogues say so. */
export const fixOf = (fixes: string, field: string): string | null =>
  (field && CATALOGUES[current.value][`${fixes}.${field}`]) || null;

/** 22,100 */
export const number = (value: number): string => value.toLocaleString(current.value);

/** The unit of a metric in the reader's language, else as the catalogue of metrics writes it. */
export const unitOf = (metric: string, otherwise = ""): string =>
  CATALOGUES[current.value][`unit.${metric}`] ?? otherwise;
