// Dark or light: public/theme.js has chosen before the first paint, here it is changed.

import { computed, shallowRef } from "vue";
import { remember } from "./remember";

export type Theme = "dark" | "light";
export const themeName = shallowRef<Theme>(document.documentElement.dataset.theme === "dark" ? "dark" : "light");
export const otherTheme = computed<Theme>(() => (themeName.value === "dark" ? "light" : "dark"));

export function useTheme(chosen: Theme): void {
  document.documentElement.dataset.theme = chosen;
  themeName.value = chosen;
  remember("theme", chosen);
}
