"""What a page must not do to the eye or the hand: wrap, cover, swallow a press, grow tall."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.models import Revision
from tests.support.desks import Desk
from tests.support.polling import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "Maximiliana Aurelia Wolfeschlegelsteinhausenbergerdorff"


def box(page: Any, selector: str) -> dict[str, float]:
    found: dict[str, float] = page.locator(selector).first.bounding_box()
    return found


@pytest.mark.parametrize("name", ["Dana", LONG])
def test_the_bar_is_one_line_and_no_button_leaves_it(desk: Desk, queue: Any, name: str) -> None:
    desk.draft(desk.client(name, "King"))
    page = queue()
    for width, lines in ((1280, 1), (1024, 1), (1100, 2), (820, 2)):
        page.set_viewport_size({"width": width, "height": 820})
        bar = box(page, ".bar")
        buttons = page.locator(".bar > form > .primary, .bar > .button, .bar > .menu > summary")
        boxes = [one.bounding_box() for one in buttons.all()]
        assert len(boxes) == 5
        assert len({round(one["y"]) for one in boxes}) == lines, width
        assert max(one["x"] + one["width"] for one in boxes) <= bar["x"] + bar["width"], width
        assert min(one["width"] for one in boxes) >= 60, width
        assert len({round(one["y"]) for one in boxes[1:]}) == 1, "below it the rest is one line"


def test_being_offline_is_said_without_covering_anything(desk: Desk, queue: Any) -> None:
    desk.draft()
    page = queue()
    page.context.set_offline(True)
    page.wait_for_selector("#offline:not([hidden])")
    for width in (1280, 820, 390):
        page.set_viewport_size({"width": width, "height": 820})
        banner = box(page, "#offline")
        visible = [one for one in (".side", "#heading", "#card h2") if page.is_visible(one)]
        assert len(visible) == (3 if width >= 700 else 1)
        for below in visible:
            assert box(page, below)["y"] >= banner["y"] + banner["height"] - 1
        side = page.evaluate("document.documentElement.scrollHeight - window.innerHeight")
        assert width < 700 or side <= 0, "the page itself does not scroll"
    page.context.set_offline(False)


def test_saving_is_taken_however_quick_the_hand(desk: Desk, queue: Any) -> None:
    item = desk.draft()
    page = queue()
    page.evaluate(
        """() => document.addEventListener("htmx:afterSettle", () => {
          document.querySelector("#editor textarea").value = "Hi Dana, see you.";
          document.querySelector("#editor [value=save]").click();
        }, { once: true })"""
    )
    page.keyboard.press("e")
    page.wait_for_selector("#toasts :text('Your words are saved.')")
    eventually(lambda: Revision.objects.filter(item=item, body="Hi Dana, see you.").exists())


def test_a_press_that_came_too_soon_is_told_so(desk: Desk, queue: Any) -> None:
    _, second = (desk.draft(desk.client(name, "King")) for name in ("Dana", "Elena"))
    page = queue()
    page.evaluate(
        """() => document.addEventListener("htmx:afterSettle", () => {
          document.querySelector("#reject-menu").open = true;
          document.querySelector("#reject-menu .choice").click();
        }, { once: true })"""
    )
    page.keyboard.press("a")
    page.wait_for_selector("#toasts :text('Please press again.')")
    second.refresh_from_db()
    assert second.state == "pending"
    page.wait_for_selector("#card[data-ready]")
    page.click("#reject-menu .choice >> nth=0")
    eventually(lambda: type(second).objects.get(pk=second.pk).state == "rejected")


def test_a_short_chip_is_wider_than_tall_to_the_eye_and_large_to_the_finger(
    desk: Desk, browser: Any, web_server: Any, sign_in: Any, maria: Any
) -> None:
    desk.draft()
    context = browser.new_context(
        viewport={"width": 820, "height": 1180}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    sign_in(page, maria)
    page.goto(web_server.url)
    chip = page.locator(".chip").first
    drawn = chip.evaluate("part => parseFloat(getComputedStyle(part, '::before').height)")
    size = chip.bounding_box()
    assert size["height"] >= 44
    assert drawn < size["width"]
    context.close()
