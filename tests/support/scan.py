"""What axe and a ruler say about an open page: both themes, a desk's width and a phone's."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe

from tests.support.searches import SOAK

SERIOUS = {"serious", "critical"}
# What axe never calls more than moderate; some of these walk over every element of a page.
MILD = (
    "aria-allowed-role", "aria-deprecated-role", "empty-table-header", "focus-order-semantics",
    "form-field-multiple-labels", "heading-order", "hidden-content", "html-xml-lang-mismatch",
    "image-redundant-alt", "landmark-banner-is-top-level", "landmark-contentinfo-is-top-level",
    "landmark-main-is-top-level", "landmark-no-duplicate-banner",
    "landmark-no-duplicate-contentinfo", "landmark-no-duplicate-main", "landmark-one-main",
    "landmark-unique", "meta-viewport-large", "page-has-heading-one",
    "presentation-role-conflict", "region", "server-side-image-map", "skip-link",
    "table-duplicate-name",
)  # fmt: skip
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {rule: {"enabled": False} for rule in MILD},
}
# What depends on theme and size; the rest of a page is the same document, looked at once.
# Unless told, axe also describes every element that passed, which takes longer than to look.
LOOKS = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "rule", "values": ["color-contrast", "target-size"]},
}
PHONE = {
    "resultTypes": ["violations"],
    "runOnly": {
        "type": "rule",
        "values": ["color-contrast", "target-size", "scrollable-region-focusable", "meta-viewport"],
    },
}
AXE = Axe().axe_script
# Which of these rules could have a finding that counts, by axe's own table of impacts.
NOT_MILD = """mild => axe._audit.rules.filter(rule => mild.includes(rule.id)).filter(rule =>
  [rule.impact, ...[...rule.any, ...rule.all, ...rule.none]
    .map(check => axe._audit.data.checks[check.id ?? check]?.impact)]
  .some(impact => ["serious", "critical"].includes(impact))).map(rule => rule.id)"""
# Axe would measure a colour on its way from one theme to the other. What inherits it starts its own
# way when its parent has arrived.
AT_REST = """() => {
  for (let depth = 0; depth < 40 && document.getAnimations().length; depth++)
    document.getAnimations().forEach(one => one.finish())
}"""
# A layout that follows its own container's width needs a frame more than the window.
TWO_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
SIZES = {"desktop": (1280, 820), "tablet": (820, 1180), "phone": (390, 844), "narrow": (380, 700)}
SMALL = """parts => parts.map(part => [part, part.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.height < 43.5 || box.width < 24))
  .map(([part, box]) => `${part.outerHTML.slice(0, 80)} ${box.height}`)"""
TARGETS = "button, .button, .chip, summary, select, input[type=search], .place, .row > a"


def findings(page: Any, rules: dict[str, Any] = RULES, within: str = "html") -> list[str]:
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    result = page.evaluate(
        "([within, rules]) => axe.run(within, rules).then(found => found.violations)",
        [within, rules],
    )
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]}"
        for one in result
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


def overflow(page: Any) -> int:
    """By how many pixels something is wider than what it lies in."""
    return int(
        page.evaluate(
            """() => Math.max(
              document.documentElement.scrollWidth - window.innerWidth,
              ...[...document.querySelectorAll(".list, .pane, .page")]
                .map(part => part.scrollWidth - part.clientWidth))"""
        )
    )


def resize(page: Any, size: str) -> None:
    """Layout follows the window without a new visit."""
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(TWO_FRAMES)


def too_wide(page: Any, *sizes: str) -> list[str]:
    """The sizes at which something overflows."""
    found = []
    for size in sizes:
        resize(page, size)
        if overflow(page) > 1:
            found.append(size)
    return found


class Scan:
    """One signed-in page that looks at document after document, each visited once.

    Theme, size and finger are switched on the open document: a visit costs more than a look.
    """

    def __init__(self, page: Any) -> None:
        self.page = page
        self.found: dict[str, list[str]] = {}
        self.seen = 0
        self._screen = page.context.new_cdp_session(page)
        self._theme("dark")

    def visit(self, name: str, url: str) -> None:
        answer = self.page.goto(url)
        assert answer.status == 200, url
        self.look(name)

    def look(self, name: str, within: str = "html", light_at_the_desk: bool = False) -> None:
        """The document as it stands: dark at a desk, upright on a tablet, light under a finger.

        ``light_at_the_desk`` also measures the light colours of what a narrow window leaves out.
        axe takes most of the time: it looks at every document whole, and at the light colours under
        the finger of every other one; in ``make soak`` at all of them in every way.
        """
        page, again = self.page, SOAK or self.seen % 2 == 0
        worst = [*(["desktop"] if overflow(page) > 1 else []), *findings(page, within=within)]
        self._theme("light")
        if light_at_the_desk and (SOAK or not again):
            worst += [f"light: {one}" for one in findings(page, LOOKS, within)]
        worst += too_wide(page, "tablet")
        self._finger(True)
        worst += too_wide(page, "narrow")
        if again:
            worst += [f"phone: {one}" for one in findings(page, PHONE, within)]
        self._finger(False)
        self._theme("dark")
        resize(page, "desktop")
        self.seen += 1
        if worst:
            self.found[name] = worst

    def _theme(self, scheme: str) -> None:
        self.page.emulate_media(color_scheme=scheme)
        self.page.evaluate(AT_REST)

    def _finger(self, on: bool) -> None:
        self._screen.send("Emulation.setTouchEmulationEnabled", {"enabled": on})
        assert self.page.evaluate("matchMedia('(pointer: coarse)').matches") is on
