/* Parts of a page that follow what happens: free slots, and the waitlist. A part is never swapped
   under a hand: an open menu, a field that is written in, a list that is looked at. */
(() => {
  "use strict";

  const { find, all, say, toast, t } = window.desk;
  const READY = 600;
  // The page itself carries "live" for the state of its line: only what has a mark is a part.
  const parts = () => all("[data-live][data-mark]");
  if (!parts().length) return;

  // ---- a press decides only what was seen ----

  const openedAt = new WeakMap();
  let busy = false;
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.(".menu.press")) return;
    if (!menu.open) { settle(); return; }
    for (const other of all(".menu.press[open]")) if (other !== menu) other.open = false;
    openedAt.set(menu, performance.now());
  }, true);
  document.addEventListener("click", (event) => {
    for (const menu of all(".menu.press[open]")) if (!menu.contains(event.target)) menu.open = false;
    // The second half of a double click would press what has only just appeared.
    if (event.detail > 1 && event.target.closest(".menu.press button")) event.preventDefault();
  }, true);
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && find(".menu.press[open]");
    if (!menu) return;
    menu.open = false;
    find("summary", menu).focus();
  });
  document.addEventListener("submit", (event) => {
    const menu = event.target.closest(".menu.press");
    if (!menu) return;
    const tooSoon = performance.now() - (openedAt.get(menu) ?? 0) < READY;
    if (tooSoon || busy || !navigator.onLine) {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!navigator.onLine) toast({ text: t("No connection. Nothing was changed."), kind: "bad" });
      else if (tooSoon) say(t("One moment. Please press again."));
      return;
    }
    busy = true;
  }, true);
  for (const name of ["htmx:afterRequest", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => { busy = false; });
  }
  document.addEventListener("htmx:afterSwap", () => window.setTimeout(look, 300));

  // ---- following ----

  const fresh = new Map();
  let hovering = null;
  document.addEventListener("pointerover", (event) => {
    hovering = event.pointerType === "mouse" ? event.target.closest?.("[data-calm]") : null;
  });

  function inHand(part) {
    if (find(".menu[open]", part)) return true;
    if (!part.hasAttribute("data-calm")) return false;
    return part === hovering || part.contains(document.activeElement) || Boolean(find("details[open]", part));
  }

  async function fetchPart(part) {
    const url = new URL(part.dataset.live, location.href);
    url.searchParams.set("mark", (fresh.get(part.id) ?? part).dataset.mark);
    let answer;
    try {
      answer = await fetch(url, { headers: { "HX-Request": "true" }, redirect: "manual" });
    } catch {
      return;
    }
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.headers.get("HX-Redirect")) {
      window.desk.signedOut();
      return;
    }
    if (answer.status !== 200) return;
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = parsed.getElementById(part.id);
    if (now) fresh.set(part.id, now);
  }

  let looking = false;
  let lookAgain = false;
  async function look() {
    if (looking) { lookAgain = true; return; }
    looking = true;
    try {
      await Promise.all(parts().map(fetchPart));
      settle();
    } finally {
      looking = false;
      if (lookAgain) { lookAgain = false; look(); }
    }
  }

  function settle() {
    for (const [id, now] of fresh) {
      const part = document.getElementById(id);
      if (!part || inHand(part)) { if (part) offer(part); continue; }
      put(part, now);
    }
  }

  function put(part, now) {
    fresh.delete(part.id);
    const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : "";
    const known = new Set(all(".slot", part).map((slot) => slot.id));
    part.replaceWith(now);
    window.htmx.process(now);
    const again = focused && all("summary, a, button", now).find((one) => one.getAttribute("aria-label") === focused);
    if (again) again.focus({ preventScroll: true });
    const news = all(".slot", now).find((slot) => !known.has(slot.id));
    if (news) say(t("A free slot: %(when)s", { when: find(".when", news).textContent }));
  }

  /** Somebody reads this part: what is new waits behind a button. */
  function offer(part) {
    if (!part.hasAttribute("data-calm") || find(".pill", part)) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "pill";
    button.textContent = t("Show what is new");
    button.addEventListener("click", () => { if (fresh.has(part.id)) put(part, fresh.get(part.id)); });
    part.prepend(button);
  }
  window.setInterval(settle, 1000);

  let hintTimer = 0;
  document.addEventListener("desk:hint", (event) => {
    if (event.detail.kind === "presence") return;
    window.clearTimeout(hintTimer);
    hintTimer = window.setTimeout(look, 60);
  });
})();
