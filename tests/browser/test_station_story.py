"""One tablet, two receptionists: take over, park and go on elsewhere, cover, hand over."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.models import Decision, HandOver, ParkedSpot, TypedText
from approvals.services.handovers import handover_offer
from integrations.models import User
from tests.support.desks import Desk
from tests.support.polling import eventually
from tests.support.stations import PIN, pin_give, station_make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
KEY_PAUSE = 60  # faster than a hand can be counts as a scanner


def key(page: Any, name: str) -> None:
    page.wait_for_timeout(KEY_PAUSE)
    page.keyboard.press(name)


def pin_in(page: Any, name: str, pin: str) -> None:
    page.get_by_label(name).check()
    for digit in pin:
        page.locator("#keypad").get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("button", name="Take over").click()


def spoken(page: Any) -> str:
    return str(page.locator("#say").text_content() or "")


@pytest.fixture(autouse=True)
def hashed_as_the_server_does(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]


@pytest.fixture
def ben(desk: Desk) -> User:
    ben = desk.person("Ben Okafor")
    pin_give(ben, "8064")
    return ben


@pytest.fixture
def tablet(browser: Any, web_server: Any, desk: Desk, maria: User) -> Any:
    pin_give(maria)
    _, secret = station_make(desk.location)
    context = browser.new_context(
        viewport={"width": 1180, "height": 820}, has_touch=True, base_url=web_server.url
    )
    context.add_cookies([{"name": "station", "value": secret, "url": web_server.url}])
    context.set_default_timeout(10_000)
    page = context.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield page
    context.close()
    assert thrown == []


def test_a_shared_tablet_from_taking_over_to_handing_over(
    tablet: Any, browser: Any, web_server: Any, sign_in: Any, desk: Desk, maria: User, ben: User
) -> None:
    private = "your Keratin treatment"
    item = desk.draft(desk.client("Dana"), body=f"Hi Dana, see you for {private}.", tag="likely")
    desk.draft(desk.client("Elena"), body="Hi Elena, see you soon.")

    # Nobody is there: nothing of the queue is on the page. A touch and a PIN take over.
    tablet.goto("/")
    assert "Who is there?" in tablet.inner_text("body")
    assert "Dana" not in tablet.content()
    pin_in(tablet, "Maria Ruiz", PIN)
    tablet.wait_for_selector(f"#row-{item.pk}")
    eventually(lambda: "Maria, you are here now." in spoken(tablet))

    # Counter mode: the first card is covered, and the page itself does not hold the words.
    tablet.wait_for_selector("#card[data-covered]")
    assert "Keratin" not in tablet.content()
    tablet.locator(f"#row-{item.pk} a").click()
    tablet.wait_for_selector("#card #draft")
    assert private in tablet.inner_text("#draft")
    tablet.clock.install()
    tablet.reload()
    tablet.wait_for_selector("#card[data-covered]")
    tablet.locator("#uncover").click()
    tablet.wait_for_selector("#card #draft")
    tablet.clock.run_for(21_000)
    tablet.wait_for_selector("#card[data-covered]")
    assert "Keratin" not in tablet.content()
    tablet.clock.resume()

    # A key on a covered card shows it, and decides nothing. Then the words are begun.
    key(tablet, "a")
    tablet.wait_for_selector("#card #draft")
    assert not Decision.objects.exists()
    tablet.locator("#edit").click()
    tablet.wait_for_selector("#editor textarea")
    tablet.keyboard.press("Control+End")
    tablet.keyboard.type(" Parking is behind")
    key(tablet, "Control+.")
    tablet.wait_for_url("**/parked/")
    assert "Dana" not in tablet.content()
    assert TypedText.objects.get().body.endswith(" Parking is behind")
    assert ParkedSpot.objects.get().item == item

    # The same key on Maria's own computer: the same draft, the same words, the caret at their end.
    own = browser.new_context(base_url=web_server.url)
    desktop = own.new_page()
    sign_in(desktop, maria)
    desktop.goto("/today/")
    key(desktop, ".")
    desktop.wait_for_selector("#editor textarea")
    box = "document.querySelector('#editor textarea')"
    eventually(lambda: desktop.evaluate(f"document.activeElement === {box}"))
    value = desktop.input_value("#editor textarea")
    assert value.endswith(" Parking is behind")
    assert desktop.evaluate(f"{box}.selectionStart") == len(value)
    eventually(lambda: "Here is where you left off." in spoken(desktop))

    # The shift ends. Ben takes the tablet over, and accepts with one key.
    handover_offer(user=maria, location_id=desk.location.pk)
    own.close()
    tablet.get_by_role("button", name="Somebody else is here").click()
    tablet.wait_for_selector("#who")
    pin_in(tablet, "Ben Okafor", "8064")
    tablet.wait_for_selector("#accept-hand-over")
    assert "Begun and not finished: 1" in tablet.inner_text("#hand-over")
    key(tablet, "h")
    eventually(lambda: HandOver.objects.filter(accepted_by=ben).exists())
    tablet.locator(f"#row-{item.pk} a").click()
    tablet.wait_for_selector("text=Maria Ruiz was writing this on this device")
