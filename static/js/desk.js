/* Shared by every page: words said aloud, toasts, theme, help, and being offline. */
(() => {
  "use strict";

  const root = document.documentElement;
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  /** Words in the reader's language (copilot/script_words.py); %(name)s takes a value. */
  const t = (words, values = {}) =>
    (window.deskWords?.[words] ?? words).replace(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");
  const csrf = () => find("meta[name=csrf]")?.content ?? "";

  /** Send a small form in the background. Returns the answer, or null when the network is away. */
  async function post(url, fields, more = {}) {
    const headers = { "X-CSRFToken": csrf(), "HX-Request": "true" };
    try {
      const body = new URLSearchParams(fields);
      return await fetch(url, { method: "POST", headers, body, redirect: "manual", ...more });
    } catch {
      return null;
    }
  }

  /** Let a screen reader say it; repeated words are said again. */
  function say(text) {
    const region = find("#say");
    if (!region) return;
    region.textContent = "";
    window.setTimeout(() => { region.textContent = text; }, 30);
  }

  // ---- toasts ----

  const HELD = "desk-held";
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  function toast({ text, kind = "info", undo = "", item = 0, seconds = 0 }) {
    const box = document.createElement("div");
    box.className = `toast ${kind}`;
    const words = document.createElement("span");
    words.className = "text";
    words.textContent = text;
    box.append(words);
    if (undo && seconds > 0) offerUndo(box, undo, item, seconds);
    else window.setTimeout(() => box.remove(), kind === "bad" ? 9000 : 5000);
    aboveBar();
    find("#toasts")?.append(box);
    say(text);
  }

  /** The bar is one line or two, by width: a toast must not lie on its buttons. */
  function aboveBar() {
    const bar = find(".bar")?.getBoundingClientRect();
    const shelf = find("#toasts");
    if (shelf) shelf.style.bottom = bar?.height ? `${Math.max(16, window.innerHeight - bar.top + 12)}px` : "";
  }

  function offerUndo(box, undo, item, seconds) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "take-back";
    button.dataset.undo = undo;
    const key = document.createElement("kbd");
    key.className = "key";
    key.textContent = "Z";
    button.append(t("Take it back"), key);
    button.addEventListener("click", () => takeBack(button, item));
    const left = document.createElement("span");
    left.className = "left";
    box.append(button, left);
    if (!calm()) left.animate([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], seconds * 1000);
    window.setTimeout(() => box.remove(), seconds * 1000);
  }

  function takeBack(button, item) {
    button.closest(".toast").remove();
    forgetHeld(button.dataset.undo);
    const pane = find("#pane");
    if (pane && window.htmx) {
      window.htmx.ajax("POST", button.dataset.undo, { source: pane, target: pane, swap: "innerHTML" });
    } else {
      post(button.dataset.undo, {}).then(() => {
        if (window.desk.tookBack) window.desk.tookBack(item);
        else location.href = item ? `/drafts/${item}/` : "/";
      });
    }
  }

  // Held sendings outlive a page: whoever moves on to Today can still take one back.
  function readHeld() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(HELD) ?? "[]");
      return kept.filter((one) => one.until > Date.now());
    } catch {
      return [];
    }
  }
  function keepHeld(one) {
    sessionStorage.setItem(HELD, JSON.stringify([...readHeld(), one]));
  }
  function forgetHeld(undo) {
    sessionStorage.setItem(HELD, JSON.stringify(readHeld().filter((one) => one.undo !== undo)));
  }

  document.addEventListener("toast", (event) => {
    const said = event.detail;
    toast(said);
    // Only the address and the hour: no client's name stays in the tablet's storage.
    if (said.undo && said.seconds > 0) {
      keepHeld({ undo: said.undo, item: said.item, until: Date.now() + said.seconds * 1000 });
    }
  });

  // ---- theme ----

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-toggle]");
    if (!button) return;
    const dark = root.dataset.theme === "dark"
      || (root.dataset.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "light" : "dark";
    post(button.dataset.themeToggle, { theme: root.dataset.theme });
  });

  // ---- help, copying, offline ----

  const help = () => find("#help");
  document.addEventListener("click", async (event) => {
    if (event.target.closest("[data-help]")) help()?.showModal();
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const source = find(copy.dataset.copy);
      await navigator.clipboard?.writeText(source.value ?? source.textContent).catch(() => source.select?.());
      toast({ text: t("Copied. Paste it where you want to send it.") });
    }
  });

  function online() {
    if (!navigator.onLine) root.dataset.live = "offline";
    document.dispatchEvent(new CustomEvent("desk:online", { detail: navigator.onLine }));
  }
  window.addEventListener("online", online);
  window.addEventListener("offline", online);

  function signedOut() {
    const banner = find("#signed-out");
    if (banner) banner.hidden = false;
  }

  // ---- htmx ----

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = csrf();
  });
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 401) return window.desk.signedOut();
    const words = {
      403: t("This page is too old, or your role changed. Load it again."),
      404: t("This draft is not yours to see any more."),
    };
    toast({ text: words[status] ?? t("Something went wrong on our side. Nothing was sent. Please try again."), kind: "bad" });
  });

  window.addEventListener("DOMContentLoaded", () => {
    online();
    for (const one of readHeld()) {
      toast({ text: t("Sending in a moment."), undo: one.undo, item: one.item, seconds: (one.until - Date.now()) / 1000 });
    }
    // A form that only JavaScript can submit by choosing (a filter) needs no button then.
    document.addEventListener("change", (event) => {
      if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
    });
    for (const button of all("[data-without-js]")) button.hidden = true;
    for (const button of all("[data-with-js]")) button.hidden = false;
  });

  window.desk = { find, all, t, post, say, toast, csrf, calm, signedOut };
})();
