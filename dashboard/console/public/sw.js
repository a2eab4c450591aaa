// Shows what Ankang tells this browser while no page is open. A message is {id, title, text, alert, priority}.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const said = event.data?.json() ?? {};
  event.waitUntil(
    self.registration.showNotification(said.title ?? "安康", {
      body: said.text ?? "",
      tag: said.alert ?? said.id, // what follows on an alert takes its place
      renotify: true,
      requireInteraction: said.priority === "high",
      icon: "/static/icon.svg",
      data: { alert: said.alert ?? null },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.alert ?? null));
});

/** The alert on a page that is open already, else on a new one. */
async function open(alert) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find((one) => one.visibilityState === "visible") ?? pages[0];
  if (!page) return self.clients.openWindow(alert ? `/#/?alert=${encodeURIComponent(alert)}` : "/");
  page.postMessage({ open: alert });
  return page.focus().catch(() => null); // not every system lets a page come to the front
}
