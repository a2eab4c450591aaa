// The words of the page: two catalogues with the same keys, switched without a reload.

import { remember, remembered } from "./dom.js";

export const LANGUAGES = ["zh-CN", "en"];
const catalogues = {};
let current = LANGUAGES.includes(remembered("language")) ? remembered("language") : "zh-CN";

export async function loadWords() {
  await Promise.all(
    LANGUAGES.map(async (language) => {
      const answer = await fetch(`/static/messages/${language}.json`);
      catalogues[language] = await answer.json();
    }),
  );
  useLanguage(current);
}

export const language = () => current;

export function useLanguage(chosen) {
  current = chosen;
  remember("language", chosen);
  document.documentElement.lang = chosen;
}

/** The words of a key with its {gaps} filled; a key that nobody translated shows itself. */
export function t(key, values = {}) {
  const text = catalogues[current]?.[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (gap, name) => values[name] ?? gap);
}

/** The words of something that a newer server may know and this page may not: its own name then. */
export function word(kind, name) {
  return catalogues[current]?.[`${kind}.${name}`] ?? name.replaceAll("_", " ");
}
