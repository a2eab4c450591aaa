// What is said of a resident, and of where somebody is told, in a line.

import type { Found, KnownAddress, Role, WayIn } from "./api/types";
import { dayOf, now } from "./clock";
import { t } from "./words";

/** 花山区 · 解放路社区 · 3栋201 : the city itself is the same for everybody. */
export function whereOf(resident: Pick<Found, "area" | "address">): string {
  const area = resident.area.length > 1 ? resident.area.slice(1) : resident.area;
  return [...area, resident.address].filter(Boolean).join(" · ");
}

export function bornOf(resident: Pick<Found, "born">): string {
  if (!resident.born) return "";
  const [year, rest] = [Number(resident.born.slice(0, 4)), resident.born.slice(5)];
  const today = dayOf(now());
  const age = Number(today.slice(0, 4)) - year - (today.slice(5) < rest ? 1 : 0);
  return t("residents.born", { year, age });
}

export const bedOf = (resident: Pick<Found, "bed">): string =>
  resident.bed ? `${t("residents.bed")} ${resident.bed}` : t("residents.no_bed");

/** What an address looks like. */
export const EXAMPLES: Partial<Record<WayIn, string>> = {
  sms: "138 0000 0000",
  voice: "0555 123 4567",
  email: "name@example.org",
  webhook: "https://…",
};

export const quietOf = (one: KnownAddress): string =>
  one.quiet_from === one.quiet_to
    ? t("reach.never_quiet")
    : t("reach.quiet", { from: one.quiet_from.slice(0, 5), to: one.quiet_to.slice(0, 5) });

// Roles, as care/permissions.py and records/login/administering.py have them ------------------------------------------------

export const ROLES: readonly Role[] = [
  "operator",
  "supervisor",
  "station_worker",
  "responder",
  "doctor",
  "family",
  "vendor",
  "administrator",
  "auditor",
];
/** Whose residents are listed one by one. */
export const ENTRUSTABLE: ReadonlySet<Role> = new Set<Role>(["family", "doctor"]);
/** Whom an area says nothing about. */
export const WITHOUT_AREA: ReadonlySet<Role> = new Set<Role>(["family", "vendor"]);
