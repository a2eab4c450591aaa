// Who is here, and the live link behind them.

import { computed, shallowRef, watch } from "vue";
import { hear, replaceAll, unansweredHigh } from "./alerts";
import { get, onSessionOver, post, put, remove, statusOf } from "./api/client";
import type { Me } from "./api/types";
import { Link, type LinkState } from "./link";
import { platformIs, startPlatform, stopPlatform } from "./platform";
import { ringFor, soundLinkLost, tick } from "./ring";

const SOUND_AFTER = 10_000; // a lost link is heard after so long

export const me = shallowRef<Me | null>(null);
/** What an account may do; care/permissions.py says who may. */
export type Permission = Me["may"][number];

export const may = (permission: Permission): boolean => me.value?.may.includes(permission) ?? false;

const isReady = (who: Me): boolean => !who.must_choose_password && !who.must_set_up_codes;
/** Whether they may work: logged in, with a password of their own, and a second step where they need one. */
export const working = computed(() => me.value !== null && isReady(me.value));
/** The session ended by itself. */
export const wasOver = shallowRef(false);
export const linkState = shallowRef<{ name: LinkState; asOf: string | null }>({ name: "connecting", asOf: null });

let link: Link | null = null;
let linkWasHeard = false;
let changing = false;

export function entered(who: Me): void {
  me.value = who;
  wasOver.value = false;
  if (isReady(who)) begin();
}

/** Somebody may have logged in here before. */
export async function resume(): Promise<void> {
  const found = await get("/api/session").catch(() => null);
  if (found) entered(found);
}

/** The second step is set up, and this session is a new one. */
export async function setUpCodes(code: string): Promise<string[]> {
  changing = true;
  try {
    const { codes } = await post("/api/second-step/confirm", { body: { code } });
    if (working.value) begin(); // the link of the session before has ended with it
    return codes;
  } finally {
    changing = false;
  }
}

/** Every other session ends, and so does this one's link: what comes of that is no news while it is being done. */
export async function choosePassword(current: string, wanted: string): Promise<void> {
  changing = true;
  try {
    entered(await put("/api/password", { body: { current, new: wanted } }));
  } finally {
    changing = false;
  }
}

export async function logOut(): Promise<void> {
  await remove("/api/session").catch(() => null);
  left(false);
}

function begin(): void {
  link?.end();
  link = may("watch") ? newLink() : null;
  startPlatform();
}

const newLink = (): Link =>
  new Link({
    snapshot: replaceAll,
    change: hear,
    beat: (health) => {
      platformIs(health);
      tick();
    },
    state: (name, asOf, silent) => {
      tellState(name, asOf);
      if (name !== "lost") linkWasHeard = false;
      else if (silent > SOUND_AFTER && !linkWasHeard) {
        linkWasHeard = true;
        soundLinkLost();
      }
    },
    over: () => !changing && left(true),
  });

/** A refusal may be of a question that was asked before the password was changed: look again before leaving. */
onSessionOver(async () => {
  if (!me.value || changing) return;
  const over = await get("/api/session").then(
    () => false,
    (problem: unknown) => statusOf(problem) === 401,
  );
  if (over && me.value && !changing) left(true);
});

function left(over: boolean): void {
  link?.end();
  link = null;
  stopPlatform();
  replaceAll([]);
  tellState("connecting", null);
  wasOver.value = over;
  me.value = null;
}

function tellState(name: LinkState, asOf: string | null): void {
  if (linkState.value.name !== name || linkState.value.asOf !== asOf) linkState.value = { name, asOf };
  if (document.documentElement.dataset.link !== name) document.documentElement.dataset.link = name;
}

watch(unansweredHigh, (alerts) => ringFor(alerts.map((alert) => Date.parse(alert.opened_at))));
