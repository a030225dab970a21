/* The editor: what a text costs, one key to clean it up, and nothing typed is ever lost. */
(() => {
  "use strict";

  const { t } = window.desk;
  const BASIC = new Set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    + "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
  );
  const EXTENDED = new Set("\f^{}\\[~]|€");
  const PLAIN = {
    "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "−": "-",
    "…": "...", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "•": "-", "´": "'", "`": "'", "ʼ": "'",
  };
  const SAVE_AFTER = 700;
  // Somebody who types without a pause is saved all the same.
  const SAVE_AT_LEAST = 1500;

  function count(costs, single, part) {
    const total = costs.reduce((sum, cost) => sum + cost, 0);
    if (!costs.length) return 0;
    if (total <= single) return 1;
    let segments = 1;
    let used = 0;
    for (const cost of costs) {
      if (used + cost > part) { segments += 1; used = 0; }
      used += cost;
    }
    return segments;
  }

  function measure(body) {
    const characters = [...body];
    const odd = characters.filter((one) => !BASIC.has(one) && !EXTENDED.has(one));
    if (odd.length) return { segments: count(characters.map((one) => one.length), 70, 67), odd, characters };
    const costs = characters.map((one) => (EXTENDED.has(one) ? 2 : 1));
    return { segments: count(costs, 160, 153), odd, characters };
  }

  function cleaned(body) {
    const swapped = [...body].map((one) => PLAIN[one] ?? one);
    const kept = swapped.join("").replace(/./gsu, (one) => (
      BASIC.has(one) || EXTENDED.has(one) || /\p{L}/u.test(one) ? one : ""
    ));
    return kept.split("\n").map((line) => line.trimEnd()).join("\n");
  }

  const editor = () => document.querySelector("#editor");
  const box = () => document.querySelector("#editor textarea[name=body]");
  let timer = 0;
  let dirty = false;
  let dirtySince = 0;

  function meter() {
    const area = box();
    const out = document.querySelector("#meter");
    if (!area || !out) return;
    const isText = editor().dataset.channel !== "email";
    const { segments, odd, characters } = measure(area.value);
    const parts = [t("%(count)s characters", { count: characters.length })];
    if (isText) parts.push(segments === 1 ? t("1 text") : t("%(count)s texts", { count: segments }));
    out.textContent = parts.join(" · ");
    const fix = document.querySelector("#cleanup");
    const worth = isText && odd.length > 0 && measure(cleaned(area.value)).segments < segments;
    if (fix) {
      fix.hidden = !worth;
      const shown = [...new Set(odd)].slice(0, 4).join(" ");
      fix.title = `${shown} makes this text cost more. This swaps it for plain signs.`;
    }
  }

  function fields() {
    const area = box();
    return {
      body: area.value,
      subject: editor().querySelector("[name=subject]")?.value ?? "",
      caret: String(area.selectionStart ?? 0),
      base_revision: editor().dataset.base,
      offer: editor().dataset.offer ?? "",
      key: editor().querySelector("[name=key]")?.value ?? "",
      channel: editor().dataset.channel ?? "",
    };
  }

  async function save(keepalive = false) {
    window.clearTimeout(timer);
    const form = editor();
    if (!form || !dirty) return true;
    dirty = false;
    const url = form.dataset.typed;
    const answer = await window.desk.post(url, fields(), { keepalive });
    const note = document.querySelector("#saved");
    if (!answer || !answer.ok) {
      dirty = true;
      if (note) note.textContent = t("Not saved yet: no connection");
      timer = window.setTimeout(() => save(), 3000);
      return false;
    }
    if (note) note.textContent = t("Saved as you type");
    if (editor()?.dataset.typed === url) {
      const warnings = document.querySelector("#warnings");
      const html = await answer.text();
      if (warnings && warnings.innerHTML.trim() !== html.trim()) warnings.innerHTML = html;
    }
    return true;
  }

  document.addEventListener("input", (event) => {
    if (!event.target.closest("#editor")) return;
    if (!dirty) dirtySince = Date.now();
    dirty = true;
    meter();
    window.clearTimeout(timer);
    const wait = Math.min(SAVE_AFTER, Math.max(0, dirtySince + SAVE_AT_LEAST - Date.now()));
    timer = window.setTimeout(() => save(), wait);
  });

  document.addEventListener("click", (event) => {
    if (!event.target.closest("#cleanup")) return;
    const area = box();
    area.focus();
    area.select();
    // Through the browser's own editing, so that Ctrl+Z brings it back.
    if (!document.execCommand("insertText", false, cleaned(area.value))) area.value = cleaned(area.value);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });

  function opened() {
    const area = box();
    if (!area || area.dataset.opened) return;
    area.dataset.opened = "yes";
    const caret = Number(area.dataset.caret || area.value.length);
    // Where reading comes first, opening the page does not put the caret into the text.
    if (!editor().hasAttribute("data-calm")) {
      area.focus();
      area.setSelectionRange(caret, caret);
    }
    meter();
  }

  document.addEventListener("htmx:afterSettle", opened);
  document.addEventListener("DOMContentLoaded", opened);
  window.addEventListener("pagehide", () => save(true));
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save(true); });

  Object.assign(window.desk, {
    isEditing: () => Boolean(box()),
    saveTyped: save,
    dropTyped: () => { window.clearTimeout(timer); dirty = false; },
  });
})();
