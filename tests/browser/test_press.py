"""A press decides only what was seen: the rules, in a real browser."""

from __future__ import annotations

import json
from typing import Any

import pytest

from approvals.models import ApprovalItem, Decision
from approvals.services.decisions import item_approve
from integrations.models import User
from tests.support.desks import Desk
from tests.support.polling import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
APPROVED = {"approved", "sending", "sent", "failed", "unknown"}


def state(item: ApprovalItem) -> str:
    return ApprovalItem.objects.get(pk=item.pk).state


def approvals() -> int:
    return Decision.objects.filter(kind="approve").count()


def shown(page: Any) -> int:
    return int(page.get_attribute("#card", "data-item"))


def stays_so(page: Any, milliseconds: int, count: int) -> None:
    """Nothing more is approved for a while: the time is the rule that is tested."""
    page.wait_for_timeout(milliseconds)
    assert approvals() == count


def three(desk: Desk) -> list[ApprovalItem]:
    return [desk.draft(desk.client(name, "King")) for name in ("Dana", "Elena", "Jo")]


PRESS_AT_ONCE = """() => {
  const key = () => {
    const said = { key: "a", code: "KeyA", bubbles: true, cancelable: true };
    document.body.dispatchEvent(new KeyboardEvent("keydown", said));
    document.body.dispatchEvent(new KeyboardEvent("keyup", said));
  };
  const click = () => document.querySelector("#approve").click();
  document.addEventListener("htmx:afterSwap", () => {
    // On a busy machine a timer comes late, and a press after 600 ms would be a good one.
    const from = performance.now();
    const within = (limit, press) => () => { if (performance.now() - from < limit) press(); };
    for (const later of [0, 60, 150, 240]) setTimeout(within(250, key), later);
    for (const later of [0, 90, 200, 320, 450]) setTimeout(within(500, click), later);
  }, { once: true });
}"""

# Eight milliseconds a key by the page's own clock: a machine that pauses between two keys would
# make a slow hand of the scanner.
SCANNER = """keys => {
  const real = performance.now;
  let now = real.call(performance);
  performance.now = () => now;
  for (const key of keys) {
    now += 8;
    const said = { key, code: `Key${key}`, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new KeyboardEvent("keydown", said));
    document.body.dispatchEvent(new KeyboardEvent("keyup", said));
  }
  performance.now = real;
}"""
# A press after the limit would be a good one, so it is left out on a machine that is too slow.
PRESS_WITHIN = """limit => {
  const [visit] = performance.getEntriesByType("navigation");
  if (performance.now() - visit.domContentLoadedEventStart < limit)
    document.querySelector("#approve").click();
}"""
# The page's timers keep their order: half a second ends before the second it would have to be.
LET_GO_EARLY = """() => document.addEventListener("pointerdown", () => setTimeout(() =>
  document.dispatchEvent(new PointerEvent("pointerup", { bubbles: true })), 500),
  { capture: true, once: true })"""


def test_one_press_decides_once_and_the_next_card_takes_nothing_before_it_was_seen(
    desk: Desk, queue: Any
) -> None:
    names = ("Dana", "Elena", "Jo", "Ana", "Bea")
    items = [desk.draft(desk.client(name, "King")) for name in names]
    page = queue()
    assert shown(page) == items[0].pk
    page.keyboard.press("a")
    eventually(lambda: state(items[0]) in APPROVED)
    page.wait_for_selector(f'#card[data-item="{items[1].pk}"]')
    assert page.locator(f"#row-{items[0].pk}").count() == 0
    assert page.locator(f"#row-{items[1].pk}[aria-current]").count() == 1
    assert "Sending to Dana." in page.inner_text("#toasts")

    page.wait_for_selector("#card[data-ready]")
    page.evaluate(PRESS_AT_ONCE)
    page.keyboard.press("a")
    page.wait_for_selector(f'#card[data-item="{items[2].pk}"][data-ready]')
    stays_so(page, 200, 2)

    page.keyboard.down("a")  # and kept down
    page.wait_for_selector(f'#card[data-item="{items[3].pk}"]')
    for _ in range(20):
        page.keyboard.down("a")  # a repeat, as the browser sees it
    stays_so(page, 900, 3)
    assert page.locator("#card[data-ready]").count() == 0
    page.keyboard.up("a")
    page.wait_for_selector("#card[data-ready]")
    stays_so(page, 100, 3)

    page.dblclick("#approve")
    eventually(lambda: approvals() == 4)
    stays_so(page, 500, 4)


def test_neither_a_scanner_nor_digits_outside_the_menu_decide_and_z_takes_back(
    desk: Desk, queue: Any
) -> None:
    first, second, _ = three(desk)
    page = queue()
    page.evaluate(SCANNER, ["a", "a", "r", "5", "a", "1", "z", "a", "Enter"])
    page.wait_for_timeout(400)
    assert Decision.objects.count() == 0
    assert page.locator(".menu[open]").count() == 0

    for digit in "123456":
        page.keyboard.press(digit)
        page.wait_for_timeout(60)
    assert Decision.objects.count() == 0
    page.keyboard.press("r")
    page.wait_for_selector("#reject-menu[open]")
    page.keyboard.press("Escape")
    assert page.locator(".menu[open]").count() == 0
    assert page.evaluate("document.activeElement.closest('#reject-menu') !== null")
    page.wait_for_timeout(60)
    page.keyboard.press("r")
    page.wait_for_selector("#reject-menu[open]")
    page.keyboard.press("2")
    eventually(lambda: state(first) == "rejected")
    assert Decision.objects.get().reason == "wrong_tone"

    page.wait_for_selector(f'#card[data-item="{second.pk}"][data-ready]')
    page.keyboard.press("a")
    page.wait_for_selector(".toast:has-text('Sending to Elena') .take-back")
    page.keyboard.press("z")
    eventually(lambda: state(second) == "pending")
    page.wait_for_selector(f'#card[data-item="{second.pk}"]')
    assert "Taken back. Nothing was sent." in page.inner_text("#toasts")


def test_an_open_card_waits_a_second_and_a_half(desk: Desk, queue: Any) -> None:
    item = desk.draft(writer="model", first_message=True)
    page = queue(ready=False)
    page.wait_for_selector("#card")
    assert item.care == "open_card"
    page.wait_for_timeout(800)
    page.evaluate(PRESS_WITHIN, 1500)
    stays_so(page, 200, 0)
    page.wait_for_selector("#card[data-ready]")
    page.keyboard.press("a")
    eventually(lambda: approvals() == 1)
    assert (Decision.objects.get().seconds or 0) >= 1.5


def discount(desk: Desk) -> ApprovalItem:
    item = desk.draft(body="Hi Dana, your next visit comes with a discount.")
    assert item.care == "press_hold"
    return item


def test_press_and_hold_by_pointer_by_key_and_for_whoever_cannot_hold(
    desk: Desk, queue: Any
) -> None:
    items = [discount(desk) for _ in range(3)]
    page = queue()
    page.click("#approve")
    stays_so(page, 200, 0)
    page.check("#reasons [value=checked]")
    box = page.locator("#approve").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.evaluate(LET_GO_EARLY)
    page.mouse.down()
    stays_so(page, 1200, 0)
    page.mouse.up()
    page.mouse.down()
    eventually(lambda: approvals() == 1)
    page.mouse.up()
    assert Decision.objects.get().reason == "checked"

    page.wait_for_selector(f'#card[data-item="{items[1].pk}"][data-ready]')
    page.keyboard.down("a")
    page.wait_for_timeout(1200)
    page.keyboard.up("a")
    assert approvals() == 1
    assert page.evaluate("document.activeElement.name") == "reason"
    page.keyboard.press("Space")
    page.wait_for_timeout(200)  # faster than a hand can be counts as a scanner
    page.focus("#approve")
    page.keyboard.down("Enter")
    eventually(lambda: approvals() == 2)
    page.keyboard.up("Enter")

    page.wait_for_selector(f'#card[data-item="{items[2].pk}"][data-ready]')
    page.evaluate("document.querySelector('#approve').click()")  # as voice control presses
    page.wait_for_selector("text=Please look once more")
    assert approvals() == 2
    page.check("#reasons [value=talked]")
    page.wait_for_selector("#card[data-ready]")
    page.click("#approve")
    eventually(lambda: approvals() == 3)


def test_a_card_out_of_sight_is_shown_first(desk: Desk, queue: Any, page: Any) -> None:
    client = desk.client("Dana", "King", preferences={str(n): "x" * 60 for n in range(60)})
    desk.draft(client)
    queue()
    page.evaluate("document.querySelector('.pane').scrollTop = 5000")
    page.wait_for_timeout(100)
    page.keyboard.press("a")
    stays_so(page, 200, 0)
    assert page.evaluate("document.querySelector('#draft').getBoundingClientRect().top") >= 0
    page.wait_for_selector("#card[data-ready]")
    page.keyboard.press("a")
    eventually(lambda: approvals() == 1)


def test_keys_can_be_switched_off(desk: Desk, queue: Any, maria: User) -> None:
    three(desk)
    maria.preferences = {"keys": "off"}
    maria.save()
    page = queue()
    for key in "aersjz":
        page.keyboard.press(key)
        page.wait_for_timeout(60)
    assert Decision.objects.count() == 0
    assert page.locator(".menu[open], #editor").count() == 0
    page.click("#approve")
    eventually(lambda: approvals() == 1)


def test_who_was_faster_is_told(desk: Desk, queue: Any) -> None:
    first, *_ = three(desk)
    page = queue()
    maya = desk.person("Maya Chen")
    page.route("**/queue/rows/**", lambda route: route.abort())
    item_approve(
        user=maya,
        item_id=first.pk,
        revision_id=first.revision_id or 0,
        evidence_sha256=first.revision.evidence_sha256 if first.revision else "",
    )
    page.keyboard.press("a")
    page.wait_for_selector("text=Maya Chen was faster")
    assert "Your press changed nothing." in page.inner_text("#card")
    assert approvals() == 1


def test_a_press_without_a_connection_is_kept_and_sent_once(desk: Desk, queue: Any) -> None:
    items = three(desk)
    page = queue()
    page.context.set_offline(True)
    page.wait_for_selector("#offline:not([hidden])")
    assert "Nothing is sent until it is back." in page.inner_text("#offline")
    page.keyboard.press("a")
    page.wait_for_selector("#kept:not([hidden])")
    assert "1 press is kept." in page.inner_text("#kept")
    page.keyboard.press("a")
    stays_so(page, 300, 0)
    kept = page.evaluate("sessionStorage.getItem('desk-kept')")
    assert "Dana" not in kept and "Hi " not in kept
    assert len(json.loads(kept)) == 1
    page.context.set_offline(False)
    page.wait_for_selector("#offline", state="hidden")
    page.wait_for_selector(f"#card:not([data-item='{items[0].pk}'])")
    assert approvals() == 1
    page.evaluate("kept => { sessionStorage.setItem('desk-kept', kept); }", kept)
    page.reload()
    page.wait_for_selector("#offline", state="hidden")
    eventually(lambda: page.evaluate("sessionStorage.getItem('desk-kept')") == "[]")
    assert approvals() == 1


def test_drafts_stepped_over_on_a_slow_line_leave_nothing_to_press_by_mistake(
    desk: Desk, queue: Any
) -> None:
    _, second, third = three(desk)
    page, held = queue(), []
    page.route(
        lambda url: url.split("?")[0].endswith(f"/drafts/{second.pk}/"), lambda r: held.append(r)
    )
    page.keyboard.press("j")
    page.wait_for_selector(f"#row-{second.pk}[aria-current]")
    eventually(lambda: page.evaluate("document.querySelector('.htmx-request') !== null"))
    page.wait_for_timeout(60)  # faster keys are a scanner's
    page.keyboard.press("j")
    # The second one's answer never comes; the third is shown without it, and the first, which is in
    # sight for so long but not outlined, takes no press.
    page.evaluate("document.querySelector('#approve').click()")
    page.wait_for_selector(f'#card[data-item="{third.pk}"][data-ready]')
    assert held and approvals() == 0
    page.keyboard.press("a")
    page.wait_for_selector(f'#card:not([data-item="{third.pk}"])')
    assert state(third) in APPROVED and approvals() == 1


def test_a_card_that_is_opened_again_while_its_press_is_on_its_way_shows_what_came_of_it(
    desk: Desk, queue: Any
) -> None:
    first, second, _ = three(desk)
    page, moved, held, answering = queue(), [], [], []

    def lost_then_slow(route: Any) -> None:
        # Tried again while its card is in sight, the press is answered there; here it is not.
        if not moved:
            route.abort("connectionreset")
        elif answering:
            route.continue_()
        else:
            held.append(route)

    page.route(lambda url: f"/drafts/{first.pk}/approve/" in url, lost_then_slow)
    page.keyboard.press("a")
    page.wait_for_selector("#kept:not([hidden])", state="attached")
    page.wait_for_timeout(60)
    page.keyboard.press("j")
    page.wait_for_selector(f'#card[data-item="{second.pk}"]')
    moved.append(True)
    eventually(lambda: bool(page.evaluate("1")) and bool(held))
    page.keyboard.press("k")
    page.wait_for_selector(f'#card[data-item="{first.pk}"][data-state="pending"]')
    # A busy machine may have given up on this one and be at its next.
    answering.append(True)
    for route in held:
        route.continue_()
    changed = page.locator(f'#card[data-item="{first.pk}"]:not([data-state="pending"])')
    changed.wait_for(timeout=60_000)
    assert approvals() == 1


def test_the_news_of_a_decision_may_come_before_the_answer_to_its_press(
    desk: Desk, queue: Any
) -> None:
    """The list had the news already, so that looking again brought nothing, and the card that was
    opened meanwhile stayed as if nobody had decided."""
    first, second, _ = three(desk)
    page, moved, held = queue(), [], []

    def lost_then_slow(route: Any) -> None:
        if moved and not held:
            held.append(route)
        elif moved:
            route.continue_()
        else:
            route.abort("connectionreset")

    page.route(lambda url: f"/drafts/{first.pk}/approve/" in url, lost_then_slow)
    page.keyboard.press("a")
    page.wait_for_selector("#kept:not([hidden])", state="attached")
    page.wait_for_timeout(60)
    page.keyboard.press("j")
    page.wait_for_selector(f'#card[data-item="{second.pk}"]')
    moved.append(True)
    eventually(lambda: bool(page.evaluate("1")) and bool(held))
    page.keyboard.press("k")
    page.wait_for_selector(f'#card[data-item="{first.pk}"][data-state="pending"]')
    answer = held[0].fetch()
    page.wait_for_selector(f"#row-{first.pk}:not(.gone)", state="detached", timeout=60_000)
    page.wait_for_timeout(300)
    held[0].fulfill(response=answer)
    changed = page.locator(f'#card[data-item="{first.pk}"]:not([data-state="pending"])')
    changed.wait_for(timeout=15_000)
    assert approvals() == 1


def test_a_kept_press_whose_moment_passed_is_dropped_and_that_is_said(
    desk: Desk, queue: Any
) -> None:
    three(desk)
    page = queue()
    page.context.set_offline(True)
    page.keyboard.press("a")
    page.wait_for_selector("#kept:not([hidden])")
    page.evaluate(
        """() => {
          const late = JSON.parse(sessionStorage.getItem("desk-kept"));
          for (const one of late) one.ends = Date.now() - 1;
          sessionStorage.setItem("desk-kept", JSON.stringify(late));
        }"""
    )
    page.context.set_offline(False)
    page.wait_for_selector("text=Dropped, not sent")
    stays_so(page, 300, 0)
    page.wait_for_selector("#card[data-ready]")
    page.keyboard.press("a")
    eventually(lambda: approvals() == 1)
