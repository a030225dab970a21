"""On the real stack, started once: the main job as a new front-desk user does it, by mouse, by
keys, by touch; and the platform as most salons have it: odd webhooks, CSV files, nothing sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from agents.models import AgentRun
from approvals.models import ApprovalItem, Effect
from copilot.demo import CONNECTION
from copilot.demo_webhooks import CONNECTION as CEDAR_LANE
from copilot.demo_webhooks import PERSONA as JUNE
from copilot.demo_webhooks import SALON, hook_key
from core import clock
from integrations.models import Client, Consent, InboundEvent, WaitlistEntry
from tests.support.demo import DemoStack
from tests.support.polling import eventually

pytestmark = [pytest.mark.browser, pytest.mark.worker]
PERSONA = "Front desk, both locations"
PASSWORD = "a-long-enough-password"
ADDED = " Parking is behind the house."
# Two new clients each: one gets a text, the other's is taken back.
CAST = {
    "mouse": (("Dana", "Whitfield", "+12135550161"), ("Orla", "Byrne", "+12135550162")),
    "keyboard": (("Elena", "Marsh", "+12135550163"), ("Petra", "Novak", "+12135550164")),
    "tablet": (("Robin", "Vale", "+12135550165"), ("Quinn", "Adair", "+12135550166")),
}


class Mouse:
    """Points and clicks; the one key is A."""

    window: ClassVar[dict[str, Any]] = {"viewport": {"width": 1280, "height": 820}}

    def __init__(self, page: Any) -> None:
        self.page = page

    def press(self, target: Any) -> None:
        target.click()

    def find(self, name: str) -> None:
        self.press(self.page.locator(f".row:not(.drafting):has-text('{name}') a"))

    def edit(self, added: str) -> None:
        self.press(self.page.locator("#edit"))
        self.write(added)
        self.save()

    def write(self, added: str) -> None:
        box = self.page.locator("#editor textarea")
        box.wait_for()
        box.press("Control+End")
        box.type(added)

    def save(self) -> None:
        """A press counts once the card was in sight for a moment, and the test types faster."""
        self.page.wait_for_selector("#card[data-ready]")
        self.press(self.page.get_by_role("button", name="Save only"))

    def approve(self) -> None:
        self.page.keyboard.press("a")

    def undo(self) -> None:
        self.press(self.page.locator(".take-back").last)


class Tablet(Mouse):
    """Taps, upright, with nothing but the screen's own keyboard."""

    window: ClassVar[dict[str, Any]] = {
        "viewport": {"width": 820, "height": 1180},
        "has_touch": True,
    }

    def press(self, target: Any) -> None:
        target.tap()

    def approve(self) -> None:
        self.press(self.page.locator("#approve"))


class Keyboard(Mouse):
    """Never touches a pointer: Tab and Enter, and the keys of the help page."""

    def press(self, target: Any) -> None:
        target.wait_for()
        for _ in range(80):
            if target.evaluate("it => it === document.activeElement"):
                self.page.keyboard.press("Enter")
                return
            # Faster than a person, and the page takes it for a barcode scanner.
            self.page.keyboard.press("Tab", delay=40)
        raise AssertionError("the Tab key never gets there")

    def find(self, name: str) -> None:
        self.page.keyboard.press("/")
        self.page.wait_for_selector("#search:focus")
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(name)
        self.page.keyboard.press("Enter")

    def edit(self, added: str) -> None:
        self.page.keyboard.press("e")
        self.page.wait_for_selector("#body:focus")
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(added)
        self.save()

    def undo(self) -> None:
        self.page.keyboard.press("z")


HANDS: dict[str, type[Mouse]] = {"mouse": Mouse, "keyboard": Keyboard, "tablet": Tablet}


@pytest.fixture(params=list(HANDS))
def hands(request: pytest.FixtureRequest, browser: Any) -> Iterator[Mouse]:
    kind = HANDS[request.param]
    context = browser.new_context(**kind.window)
    context.set_default_timeout(15_000)
    page = context.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield kind(page)
    context.close()
    assert thrown == []


def test_a_new_front_desk_user_clears_a_draft(
    hands: Mouse, demo_stack: DemoStack, request: pytest.FixtureRequest
) -> None:
    page = hands.page
    told, spared = CAST[request.node.callspec.params["hands"]]
    sign_in(hands, demo_stack.desk)
    clients = [demo_stack.client(*one) for one in (told, spared)]
    for client in clients:
        demo_stack.book(client)

    row = page.locator(f".row:not(.drafting):has-text('{told[0]}')")
    row.wait_for()
    open_draft(hands, told[0])
    assert page.locator("#card .why li").count() > 0
    assert page.locator("#card .why").inner_text().strip()
    hands.edit(ADDED)
    ready(page, told[0])
    words = page.inner_text("#draft")
    assert words.endswith(ADDED.strip())
    press_to_send(hands, told[0])

    open_draft(hands, spared[0])
    press_to_send(hands, spared[0])
    hands.undo()
    page.wait_for_selector(f"#card[data-state=pending]:has-text('Text to {spared[0]}')")

    if type(hands) is not Mouse:  # one of the three waits as a person would
        the_hold_is_over(told[0])
    read_phone(page, demo_stack, clients[0], words)
    assert [one["body"] for one in demo_stack.texts(clients[0])] == [words]
    assert demo_stack.texts(clients[1]) == []
    look_up_in_activity(hands, told, words)
    assert_caused_by_signed_webhooks(told)


def sign_in(hands: Mouse, desk: str) -> None:
    hands.page.goto(desk)
    hands.press(hands.page.get_by_role("button", name=PERSONA))
    hands.page.wait_for_selector("html[data-live=live]")


def open_draft(hands: Mouse, name: str) -> None:
    hands.find(name)
    ready(hands.page, name)


def ready(page: Any, name: str) -> None:
    page.wait_for_selector(f"#card[data-ready]:has-text('Text to {name}') #draft")


def press_to_send(hands: Mouse, name: str) -> None:
    """A card that is drawn anew just then takes no press; a person presses once more."""
    toast = hands.page.locator(f".toast:has-text('Sending to {name}')")
    for seconds in (5, 10):
        ready(hands.page, name)
        hands.approve()
        with suppress(PlaywrightTimeout):
            toast.wait_for(timeout=seconds * 1000)
            return
    toast.wait_for()


def the_hold_is_over(name: str) -> None:
    """On a slow machine it may be over by itself."""
    mine = Effect.objects.filter(item__client__first_name=name)
    mine.filter(state="waiting", outcome="").update(not_before=clock.now())
    assert mine.exists()


def read_phone(page: Any, demo: DemoStack, client: str, words: str) -> None:
    """The other side: the client's phone, in the same browser."""
    phone = page.context.new_page()
    phone.goto(f"{demo.sandbox}/phones/{client}")
    bubble = phone.locator(".bubbles li.outbound p")
    bubble.first.wait_for(timeout=25_000)
    assert bubble.all_inner_texts() == [words]
    phone.close()


def look_up_in_activity(hands: Mouse, who: tuple[str, str, str], words: str) -> None:
    page = hands.page
    hands.press(page.get_by_role("navigation", name="Places").get_by_text("Activity"))
    page.wait_for_selector("h1:has-text('Activity')")
    line = page.locator(f".log:has-text('{who[0]}')")
    eventually_reloaded(page, line)
    assert "sent" in line.locator(".tag").inner_text().lower()
    assert words[:40] in line.inner_text()


def eventually_reloaded(page: Any, line: Any) -> None:
    """The platform has the text a moment before our record says so."""

    def shown() -> bool:
        if line.count():
            return True
        page.reload()
        return bool(line.count())

    eventually(shown)


def assert_caused_by_signed_webhooks(who: tuple[str, str, str]) -> None:
    """This connection takes signed ones only, and no poll was needed to find the booking."""
    runs = AgentRun.objects.filter(item__client__first_name=who[0], connection_id=CONNECTION)
    keys = set(runs.values_list("event_key", flat=True))
    hooks = InboundEvent.objects.filter(connection_id=CONNECTION, source="webhook")
    assert keys and keys <= {key for row in hooks for key in row.announced}


# ---- the platform as most salons have it ----


def enter(page: Any, demo: DemoStack, persona: str) -> None:
    page.goto(demo.desk)
    page.get_by_role("button", name=persona).click()
    page.wait_for_selector("h1")


def test_a_client_of_a_file_gets_a_text_by_hand_and_it_is_kept_who_sent_it(
    page: Any, demo_stack: DemoStack
) -> None:
    wren = demo_stack.client("Wren", "Calloway", "+12135550171")
    load_clients(page, demo_stack)
    demo_stack.book(wren)
    page.get_by_role("button", name="Sign out").click()
    enter(page, demo_stack, JUNE)
    page.locator(".row:not(.drafting):has-text('Wren') a").click()
    page.wait_for_selector("#card[data-ready]:has-text('Text to Wren')")
    assert "consent comes from an older list" in page.inner_text("#card").lower()
    words = page.inner_text("#draft")
    assert "reply" not in words.lower() and "answer" not in words.lower()

    page.keyboard.press("a")
    step = page.locator("#card[data-state=manual]")
    step.wait_for()
    assert page.input_value("#manual-1") == words
    link = step.get_by_role("link", name="Open your texts").get_attribute("href")
    assert link == f"sms:+12135550171?&body={quote(words)}"
    page.wait_for_selector("#card[data-ready]")
    step.get_by_role("button", name="Done").click()
    page.locator(".row:has-text('Wren')").wait_for(state="detached")

    page.get_by_role("navigation", name="Places").get_by_text("Activity").click()
    line = page.locator(".log:has-text('Wren')")
    line.wait_for()
    assert "by hand" in line.inner_text().lower() and "June Alder" in line.inner_text()
    assert [one for one in demo_stack.texts(wren) if one["reference"]] == []


def load(page: Any, demo_stack: DemoStack, kind: str, day: date) -> None:
    """A download of the salon's, put in by hand as it stood on that day."""
    page.goto(f"{demo_stack.desk}/connect/{CEDAR_LANE}/")
    page.select_option("#kind", kind)
    raw = demo_stack.remote.csv(kind, SALON)
    page.set_input_files("#file", {"name": f"{kind}.csv", "mimeType": "text/csv", "buffer": raw})
    page.get_by_role("button", name="Look at it").click()
    page.wait_for_selector(f"h1:has-text('{kind.title()} from a file')")
    if page.locator("[name=column-location]").count():
        page.select_option("[name=column-location]", "")  # to Cedar Lane it is all one salon
    page.fill("#as_of", day.isoformat())
    page.locator("button[name=load]").click()
    page.wait_for_selector(f"#progress :text('{kind.title()}: ') >> nth=0")
    page.wait_for_selector("#progress section:not([hx-trigger])")


def load_clients(page: Any, demo_stack: DemoStack) -> None:
    """Yesterday's download, in the browser; then the page of who was let in by hand."""
    enter(page, demo_stack, "Admin")
    day = clock.now().date() - timedelta(days=1)
    load(page, demo_stack, "clients", day)
    eventually(Client.objects.filter(connection_id=CEDAR_LANE, first_name="Wren").exists)
    said = Consent.objects.get(
        client__connection_id=CEDAR_LANE,
        client__first_name="Wren",
        channel="sms",
        purpose="transactional",
    )
    assert (said.granted, said.origin, said.at and said.at.date()) == (True, "file", day)

    page.goto(f"{demo_stack.desk}/people/")
    assert "June Alder" in page.inner_text("main")


def test_files_are_loaded_and_somebody_is_let_in_by_hand_and_out_again(
    page: Any, browser: Any, demo_stack: DemoStack
) -> None:
    WaitlistEntry.objects.filter(connection_id=CEDAR_LANE).delete()
    enter(page, demo_stack, "Admin")
    for kind in ("clients", "appointments", "waitlist"):
        load(page, demo_stack, kind, clock.now().date())
    shown = page.inner_text("#progress")
    for kind in ("Clients", "Appointments", "Waitlist"):
        assert re.search(rf"{kind}: [1-9]\d* rows read", shown), shown
    eventually(WaitlistEntry.objects.filter(connection_id=CEDAR_LANE).exists)

    page.goto(f"{demo_stack.desk}/people/")
    page.fill("#who", "Tess Temp")
    page.fill("#email", "tess.temp@example.com")
    page.select_option("#at", label="Cedar Lane")
    page.fill("#ends", (clock.now().date() + timedelta(days=9)).isoformat())
    page.get_by_role("button", name="Send an invitation").click()
    said = page.inner_text(".banner:has-text('Give Tess Temp this link yourself')")
    link = re.search(r"http\S+/invitation/\S+", said)
    assert link

    with browser.new_context() as context:
        tess = context.new_page()
        tess.goto(link[0])
        for box in ("#password", "#again"):
            tess.fill(box, PASSWORD)
        tess.get_by_role("button", name="Make my sign-in").click()
        tess.fill("#id_username", "tess.temp@example.com")
        tess.fill("#id_password", PASSWORD)
        tess.locator("text=Sign in >> nth=-1").click()
        tess.wait_for_selector(".row:not(.drafting)", timeout=60_000)
        assert "Cedar Lane" in tess.inner_text(".side footer")
        tess.locator(".row:not(.drafting) a").first.click()
        tess.wait_for_selector("#card")

        page.goto(f"{demo_stack.desk}/people/")
        page.get_by_role("button", name="End the role of Tess Temp").click()
        page.wait_for_selector("text=Tess Temp no longer has that role.")
        tess.goto(f"{demo_stack.desk}/today/")
        assert "/sign-in/" in tess.url


def test_an_odd_body_is_taken_kept_aside_and_shown(page: Any, demo_stack: DemoStack) -> None:
    address = f"{demo_stack.desk}/hooks/mangomint/{CEDAR_LANE}/"
    odd = {"hello": "from a webhook nobody documented"}
    assert httpx.post(address + "not-the-key/", json=odd).status_code == 401
    assert httpx.post(address + hook_key() + "/", json=odd).status_code == 202
    kept = InboundEvent.objects.filter(connection_id=CEDAR_LANE, outcome="odd")
    eventually(kept.exists)

    enter(page, demo_stack, "Admin")
    page.goto(f"{demo_stack.desk}/connect/{CEDAR_LANE}/odd/")
    assert "from a webhook nobody documented" in page.inner_text("main")
    assert "no appointment, sale or form in it" in page.inner_text("main")


def test_the_second_connection_disturbs_nobody_else(page: Any, demo_stack: DemoStack) -> None:
    enter(page, demo_stack, "Front desk, both locations")
    assert "Cedar Lane" not in page.inner_text("body")
    waiting = ApprovalItem.objects.filter(connection_id=CEDAR_LANE).first()
    assert waiting is not None
    answer = page.goto(f"{demo_stack.desk}/drafts/{waiting.pk}/")
    assert answer.status == 404
