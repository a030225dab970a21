/* Step away and come back. On a shared device it also asks, after two idle minutes, who is there.

   Covering is a page of its own: what was on the screen is no longer in the document at all. */
(() => {
  "use strict";

  const { find, post, say, t } = window.desk;
  const station = find("meta[name=station]")?.content ?? "";
  const covered = () => Boolean(find("[data-parked]"));
  const IDLE = Number(document.body.dataset.idle || 120000);
  const NOTED = 15000;
  const BURST = 35;

  // ---- where on the page one is ----

  const scroller = () => (matchMedia("(max-width: 699px)").matches ? document.scrollingElement : find("#pane"));

  function spot() {
    const at = document.activeElement;
    const isField = at?.matches?.("textarea, input[type=text], input[type=search], input:not([type])") && at.id;
    return {
      path: location.pathname + location.search,
      field: isField ? at.id : "",
      // What is typed into a draft is saved as it is typed; only other fields are sent along.
      text: isField && !at.closest("#editor") ? at.value.slice(0, 500) : "",
      caret: String(isField ? at.selectionStart ?? 0 : 0),
      scroll: String(Math.round(scroller()?.scrollTop ?? 0)),
      list_scroll: String(Math.round(find("#list")?.scrollTop ?? 0)),
    };
  }

  function goBackTo(place) {
    const list = find("#list");
    if (list) list.scrollTop = place.list ?? 0;
    const field = place.field ? document.getElementById(place.field) : null;
    if (field) {
      if (place.text && !field.closest("#editor")) field.value = place.text;
      const menu = field.closest("details");
      if (menu) menu.open = true;
      field.focus({ preventScroll: true });
      try { field.setSelectionRange(place.caret, place.caret); } catch { /* not a field of text */ }
    }
    const box = scroller();
    if (box) box.scrollTop = place.scroll ?? 0;
  }

  // ---- the key ----

  let going = false;
  let lastKey = -1000;
  let soon = 0;
  async function leaveWith(url, fields) {
    if (going) return;
    going = true;
    await window.desk.saveTyped?.();
    const answer = await post(url, fields);
    if (!answer?.ok) {
      going = false;
      if (answer?.status === 401 || answer?.type === "opaqueredirect") window.desk.signedOut();
      else window.desk.toast({ text: t("Not put aside: no connection. Your words stay on this page."), kind: "bad" });
      return;
    }
    location.assign((await answer.json()).go);
  }

  const park = () => leaveWith(find("#park").action, spot());
  const comeBack = () => leaveWith(find("#resume").action, {});

  document.addEventListener("submit", (event) => {
    if (event.target.id === "park") { event.preventDefault(); park(); }
    if (event.target.id === "resume") { event.preventDefault(); comeBack(); }
  });

  const typing = (target) => target.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "." || event.repeat || event.isComposing) return;
    // In a text a full stop is a full stop; with Alt or Ctrl it steps away from there too.
    const withMore = event.ctrlKey || event.altKey;
    if (typing(event.target) && !withMore) return;
    if (document.body.dataset.keys === "off" && !withMore) return;
    if (find("dialog[open]")) return;
    event.preventDefault();
    // A scanner's burst holds full stops too: acting waits as long as a burst needs to show itself.
    if (event.timeStamp - lastKey < BURST) return;
    window.clearTimeout(soon);
    soon = window.setTimeout(() => {
      if (covered()) comeBack();
      else if (find("#park")) park();
    }, BURST + 5);
  });
  document.addEventListener("keydown", (event) => {
    if (["Control", "Alt", "Shift", "Meta"].includes(event.key)) return;
    if (event.key === ".") { window.setTimeout(() => { lastKey = event.timeStamp; }, 0); return; }
    if (event.timeStamp - lastKey < BURST) window.clearTimeout(soon);
    lastKey = event.timeStamp;
  }, true);

  // ---- nobody pressed anything for two minutes ----

  let pressedAt = Date.now();
  let notedAt = Date.now();
  async function pressed() {
    const now = Date.now();
    if (station && now - pressedAt > IDLE) { whoIsThere(); return; }
    pressedAt = now;
    if (!station || now - notedAt < NOTED) return;
    notedAt = now;
    const answer = await post("/station/here/", {});
    if (answer?.status === 401) ask();
  }
  function ask() {
    const next = covered() ? "/" : location.pathname + location.search;
    location.assign(`${station}?next=${encodeURIComponent(next)}`);
  }

  let asking = false;
  async function whoIsThere() {
    if (asking || !station || find("#who")) return;
    asking = true;
    await window.desk.saveTyped?.();
    if (find("#park")) await post(find("#park").action, { ...spot(), idle: "1" });
    await post("/station/leave/", {});
    ask();
  }

  if (station) {
    for (const name of ["pointerdown", "keydown", "wheel", "touchmove"]) {
      document.addEventListener(name, pressed, { passive: true, capture: true });
    }
    window.setInterval(() => { if (Date.now() - pressedAt > IDLE) whoIsThere(); }, 1000);
    // An ended sign-in on a shared device is no riddle: it asks who is there.
    window.desk.signedOut = ask;
  }

  // A card that comes by itself is said once.
  let cardSaid = "";
  document.addEventListener("htmx:afterSettle", (event) => {
    const words = event.target.id === "hand-over" ? event.target.querySelector("[data-say]")?.dataset.say ?? "" : cardSaid;
    if (words && words !== cardSaid) say(words);
    cardSaid = words;
  });

  window.addEventListener("DOMContentLoaded", () => {
    const words = find("meta[name=say]")?.content;
    if (words) window.setTimeout(() => say(words), 300);
    const said = find("meta[name=spot]")?.content;
    if (said) window.setTimeout(() => goBackTo(JSON.parse(said)), 0);
    if (covered()) find("#resume button")?.focus();
  });

  Object.assign(window.desk, { park });
})();
