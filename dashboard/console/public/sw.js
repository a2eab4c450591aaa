// Shows what Ankang tells this browser while no page is open, and says that it has.
// A message is {id, title, text, alert, priority, delivery, proof}.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const said = event.data?.json() ?? {};
  event.waitUntil(
    self.registration
      .showNotification(said.title ?? "安康", {
        body: said.text ?? "",
        tag: said.alert ?? said.id, // what follows on an alert takes its place
        renotify: true,
        requireInteraction: said.priority === "high",
        icon: "/static/icon.svg",
        data: said,
      })
      .then(() => tell(said, "delivered")),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const said = event.notification.data ?? {};
  event.waitUntil(Promise.all([open(said.alert ?? null), tell(said, "read")]));
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

/** The alert on a page that is open already, else on a new one. */
async function open(alert) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find((one) => one.visibilityState === "visible") ?? pages[0];
  if (!page) return self.clients.openWindow(alert ? `/#/?alert=${encodeURIComponent(alert)}` : "/");
  page.postMessage({ open: alert });
  return page.focus().catch(() => null); // not every system lets a page come to the front
}
