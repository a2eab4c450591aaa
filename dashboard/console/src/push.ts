// This browser's own messages (Web Push): switched on and off for whoever is logged in, and what a click on one opens.

import { get, post, remove } from "./api/client";
import { remember, remembered } from "./remember";
import { router } from "./router";
import { language } from "./words";

/** no_key: nobody has set it up here; no_way: the browser has none, or the page came without TLS. */
export type PushState = "on" | "off" | "denied" | "no_key" | "no_way";

const worker = (): Promise<ServiceWorkerRegistration> => navigator.serviceWorker.register("/sw.js");

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

const serviceOf = (subscription: PushSubscription): string => new URL(subscription.endpoint).host;

/** The address of this browser among those of whoever is logged in: its subscription may be somebody else's. */
async function ownAddress(subscription: PushSubscription | null): Promise<number | null> {
  if (!subscription || !remembered("push")) return null;
  const { addresses } = await get("/api/reach");
  const kept = Number(remembered("push"));
  const found = addresses.find((one) => one.channel === "push" && one.id === kept);
  return found && found.address === serviceOf(subscription) ? found.id : null;
}

export async function pushState(): Promise<PushState> {
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !isSecureContext) return "no_way";
  if ((await get("/api/push-key")).key === null) return "no_key";
  if (Notification.permission === "denied") return "denied";
  const known = await navigator.serviceWorker.getRegistration("/");
  const subscription = (await known?.pushManager.getSubscription()) ?? null;
  return (await ownAddress(subscription)) === null ? "off" : "on";
}

const PATIENCE = 20_000;

/** A browser that does not reach its push service says nothing at all. */
const soon = <T>(answer: Promise<T>): Promise<T> =>
  Promise.race([
    answer,
    new Promise<T>((_, fail) => setTimeout(() => fail(new Error("the push service does not answer")), PATIENCE)),
  ]);

/** Subscribe this browser; an error where its push service can't be reached or nobody allows it. */
export async function switchOn(): Promise<void> {
  const { key } = await get("/api/push-key");
  if (key === null || (await Notification.requestPermission()) !== "granted") return;
  const registration = await worker();
  await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: bytesOf(key) };
  const subscription =
    (await registration.pushManager.getSubscription()) ?? (await soon(registration.pushManager.subscribe(options)));
  const anyTime = { position: 1, quiet_from: "22:00", quiet_to: "07:00" };
  const body = { channel: "push" as const, address: JSON.stringify(subscription), language: language(), ...anyTime };
  remember("push", String((await post("/api/reach", { body })).id));
}

export async function switchOff(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration("/");
  const subscription = (await registration?.pushManager.getSubscription()) ?? null;
  const id = await ownAddress(subscription);
  await subscription?.unsubscribe();
  remember("push", "");
  if (id !== null) await remove("/api/reach/{reach_id}", { path: { reach_id: id } });
}

// What a click opens -----------------------------------------------------------------------------------------------------

const LOOKED_FOR = 10_000; // the board may have to be fetched first

/** The alert's row gets the focus as soon as it is there. */
function pointOut(id: string): void {
  const find = (): boolean => {
    const row = document.querySelector<HTMLElement>(`article[data-id="${CSS.escape(id)}"]`);
    row?.focus();
    row?.scrollIntoView({ block: "center" });
    return row !== null;
  };
  if (find()) return;
  const watching = new MutationObserver(() => find() && watching.disconnect());
  watching.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => watching.disconnect(), LOOKED_FOR);
}

/** Wherever somebody is, a click on a message brings them to its alert; also on a page that it has opened. */
export function followMessages(): void {
  navigator.serviceWorker?.addEventListener("message", (event: MessageEvent<{ open?: string | null }>) => {
    const id = event.data.open;
    void router.push(id ? { name: "board", query: { alert: id } } : { name: "board" });
  });
  router.afterEach((to) => {
    if (to.name === "board" && typeof to.query.alert === "string") pointOut(to.query.alert);
  });
}
