"""Fifty mixed drafts cleared by keyboard alone, as quickly as the page lets a hand.

The hand knows only what the page shows: it picks what can be picked while it steps through the
list (Shift and J), reads the picked ones together, and goes through the rest card by card. A wavy
mark is a wrong fact, and is rejected; a question about parking gets a sentence; press and hold gets
its reason. Five of the fifty carry a wrong hour. No time is left for thinking: the figure is the
page's own, gates included. The baseline, in the same run: the same kind of draft one after the
other, without picking.
"""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from benchmarks._desk_in_browser import DESKTOP, desk_and_browser, page_of
from benchmarks.figures import Figure, at_most, none_of

PAUSE = 45  # between two keys: faster counts as a barcode scanner
ALONE = 12
PLAIN, ASKED, CAREFUL, HELD, WRONG = 38, 2, 3, 2, 5
PARKING = "Parking is behind the house."
# What a hand pressed on a card, by what it did: typing into a field is no press.
COUNT = """() => { window.pressed = 0; document.addEventListener("keydown", (event) => {
  const modifier = ["Control", "Shift", "Alt", "Meta"].includes(event.key);
  const typed = event.target.matches("textarea") && !event.ctrlKey;
  if (!modifier && !event.repeat && !typed) window.pressed += 1;
}, true); }"""


def run() -> Iterator[Figure]:
    with desk_and_browser() as (made, desk, browser):
        maria = desk.person()
        page = page_of(made, browser, maria, DESKTOP)
        alone = one_after_the_other(page, made, desk)
        wrong = fifty(desk)
        page.goto(made.url("web"))
        page.wait_for_selector("#card[data-ready]")
        page.evaluate(COUNT)
        began = time.perf_counter()
        keys = cleared(page)
        took = time.perf_counter() - began
        yield from told(took, alone, wrong, keys)


def one_after_the_other(page: Any, made: Any, desk: Any) -> float:
    """Seconds a draft takes with one key for each, as a list without picking would."""
    for number in range(ALONE):
        desk.draft(desk.client(f"Alone{number}", "King"))
    page.goto(made.url("web"))
    page.wait_for_selector("#card[data-ready]")
    page.evaluate(COUNT)
    began = time.perf_counter()
    for _ in range(ALONE):
        approved(page)
    took = time.perf_counter() - began
    if page.evaluate("window.pressed") != ALONE:
        raise RuntimeError("more than one key for a one-key draft")
    return took / ALONE


def fifty(desk: Any) -> set[int]:
    """A morning's queue in a mixed order; the drafts with a wrong hour."""
    wrong: set[int] = set()
    for number in range(PLAIN + ASKED + CAREFUL + HELD + WRONG):
        client = desk.client(f"Client{number}", "King")
        if number % 10 == 4:
            wrong.add(desk.draft(client, body="Hi, see you on Tuesday at 4:15 pm.").pk)
        elif number in (7, 27):
            desk.draft(client, tag="asks about parking")
        elif number in (12, 31, 42):
            desk.draft(client, writer="model", first_message=True)
        elif number in (18, 36):
            desk.draft(client, body="Hi, your next visit comes with a discount.")
        else:
            desk.draft(client)
    return wrong


def cleared(page: Any) -> Counter[str]:
    """Everything decided; presses by what was done, and how many were done."""
    keys: Counter[str] = Counter()
    picked_and_sent(page)
    # From the last of the list to the one before it: a draft is in sight again.
    press(page, "k")
    page.wait_for_selector("#card")
    while waiting(page):
        page.wait_for_selector("#card #draft")
        before = page.evaluate("window.pressed")
        what = decided(page)
        keys[what] += page.evaluate("window.pressed") - before
        keys[f"{what} drafts"] += 1
    return keys


def waiting(page: Any) -> int:
    return int(page.locator("#rows .row:not(.gone)").count())


def press(page: Any, key: str) -> None:
    page.keyboard.press(key)
    page.wait_for_timeout(PAUSE)


def picked_and_sent(page: Any) -> None:
    """Shift and J on what can be picked, J over the rest; then all are read together and sent."""
    rows = page.eval_on_selector_all(
        "#rows .row",
        """all => all.map(row => !row.querySelector("input").disabled
          && !row.textContent.includes("parking"))""",
    )
    for can in rows:
        press(page, "Shift+J" if can else "j")
    press(page, "Shift+A")
    page.wait_for_selector("#several[data-ready] form")
    press(page, "a")
    page.wait_for_selector("#several:not(:has(form))")
    page.wait_for_selector("#rows .row:not(.gone) input:checked", state="detached")


def decided(page: Any) -> str:
    """One card by what it shows; returns what was done."""
    card = page.locator("#card")
    item = card.get_attribute("data-item")
    row = page.locator(f"#row-{item}").inner_text()
    if card.get_attribute("data-care") == "press_hold":
        what = held(page)
    elif page.locator("#draft mark.odd").count():
        press(page, "r")
        page.wait_for_selector("#reject-menu[open]")
        page.wait_for_timeout(600)  # as long as a card has to be seen before it is decided
        press(page, "1")
        what = "reject"
    elif "parking" in row:
        press(page, "e")
        page.wait_for_selector("#editor textarea")
        page.keyboard.type(f" {PARKING}")
        page.wait_for_selector("#card[data-ready]")
        press(page, "Control+Enter")
        what = "edit"
    else:
        page.wait_for_selector("#card[data-ready]")
        press(page, "a")
        what = "open card" if card.get_attribute("data-care") == "open_card" else "one key"
    gone(page, item)
    return what


def held(page: Any) -> str:
    """A first press asks for the reason, Space chooses it, and the key is held for a second."""
    page.wait_for_selector("#card[data-ready]")
    press(page, "a")
    press(page, "Space")
    page.keyboard.down("a")
    page.wait_for_timeout(1100)
    page.keyboard.up("a")
    return "hold"


def approved(page: Any) -> None:
    item = page.locator("#card").get_attribute("data-item")
    page.wait_for_selector("#card[data-ready]")
    press(page, "a")
    gone(page, item)


def gone(page: Any, item: str) -> None:
    page.wait_for_selector(f'#card[data-item="{item}"]', state="detached")


def told(took: float, alone: float, wrong: set[int], keys: Counter[str]) -> Iterator[Figure]:
    from approvals.models import ApprovalItem, Decision

    went = set(Decision.objects.filter(kind="approve").values_list("item_id", flat=True))
    everything = set(ApprovalItem.objects.values_list("pk", flat=True))
    left = ApprovalItem.objects.filter(state="pending").count()
    said = f"one after the other {alone:.2f} s a draft, {alone * 50:.0f} s for fifty"
    yield at_most("fifty mixed drafts by keyboard", took, 25, said, " s")
    yield none_of("wrong ones sent", len(went & wrong), len(wrong), f"{left} left undecided")
    right = everything - wrong
    yield none_of("right ones not sent", len(right - went), len(right), "all of them")
    yield at_most("keys for a one-key draft", 1, 1, f"counted over {ALONE} drafts")
    for what, goal in (("edit", 2), ("reject", 2), ("open card", 1)):
        each = keys[what] / max(keys[f"{what} drafts"], 1)
        count = keys[f"{what} drafts"]
        yield at_most(f"keys to {what}", each, goal, f"counted over {count} drafts, typing apart")
