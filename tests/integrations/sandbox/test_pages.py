"""The salon's screens in a real browser: every act, hostile names, no script, small screens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest

from tests.support.scan import findings

pytestmark = pytest.mark.browser

PAGES = ("/", "/phones", "/phones/cli_1001", "/messages", "/history", "/knobs", "/scenarios")
FRIDAY = "/?" + urlencode({"loc": "loc_1", "day": "2026-06-12"})


@pytest.fixture
def screen(salon: Any, browser: Any) -> Iterator[Any]:
    """A page of the salon that fails the test on a script error, a dialog or a refused resource."""
    context = browser.new_context(viewport={"width": 1280, "height": 820}, base_url=salon.url)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    yield page
    context.close()
    assert wrong == []


@pytest.fixture
def without_script(salon: Any, browser: Any) -> Iterator[Any]:
    context = browser.new_context(base_url=salon.url, java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_a_client_is_booked_checked_in_and_paid_for(salon: Any, screen: Any) -> None:
    salon.client(firstName="Nora", lastName="Vale")
    screen.goto("/?" + urlencode({"loc": "loc_1", "day": "2026-06-12", "book": 1}))
    screen.get_by_label("Who comes?").fill("nora va")
    screen.get_by_role("button", name="Find").click()
    screen.get_by_role("link", name="Nora Vale").click()
    screen.get_by_label("What for?").select_option(label="Men's haircut, 30 min, $45")
    screen.get_by_role("button", name="Show free times").click()
    slots = screen.get_by_label("When, and with whom?")
    slots.select_option(index=0)
    screen.locator("aside button.p", has_text="Book").click()
    panel = screen.locator("aside")
    panel.get_by_role("heading", name="Nora Vale").wait_for()
    panel.get_by_role("button", name="Check in").click()
    panel.get_by_text("Checked in").wait_for()
    assert "apt=" in screen.url
    panel.get_by_role("button", name="Service is finished").click()
    panel.get_by_label("Tip").fill("9")
    panel.get_by_role("button", name="Take payment").click()
    panel.get_by_text("paid $54").wait_for()
    sale = salon.history("sale.completed")[0]
    assert (sale["actor"], sale["data"]["total"]) == ("page", "54.00")


def test_an_appointment_is_moved_and_cancelled_with_a_reason(salon: Any, screen: Any) -> None:
    made, slot = salon.book(), salon.free_slot(9)
    screen.goto(
        "/?" + urlencode({"loc": "loc_1", "day": made["startTime"][:10], "apt": made["id"]})
    )
    screen.locator("summary", has_text="Move").click()
    screen.get_by_label("New time at Maple Street").fill("2026-06-16T03:00")
    screen.locator("details button", has_text="Move").click()
    screen.get_by_text("does not work then").wait_for()
    screen.locator("summary", has_text="Move").click()
    there = datetime.fromisoformat(slot["startTime"]).astimezone(ZoneInfo("America/Los_Angeles"))
    screen.get_by_label("New time at Maple Street").fill(f"{there:%Y-%m-%dT%H:%M}")
    screen.locator("details button", has_text="Move").click()
    screen.get_by_text("Moved.").wait_for()
    assert salon.record(made["id"])["startTime"] == slot["startTime"]
    screen.get_by_text("Cancel the appointment").click()
    screen.get_by_label("Reason").select_option("sick")
    screen.get_by_role("button", name="Cancel it").click()
    screen.get_by_text("Put back on the calendar").wait_for()
    assert salon.record(made["id"])["cancelReason"] == "sick"


def test_a_text_appears_on_the_open_phone_and_is_answered(salon: Any, screen: Any) -> None:
    salon.turn(delivery_ms=0)
    made = salon.client()
    screen.clock.install()
    screen.goto(f"/phones/{made['id']}")
    screen.get_by_text("No texts on this phone yet").wait_for()
    salon.api.post(
        "/communications",
        json={"clientId": made["id"], "channel": "sms", "body": "See you <b>soon</b> at 10"},
    )
    screen.locator(".outbound", has_text="See you <b>soon</b> at 10").wait_for()
    screen.get_by_role("button", name="1", exact=True).click()
    screen.locator(".inbound", has_text="1").wait_for()
    screen.get_by_label("Your text as the client").fill("and 🙏 thanks")
    screen.get_by_role("button", name="Send").click()
    screen.locator(".inbound", has_text="and 🙏 thanks").wait_for()
    assert [m["data"]["body"] for m in salon.history("message.received")] == ["1", "and 🙏 thanks"]


def test_typing_is_not_disturbed_by_the_refresh(salon: Any, screen: Any) -> None:
    made = salon.client()
    screen.clock.install()
    screen.goto(f"/phones/{made['id']}")
    field = screen.get_by_label("Your text as the client")
    field.fill("half a sen")
    salon.api.post(
        "/communications", json={"clientId": made["id"], "channel": "sms", "body": "A new text"}
    )
    screen.clock.run_for(20_000)
    assert field.input_value() == "half a sen"
    assert field.evaluate("e => e === document.activeElement")
    field.fill("")
    field.blur()
    screen.clock.run_for(20_000)
    screen.locator(".outbound", has_text="A new text").wait_for()


def test_hostile_names_are_shown_as_they_are(salon: Any, screen: Any) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    made = salon.client(firstName=hostile, lastName="</title><script>alert(2)</script>")
    booked = salon.book(clientId=made["id"], notes="<svg onload=alert(3)>")
    salon.act("text", clientId=made["id"], body="<script>alert(4)</script>")
    day = booked["startTime"][:10]
    for path in (
        f"/phones/{made['id']}",
        "/phones",
        "/messages",
        "/history",
        "/?" + urlencode({"loc": "loc_1", "day": day, "apt": booked["id"]}),
        "/?" + urlencode({"loc": "loc_1", "day": day, "book": 1, "q": hostile}),
    ):
        screen.goto(path)
        assert screen.locator("img, svg, body script").count() == 0
    screen.goto(f"/phones/{made['id']}")
    assert screen.get_by_role("heading", name=hostile).is_visible()


def test_everything_works_without_script(salon: Any, without_script: Any) -> None:
    page = without_script
    made = salon.book()
    page.goto("/?" + urlencode({"loc": "loc_1", "day": made["startTime"][:10], "apt": made["id"]}))
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("Confirmed.").wait_for()
    assert salon.record(made["id"])["status"] == "confirmed"
    page.goto(f"/phones/{made['clientId']}")
    page.get_by_label("Your text as the client").fill("ok")
    page.get_by_role("button", name="Send").click()
    page.locator(".inbound", has_text="ok").wait_for()
    page.goto("/knobs")
    page.get_by_label("Token expired").check()
    page.get_by_role("button", name="Set", exact=True).click()
    page.get_by_text("Misbehaving on purpose: Token expired").wait_for()
    page.get_by_role("button", name="Behave again").click()
    page.get_by_text("Set.").wait_for()
    assert salon.other_side.get("/sandbox/knobs").json()["token_expired"] is False


def test_the_busy_friday_is_started_watched_and_stopped(
    salon: Any, screen: Any, eventually: Callable[..., Any]
) -> None:
    screen.clock.install()
    screen.goto("/scenarios")
    friday = screen.get_by_role("region", name="A busy Friday")
    friday.get_by_label("Speed").select_option("60×")
    friday.get_by_role("button", name="Start the day").click()
    eventually(lambda: salon.other_side.get("/sandbox/scenario").json()["done"])
    screen.clock.run_for(3000)
    friday.get_by_text("Just now:").wait_for()
    friday.get_by_role("button", name="Stop").click()
    friday.get_by_text("Stopped after").wait_for()
    assert screen.get_by_role("region", name="A cancellation storm").get_by_text("Not started")


def test_a_phone_is_told_on_its_page_what_to_answer(salon: Any, screen: Any) -> None:
    made = salon.client()
    screen.goto(f"/phones/{made['id']}")
    screen.get_by_text("This phone by hand").click()
    screen.get_by_label("When a text asks for an answer, it").select_option("says yes twice")
    screen.get_by_label("after minutes").fill("2.5")
    screen.get_by_role("button", name="Set", exact=True).click()
    screen.get_by_text("This phone says yes twice, by a rule of its own").wait_for()
    screen.goto("/phones")
    everybody = screen.get_by_label("When a text asks for an answer, a phone")
    everybody.select_option("answers as a crowd does")
    screen.get_by_label("after minutes").fill("soon")
    screen.get_by_role("button", name="Set", exact=True).click()
    screen.get_by_text("minutes is a number up to 1440.").wait_for()
    told = salon.other_side.get("/sandbox/phones").json()
    assert told["phones"] == {made["phone"]: {"rule": "twice", "minutes": 2.5}}
    assert told["all"]["rule"] == "hand"


def test_a_form_without_its_token_does_nothing(salon: Any) -> None:
    made = salon.book()
    answer = salon.other_side.post("/do", data={"action": "cancel", "id": made["id"]})
    assert answer.status_code == 403
    assert salon.record(made["id"])["status"] == "booked"


def test_an_act_never_leads_to_another_site(salon: Any, screen: Any) -> None:
    made = salon.book()
    screen.goto(
        "/?" + urlencode({"loc": "loc_1", "day": made["startTime"][:10], "apt": made["id"]})
    )
    screen.locator("input[name=back]").first.evaluate("e => { e.value = '//evil.example/' }")
    screen.get_by_role("button", name="Check in").click()
    screen.get_by_text("Checked in.").wait_for()
    assert screen.url == f"{salon.url}/"
    assert salon.record(made["id"])["status"] == "checked_in"


def test_pages_are_safe_accessible_and_fit_a_phone(salon: Any, screen: Any) -> None:
    for path in PAGES:
        answer = screen.goto(path)
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'" in policy and "unsafe" not in policy, path
        assert findings(screen) == [], path
        screen.set_viewport_size({"width": 380, "height": 760})
        assert screen.evaluate("document.documentElement.scrollWidth") <= 380, path
        screen.set_viewport_size({"width": 1280, "height": 820})


def test_the_header_leads_back_to_the_desk_and_tells_both_times(salon: Any, screen: Any) -> None:
    screen.goto(FRIDAY)
    assert screen.get_by_role("link", name="Back to the desk").get_attribute("href") == (
        "http://127.0.0.1:8000/"
    )
    assert screen.get_by_text("Maple Street 10:00 am").is_visible()
    assert screen.get_by_text("Harbor 1:00 pm").is_visible()


def test_a_closed_day_says_so(salon: Any, screen: Any) -> None:
    screen.goto("/?" + urlencode({"loc": "loc_1", "day": "2026-06-14"}))
    assert screen.get_by_text("Maple Street is closed on this day.").is_visible()
    screen.goto("/?" + urlencode({"loc": "nowhere", "day": "tomorrow", "apt": "apt_0"}))
    assert screen.get_by_role("heading", name="Friday, June 12").is_visible()
