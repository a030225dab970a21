/* The list of drafts and the open card. Arrivals never move a row under a hand. */
(() => {
  "use strict";

  const { find, all, post, say, ask, counts, isOnePane, t } = window.desk;
  const app = () => find(".app-queue");
  const list = () => find("#list");
  const rows = () => find("#rows");
  const pane = () => find("#pane");
  const card = () => find("#card");
  if (!app()) return;

  const ARRIVED = 1200;         // how long a row that came is marked

  const rowOf = (id) => find(`#row-${id}`);
  const liveRows = () => all(".row:not(.gone)", rows());

  // ---- the list ----

  const still = window.desk.stillList({
    box: list(), rows, live: liveRows, settle, look: lookOnce, presence: () => present(true),
  });
  const { hand, look, currentRow } = still;

  async function lookOnce() {
    const parsed = await ask(rows().dataset.url, still.mark());
    const fresh = parsed?.querySelector("#rows");
    if (!fresh) return;
    counts(parsed);
    still.keep(fresh);
    inPlace(fresh);
    if (hand() && liveRows().length) pill();
    else still.settle();
    checkCard();
  }

  /** What changed about rows that are shown: their words, never their place. */
  function inPlace(fresh) {
    for (const row of all(".row", rows())) {
      const now = fresh.querySelector(`#${row.id}`);
      if (!now) markGone(row);
      else if (now.dataset.mark !== row.dataset.mark) refill(row, now);
    }
  }

  function refill(row, now) {
    row.className = now.className;
    row.dataset.mark = now.dataset.mark;
    row.dataset.version = now.dataset.version;
    const box = find("input", row);
    const newBox = now.querySelector("input");
    find("a", row).innerHTML = now.querySelector("a").innerHTML;
    if (box && newBox) {
      // A draft that changed is another draft: it must be picked again.
      if (box.value !== newBox.value) { box.checked = false; picked(); }
      box.value = newBox.value;
      box.disabled = newBox.disabled;
    }
  }

  function markGone(row) {
    row.classList.add("gone");
    const box = find("input", row);
    if (box) { box.checked = false; box.disabled = true; }
  }

  function arrivals(fresh) {
    return [...fresh.querySelectorAll(".row")].filter((row) => !rowOf(row.dataset.item));
  }

  const newDrafts = (count) => (count === 1 ? t("One new draft") : t("%(count)s new drafts", { count }));

  function pill() {
    const count = arrivals(still.waiting()).length;
    const button = find("#pill");
    button.hidden = count === 0;
    const words = t("%(count)s new", { count });
    if (count && button.textContent !== words) {
      button.textContent = words;
      say(newDrafts(count));
    }
  }

  /** Make the children of `here` those of `fresh`, in its order. A heading or row that is there
      stays the node it is (`known`: wherever it stood), and is not moved where its place is right:
      taking fifty rows out and putting them back lays all of them out again for one that came. */
  function weave(here, fresh, known) {
    const wanted = new Set([...fresh.children].map((now) => now.id));
    for (const old of [...here.children]) {
      if (!known.has(old.id) || !wanted.has(old.id)) old.remove();
    }
    let at = here.firstElementChild;
    for (const now of [...fresh.children]) {
      const old = known.get(now.id);
      if (old?.matches(".group")) weaveGroup(old, now, known);
      if (old && old === at) at = at.nextElementSibling;
      else here.insertBefore(old ?? now, at);
    }
  }

  function weaveGroup(old, now, known) {
    const [heading, fresh] = [find("h2", old), now.querySelector("h2")];
    if (heading.innerHTML !== fresh.innerHTML) heading.innerHTML = fresh.innerHTML;
    weave(find("ul", old), now.querySelector("ul"), known);
  }

  /** Put the list in its new order, keeping every node that is still there, and the eye's place. */
  function settle(fresh) {
    const scroller = isOnePane() ? document.scrollingElement : list();
    const anchor = liveRows().find((row) => row.getBoundingClientRect().bottom > 0 && fresh.querySelector(`#${row.id}`));
    const before = anchor?.getBoundingClientRect().top;
    const chosen = currentRow()?.dataset.item ?? card()?.dataset.item;
    const wereNone = liveRows().length === 0;
    const came = arrivals(fresh);
    for (const row of wereNone ? [] : came) row.classList.add("arrived");
    window.setTimeout(() => { for (const row of came) row.classList.remove("arrived"); }, ARRIVED);
    rows().dataset.mark = fresh.dataset.mark;
    const known = [...all(".group", rows()), ...liveRows()].map((node) => [node.id, node]);
    weave(rows(), fresh, new Map(known));
    if (chosen) outline(chosen);
    const after = anchor?.getBoundingClientRect().top;
    if (before !== undefined && after !== undefined) scroller.scrollTop += after - before;
    if (came.length) say(newDrafts(came.length));
    if (wereNone && liveRows().length && !card() && !isOnePane()) open(liveRows()[0], { quiet: true });
    picked();
  }

  find("#pill").addEventListener("click", () => { still.settle(); liveRows()[0]?.scrollIntoView({ block: "nearest" }); });

  // ---- the card ----

  const outline = (id) => still.outline(rowOf(id));

  /** A request that htmx puts in its queue counts for it as come: wait until the pane's turn is ours.
      Otherwise the draft in sight could be decided while another one is outlined. */
  async function turn() {
    while (pane().classList.contains("htmx-request")) {
      await new Promise((done) => { pane().addEventListener("htmx:afterRequest", () => window.setTimeout(done, 0), { once: true }); });
    }
  }

  // Whoever steps through the list faster than this wants the draft where they stop.
  const STEPS = 300;
  let wanted = 0;
  let askedAt = -STEPS;
  function load(address, { quiet = false, uncover = !quiet } = {}) {
    const url = uncover ? (window.desk.uncovered?.(address) ?? address) : address;
    const focused = pane().contains(document.activeElement) ? document.activeElement.id : "";
    wanted += 1;
    const mine = wanted;
    const hurried = performance.now() - askedAt < STEPS;
    askedAt = performance.now();
    const ask = async () => {
      if (hurried) await new Promise((done) => { window.setTimeout(done, STEPS / 2); });
      if (mine === wanted) await turn();
      if (mine === wanted) await window.htmx.ajax("GET", url, { source: pane(), target: pane(), swap: "innerHTML" });
    };
    // A draft that was asked for before is not wanted any more.
    if ("loading" in pane().dataset) window.htmx.trigger(pane(), "htmx:abort");
    pane().dataset.loading = "";
    return window.desk.insist(ask, () => mine === wanted).then((came) => {
      if (mine !== wanted) return;
      delete pane().dataset.loading;
      if (!came && !quiet) unreachable(address);
      if (came && quiet && focused) find(`#${focused}`)?.focus();
    });
  }

  /** The draft that was asked for did not come: an older card must not stand there in its stead. */
  function unreachable(address) {
    const box = find("#unreachable").content.cloneNode(true);
    find("button", box).addEventListener("click", () => load(address));
    pane().replaceChildren(box);
    find("button", pane()).focus();
  }

  function open(row, { quiet = false, push = true } = {}) {
    if (!row) return;
    if (!navigator.onLine) {
      if (!quiet) window.desk.toast({ text: find("#offline").dataset.later });
      return;
    }
    window.desk.saveTyped?.();
    const url = find("a", row).getAttribute("href");
    outline(row.dataset.item);
    row.scrollIntoView({ block: "nearest" });
    if (push && !quiet) history.pushState({ item: row.dataset.item }, "", url);
    view("item", quiet);
    load(url, { uncover: !quiet }).then(() => {
      if (!pane().querySelector("#card") || quiet) return;
      pane().scrollTop = 0;
      if (isOnePane()) window.scrollTo(0, 0);
      heading();
    });
  }

  /** The screen reader's place, unless somebody is typing. */
  function heading() {
    const at = document.activeElement;
    if (at && at.matches("input, textarea, select") && at.id !== "search") return;
    find("#card h2")?.focus({ preventScroll: true });
  }

  function view(name, quiet = false) {
    if (quiet && name === "item" && isOnePane()) return;
    app().dataset.view = name;
  }

  function back() {
    history.pushState({}, "", rows().dataset.home);
    app().dataset.view = "list";
    find("a", currentRow() ?? liveRows()[0] ?? document.body)?.focus({ preventScroll: true });
  }

  window.addEventListener("popstate", () => {
    const shown = location.pathname.match(/^\/drafts\/(\d+)\/$/);
    if (!shown) { app().dataset.view = "list"; return; }
    outline(shown[1]);
    app().dataset.view = "item";
    load(location.pathname + location.search);
  });

  document.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    const link = event.target.closest("#rows .row > a");
    if (link) { event.preventDefault(); open(link.closest(".row")); return; }
    if (event.target.closest(".back")) { event.preventDefault(); back(); }
  });

  function move(by) {
    const next = still.step(by);
    if (next) open(next);
  }

  /** The row that follows the card at hand: what the person sees next, not what the server thinks. */
  function following() {
    const all_ = all(".row", rows());
    const at = all_.findIndex((row) => row.hasAttribute("aria-current"));
    const usable = (row) => !row.classList.contains("gone") && !row.classList.contains("drafting");
    return all_.slice(at + 1).find(usable) ?? all_.slice(0, Math.max(at, 0)).reverse().find(usable) ?? null;
  }

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "post" || !card()) return;
    const next = following();
    if (next) event.detail.parameters.next = next.dataset.item;
  });

  /** A decision was made: its row leaves, the card in the pane is the next one. */
  document.addEventListener("desk:decided", (event) => {
    const { item, gone } = event.detail;
    const row = rowOf(item);
    if (row && gone) {
      if (hand()) markGone(row);
      else row.remove();
    }
    const shown = card()?.dataset.item;
    if (shown) {
      outline(shown);
      rowOf(shown)?.scrollIntoView({ block: "nearest" });
      history.replaceState({ item: shown }, "", `/drafts/${shown}/${location.search}`);
      pane().scrollTop = 0;
    } else if (isOnePane()) {
      back();
    }
    heading();
    window.setTimeout(look, 200);
  });

  /** The list on a ladder's card changed: the hand stays on the button it pressed. */
  document.addEventListener("desk:ladder", (event) => {
    const { focus, words } = event.detail;
    const button = find(`#${focus}`);
    const at = button?.disabled ? all("button:not(:disabled)", button.form)[0] : button;
    at?.focus({ preventScroll: true });
    at?.scrollIntoView({ block: "nearest" });
    say(words);
    window.setTimeout(look, 200);
  });

  /** What was asked for before must not come over the page that the picked ones are read on. */
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "bulk-form") return;
    wanted += 1;
    window.htmx.trigger(pane(), "htmx:abort");
    delete pane().dataset.loading;
  });

  /** Several were sent at once: the report stands in the pane, their rows leave. */
  document.addEventListener("desk:bulk", (event) => {
    for (const id of event.detail.items) {
      const row = rowOf(id);
      if (row) markGone(row);
    }
    picked();
    window.setTimeout(look, 200);
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (find("#several")) { view("item"); find("#several h2").focus({ preventScroll: true }); }
  });

  /** The card at hand changed elsewhere. Whoever types is told; everybody else sees it at once. */
  function checkCard() {
    const shown = card();
    if (!shown || shown.dataset.settled) return;
    const row = (still.waiting() ?? rows()).querySelector(`#row-${shown.dataset.item}`);
    if (row && row.dataset.version === shown.dataset.version) return;
    if (!row && rows().dataset.partial) return;
    if (window.desk.isBusy?.()) return;
    const notice = find("#notice");
    if (window.desk.isEditing?.() || find(".menu[open]", shown)) {
      if (notice) notice.hidden = false;
      return;
    }
    load(`/drafts/${shown.dataset.item}/${location.search}`, { quiet: true, uncover: !("covered" in shown.dataset) });
  }

  // ---- who else is here ----

  let lastSaid = "";
  async function present(force = false) {
    const shown = card();
    if (!shown || document.visibilityState === "hidden" || !shown.dataset.presence) return;
    const editing = Boolean(window.desk.isEditing?.() || find("#own-words:focus"));
    const now = `${shown.dataset.item}:${editing}`;
    if (!force && now === lastSaid) return;
    lastSaid = now;
    const answer = await post(shown.dataset.presence, { editing: editing ? "1" : "" });
    if (answer?.ok && card()?.dataset.item === shown.dataset.item) {
      const html = await answer.text();
      const peers = find("#peers");
      if (peers && peers.innerHTML.trim() !== html.trim()) peers.innerHTML = html;
    }
  }
  window.setInterval(() => present(true), 10000);
  document.addEventListener("htmx:afterSettle", () => present());
  document.addEventListener("focusin", () => present());
  window.addEventListener("pagehide", () => {
    const shown = card();
    if (shown?.dataset.presence) post(shown.dataset.presence, { gone: "1" }, { keepalive: true });
  });

  // ---- picking several ----

  function picked() {
    const boxes = all(".pick input:checked", rows());
    const form = find("#bulk");
    if (!form) return;
    form.hidden = boxes.length === 0;
    list().toggleAttribute("data-picking", boxes.length > 0 || list().dataset.picking === "stay");
    const words = find("#bulk-count");
    if (words) words.textContent = boxes.length === 1 ? t("1 draft picked") : t("%(count)s drafts picked", { count: boxes.length });
  }
  function pick() {
    const row = currentRow();
    const box = row && find(".pick input", row);
    if (!box) return;
    if (box.disabled) { say(t("This draft has to be read on its own.")); return; }
    box.checked = !box.checked;
    picked();
    say(box.checked ? t("Picked") : t("Not picked"));
  }
  document.addEventListener("change", (event) => { if (event.target.closest(".pick")) picked(); });
  find("#bulk-clear")?.addEventListener("click", () => {
    for (const box of all(".pick input:checked", rows())) box.checked = false;
    list().removeAttribute("data-picking");
    picked();
  });

  window.addEventListener("DOMContentLoaded", () => {
    const first = find("#pane").dataset.load;
    if (first && !isOnePane()) open(rowOf(first), { quiet: true });
    else if (card()) outline(card().dataset.item);
    present(true);
    picked();
  });

  Object.assign(window.desk, { load, look, checkCard, move, open, pick, back, currentRow, card });
})();
