"""The phone rings: found, opened and settled by two taps; sending is paused and resumed."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from approvals.models import CallOutcome, SendingPause
from core import clock
from integrations.folding import fold
from integrations.models import Client
from tests.browser.test_accessibility import findings, too_wide
from tests.support.desks import Desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def looked_at(page: Any, name: str, *sizes: str) -> None:
    """No serious finding, nothing too wide; a picture where somebody asks for one."""
    assert findings(page) == [], name
    assert too_wide(page, *sizes, "narrow") == [], name
    folder = os.environ.get("PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}-narrow.png")
    page.set_viewport_size({"width": 1280, "height": 820})
    if folder:
        page.screenshot(path=f"{folder}/{name}.png")


def test_a_call_is_settled_by_two_taps_and_sending_is_stopped_by_one_press(
    desk: Desk, queue: Callable[..., Any]
) -> None:
    dana = desk.client("Dána", "King")
    Client.objects.filter(pk=dana.pk).update(search_key=fold(dana.name))
    visit = desk.appointment(dana, starts_at=clock.now() + timedelta(hours=3))
    item = desk.draft(dana, appointment_id=visit.pk)
    page = queue("/")
    page.wait_for_function("document.title.startsWith('(1)')")
    assert page.locator("link[rel=icon]").get_attribute("href").startswith("data:image/svg+xml")

    page.keyboard.press("Control+k")
    page.keyboard.type("da")
    page.locator("#seek-found a").first.wait_for()
    looked_at(page, "queue")
    page.keyboard.press("Control+k")
    page.keyboard.type("dan")
    page.locator("#seek-found a").first.click()
    page.wait_for_url(f"**/clients/{dana.pk}/")
    looked_at(page, "client", "tablet")
    page.get_by_role("button", name="Confirmed by phone").click()
    page.get_by_text("Take it back").wait_for()
    assert CallOutcome.objects.get().kind == "confirmed"
    item.refresh_from_db()
    assert item.state == "withdrawn"

    page.goto(page.url.split("/clients/")[0] + "/to-call/")
    looked_at(page, "to-call", "tablet")
    page.goto(page.url.replace("/to-call/", "/find/?q=da"))
    looked_at(page, "find")

    page.goto(page.url.split("/find/")[0] + "/")
    page.locator(".menu.pause > summary").click()
    page.get_by_label("Why").fill("The price list is wrong")
    if page.locator("#pause-where").count():
        page.locator("#pause-where").select_option(index=0)
    page.locator(".menu.pause button").click()
    page.get_by_text("The price list is wrong").wait_for()
    looked_at(page, "paused")
    page.get_by_role("button", name="Resume sending").click()
    page.get_by_text("Sending is on again").wait_for()
    assert SendingPause.objects.get().resumed_at is not None
