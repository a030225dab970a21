"""The main job as a new front-desk user does it, on the real stack, by mouse, by keys, by touch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from agents.models import AgentRun
from approvals.models import Effect
from copilot.demo import CONNECTION
from core import clock
from integrations.models import InboundEvent
from tests.support.demo import DemoStack
from tests.support.polling import eventually

pytestmark = [pytest.mark.browser, pytest.mark.worker]
PERSONA = "Front desk, both locations"
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
    hands.approve()
    page.wait_for_selector(f".toast:has-text('Sending to {told[0]}')")

    open_draft(hands, spared[0])
    hands.approve()
    page.wait_for_selector(f".toast:has-text('Sending to {spared[0]}')")
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
    bubble.first.wait_for()
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
    """This connection takes signed ones only. On a busy machine the poll may be the first to see
    a booking: then its delivery comes after it and finds nothing new."""
    runs = AgentRun.objects.filter(item__client__first_name=who[0], connection_id=CONNECTION)
    keys = set(runs.values_list("event_key", flat=True))
    hooks = InboundEvent.objects.filter(connection_id=CONNECTION, source="webhook")
    assert keys
    for visit in {key.split(":")[1] for key in keys}:
        eventually(lambda visit=visit: any(visit.encode() in row.body for row in hooks.all()))
