// The steps of an alert: which are possible when, by which key, and how one is taken.

import { find, putAlert, settle } from "./alerts";
import { post, statusOf } from "./api/client";
import type { AlertView } from "./api/types";
import { alertIn, notice, refusal } from "./notices";
import { may, me } from "./session";

export type Step =
  | "answer"
  | "contact"
  | "dispatch"
  | "arrive"
  | "see"
  | "shelve"
  | "hand_back"
  | "close"
  | "decide" // whether it may be closed without a visit
  | "release"; // it rings although its cause lasts
/** Those that need no word more. */
export type PlainStep = "answer" | "arrive" | "see" | "hand_back";

export const KEY_OF: Record<Step, string> = {
  answer: "A",
  contact: "T",
  dispatch: "D",
  arrive: "R",
  see: "S",
  shelve: "P",
  hand_back: "H",
  close: "C",
  decide: "V",
  release: "L",
};

// As in care/alerts.py, which a test holds; the first of each is what is most likely meant.
const POSSIBLE: Record<string, readonly Step[]> = {
  raised: ["answer", "shelve", "close"],
  answered: ["contact", "dispatch", "shelve", "hand_back", "close"],
  dispatched: ["arrive", "contact", "hand_back", "close"],
  arrived: ["see", "contact", "hand_back", "close"],
  person_seen: ["close", "contact"],
};

/** What this person can do to the alert now; urgent ones are never shelved. */
export function possible(alert: AlertView): readonly Step[] {
  if (!may("respond")) return [];
  const isAside = alert.phase === "raised" && (alert.shelved_until !== null || alert.suppressed_by !== null);
  const steps = (POSSIBLE[alert.phase] ?? []).filter(
    (step) => step !== "shelve" || (alert.priority !== "high" && !isAside),
  );
  return [
    ...(alert.close_asked_by_name ? (["decide"] as const) : []),
    ...steps,
    ...(isAside && alert.suppressed_by ? (["release"] as const) : []),
  ];
}

// How an alert ends to which nobody goes (care/closing.py).
const WITHOUT_A_VISIT = new Set(["no_help_needed", "false_alarm", "cancelled_by_resident", "duplicate", "drill"]);

/** Whether a second person will have to agree; the server knows of the other alerts of the case too, and decides. */
export const takesTwo = (alert: AlertView, outcome: string): boolean =>
  WITHOUT_A_VISIT.has(outcome) &&
  alert.alert_class === "personal" &&
  alert.priority !== "low" &&
  alert.resident_id !== null &&
  (alert.active || alert.latched) &&
  !(alert.drill || alert.spoke || alert.phase === "person_seen");

const PLAIN: readonly Step[] = ["answer", "arrive", "see", "hand_back"];
export const isPlain = (step: Step): step is PlainStep => PLAIN.includes(step);

const underWay = new Map<string, Promise<boolean>>();

/**
 * Does it, after what is under way for the same alert; what it makes of the alert is shown. A refusal is said; false
 * where it is worth another try.
 */
export function attempt(id: string, doing: () => Promise<AlertView>): Promise<boolean> {
  const mine = (underWay.get(id) ?? Promise.resolve(true)).then(() => tried(doing));
  underWay.set(id, mine);
  void mine.then(() => underWay.get(id) === mine && underWay.delete(id));
  return mine;
}

async function tried(doing: () => Promise<AlertView>): Promise<boolean> {
  try {
    putAlert(await doing());
    return true;
  } catch (problem) {
    notice(refusal(problem));
    const now = alertIn(problem);
    if (now) putAlert(now);
    return [404, 409].includes(statusOf(problem)); // somebody else was first: there is nothing to do here
  }
}

/** Takes a step that needs no word more; it shows at once. Where the server refuses it, it is taken back: false. */
export async function take(alert: AlertView, step: PlainStep): Promise<boolean> {
  const hoped = asItWouldBe(alert, step);
  let done = false;
  putAlert(hoped);
  await attempt(alert.id, async () => {
    const now = await sent(alert.id, step);
    done = true;
    return now;
  });
  settle();
  if (find(alert.id) === hoped) putAlert(alert);
  return done;
}

function sent(id: string, step: PlainStep): Promise<AlertView> {
  const path = { alert_id: id };
  switch (step) {
    case "answer":
      return post("/api/alerts/{alert_id}/answer", { path });
    case "arrive":
      return post("/api/alerts/{alert_id}/arrive", { path });
    case "see":
      return post("/api/alerts/{alert_id}/see", { path });
    case "hand_back":
      return post("/api/alerts/{alert_id}/hand-back", { path });
  }
}

const PHASE_AFTER: Record<PlainStep, string> = {
  answer: "answered",
  arrive: "arrived",
  see: "person_seen",
  hand_back: "raised",
};

/** The deadline is the server's to say. */
function asItWouldBe(alert: AlertView, step: PlainStep): AlertView {
  const then = { ...alert, phase: PHASE_AFTER[step], next_at: null, next_step: null };
  if (step === "answer") return { ...then, answered_by_name: me.value?.username ?? null, shelved_until: null };
  return step === "hand_back" ? { ...then, answered_by_name: null, answered_at: null } : then;
}
