/* Counter mode: after 20 s without a hand what was uncovered leaves the document again.

   The server sends covered words only when a press asks for them; covering needs no server. */
(() => {
  "use strict";

  const { find, all, say, t } = window.desk;
  const IDLE = 20000;

  /** The address that asks for the words themselves: only for what a hand pressed. */
  function uncovered(address) {
    const url = new URL(address, location.href);
    url.searchParams.set("uncover", "1");
    return url.pathname + url.search;
  }

  function uncover() {
    const link = find("#uncover");
    if (!link) return;
    touched();
    const focus = () => find("#card h2, .talk h2")?.focus({ preventScroll: true });
    window.desk.load(link.getAttribute("href"), { uncover: true }).then(focus);
  }

  // ---- one line of a day ----

  const kept = new Map();
  async function uncoverPart(link) {
    const id = link.dataset.part;
    let answer;
    try {
      answer = await fetch(link.href, { redirect: "manual" });
    } catch {
      return;
    }
    if (answer.status !== 200) { window.desk.signedOut(); return; }
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = parsed.getElementById(id);
    const here = document.getElementById(id);
    if (!fresh || !here) return;
    kept.set(id, here);
    here.replaceWith(fresh);
    fresh.tabIndex = -1;
    fresh.focus({ preventScroll: true });
  }

  document.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    const part = event.target.closest("a.uncover");
    if (part?.dataset.part) { event.preventDefault(); uncoverPart(part); return; }
    if (event.target.closest("#uncover") && window.desk.load) { event.preventDefault(); uncover(); }
  });

  // What a press asked for is not asked for again by loading the page anew.
  if (find("#pane, #talk") && new URLSearchParams(location.search).has("uncover")) {
    const url = new URL(location.href);
    url.searchParams.delete("uncover");
    history.replaceState(history.state, "", url);
  }

  // ---- covering again ----

  let touchedAt = Date.now();
  function touched() { touchedAt = Date.now(); }
  for (const name of ["pointerdown", "pointermove", "keydown", "wheel", "touchmove"]) {
    document.addEventListener(name, touched, { passive: true, capture: true });
  }

  function placeholder(tag, attributes, name, words) {
    const box = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) box.setAttribute(key, value);
    box.className = "covered-card";
    const title = document.createElement("h2");
    title.tabIndex = -1;
    title.textContent = name;
    const note = document.createElement("div");
    note.className = "empty";
    const bold = document.createElement("b");
    bold.textContent = t("Covered, because this screen faces clients");
    const link = document.createElement("a");
    link.className = "button";
    link.id = "uncover";
    link.href = uncovered(location.pathname + location.search);
    link.textContent = words;
    note.append(bold, link);
    const body = document.createElement("div");
    body.className = "body";
    body.append(title, note);
    box.append(body);
    return box;
  }

  function coverCard() {
    const card = find("#card");
    if (find("#several")) { location.assign("/"); return; }
    if (!card || "covered" in card.dataset) return;
    const { item, version, presence } = card.dataset;
    const name = find(`#row-${item} b`)?.textContent ?? t("A draft");
    const held = { id: "card", "data-covered": "", "data-item": item, "data-version": version };
    const box = placeholder("article", presence ? { ...held, "data-presence": presence } : held, name, t("Show the draft"));
    find("#uncover", box).href = uncovered(`/drafts/${item}/${location.search}`);
    swap(card, box);
  }

  function coverTalk() {
    const talk = find(".talk");
    if (!talk) return;
    const name = find("h2", talk)?.textContent ?? "";
    swap(talk, placeholder("article", { id: "covered", "data-key": talk.dataset.key }, name, t("Show the conversation")));
  }

  /** What is typed is saved first; the focus stays in the part that was covered. */
  async function swap(old, box) {
    const inside = old.contains(document.activeElement);
    // Words that cannot be saved just now stay where they are: losing them is worse.
    if (await window.desk.saveTyped?.() === false || !old.isConnected) return;
    window.desk.dropTyped?.();
    old.replaceWith(box);
    document.title = "Front Desk Copilot";
    if (inside) find("h2", box).focus({ preventScroll: true });
    say(t("Covered again"));
  }

  function cover() {
    coverCard();
    coverTalk();
    for (const [id, before] of kept) document.getElementById(id)?.replaceWith(before);
    kept.clear();
    // Words typed into a plain form have nowhere to be saved: they stay, and so does the page.
    if (all("textarea, input[type=text], input:not([type])").some((box) => box.value !== box.defaultValue)) return;
    if (!find("#pane, #talk") && new URLSearchParams(location.search).has("uncover")) {
      const url = new URL(location.href);
      url.searchParams.delete("uncover");
      location.replace(url);
    }
  }
  window.setInterval(() => {
    if (Date.now() - touchedAt >= IDLE) { touchedAt = Date.now(); cover(); }
  }, 500);
  // A screen that slept shows nothing from before when it wakes.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && Date.now() - touchedAt >= IDLE) cover();
  });

  Object.assign(window.desk, { uncovered, uncover });
})();
