/* Shows what we push, and opens the desk when it is pressed. Caches nothing and sees no page. */
self.addEventListener("push", (event) => {
  let said = {};
  try { said = event.data ? event.data.json() : {}; } catch { said = {}; }
  event.waitUntil(self.registration.showNotification("Front Desk Copilot", {
    body: said.text || "Drafts wait.",
    tag: said.tag || "desk",
    data: { url: said.url || "/" },
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url || "/", self.location.origin);
  if (url.origin !== self.location.origin) return;
  event.waitUntil((async () => {
    const open = await self.clients.matchAll({ type: "window" });
    if (open.length) return open[0].focus();
    return self.clients.openWindow(url.href);
  })());
});
