// The keyboard: which keys are the page's and which belong to what somebody is typing.

const PAGES: Record<string, string> = {
  b: "board",
  h: "held",
  w: "wall",
  r: "residents",
  d: "devices",
  f: "figures",
  c: "checkins",
  v: "visits",
  o: "orders",
  s: "duty",
  n: "shift",
  p: "scripts",
  x: "drills",
  a: "accounts",
  l: "audit",
  m: "admin",
  e: "rules",
  t: "tokens",
  u: "account",
};
const WITHIN = 1500;

/** Whether this key is meant for the page: not for a field, an input method, a dialog or the browser. */
export function isForThePage(event: KeyboardEvent): boolean {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false;
  if (document.querySelector("dialog[open]")) return false;
  return !(event.target as Element | null)?.closest?.("input, textarea, select");
}

/** G, then a letter, goes to a page. */
export function goingByKey(go: (page: string) => void): (event: KeyboardEvent) => void {
  let pressedAt = -WITHIN;
  return (event) => {
    if (!isForThePage(event)) return;
    const key = event.key.toLowerCase();
    const page = performance.now() - pressedAt < WITHIN ? PAGES[key] : undefined;
    pressedAt = key === "g" ? performance.now() : -WITHIN;
    if (!page) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // the letter has been used: it is no step of an alert
    go(page);
  };
}
