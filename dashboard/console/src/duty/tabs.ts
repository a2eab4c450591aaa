// The two pages of duty: who is to be there, and who sits there and hands over to whom.

import { may } from "../session";

const TABS = [
  { name: "duty", words: "duty.title" },
  { name: "shift", words: "nav.shift" },
] as const;

export const dutyTabs = () => (may("watch") ? TABS : []);
