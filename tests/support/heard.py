"""What a screen reader says of a page, and whether a page holds a word at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.support.polling import eventually

# Every change of the live region is passed on at once, so that words which stand there for a moment
# only, or on a page that is left, are heard too.
LISTEN = """addEventListener("DOMContentLoaded", () => {
  const region = document.querySelector("#say");
  if (!region || region.getAttribute("aria-live") !== "polite") return;
  new MutationObserver(() => { if (region.textContent) heard(region.textContent); })
    .observe(region, { childList: true, characterData: true, subtree: true });
})"""


class Ears:
    """Everything that the pages of one browser say aloud, in order."""

    def __init__(self, context: Any) -> None:
        self.said: list[str] = []
        context.expose_binding("heard", lambda _source, words: self.said.append(words))
        context.add_init_script(LISTEN)
        self.page: Any = context.pages[0] if context.pages else None
        context.on("page", self._listen)

    def _listen(self, page: Any) -> None:
        self.page = page

    def hear(self, words: str) -> None:
        """Wait until it was said, ever."""

        def said() -> bool:
            # Playwright hands calls from the page over only while it is asked for something.
            self.page.evaluate("1")
            return any(words in one for one in self.said)

        eventually(said, message=f"“{words}” was not said: {self.said}")


def leaks(page: Any, words: Sequence[str]) -> list[str]:
    """Which of these words the page holds anywhere: in its document, its title, its fields, or in
    the tree that assistive software reads. What is only made unreadable by a style counts."""
    session = page.context.new_cdp_session(page)
    tree = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    named = [str(node.get(part, {}).get("value", "")) for node in tree for part in AX_PARTS]
    fields = page.eval_on_selector_all("input, textarea", "all => all.map(one => one.value)")
    held = "\n".join([page.content(), page.title(), *fields, *named]).casefold()
    return [word for word in words if word.casefold() in held]


AX_PARTS = ("name", "description", "value")
