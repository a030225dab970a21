"""What happens without being looked at: every press is said aloud, and one soft sound is made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals.models import Decision
from core import clock
from integrations.models import User
from tests.support.desks import Desk
from tests.support.heard import Ears
from tests.support.polling import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
KEY_PAUSE = 60  # faster than a hand can be counts as a scanner
RINGS = """() => { window.rings = 0;
  document.addEventListener("desk:rang", () => { window.rings += 1; }); }"""


def key(page: Any, name: str) -> None:
    page.wait_for_timeout(KEY_PAUSE)
    page.keyboard.press(name)


def test_what_a_press_did_or_why_it_did_nothing_is_said(desk: Desk, queue: Any, page: Any) -> None:
    ears = Ears(page.context)
    slow = desk.draft(desk.client("Zoe"), writer="model", first_message=True)
    desk.draft(desk.client("Marcus"), body="Hi Marcus, your next visit comes with a discount.")
    others = [desk.draft(desk.client(name)) for name in ("Dana", "Elena", "Jo")]
    queue(ready=False)
    page.wait_for_selector(f"#card[data-item='{slow.pk}']")
    key(page, "a")
    ears.hear("One moment. Read it first.")
    page.wait_for_selector("#card[data-ready]")
    key(page, "a")
    ears.hear("Sending to Zoe.")

    page.wait_for_selector("#card[data-care=press_hold][data-ready]")
    key(page, "a")
    ears.hear("Choose a reason first")
    key(page, "Space")
    key(page, "a")
    ears.hear("Keep the key down for a second")
    page.wait_for_timeout(KEY_PAUSE)
    page.keyboard.down("a")
    ears.hear("Keep holding")
    ears.hear("Sending to Marcus.")
    page.keyboard.up("a")

    key(page, "x")
    ears.hear("Picked")
    key(page, "j")
    key(page, "x")
    new = desk.draft(desk.client("Late"))
    page.evaluate("window.desk.look()")
    ears.hear("One new draft")
    key(page, "Shift+A")
    page.wait_for_selector("#several[data-ready] form")
    key(page, "a")
    decided = Decision.objects.filter(kind="approve", item__in=others[:2])
    eventually(lambda: decided.count() == 2)
    assert not Decision.objects.filter(item__in=[others[2], new]).exists()


def test_one_soft_sound_when_time_is_short_and_none_when_switched_off(
    desk: Desk, queue: Any, maria: User
) -> None:
    desk.draft(desk.client("Quiet"))
    page = queue()

    def known(count: int) -> None:
        """The page has asked for the numbers, and shows them."""
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        eventually(lambda: page.title().startswith(f"({count}) "))

    def short(name: str, count: int) -> int:
        desk.draft(desk.client(name), due_at=clock.now() + timedelta(minutes=20))
        known(count)
        return int(page.evaluate("window.rings"))

    known(1)
    page.evaluate(RINGS)
    page.mouse.click(1240, 12)  # a browser lets nobody make a sound before a hand was there
    assert short("Dana", 2) == 1
    assert short("Elena", 3) == 1, "at most one in two minutes"
    maria.preferences = {"sounds": "off"}
    maria.save()
    page.evaluate("localStorage.clear()")
    page.reload()
    known(3)
    page.evaluate(RINGS)
    page.mouse.click(1240, 12)
    assert short("Jo", 4) == 0
