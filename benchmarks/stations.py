"""What is typed survives: 200 characters over 20 refreshes of the queue, and a parked draft.

A real browser types at a person's pace while drafts change, so that the list is fetched anew and
put in order under the typing. Lost: characters missing from the field or from what the server
keeps. The baseline, in the same run: the same typing on a page that shows news by loading itself
again, as pages without a care for the caret do. Then one key parks the draft, and one key on a
second device brings it back.
"""

import os
import time
from collections.abc import Iterator
from typing import Any

from benchmarks import _salon as salon
from benchmarks.figures import Figure, at_most
from benchmarks.stack import Stack, stack
from benchmarks.visible import settled

TEXT = ("Parking is behind the house, please ring twice there. " * 5)[:200]
REFRESHES = 20
STRAYS = """() => { window.strays = 0; document.addEventListener('focusout', () => {
  window.setTimeout(() => { if (document.activeElement === document.body) window.strays += 1; }, 0);
}); }"""
ROWS = "/queue/rows/"
FIELD = "#editor textarea"


def run() -> Iterator[Figure]:
    from playwright.sync_api import sync_playwright

    with stack() as made, sync_playwright() as playwright:
        made.sandbox()
        made.web()
        made.workers()
        made.manage("demo_setup", "--one-connection")
        settled()
        path = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
        browser = playwright.chromium.launch(executable_path=path, args=salon.LAUNCH)
        try:
            yield from measure(made, browser)
        finally:
            browser.close()


def device(made: Stack, browser: Any) -> Any:
    page = browser.new_context(viewport={"width": 1280, "height": 820}).new_page()
    page.goto(made.url("web"))
    page.click("form.personas button:has-text('both')")
    page.wait_for_selector("#card[data-ready]")
    return page


def measure(made: Stack, browser: Any) -> Iterator[Figure]:
    page = device(made, browser)
    plain = typed_on_a_page_that_loads_itself_again(page)
    lost, strays, refreshed = typed_under_refreshes(page)
    said = f"{refreshed} refreshes, a page that loads itself again loses {plain} of {len(TEXT)}"
    yield at_most("typed characters lost", lost, 0, said, f" of {len(TEXT)}")
    yield at_most("focus on the page body while typing", strays, 0, f"{refreshed} refreshes")
    took, whole = parked_and_restored(page, device(made, browser))
    yield at_most("a parked draft on a second device", took, 1.0, f"all words there: {whole}", " s")
    spent = taken_over(made, browser)
    said = f"slowest of {len(spent)}, from the name's touch to the first draft, PIN and all"
    yield at_most("a person takes a shared device over", max(spent), 2.0, said, " s")


def begin(page: Any) -> None:
    page.wait_for_selector("#card[data-ready]")
    page.click("#edit")
    page.wait_for_selector(FIELD)
    page.wait_for_timeout(100)
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")


def typed_on_a_page_that_loads_itself_again(page: Any) -> int:
    """Characters that do not arrive where every refresh is a new page."""
    step, kept = len(TEXT) // REFRESHES, ""
    for number in range(REFRESHES):
        begin(page)
        page.keyboard.type(TEXT[number * step : (number + 1) * step])
        kept = page.input_value(FIELD)
        # A page of this kind keeps nothing as it is typed: what is not sent yet goes with it.
        page.evaluate("window.desk.dropTyped()")
        page.reload()
    return max(0, len(TEXT) - len(kept))


def typed_under_refreshes(page: Any) -> tuple[int, int, int]:
    """(characters lost, times the focus fell to the body, refreshes that brought news)."""
    from approvals.models import ApprovalItem, TypedText

    begin(page)
    page.evaluate(STRAYS)
    item = int(page.get_attribute("#card", "data-item"))
    others = list(ApprovalItem.objects.filter(state="pending").exclude(pk=item)[:REFRESHES])
    answers: list[int] = []
    page.on("response", lambda one: answers.append(one.status) if ROWS in one.url else None)
    step = len(TEXT) // REFRESHES
    for number in range(REFRESHES):
        other = others[number % len(others)]
        news = {"preview": f"news {number}", "version": number + 9}
        ApprovalItem.objects.filter(pk=other.pk).update(**news)
        with page.expect_response(lambda one: ROWS in one.url):
            page.evaluate("window.desk.look()")
            page.keyboard.type(TEXT[number * step : (number + 1) * step], delay=15)
    page.wait_for_timeout(2000)  # what is typed is on the server two seconds later at the latest
    kept = TypedText.objects.filter(item_id=item).values_list("body", flat=True).first() or ""
    lost = sum(one != TEXT for one in (page.input_value(FIELD), kept)) * len(TEXT)
    return lost, int(page.evaluate("window.strays")), answers.count(200)


def parked_and_restored(page: Any, second: Any) -> tuple[float, bool]:
    page.wait_for_timeout(100)
    page.keyboard.press("Control+.")
    page.wait_for_url("**/parked/")
    began = time.perf_counter()
    second.evaluate("document.activeElement.blur()")
    second.keyboard.press(".")
    second.wait_for_selector(FIELD)
    second.wait_for_selector(f"{FIELD}:focus")
    took = time.perf_counter() - began
    return took, second.input_value(FIELD) == TEXT


def taken_over(made: Stack, browser: Any) -> list[float]:
    """A name is touched, four digits, *Take over*: seconds until the queue stands there."""
    from integrations.models import Location
    from integrations.stations import people_at
    from tests.support.stations import PIN, pin_give, station_make

    place = Location.objects.order_by("pk").first()
    if place is None:
        raise RuntimeError("the salon has no location")
    desk = people_at(place).filter(groups__locationrole__role="front_desk")
    people = list(desk.order_by("pk")[:2])
    for person in people:
        pin_give(person)
    context = browser.new_context(viewport={"width": 1180, "height": 820}, has_touch=True)
    secret = station_make(place)[1]
    context.add_cookies([{"name": "station", "value": secret, "url": made.url("web")}])
    page, spent = context.new_page(), []
    page.goto(made.url("web"))
    for turn in range(6):
        began = time.perf_counter()
        page.get_by_label(people[turn % len(people)].name, exact=True).check()
        for digit in PIN:
            page.locator("#keypad").get_by_role("button", name=digit, exact=True).click()
        page.get_by_role("button", name="Take over").click()
        page.wait_for_selector("#card")
        spent.append(time.perf_counter() - began)
        page.get_by_role("button", name="Somebody else is here").click()
        page.wait_for_selector("#who")
    return spent
