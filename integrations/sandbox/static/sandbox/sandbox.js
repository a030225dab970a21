"use strict";
// Fetches the page again now and then and swaps the main part, unless somebody is busy in it.
(function () {
  let main = document.querySelector("main[data-refresh]");

  function toBottom() {
    document.querySelectorAll("[data-bottom]").forEach((list) => { list.scrollTop = list.scrollHeight; });
  }

  function busy() {
    const field = document.activeElement;
    if (main.contains(field) && field.matches("input, select, textarea")) return true;
    if (main.querySelector("details[open]")) return true;
    return [...main.querySelectorAll("input:not([type=hidden]), textarea")].some((f) => f.value !== f.defaultValue)
      || [...main.querySelectorAll("option")].some((o) => o.selected !== o.defaultSelected && o.index > 0);
  }

  async function refresh() {
    if (document.hidden || busy()) return;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = fresh.querySelector("main[data-refresh]");
    if (!next || busy() || next.innerHTML === main.innerHTML) return;
    const scroll = [...main.querySelectorAll(".sheet, .talks")].map((part) => [part.className, part.scrollTop, part.scrollLeft]);
    const focused = document.activeElement && main.contains(document.activeElement)
      ? document.activeElement.getAttribute("href") : null;
    main.replaceWith(next);
    main = next;
    scroll.forEach(([name, top, left]) => {
      const part = main.querySelector("." + name.split(" ")[0]);
      if (part) { part.scrollTop = top; part.scrollLeft = left; }
    });
    if (focused) {
      const again = [...main.querySelectorAll("a[href]")].find((a) => a.getAttribute("href") === focused);
      if (again) again.focus({ preventScroll: true });
    }
    toBottom();
  }

  toBottom();
  if (!main) return;
  const seconds = Number(main.dataset.refresh) || 5;
  setInterval(() => { refresh().catch(() => {}); }, seconds * 1000);
})();
