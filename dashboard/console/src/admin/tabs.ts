// The pages of the administration, in their order: what is set up once and looked after, not worked on by the hour.

import { may, type Permission } from "../session";
import type { Key } from "../words";

interface Tab {
  /** Of its route. */
  name: string;
  words: Key;
  needs: Permission;
}

const TABS: readonly Tab[] = [
  { name: "people", words: "nav.people", needs: "manage_residents" },
  { name: "import", words: "nav.import", needs: "manage_residents" },
  { name: "places", words: "nav.places", needs: "manage_areas" },
  { name: "accounts", words: "nav.accounts", needs: "manage_accounts" },
  { name: "rules", words: "nav.rules", needs: "rules" },
  { name: "plans", words: "nav.plans", needs: "rules" },
  { name: "messages", words: "nav.messages", needs: "rules" },
  { name: "vendors", words: "nav.vendors", needs: "manage_vendors" },
  { name: "scripts", words: "nav.scripts", needs: "rules" },
  { name: "drills", words: "nav.drills", needs: "drill" },
  { name: "audit", words: "nav.audit", needs: "read_audit" },
];

/** Those that one may see. */
export const tabs = (): Tab[] => TABS.filter((tab) => may(tab.needs));

export const isTab = (name: unknown): boolean => TABS.some((tab) => tab.name === name);

/** In the top there is one entry for all of them; whoever has only one of them has that. */
export function administration(): { name: string; words: Key }[] {
  const mine = tabs();
  return mine.length > 1 ? [{ name: "admin", words: "nav.admin" }] : mine;
}
