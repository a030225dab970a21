/* Conversations: the list, and one thread. Arrivals never move a row under a hand, and never touch
   what somebody is writing. */
(() => {
  "use strict";

  const { find, all, say, ask, counts, isOnePane, t } = window.desk;
  const app = find(".app-talk");
  if (!app) return;
  const list = find("#list");
  const talk = find("#talk");
  const rows = () => find("#rows");
  const thread = () => find(".talk", talk);
  const body = () => find("#talk-body");
  const area = () => find("#editor textarea");
  const liveRows = () => all(".row", rows());

  // ---- the list ----

  const still = window.desk.stillList({ box: list, rows, live: liveRows, settle, look: lookAtAll });
  const { hand, look, currentRow } = still;

  async function lookAtList() {
    const parsed = await ask(rows().dataset.url, still.mark());
    const fresh = parsed?.querySelector("#rows");
    if (!fresh) return;
    counts(parsed);
    still.keep(fresh);
    for (const row of liveRows()) {
      const now = fresh.querySelector(`#${row.id}`);
      if (now && now.dataset.mark !== row.dataset.mark) {
        row.className = now.className;
        row.dataset.mark = now.dataset.mark;
        find("a", row).innerHTML = now.querySelector("a").innerHTML;
      }
    }
    if (hand()) pill();
    else still.settle();
  }

  function pill() {
    const button = find("#pill");
    const before = liveRows().map((row) => row.id).join();
    const after = [...still.waiting().querySelectorAll(".row")].map((row) => row.id).join();
    button.hidden = before === after;
    button.textContent = t("Show what is new");
  }

  function settle(fresh) {
    const chosen = currentRow()?.dataset.key ?? thread()?.dataset.key;
    const top = list.scrollTop;
    rows().replaceWith(fresh);
    outline(chosen);
    list.scrollTop = top;
  }
  find("#pill").addEventListener("click", () => { still.settle(); list.scrollTop = 0; });

  const atEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  const scroller = () => (isOnePane() ? document.scrollingElement : body());
  function toEnd() {
    const box = scroller();
    if (box) box.scrollTop = box.scrollHeight;
  }

  /** Only what was said is put in: the composer, the caret and the words stay as they are. */
  async function lookAtThread() {
    const shown = thread();
    if (!shown) return;
    const now = find("#messages");
    const address = shown.dataset.url + (new URL(location.href).searchParams.get("all") ? "?all=1" : "");
    const parsed = await ask(address, now.dataset.mark);
    const fresh = parsed?.querySelector("#messages");
    if (!fresh || thread() !== shown || find("#messages") !== now) return;
    // Whoever holds a button of the thread presses it on what they see.
    if (now.contains(document.activeElement)) return;
    const stay = !atEnd(scroller());
    const known = new Set(all(".bubble", now).map((one) => one.id));
    now.replaceWith(fresh);
    window.htmx.process(fresh);
    seen(fresh);
    const news = all(".bubble.in", fresh).filter((one) => !known.has(one.id));
    if (news.length) say(t("New: %(words)s", { words: find(".words", news.at(-1))?.textContent ?? t("a message") }));
    if (!stay) toEnd();
    else if (news.length) below(true);
  }

  /** What is on the page may be answered; what came while it was out of sight is read first. */
  function seen(fresh) {
    for (const [name, value] of [["seen_message", fresh.dataset.message], ["seen_item", fresh.dataset.item]]) {
      const field = find(`#editor [name=${name}]`);
      if (field) field.value = value;
    }
  }

  function below(show) {
    let button = find("#below");
    if (show && !button && thread()) {
      button = document.createElement("button");
      button.id = "below";
      button.type = "button";
      button.className = "pill below";
      button.textContent = t("New message below");
      button.addEventListener("click", () => { toEnd(); below(false); });
      body().after(button);
    }
    if (!show) button?.remove();
  }
  document.addEventListener("scroll", () => { if (find("#below") && atEnd(scroller())) below(false); }, { passive: true, capture: true });

  async function lookAtAll() {
    await Promise.all([lookAtList(), lookAtThread()]);
  }

  // ---- opening a thread ----

  const outline = (key) => still.outline(key ? find(`#row-${key}`) : null);

  let wanted = 0;
  function load(address, uncover = true) {
    const url = uncover ? (window.desk.uncovered?.(address) ?? address) : address;
    wanted += 1;
    const mine = wanted;
    talk.setAttribute("aria-busy", "true");
    return window.htmx.ajax("GET", url, { source: talk, target: talk, swap: "innerHTML" }).then(() => {
      if (mine === wanted) talk.removeAttribute("aria-busy");
      return mine === wanted;
    });
  }

  function open(row, { push = true, focus = true } = {}) {
    if (!row) return;
    window.desk.saveTyped?.();
    const url = find("a", row).getAttribute("href");
    outline(row.dataset.key);
    row.scrollIntoView({ block: "nearest" });
    if (push) history.pushState({ key: row.dataset.key }, "", url);
    app.dataset.view = "item";
    load(url, focus || push).then((here) => {
      if (!here) return;
      toEnd();
      if (focus) find("h2", talk)?.focus({ preventScroll: true });
    });
  }

  function back() {
    window.desk.saveTyped?.();
    history.pushState({}, "", rows().dataset.home);
    app.dataset.view = "list";
    find("a", currentRow() ?? liveRows()[0] ?? document.body)?.focus({ preventScroll: true });
  }

  window.addEventListener("popstate", () => {
    if (!/^\/conversations\/(client|message)\/\d+\/$/.test(location.pathname)) { app.dataset.view = "list"; return; }
    app.dataset.view = "item";
    load(location.pathname + location.search).then(() => { outline(thread()?.dataset.key); toEnd(); });
  });

  document.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    const link = event.target.closest("#rows .row > a");
    if (link) { event.preventDefault(); open(link.closest(".row")); return; }
    if (event.target.closest("#talk .back")) { event.preventDefault(); back(); }
  });

  function move(by) {
    const next = still.step(by);
    if (!next) return;
    if (isOnePane()) { outline(next.dataset.key); find("a", next).focus(); } else open(next, { focus: false });
  }

  // ---- the composer ----

  let sending = false;
  document.addEventListener("submit", (event) => {
    if (!event.target.closest("#talk")) return;
    // The second press of a double click is the first one's.
    if (sending) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    if (!navigator.onLine) {
      event.preventDefault();
      event.stopImmediatePropagation();
      window.desk.toast({ text: t("No connection. This was not sent. What you typed stays here."), kind: "bad" });
      return;
    }
    if (event.target.id === "editor") window.desk.dropTyped?.();
    sending = true;
  }, true);
  for (const name of ["htmx:afterRequest", "htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(name, () => { sending = false; });
  }

  document.addEventListener("change", (event) => {
    if (event.target.name !== "channel" || !event.target.closest("#editor")) return;
    const form = event.target.form;
    form.dataset.channel = event.target.value;
    find(".subject-field", form).hidden = event.target.value !== "email";
    find("#goes", form).textContent = event.target.dataset.goes;
    area().dispatchEvent(new Event("input", { bubbles: true }));
  });

  // It grows with the words, up to a third of the window.
  function grow() {
    const box = area();
    if (!box) return;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight + 2, window.innerHeight / 3)}px`;
  }
  document.addEventListener("input", (event) => { if (event.target === area()) grow(); });

  // It also grows by itself (how long the text is, where it goes): the end of the thread stays in view.
  const watch = new ResizeObserver(() => { if (scroller() && atEnd(scroller())) toEnd(); });

  function drawn() {
    grow();
    const form = find("#editor");
    watch.disconnect();
    if (form) watch.observe(form);
    if (form?.hasAttribute("data-focus") && !isOnePane()) write();
  }
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target !== talk && !talk.contains(event.target)) return;
    drawn();
    toEnd();
  });
  document.addEventListener("desk:written", () => {
    if (!isOnePane()) area()?.focus({ preventScroll: true });
    window.setTimeout(look, 200);
  });

  function write() {
    const box = area();
    if (!box) { say(t("Nothing can be written here.")); return; }
    const caret = Number(box.dataset.caret || 0) || box.value.length;
    box.focus({ preventScroll: true });
    box.setSelectionRange(caret, caret);
    if (isOnePane()) box.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("DOMContentLoaded", () => {
    window.scrollTo(0, 0);
    drawn();
    if (thread()) toEnd();
    const first = liveRows()[0];
    if (!thread() && !find("#covered") && first && !isOnePane()) open(first, { push: false, focus: false });
  });

  Object.assign(window.desk, {
    load,
    move,
    back,
    look,
    currentRow,
    open,
    /** After "Take it back" of a toast: the words are in the composer again. */
    tookBack: () => { if (thread()) load(location.pathname + location.search).then(() => window.desk.look()); else look(); },
    keys: {
      r: write,
      n: () => find(".needs-none button")?.click(),
      Enter: () => { const row = currentRow() ?? liveRows()[0]; if (row) open(row); },
    },
  });
})();
