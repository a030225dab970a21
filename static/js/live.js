/* One stream of hints per browser, shared between its tabs; polling when it cannot be reached.

   Browsers allow six connections to a server: with a stream per tab the seventh tab would not load.
   The tab that holds the lock opens the stream and passes every hint on to the others. */
(() => {
  "use strict";

  const { t } = window.desk;
  const root = document.documentElement;
  const tokenUrl = document.querySelector("meta[name=stream-token]")?.content;
  if (!tokenUrl) return;

  const POLL = 4000;            // while no stream is open
  const SLOW_POLL = 30000;      // heals a lost hint while one is
  const HIDDEN = 60000;         // a tab nobody looks at gives the stream up
  const SILENT = 25000;         // a leader says at least this often that it lives
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("desk-hints") : null;

  let source = null;
  let pause = 1000;
  let heardAt = 0;
  let release = null;
  let hiddenTimer = 0;
  let ended = false;

  const live = () => Date.now() - heardAt < SILENT + 5000;

  // A page that just opened has not tried yet: saying "checking" on every page would be wrong.
  const openedAt = Date.now();
  function show() {
    if (navigator.onLine && !live() && Date.now() - openedAt < 4000) return;
    if (!navigator.onLine) root.dataset.live = "offline";
    else root.dataset.live = live() ? "live" : "polling";
    for (const words of document.querySelectorAll(".live-words")) {
      words.textContent = { live: t("Live"), polling: t("Checking every few seconds"), offline: t("Offline") }[root.dataset.live];
    }
  }

  function hint(detail) {
    document.dispatchEvent(new CustomEvent("desk:hint", { detail }));
  }

  function tell(message) {
    channel?.postMessage(message);
    hear(message);
  }

  function hear(message) {
    if (message.said === "alive") heardAt = Date.now();
    if (message.said === "gone") heardAt = 0;
    if (message.said === "hint") hint(message.hint);
    if (message.said === "piece") document.dispatchEvent(new CustomEvent("desk:piece", { detail: message.piece }));
    if (message.said === "ended") { ended = true; window.desk.signedOut(); }
    show();
  }
  channel?.addEventListener("message", (event) => hear(event.data));

  // ---- the leader ----

  async function token() {
    const answer = await fetch(tokenUrl, { redirect: "manual", headers: { Accept: "application/json" } });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
      tell({ said: "ended" });
      return null;
    }
    return answer.ok ? answer.json() : null;
  }

  async function open(done) {
    if (source || ended || release === null) return;
    let right = null;
    try { right = await token(); } catch { /* the network is away: tried again below */ }
    if (release === null) return;
    if (!right || !right.stream) return again(done);
    source = new EventSource(`${right.stream}?token=${encodeURIComponent(right.token)}`);
    source.addEventListener("ready", () => {
      pause = 1000;
      tell({ said: "alive" });
      tell({ said: "hint", hint: { kind: "queue" } });
    });
    source.addEventListener("hint", (event) => tell({ said: "hint", hint: JSON.parse(event.data) }));
    source.addEventListener("piece", (event) => tell({ said: "piece", piece: JSON.parse(event.data) }));
    source.addEventListener("again", () => { close(); open(done); });
    // The browser would try again with the same token, which is too old by then.
    source.addEventListener("error", () => { close(); tell({ said: "gone" }); again(done); });
  }

  function again(done) {
    if (ended || release === null) return;
    window.setTimeout(() => open(done), pause * (0.7 + Math.random() * 0.6));
    pause = Math.min(pause * 2, 30000);
  }

  function close() {
    source?.close();
    source = null;
  }

  function lead() {
    if (release || ended) return;
    if (!navigator.locks) {
      release = () => {};
      open();
      return;
    }
    navigator.locks.request("desk-stream", { ifAvailable: true }, (lock) => {
      if (!lock || document.visibilityState === "hidden") return null;
      return new Promise((resolve) => { release = resolve; open(); });
    });
  }

  function giveUp() {
    if (!release) return;
    const leave = release;
    release = null;
    close();
    tell({ said: "gone" });
    leave();
  }

  window.setInterval(() => {
    if (source?.readyState === EventSource.OPEN) tell({ said: "alive" });
    else if (document.visibilityState === "visible") lead();
    show();
  }, 5000);

  // ---- polling, and tabs that nobody looks at ----

  let lastLook = Date.now();
  window.setInterval(() => {
    if (document.visibilityState === "hidden" || ended || !navigator.onLine) return;
    if (Date.now() - lastLook < (live() ? SLOW_POLL : POLL)) return;
    lastLook = Date.now();
    hint({ kind: "look" });
  }, 1000);

  document.addEventListener("visibilitychange", () => {
    window.clearTimeout(hiddenTimer);
    if (document.visibilityState === "hidden") {
      hiddenTimer = window.setTimeout(giveUp, HIDDEN);
    } else {
      lead();
      hint({ kind: "look" });
    }
  });
  document.addEventListener("desk:online", (event) => {
    if (event.detail) { lead(); hint({ kind: "look" }); }
    show();
  });
  window.addEventListener("pagehide", giveUp);

  lead();
  show();
})();
