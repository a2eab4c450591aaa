// Finding a resident.

import { get } from "./api.js";
import { dayOf, now } from "./clock.js";
import { h, replace } from "./dom.js";
import { t } from "./words.js";

export function residentsPage(main, query) {
  const input = h("input", {
    type: "search",
    id: "search",
    value: query.get("search") ?? "",
    placeholder: t("residents.search"),
    "aria-label": t("residents.search"),
    autocomplete: "off",
    spellcheck: "false",
  });
  const found = h("div", { class: "found", "aria-live": "polite" });
  replace(main, h("div", { class: "title" }, h("h1", {}, t("residents.title"))), input, found);
  let timer = null;
  let asked = 0;
  const search = async () => {
    const text = input.value.trim();
    const mine = ++asked;
    const address = text ? `#/residents?search=${encodeURIComponent(text)}` : "#/residents";
    history.replaceState(null, "", address);
    const answer = await get(`/api/residents?limit=100&search=${encodeURIComponent(text)}`).catch(() => null);
    if (mine === asked) replace(found, ...(answer ? results(answer, text) : [failed(search)]));
  };
  input.addEventListener("input", (event) => {
    if (event.isComposing) return; // half a syllable finds nobody
    clearTimeout(timer);
    timer = setTimeout(search, 120);
  });
  input.addEventListener("compositionend", search);
  search();
  if (matchMedia("(pointer: fine)").matches) input.focus();
  return () => {
    clearTimeout(timer);
    asked = -1;
  };
}

function failed(again) {
  return h("div", { class: "empty" }, h("p", {}, t("day.unavailable")), h("button", { type: "button", onclick: again }, t("day.retry")));
}

function results({ residents, more }, text) {
  if (!residents.length)
    return [h("div", { class: "empty" }, h("p", {}, text ? t("residents.none", { text }) : t("residents.empty")))];
  const parts = [h("ul", { class: "residents" }, residents.map(line))];
  if (more) parts.push(h("p", { class: "muted" }, t("residents.more")));
  return parts;
}

function line(resident) {
  return h(
    "li",
    {},
    h(
      "a",
      { href: `#/residents/${resident.id}` },
      h("b", {}, resident.name),
      h("span", {}, resident.bed ? `${t("residents.bed")} ${resident.bed}` : h("i", {}, t("residents.no_bed"))),
      h("span", { class: "muted" }, whereOf(resident)),
      h("span", { class: "muted" }, t("residents.devices", { count: resident.device_count })),
      resident.open_alerts > 0 && h("span", { class: "badge waiting" }, t("residents.open_alerts", { count: resident.open_alerts })),
    ),
  );
}

/** 花山区 · 解放路社区 · 3栋201 : the city itself is the same for everybody. */
export function whereOf(resident) {
  const area = resident.area.length > 1 ? resident.area.slice(1) : resident.area;
  return [...area, resident.address].filter(Boolean).join(" · ");
}

export function bornOf(resident) {
  if (!resident.born) return "";
  const [year, rest] = [Number(resident.born.slice(0, 4)), resident.born.slice(5)];
  const today = dayOf(now());
  const age = Number(today.slice(0, 4)) - year - (today.slice(5) < rest ? 1 : 0);
  return t("residents.born", { year, age });
}
