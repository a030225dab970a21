/* A press decides only what was seen.

   After a decision the next card takes none until it was visible for 600 ms and the key was let go.
   Key repeat and bursts faster than 35 ms a key (barcode scanners) are ignored. */
(() => {
  "use strict";

  const { find, all, say, toast, calm, t } = window.desk;
  const READY = 600;
  const OPEN = 1500;
  const HOLD = 1000;
  const BURST = 35;

  const card = () => find("#card") ?? find("#several");
  const approve = () => find("#approve");

  // ---- the gate: may this card be decided now? ----

  const down = new Set();
  let pointers = 0;
  let owner = null;         // the card the gate stands for
  let seenSince = 0;        // since when it has been visible, 0 while it is not
  let firstSeen = 0;
  let mustLetGo = false;
  let busy = false;
  let readyTimer = 0;

  const need = () => (card()?.dataset.care === "open_card" ? OPEN : READY);
  const seenFor = () => (seenSince ? performance.now() - seenSince : 0);
  // While another draft is on its way the one in sight is not the one that is outlined.
  const isLoading = () => "loading" in (find("#pane")?.dataset ?? {});
  const ready = (ms = READY) => Boolean(card()) && !busy && !isLoading() && !mustLetGo && seenFor() >= ms;

  /** The draft's words are on the screen: all of them, or their end where they are longer than it. */
  function inView() {
    const draft = find("#editor textarea") ?? find("#draft") ?? find("h2", card() ?? document);
    if (!draft || document.visibilityState === "hidden") return false;
    const box = draft.getBoundingClientRect();
    if (!box.height) return false;
    const bar = find(".bar", card() ?? document)?.getBoundingClientRect();
    const bottom = Math.min(window.innerHeight, bar && bar.top > 0 ? bar.top : window.innerHeight);
    const top = find("#pane").getBoundingClientRect().top;
    const whole = box.top >= Math.max(0, top) - 1 && box.bottom <= bottom + 1;
    const tall = box.height > bottom - Math.max(0, top);
    return whole || (tall && box.bottom <= bottom + 1 && box.bottom > 0);
  }

  function watch() {
    const now = card();
    if (now !== owner) {
      owner = now;
      seenSince = firstSeen = 0;
      busy = Boolean(now?.dataset.item && window.desk.isKept(now.dataset.item));
      mustLetGo = down.size > 0 || pointers > 0;
    }
    if (!now) return;
    const visible = inView();
    if (visible && !seenSince) seenSince = performance.now();
    if (visible && !firstSeen) firstSeen = performance.now();
    if (!visible) seenSince = 0;
    show();
    window.clearTimeout(readyTimer);
    const left = need() - seenFor();
    if (visible && left > 0) readyTimer = window.setTimeout(show, left + 5);
  }

  let filledFor = null;
  function show() {
    const button = approve();
    const isReady = ready(need());
    card()?.toggleAttribute("data-ready", isReady);
    if (!button) return;
    button.setAttribute("aria-disabled", String(!isReady));
    if (need() === OPEN && seenSince && filledFor !== owner && !calm()) {
      filledFor = owner;
      fill(button, OPEN);
    }
    if (!seenSince) filledFor = null;
  }

  function fill(button, ms) {
    return find(".fill", button)?.animate([{ transform: "scaleX(0)" }, { transform: "scaleX(1)" }], ms);
  }

  for (const name of ["htmx:afterSwap", "htmx:afterSettle", "visibilitychange", "DOMContentLoaded"]) {
    document.addEventListener(name, watch);
  }
  window.addEventListener("resize", watch);
  document.addEventListener("scroll", watch, { passive: true, capture: true });
  window.setInterval(watch, 250);

  function letGo() {
    if (down.size === 0 && pointers === 0 && mustLetGo) { mustLetGo = false; window.setTimeout(show, 0); }
  }
  document.addEventListener("pointerdown", () => { pointers += 1; }, true);
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, () => { pointers = 0; window.setTimeout(letGo, 0); }, true);
  }
  document.addEventListener("keyup", (event) => {
    down.delete(event.code);
    if (event.code === heldBy) stopHold();
    letGo();
  }, true);
  window.addEventListener("blur", () => { down.clear(); pointers = 0; stopHold(); letGo(); });

  // ---- every decision passes here, however it was pressed ----

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-decides]") || !card()?.contains(form)) return;
    const isApproval = form.dataset.decides === "approve";
    // Keeping words decides nothing: it may be as quick as the hand.
    const keeps = event.submitter?.value === "save" && !busy;
    if (!keeps && !ready(isApproval ? need() : READY)) {
      stop(event);
      if (!busy) tooSoon(isApproval);
      return;
    }
    if (isApproval && card().dataset.care === "press_hold" && !form.elements.held?.value && !form.dataset.plain) {
      stop(event);
      return;
    }
    if (form.elements.seconds) form.elements.seconds.value = ((performance.now() - firstSeen) / 1000).toFixed(2);
    if (!navigator.onLine) {
      stop(event);
      // One press is enough, and typed words stay where they are.
      busy = window.desk.keep(form, new FormData(form, event.submitter));
      if (!busy) toast({ text: find("#offline").dataset.stays, kind: "bad" });
      show();
      return;
    }
    window.desk.dropTyped?.();
    busy = true;
  }, true);

  document.addEventListener("click", (event) => {
    // The second half of a double click would land on the next card.
    if (event.detail > 1 && event.target.closest("#pane form[data-decides] button")) stop(event);
  }, true);

  /** A press that counts for nothing says so, to the eye too. */
  let soon = -Infinity;
  function tooSoon(isApproval) {
    if (isApproval) { say(t("One moment. Read it first.")); return; }
    if (performance.now() - soon < 4000) return;
    soon = performance.now();
    toast({ text: t("One moment, it opened just now. Please press again.") });
  }

  function stop(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:sendAbort", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      // A draft that did not come decides nothing about a press that is on its way.
      if (event.detail.requestConfig?.verb === "get") return;
      busy = Boolean(card()?.dataset.item && window.desk.isKept(card().dataset.item));
      show();
    });
  }

  // ---- press and hold ----

  let holding = 0;
  let heldBy = "";
  let filling = null;

  function startHold(by) {
    const button = approve();
    const form = button?.form;
    if (!form || card().dataset.care !== "press_hold" || holding) return;
    if (!ready()) return;
    if (!form.elements.reason?.value) {
      find("#reasons input")?.focus();
      say(t("Choose a reason first"));
      find("#reasons")?.scrollIntoView({ block: "nearest" });
      return;
    }
    heldBy = by;
    filling = fill(button, HOLD);
    say(t("Keep holding"));
    holding = window.setTimeout(() => {
      const same = approve()?.form === form;
      stopHold();
      if (!same) return;
      form.elements.held.value = "1";
      form.requestSubmit(button);
    }, HOLD);
  }
  function stopHold() {
    window.clearTimeout(holding);
    holding = 0;
    heldBy = "";
    filling?.cancel();
    filling = null;
  }

  document.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.target.closest("#approve")) startHold("pointer");
  });
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, () => { if (heldBy === "pointer") stopHold(); });
  }
  document.addEventListener("pointerout", (event) => {
    if (heldBy === "pointer" && event.target.closest("#approve") && !event.relatedTarget?.closest?.("#approve")) stopHold();
  });
  document.addEventListener("contextmenu", (event) => { if (holding) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#approve");
    if (!button || card()?.dataset.care !== "press_hold") return;
    // Voice control and switches cannot hold: they are asked once more on a page of its own.
    const helped = event.detail === 0 && !event.pointerType && !down.size;
    if (helped && ready()) { button.form.dataset.plain = "yes"; return; }
    event.preventDefault();
  }, true);

  // ---- keys ----

  const keysOn = () => document.body.dataset.keys !== "off";
  const typing = (target) => target.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  let lastKey = -1000;
  let burstUntil = 0;
  let pending = 0;

  document.addEventListener("keydown", (event) => {
    // A hand presses Shift and a letter almost at once: that is no burst.
    if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) { down.add(event.code); return; }
    const now = performance.now();
    const fast = now - lastKey < BURST;
    const repeated = event.repeat || down.has(event.code);
    lastKey = now;
    down.add(event.code);
    if (typing(event.target)) { inField(event, repeated); return; }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (fast && !repeated) {
      window.clearTimeout(pending);
      burstUntil = now + 120;
    }
    const pressesButton = (event.key === "Enter" || event.key === " ") && event.target.closest?.("button, summary, a");
    if (now < burstUntil || (repeated && pressesButton)) { event.preventDefault(); stopHold(); return; }
    if (repeated) return;
    if (pressesButton) {
      if (event.target.closest("#approve") && card()?.dataset.care === "press_hold") {
        event.preventDefault();
        startHold(event.code);
      }
      return;
    }
    if (event.key === "Escape") { escape(event); return; }
    if (!keysOn() || find("dialog[open]")) return;
    // With Shift it is another key, with the lock that makes capitals the same one.
    const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const key = event.shiftKey && (letter === "a" || letter === "j") ? letter.toUpperCase() : letter;
    if (!known(key)) return;
    if (key === "/" || key === "?" || key === " ") event.preventDefault();
    const code = event.code;
    // Acting waits as long as a burst needs to show itself: a scanner's first key acts on nothing.
    pending = window.setTimeout(() => act(key, code), BURST + 5);
  });

  function inField(event, repeated) {
    if (event.key === "Escape") { escape(event); return; }
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    const send = event.target.closest("form")?.querySelector("[data-ctrl-enter]");
    if (send && !repeated) send.click();
  }

  function escape(event) {
    const menu = find(".menu[open]");
    if (menu) {
      menu.open = false;
      find("summary", menu).focus();
      event.preventDefault();
      return;
    }
    if (event.target.closest?.("#editor")) { event.target.blur(); find("#cancel-edit")?.focus(); return; }
    if (event.target.id === "search") { event.target.blur(); return; }
    if (!typing(event.target) && window.desk.isOnePane?.()) window.desk.back?.();
  }

  const KEYS = {
    j: () => window.desk.move?.(1),
    k: () => window.desk.move?.(-1),
    a: (code) => (find("#several") ? send() : onCard(() => approveByKey(code))),
    A: () => { const form = find("#bulk"); if (form && !form.hidden) find("button.primary", form).click(); },
    J: () => { window.desk.pick?.(); window.desk.move?.(1); },
    e: () => onCard(() => find("#edit")?.click()),
    r: () => onCard(() => menu("#reject-menu")),
    s: () => onCard(() => menu("#later-menu")),
    g: () => onCard(() => menu("#again-menu")),
    f: () => onCard(() => find("#flag")?.click()),
    x: () => window.desk.pick?.(),
    z: () => all(".take-back").at(-1)?.click(),
    h: () => find("#accept-hand-over")?.click(),
    "/": () => find("#search")?.focus(),
    "?": () => find("#help")?.showModal(),
  };
  // A page without drafts has keys of its own instead of those that decide.
  const own = () => window.desk.keys;
  const general = new Set(["j", "k", "z", "/", "?"]);
  const known = (key) => (own() ? key in own() || general.has(key) : key in KEYS)
    || (/^[1-9]$/.test(key) && find(".menu[open] [data-digit]"));

  function act(key, code) {
    if (/^[1-9]$/.test(key)) { find(`.menu[open] [data-digit="${key}"]`)?.click(); return; }
    (own()?.[key] ?? KEYS[key])(code);
  }

  /** The outlined card gets the key. Off the screen it is shown first, and nothing is decided. */
  function onCard(go) {
    const pane = find("#pane");
    if (!card() || !pane || pane.getBoundingClientRect().width === 0) {
      if (window.desk.currentRow?.()) window.desk.open(window.desk.currentRow());
      return;
    }
    if ("covered" in (card()?.dataset ?? {})) {
      window.desk.uncover();
      say(t("Here it is. Press again."));
      return;
    }
    if (!inView()) {
      (find("#draft") ?? find("h2", card() ?? document)).scrollIntoView({ block: "nearest" });
      watch();
      if (!inView()) pane.scrollTop = 0;
      say(t("Here it is. Press again."));
      return;
    }
    go();
  }

  function approveByKey(code) {
    const button = approve();
    if (!button) return;
    if (window.desk.isEditing?.()) return;
    if (card().dataset.care === "press_hold") {
      if (down.has(code) || !button.form.elements.reason?.value) startHold(code);
      else if (ready()) say(t("Keep the key down for a second"));
      return;
    }
    button.click();
  }

  /** Several at once, read on their page: the gate of every decision holds for this press, too. */
  const send = () => find("#several form[data-decides] button.primary")?.click();

  function menu(selector) {
    const found = find(selector);
    if (!found) return;
    const open = !found.open;
    for (const other of all(".menu[open]")) other.open = false;
    found.open = open;
    if (open) find(".sheet button, .sheet textarea, .sheet input:not([type=hidden])", found)?.focus();
  }
  /** The choices of a menu are on the page once; each card gets its own copy, bound to it. */
  function sheets() {
    const now = card();
    if (!now) return;
    for (const holder of all(".menu[data-sheet]:not(:has(form))", now)) {
      const copy = find(`#sheet-${holder.dataset.sheet}`).content.cloneNode(true);
      for (const part of all("[action], [formaction], [hx-post]", copy)) {
        for (const name of ["action", "formaction", "hx-post"]) {
          const url = part.getAttribute(name);
          if (url) part.setAttribute(name, url.replace("/drafts/0/", `/drafts/${now.dataset.item}/`));
        }
      }
      const revision = find("[name=revision]", copy);
      if (revision) revision.value = now.dataset.revision;
      holder.append(copy);
      window.htmx.process(holder);
    }
  }
  document.addEventListener("htmx:afterSwap", sheets);
  document.addEventListener("DOMContentLoaded", sheets);

  document.addEventListener("toggle", (event) => {
    const menuNow = event.target;
    if (menuNow.open && menuNow.id === "again-menu") find("#own-words", menuNow)?.focus();
  }, true);

  Object.assign(window.desk, { isBusy: () => busy, release: () => { busy = false; show(); } });
})();
