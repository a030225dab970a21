/* Being noticed: the number in the tab's title and icon, one soft sound, the brake's banner, search. */
(() => {
  "use strict";

  const { find, csrf, toast, t } = window.desk;
  const url = document.body.dataset.noticed;
  const RANG = "desk-rang";
  const QUIET = 120000;         // one sound in two minutes, over all tabs
  const AGAIN = 30000;          // how often an open page says that somebody looks
  const title = document.title;
  let known = null;
  let asked = 0;
  let timer = 0;

  // ---- title and icon ----

  function show(count) {
    const bare = document.title.replace(/^\(\d+\+?\) /, "");
    document.title = count ? `(${count > 99 ? "99+" : count}) ${bare}` : bare;
    const nav = find("#nav-count");
    if (nav && !find("#list") && nav.textContent !== String(count)) nav.textContent = String(count);
    icon(count);
  }

  function icon(count) {
    const link = find("link[rel=icon]");
    if (!link || link.dataset.count === String(count)) return;
    link.dataset.plain ??= link.href;
    link.dataset.count = String(count);
    if (!count) { link.href = link.dataset.plain; return; }
    const words = count > 9 ? "9+" : String(count);
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#2c5b4d"/><text x="16" y="23" font-family="sans-serif" font-size="${count > 9 ? 16 : 20}" font-weight="700" text-anchor="middle" fill="#fff">${words}</text></svg>`;
    link.href = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  }

  // ---- one soft sound ----

  function ring() {
    if (document.body.dataset.sounds === "off" || !navigator.userActivation?.hasBeenActive) return;
    const last = Number(localStorage.getItem(RANG) ?? 0);
    if (Date.now() - last < QUIET) return;
    localStorage.setItem(RANG, String(Date.now()));
    try {
      const sound = new AudioContext();
      const tone = sound.createOscillator();
      const loud = sound.createGain();
      tone.frequency.value = 587;
      loud.gain.setValueAtTime(0, sound.currentTime);
      loud.gain.linearRampToValueAtTime(0.06, sound.currentTime + 0.05);
      loud.gain.exponentialRampToValueAtTime(0.0001, sound.currentTime + 0.7);
      tone.connect(loud).connect(sound.destination);
      tone.start();
      tone.stop(sound.currentTime + 0.75);
      tone.addEventListener("ended", () => sound.close());
      document.dispatchEvent(new CustomEvent("desk:rang"));
    } catch { /* A browser without sound: the number in the title is there. */ }
  }

  // ---- asking ----

  async function look() {
    if (!url || document.visibilityState === "hidden") return;
    asked = Date.now();
    const answer = await window.desk.post(url, {});
    if (!answer?.ok) return;
    const said = await answer.json();
    show(said.waiting);
    if (known && said.short > known.short) ring();
    if ((known ? known.paused : find("#paused")?.dataset.mark ?? "") !== said.paused) banner();
    known = said;
  }

  async function banner() {
    const box = find("#paused");
    if (!box || box.contains(document.activeElement)) return;
    const here = encodeURIComponent(location.pathname + location.search);
    const answer = await fetch(`${box.dataset.banner}?back=${here}`, { headers: { "HX-Request": "true" } });
    if (answer.ok) box.innerHTML = await answer.text();
  }

  document.addEventListener("desk:hint", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(look, Math.max(150, 3000 - (Date.now() - asked)));
  });
  window.setInterval(() => { if (Date.now() - asked > AGAIN) look(); }, 5000);
  document.addEventListener("visibilitychange", look);
  // A page swaps its own title in (the queue does): the number stays in front of it.
  new MutationObserver(() => {
    if (known?.waiting && !/^\(/.test(document.title)) show(known.waiting);
  }).observe(document.querySelector("title"), { childList: true });
  if (title) look();

  // ---- search from anywhere ----

  const seek = () => [find("#seek"), find("#find-q")].find((one) => one?.offsetParent);

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    const chord = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k";
    const slash = event.key === "/" && !typing && !find("#search") && document.body.dataset.keys !== "off";
    if (chord || slash) {
      event.preventDefault();
      const field = seek();
      if (field) { field.focus(); field.select(); } else location.href = find(".seek")?.action ?? "/find/";
      return;
    }
    const box = event.target.closest(".seek, #found, .field.wide");
    if (!box || !["ArrowDown", "ArrowUp", "Escape"].includes(event.key)) return;
    const field = seek();
    const links = [...document.querySelectorAll(field?.id === "find-q" ? "#found a" : "#seek-found a")];
    if (event.key === "Escape") { if (field) { field.value = ""; field.blur(); } find("#seek-found")?.replaceChildren(); return; }
    if (!links.length) return;
    event.preventDefault();
    const at = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    (links[at] ?? field).focus();
  });

  // ---- being told on this browser ----

  const told = find("#tell-here");
  if (told && "serviceWorker" in navigator && "PushManager" in window) {
    told.hidden = false;
    told.addEventListener("click", async () => {
      try {
        const { key } = await (await fetch(told.dataset.key)).json();
        const bytes = Uint8Array.from(atob(key.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
        const worker = await navigator.serviceWorker.register(told.dataset.worker);
        await navigator.serviceWorker.ready;
        const made = (await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes })).toJSON();
        const body = JSON.stringify({ endpoint: made.endpoint, ...made.keys, label: navigator.userAgentData?.platform ?? navigator.platform });
        const answer = await fetch(told.dataset.add, { method: "POST", body, headers: { "X-CSRFToken": csrf(), "Content-Type": "application/json" } });
        toast({ text: (await answer.json()).said, kind: answer.ok ? "good" : "bad" });
      } catch {
        toast({ text: t("This browser did not allow it. Its settings for this page can change that."), kind: "bad" });
      }
    });
  }
})();
