// Which seat this browser stands at: it is told with the start of a shift, so that others see who sits where.

import { post } from "../api/client";
import { notice } from "../notices";
import { remembered } from "../remember";
import { startShift } from "../ring";
import { may } from "../session";
import { t } from "../words";

/** Under this name the browser remembers its seat. */
export const SEAT = "seat";

/** The sound is unlocked and heard, and whoever starts sits here from now on. */
export async function startHere(): Promise<void> {
  await startShift();
  if (!may("respond")) return;
  await post("/api/shift", { body: { seat: remembered(SEAT) ?? "" } }).catch(() => notice(t("shift.not_kept")));
}
