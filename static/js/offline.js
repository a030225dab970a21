/* A slow line and none at all.

   A press made without a connection is kept by its key (draft, revision, evidence, the moment it
   was pressed), never with a client's words. It leaves when the line is back, once, and only while
   its moment has not passed; else it is dropped, and that is said. Fragments are asked for again. */
(() => {
  "use strict";

  const { find, toast, post } = window.desk;
  const STORE = "desk-kept";
  const LONGEST = 600000;       // the server refuses a press that waited longer, too
  const KEEPS = new Set(["approve", "reject"]);
  const FIELDS = ["revision", "evidence", "reason", "seconds", "held", "sure"];
  const PAUSES = [0, 600, 1800];
  const words = () => find("#offline")?.dataset ?? {};
  const person = () => find("meta[name=person]")?.content ?? "";
  const pane = () => find("#pane");

  // ---- presses that wait ----

  function kept() {
    try { return JSON.parse(sessionStorage.getItem(STORE) ?? "[]"); } catch { return []; }
  }
  function store(presses) {
    sessionStorage.setItem(STORE, JSON.stringify(presses));
    bar();
  }
  function without(gone) {
    store(kept().filter((one) => one.at !== gone.at || one.item !== gone.item));
    // A card that was opened while its press was on its way would wait for it for ever; and the news
    // of its decision may have come before the answer, when the card was not to be touched yet.
    if (find("#card")?.dataset.item !== gone.item) return;
    window.desk.release?.();
    window.desk.checkCard?.();
  }

  function opened() {
    const card = find("#card");
    if (card) card.dataset.openedAt ??= String(Date.now());
  }
  document.addEventListener("htmx:afterSwap", opened);
  document.addEventListener("DOMContentLoaded", opened);

  /** Keep a decision of the open card. False for one that carries words: those stay in their field. */
  function keep(form, fields) {
    const card = form.closest("#card");
    if (!card || !KEEPS.has(form.dataset.decides)) return false;
    const { item, left, openedAt } = card.dataset;
    if (kept().some((one) => one.item === item)) return true;
    const at = Date.now();
    const ends = left ? Math.min(Number(openedAt) + Number(left) * 1000, at + LONGEST) : at + LONGEST;
    const said = {};
    for (const name of FIELDS) if (fields.get(name)) said[name] = String(fields.get(name));
    const url = new URL(form.getAttribute("action"), location.href).pathname;
    store([...kept(), { url, item, at, ends, person: person(), said }]);
    toast({ text: words().keeps });
    return true;
  }

  let sending = false;
  async function deliver() {
    if (sending || !navigator.onLine || !kept().length) return;
    sending = true;
    try {
      for (const one of kept()) if (!(await settle(one))) break;
    } finally {
      sending = false;
    }
  }

  /** True when this press waits no longer, however it ended. */
  async function settle(one) {
    const passed = Date.now() > one.ends;
    if (passed || Date.now() < one.at || one.person !== person()) {
      without(one);
      toast({ text: passed ? words().passed : words().other, kind: "bad" });
      window.desk.look?.();
      return true;
    }
    const fields = { ...one.said, waited: ((Date.now() - one.at) / 1000).toFixed(1), person: one.person };
    const here = find("#card")?.dataset.item === one.item;
    const went = here ? await inThePane(one, fields) : await behind(one, fields);
    if (went) without(one);
    return went;
  }

  async function inThePane(one, values) {
    let went = false;
    const heard = (event) => { went ||= event.detail.xhr.status > 0; };
    document.addEventListener("htmx:beforeSwap", heard);
    try {
      await window.htmx.ajax("POST", one.url, { source: pane(), target: pane(), swap: "innerHTML", values });
    } catch { /* the line broke again: it stays kept */ }
    document.removeEventListener("htmx:beforeSwap", heard);
    return went;
  }

  async function behind(one, fields) {
    const answer = await post(one.url, fields);
    if (!answer) return false;
    if (!answer.ok) toast({ text: words().refused, kind: "bad" });
    window.desk.look?.();
    return true;
  }

  function bar() {
    const banner = find("#offline");
    if (!banner) return;
    const waiting = kept().length;
    banner.hidden = navigator.onLine && !waiting;
    const count = find("#kept");
    if (!count) return;
    count.hidden = !waiting;
    find("span", count).textContent = waiting === 1 ? words().one : words().more.replace("0", waiting);
  }

  document.addEventListener("click", (event) => {
    if (!event.target.closest("#kept-forget")) return;
    store([]);
    window.desk.release?.();
    toast({ text: words().forgot });
  });
  document.addEventListener("desk:online", () => { bar(); deliver(); });
  window.addEventListener("DOMContentLoaded", () => { bar(); deliver(); });
  window.setInterval(deliver, 5000);

  // ---- a line that drops some of it ----

  const tries = new WeakMap();
  const sleep = (ms) => new Promise((done) => { window.setTimeout(done, ms); });

  /** Ask for a fragment up to three times. `still`: false once somebody wants another. */
  async function insist(ask, still = () => true) {
    for (const pause of PAUSES) {
      if (pause) await sleep(pause);
      if (!still()) return false;
      try { await ask(); return true; } catch { /* asked for again */ }
    }
    return false;
  }

  function lost(event) {
    const { elt, target, requestConfig: config, pathInfo } = event.detail;
    if (elt === pane()) return;
    if (config.verb !== "get") {
      if (!elt.matches("form") || !keep(elt, config.formData)) toast({ text: words().lost, kind: "bad" });
      // Most of what is lost is one request of a line that works: it is tried at once.
      else window.setTimeout(deliver, PAUSES[1]);
      return;
    }
    const count = (tries.get(elt) ?? 0) + 1;
    tries.set(elt, count);
    if (count >= PAUSES.length) { tries.delete(elt); toast({ text: words().slow, kind: "bad" }); return; }
    window.setTimeout(() => {
      const path = pathInfo?.finalRequestPath ?? config.path;
      if (elt.isConnected) window.htmx.ajax("GET", path, { source: elt, target }).catch(() => {});
    }, PAUSES[count]);
  }
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);
  document.addEventListener("htmx:afterOnLoad", (event) => tries.delete(event.detail.elt));

  // Busy is said only when it lasts: a flicker on every press tires the eye.
  const late = new Map();
  document.addEventListener("htmx:beforeRequest", (event) => {
    const at = event.detail.target;
    late.set(event.detail.xhr, window.setTimeout(() => at?.setAttribute("aria-busy", "true"), 300));
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    window.clearTimeout(late.get(event.detail.xhr));
    late.delete(event.detail.xhr);
    event.detail.target?.removeAttribute("aria-busy");
  });

  Object.assign(window.desk, { keep, insist, isKept: (item) => kept().some((one) => one.item === item) });
})();
