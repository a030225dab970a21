/* Taking over: a name by its first letter or a touch, a PIN by keys or by the pad on the page. */
(() => {
  "use strict";

  const { find, all, say, t } = window.desk;
  const form = find("#who");
  const pin = find("#pin");
  if (!form || !pin) return;
  const names = all("[name=person]", form);
  const chosen = () => names.find((one) => one.checked);

  /** A letter jumps to the next name that begins with it; digits go straight into the PIN. */
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === pin) return;
    if (/^\d$/.test(event.key) && chosen()) { event.preventDefault(); pin.focus(); pin.value += event.key; return; }
    if (!/^\p{L}$/u.test(event.key)) return;
    const letter = event.key.toLowerCase();
    const fits = names.filter((one) => one.parentElement.textContent.trim().toLowerCase().startsWith(letter));
    const next = fits[(fits.indexOf(chosen()) + 1) % fits.length];
    if (next) { next.checked = true; next.focus(); }
  });
  for (const name of names) {
    name.addEventListener("click", (event) => { if (event.detail) pin.focus(); });
  }

  const pad = find("#keypad");
  for (const key of ["1", "2", "3", "4", "5", "6", "7", "8", "9", "", "0", "⌫"]) {
    const button = document.createElement(key ? "button" : "span");
    if (key) {
      button.type = "button";
      button.textContent = key;
      if (key === "⌫") button.setAttribute("aria-label", t("Take the last digit away"));
      button.addEventListener("click", () => {
        pin.value = key === "⌫" ? pin.value.slice(0, -1) : (pin.value + key).slice(0, 6);
        say(key === "⌫" ? t("Taken away") : t("%(count)s digits", { count: pin.value.length }));
      });
    }
    pad.append(button);
  }
  // A finger on the pad should not call the tablet's own keyboard over it.
  if (matchMedia("(pointer: coarse)").matches) pin.inputMode = "none";
  form.addEventListener("submit", () => { find("button[type=submit]", form).disabled = true; });
})();
