/* A list whose rows never move under a hand: what the queue and the conversations share. News wait
   until nobody points at, touches or steps through the list; then the page settles them. */
(() => {
  "use strict";

  const { find, all } = window.desk;
  const TOUCHED = 4000;
  const STEPPED = 2000;
  const APART = 300;            // from one look for news to the next

  /** The part of a page behind `address`, or null: nothing new, nobody signed in, no network. */
  async function ask(address, mark) {
    const url = new URL(address, location.href);
    if (mark) url.searchParams.set("mark", mark);
    let answer;
    try {
      answer = await fetch(url, { headers: { "HX-Request": "true" }, redirect: "manual" });
    } catch {
      return null;
    }
    const away = answer.type === "opaqueredirect" || answer.status === 401 || answer.headers.get("HX-Redirect");
    if (away) { window.desk.signedOut(); return null; }
    if (answer.status !== 200) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  function counts(parsed) {
    for (const part of parsed.querySelectorAll("[data-count]")) {
      const here = document.getElementById(part.id);
      if (here && here.innerHTML !== part.innerHTML) here.innerHTML = part.innerHTML;
    }
  }

  /** Whether somebody is at work in the box: a mouse over it, a finger on it lately, the focus in it. */
  function handIn(box, left) {
    let hovering = false;
    let touchedAt = 0;
    let steppedAt = 0;
    box.addEventListener("pointerenter", (event) => { hovering = event.pointerType === "mouse"; });
    box.addEventListener("pointerleave", () => { hovering = false; left(); });
    box.addEventListener("pointerdown", (event) => { if (event.pointerType !== "mouse") touchedAt = Date.now(); });
    box.addEventListener("scroll", () => { if (touchedAt) touchedAt = Date.now(); }, { passive: true });
    box.addEventListener("focusout", () => left());
    return {
      stepped: () => { steppedAt = Date.now(); },
      here: () => hovering || Date.now() - touchedAt < TOUCHED || Date.now() - steppedAt < STEPPED
        || (box.contains(document.activeElement) && document.activeElement !== box),
    };
  }

  /** One look at a time; whoever asks meanwhile gets another one after it. */
  function oneAtATime(work) {
    let looking = false;
    let again = false;
    return async function look() {
      if (looking) { again = true; return; }
      looking = true;
      try {
        await work();
      } finally {
        looking = false;
        if (again) { again = false; look(); }
      }
    };
  }

  /**
   * `rows()` is the element that holds the rows, `live()` those that can be stepped to, `settle(fresh)`
   * puts what waited in its place, `look()` asks the server, `presence()` hears who else is here.
   */
  function stillList({ box, rows, live, settle, look, presence = () => {} }) {
    let waiting = null;
    let settleTimer = 0;
    let hintTimer = 0;
    const hand = handIn(box, () => {
      window.clearTimeout(settleTimer);
      settleTimer = window.setTimeout(settleIfFree, 300);
    });
    let began = 0;
    let took = 0;
    const lookNow = oneAtATime(async () => {
      began = Date.now();
      try { await look(); } finally { took = Date.now() - began; }
    });

    function settleNow() {
      const fresh = waiting;
      waiting = null;
      find("#pill").hidden = true;
      if (fresh) settle(fresh);
    }
    function settleIfFree() { if (waiting && !hand.here()) settleNow(); }
    window.setInterval(settleIfFree, 1000);

    document.addEventListener("desk:hint", (event) => {
      if (event.detail.kind === "presence") { presence(); return; }
      // The first hint sets the moment: a steady stream of them must not put it off for ever. Nor
      // may it make every open page ask ten times a second, when three show the same; and where an
      // answer takes long, asking for the next one at once would make it take longer still.
      const rest = Math.max(60, began + Math.max(APART, 2 * took) - Date.now());
      hintTimer ||= window.setTimeout(() => { hintTimer = 0; lookNow(); }, rest);
    });

    return {
      hand: hand.here,
      look: lookNow,
      settle: settleNow,
      waiting: () => waiting,
      /** What the server says now; `mark` tells it next time what is known already. */
      keep: (fresh) => { waiting = fresh; },
      mark: () => waiting?.dataset.mark ?? rows().dataset.mark,
      currentRow: () => find(".row[aria-current]", rows()),
      outline(row) {
        for (const one of all(".row[aria-current]", rows())) one.removeAttribute("aria-current");
        row?.setAttribute("aria-current", "true");
      },
      /** The row `by` places further, or null at either end. */
      step(by) {
        hand.stepped();
        const here = live();
        const at = here.findIndex((row) => row.hasAttribute("aria-current"));
        const next = at < 0 ? here[0] : here[Math.max(0, Math.min(here.length - 1, at + by))];
        return next && next !== here[at] ? next : null;
      },
    };
  }

  // One menu at a time, closed by a press elsewhere.
  document.addEventListener("click", (event) => {
    for (const menu of all(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  Object.assign(window.desk, { ask, counts, stillList, isOnePane: () => matchMedia("(max-width: 699px)").matches });
})();
