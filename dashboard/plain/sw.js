// The family's pages while there is no connection, and what Ankang tells this telephone while none of them is open.
// Nothing of anybody is kept here: only the page that says that there is no connection.

const KEPT = "family-1";
const OFFLINE = "/family/offline";

self.addEventListener("install", (event) =>
  event.waitUntil(
    fetch(OFFLINE)
      .then((page) => page.text().then((text) => [page, text]))
      .then(([page, text]) =>
        caches.open(KEPT).then((kept) =>
          Promise.all([
            kept.put(OFFLINE, new Response(text, { headers: { "content-type": page.headers.get("content-type") } })),
            ...[...text.matchAll(/(?:href|src)="(\/plain\/[^"]+)"/g)].map((found) => kept.add(found[1])),
          ]),
        ),
      )
      .then(() => self.skipWaiting()),
  ),
);
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate" && request.method === "GET") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  } else if (new URL(request.url).pathname.startsWith("/plain/")) {
    event.respondWith(fetch(request).catch(() => caches.match(request)));
  }
});

self.addEventListener("push", (event) => {
  const said = event.data?.json() ?? {};
  event.waitUntil(
    self.registration
      .showNotification(said.title ?? "安康", {
        body: said.text ?? "",
        tag: said.alert ?? said.id, // what follows on an alert takes its place
        renotify: true,
        requireInteraction: said.priority === "high",
        icon: "/plain/icon-192.png",
        data: said,
      })
      .then(() => tell(said, "delivered")),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const said = event.notification.data ?? {};
  const page = said.url ? new URL(said.url).pathname : "/family";
  event.waitUntil(Promise.all([self.clients.openWindow(page), tell(said, "read")]));
});

/** How far the message has got; without a connection nobody learns it, and nothing is lost. */
function tell(said, state) {
  if (!said.delivery) return null;
  return fetch(`/api/receipts/push/${said.delivery}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ state, proof: said.proof }),
  }).catch(() => null);
}
