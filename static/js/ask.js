/* Answers as they grow: pieces are put behind one another, a gap asks for the row as it stands. */
(() => {
  "use strict";

  const POLL = 1500;            // while no piece comes; the first look is sooner
  const asked = new Set();
  const waiting = () => [...document.querySelectorAll(".ask-turn[data-waits]")];

  async function fetchTurn(turn) {
    if (asked.has(turn.id)) return;
    asked.add(turn.id);
    try {
      const answer = await fetch(turn.dataset.url, { headers: { "HX-Request": "true" }, redirect: "manual" });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".ask-turn");
      const now = document.getElementById(turn.id);
      if (!fresh || !now) return;
      const kept = now.contains(document.activeElement);
      now.replaceWith(document.importNode(fresh, true));
      const placed = document.getElementById(turn.id);
      window.htmx?.process(placed);
      if (kept) { placed.tabIndex = -1; placed.focus({ preventScroll: true }); }
    } catch { /* the network is away: looked at again */ } finally { asked.delete(turn.id); }
  }

  document.addEventListener("desk:piece", (event) => {
    const piece = event.detail;
    const turn = document.getElementById(`turn-${piece.turn}`);
    if (!turn || !("waits" in turn.dataset)) return;
    const heard = Number(turn.dataset.heard);
    if (piece.over || piece.n !== heard + 1) {
      if (piece.over || piece.n > heard) fetchTurn(turn);
      return;
    }
    turn.dataset.heard = piece.n;
    turn.dataset.at = Date.now();
    turn.querySelector("[data-text]").append(piece.text);
    turn.querySelector("[data-busy]")?.remove();
  });

  window.setInterval(() => {
    if (document.visibilityState === "hidden") return;
    for (const turn of waiting()) {
      if (Date.now() - Number(turn.dataset.at ?? 0) > POLL) fetchTurn(turn);
    }
  }, POLL);
  document.addEventListener("desk:hint", () => waiting().forEach(fetchTurn));

  // A question from the panel was taken: the field is ready for the next one.
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target;
    if (form.matches?.(".ask-form") && event.detail.successful) form.reset();
  });
})();
