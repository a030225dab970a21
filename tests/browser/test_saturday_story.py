"""Saturday, 10:05, played from the desk's side on a tablet and a desktop at once: two
receptionists, a phone, a walk-in, somebody late, Sarah ill. The salon's own record shows exactly
what was approved, to whom, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from approvals.models import (
    ApprovalItem,
    CallOutcome,
    Decision,
    HandOver,
    Opening,
    ParkedSpot,
    SendingPause,
)
from integrations.models import LocationRole, User
from tests.support.heard import Ears, leaks
from tests.support.played import Played
from tests.support.polling import eventually
from tests.support.saturday import HALF, NINE, Saturday, gives_up, saturday
from tests.support.stations import PIN, pin_give, station_make

pytestmark = pytest.mark.browser
BENS_PIN = "8064"
KEY_PAUSE = 60  # faster than a hand can be counts as a scanner
PARKING = " Parking is behind the house."
WHY = "The price list is wrong"


@dataclass
class Room:
    """The two screens, who stands at them, and what each of them said aloud."""

    day: Saturday
    tablet: Any
    desktop: Any
    maria: User
    ben: User
    tablet_said: Ears
    desktop_said: Ears

    def item(self, page: Any, item: ApprovalItem) -> None:
        page.goto(f"{self.day.salon.desk}/drafts/{item.pk}/")
        page.wait_for_selector("#card")

    def open(self, page: Any, path: str) -> None:
        assert page.goto(self.day.salon.desk + path).status == 200, path


def key(page: Any, name: str) -> None:
    page.wait_for_timeout(KEY_PAUSE)
    page.keyboard.press(name)


def left(day: Saturday, name: str, count: int) -> bool:
    """Whether so many texts reached somebody, once the moment to take them back went by."""
    day.salon.moment_to_undo_passes()
    day.salon.work()
    return len(day.sent(name)) == count


def takes_over(page: Any, name: str, pin: str) -> None:
    page.get_by_label(name).check()
    for digit in pin:
        page.locator("#keypad").get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("button", name="Take over").click()
    page.wait_for_selector("nav.side")


def receptionist(day: Saturday, name: str) -> User:
    user = User.objects.create_user(f"{name.split()[0].lower()}@example.com", name=name)
    user.groups.add(LocationRole.objects.get(location=day.place, role="front_desk").group)
    return user


@pytest.fixture
def room(played_stack: Played, browser: Any, sign_in: Any, settings: Any) -> Iterator[Room]:
    # As the server does: it has to know the PINs.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    day = saturday(played_stack)
    maria, ben = receptionist(day, "Maria Ruiz"), receptionist(day, "Ben Okafor")
    pin_give(maria)
    pin_give(ben, BENS_PIN)
    _, secret = station_make(day.place)
    thrown: list[str] = []
    contexts, pages, ears = [], [], []
    for size, touch in (((1180, 820), True), ((1280, 820), False)):
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, has_touch=touch)
        ears.append(Ears(context))
        page = context.new_page()
        page.on("pageerror", lambda error: thrown.append(str(error)))
        contexts.append(context)
        pages.append(page)
    contexts[0].add_cookies([{"name": "station", "value": secret, "url": day.salon.desk}])
    sign_in(pages[1], maria)
    yield Room(day, *pages, maria, ben, *ears)
    for context in contexts:
        context.close()
    assert thrown == []


def test_twenty_five_minutes_of_a_saturday(room: Room) -> None:
    day = room.day
    words = begun_on_the_tablet(room)
    sent_from_the_desktop(room, words)
    gives_up(day, "Cora", waits="Grace")
    the_walk_in_gets_the_slot(room)
    a_call_is_settled_by_two_taps(room)
    sarah_is_out(room)
    sending_stops_and_goes_on(room)
    asked = [name for name in NINE[:-1] if told_exactly(day, name)]
    one_is_late(room)
    the_shift_ends(room)
    exactly_the_right_messages(room, words, says_yes(day, asked))


def begun_on_the_tablet(room: Room) -> str:
    """Nobody is there; Maria takes over, looks, begins to write, and the phone rings."""
    day, tablet = room.day, room.tablet
    item = day.draft("Dana", agent="confirmation")
    assert item.revision is not None
    private = [item.revision.body, day.visit("Dana")["serviceName"], "loss risk", "no-show"]
    room.open(tablet, "/")
    assert "Who is there?" in tablet.inner_text("body")
    assert leaks(tablet, ["Dana", *private]) == []
    takes_over(tablet, "Maria Ruiz", PIN)
    room.tablet_said.hear("Maria, you are here now.")

    # Every detail is covered: not in the document, not in what a screen reader is given.
    tablet.clock.install()
    room.item(tablet, item)
    assert leaks(tablet, private) == []
    key(tablet, "a")
    tablet.wait_for_selector("#card #draft")
    room.tablet_said.hear("Here it is. Press again.")
    assert leaks(tablet, private) != []
    assert not Decision.objects.exists()
    tablet.clock.run_for(21_000)
    tablet.wait_for_selector("#card[data-covered]")
    room.tablet_said.hear("Covered again")
    assert leaks(tablet, private) == []
    tablet.clock.resume()

    tablet.locator("#uncover").click()
    tablet.locator("#edit").click()
    tablet.wait_for_selector("#editor textarea")
    tablet.keyboard.press("Control+End")
    tablet.keyboard.type(PARKING)
    key(tablet, "Control+.")
    tablet.wait_for_url("**/parked/")
    assert leaks(tablet, ["Dana", PARKING.strip(), *private]) == []
    assert ParkedSpot.objects.get().item == item
    return item.revision.body + PARKING


def sent_from_the_desktop(room: Room, words: str) -> None:
    """The same key on Maria's own computer: the same draft, the same words, the caret at their
    end. Ben takes the tablet over meanwhile."""
    desktop = room.desktop
    room.open(desktop, "/today/")
    key(desktop, ".")
    desktop.wait_for_selector("#editor textarea")
    box = "document.querySelector('#editor textarea')"
    eventually(lambda: desktop.evaluate(f"document.activeElement === {box}"))
    assert desktop.input_value("#editor textarea") == words
    assert desktop.evaluate(f"{box}.selectionStart") == len(words)
    room.desktop_said.hear("Here is where you left off.")
    eventually(lambda: re.match(r"\(\d+\) ", desktop.title()))
    assert desktop.locator("link[rel=icon]").get_attribute("href").startswith("data:image/svg+xml")

    room.tablet.get_by_role("button", name="Somebody else is here").click()
    room.tablet.wait_for_selector("#who")
    takes_over(room.tablet, "Ben Okafor", BENS_PIN)

    desktop.wait_for_selector("#card[data-ready]")
    key(desktop, "Control+Enter")
    room.desktop_said.hear("Sending to Dana.")
    room.day.salon.moment_to_undo_passes()
    room.day.salon.until(lambda: room.day.sent("Dana") == [words], "Dana got nothing")


def the_walk_in_gets_the_slot(room: Room) -> None:
    """Cora's hour is offered to Grace; before she answers, Walter stands at the counter."""
    day, tablet = room.day, room.tablet
    rows = Opening.objects.filter(item__state="pending").select_related("item")
    opening = day.salon.until(rows.first, "nobody offers the slot")
    room.item(room.desktop, opening.item)
    room.desktop.wait_for_selector("#card[data-ready]")
    key(room.desktop, "a")
    day.salon.until(lambda: left(day, "Grace", 1), "Grace was not asked")

    room.open(tablet, "/today/")
    slot = tablet.locator(f"#slot-{opening.pk}")
    assert leaks(tablet, [day.visit("Cora")["serviceName"]]) == []
    slot.get_by_label("Give", exact=False).first.click()
    tablet.wait_for_timeout(1000)  # what has just opened takes no press: the time is the rule
    slot.get_by_role("button", name="Yes, it is given").click()
    given = Opening.objects.filter(pk=opening.pk, state=Opening.State.GIVEN)
    eventually(given.exists)
    day.salon.until(lambda: left(day, "Grace", 2), "Grace was not told kindly")
    hers = day.visits["Cora"]
    at = datetime.fromisoformat(hers["startTime"])
    day.book("Walter", hers["staffId"], hers["serviceId"], at)
    assert day.visit("Walter")["startTime"] == hers["startTime"]


def a_call_is_settled_by_two_taps(room: Room) -> None:
    """Vera rings. Two letters are typed, then: her name, and what the call led to."""
    day, tablet = room.day, room.tablet
    waiting = day.draft("Vera", agent="confirmation")
    tablet.locator("#seek").fill("ve")
    found = tablet.locator("#seek-found a", has_text="Vera")
    found.wait_for()
    assert leaks(tablet, [day.visit("Vera")["serviceName"]]) == []
    found.click()
    tablet.wait_for_url("**/clients/*/")
    assert leaks(tablet, [day.visit("Vera")["serviceName"]]) == []
    tablet.get_by_role("button", name="Confirmed by phone").click()
    tablet.get_by_text("Take it back").wait_for()
    waiting.refresh_from_db()
    assert waiting.state == "withdrawn"
    made = CallOutcome.objects.get()
    assert (made.kind, made.user) == ("confirmed", room.ben)
    day.salon.moment_to_undo_passes()
    day.salon.until(lambda: day.visit("Vera")["status"] == "confirmed", "the salon was not told")


def sarah_is_out(room: Room) -> None:
    """Nine clients on one page: a text changed by hand, one to be called, one approved by itself
    and all the others at once. Nothing leaves yet."""
    day, desktop = room.day, room.desktop
    # From here on Maria's window is a narrow one beside the platform's.
    desktop.set_viewport_size({"width": 380, "height": 760})
    zone = ZoneInfo(day.place.timezone)
    starts, ends = (at.astimezone(zone) for at in (day.starts, day.starts + len(NINE) * HALF))
    room.open(desktop, f"/out-today/?location={day.place.pk}")
    choice = desktop.locator("#staff option", has_text=day.sarah["name"]).first
    desktop.select_option("#staff", choice.get_attribute("value"))
    desktop.fill("#day", f"{starts:%Y-%m-%d}")
    desktop.fill("#from_time", f"{starts:%H:%M}")
    desktop.fill("#until_time", f"{ends:%H:%M}")
    desktop.get_by_role("button", name="Show who is affected").click()
    desktop.get_by_role("heading", name="9 clients affected").wait_for()
    assert all(day.line(name).kind != "call" for name in NINE)

    ada = desktop.locator(f"#line-{day.line('Ada').pk}")
    ada.locator("summary", has_text="Change the text").click()
    box = ada.locator(f"#body-{day.line('Ada').pk}")
    box.fill(box.input_value() + PARKING)
    ada.get_by_role("button", name="Save the text").click()
    desktop.get_by_text("Your words are saved. Nothing was sent yet.").wait_for()
    ines = desktop.locator(f"#line-{day.line('Ines').pk}")
    ines.locator("summary", has_text="Another proposal").click()
    ines.get_by_role("button", name="Call them instead").click()
    desktop.get_by_text("Nothing was sent yet.").wait_for()
    bea = desktop.locator(f"#line-{day.line('Bea').pk}")
    bea.get_by_role("button", name="Approve Bea S.").click()
    desktop.get_by_role("button", name="Approve all 7").click()
    done = day.line("Ada").absence.lines.filter(state="approved")
    # No work is done meanwhile: what was approved is on its way still when Ben presses Pause.
    eventually(lambda: done.count() == 8)


def sending_stops_and_goes_on(room: Room) -> None:
    """Ben sees a wrong price and presses Pause: what Maria approved a moment ago waits, and
    leaves when he resumes."""
    day, tablet, desktop = room.day, room.tablet, room.desktop
    room.open(tablet, "/")
    tablet.locator(".menu.pause > summary").click()
    tablet.get_by_label("Why").fill(WHY)
    tablet.locator(".menu.pause button").click()
    tablet.get_by_text(WHY).wait_for()
    day.salon.moment_to_undo_passes()
    day.salon.work()
    assert [day.sent(name) for name in NINE] == [[]] * len(NINE)
    room.open(desktop, "/")
    assert f"Sending is paused at {day.place.name}: {WHY}." in desktop.inner_text("#paused")
    tablet.get_by_role("button", name="Resume sending").click()
    tablet.get_by_text("Sending is on again").wait_for()
    assert SendingPause.objects.get().resumed_at is not None
    told = NINE[:-1]
    day.salon.until(lambda: all(day.sent(name) for name in told), "somebody was not told")


def told_exactly(day: Saturday, name: str) -> bool:
    """One text, the approved one; the calendar as it says. True where they were only asked."""
    line, visit, was = day.line(name), day.visit(name), day.visits[name]
    assert day.sent(name) == [line.body]
    assert (name == "Ada") == line.body.endswith(PARKING.strip())
    kept = ("startTime", "status")
    assert [visit[part] for part in kept] == [was[part] for part in kept]
    same_time = line.kind == "same_time"
    assert (visit["staffId"] != was["staffId"]) == same_time
    changes = day.salon.remote.get("history", kind="effect", subject=was["id"])["data"]
    wanted = ["appointment.booked", "appointment.moved"] if same_time else ["appointment.booked"]
    assert [one["action"] for one in changes] == wanted
    return not same_time


def one_is_late(room: Room) -> None:
    """Lena rings: a quarter of an hour. Maria reads at once that it does not fit, and takes the
    first way out by one press."""
    day, tablet, desktop = room.day, room.tablet, room.desktop
    room.open(tablet, f"/clients/{day.client('Lena').pk}/")
    tablet.get_by_role("button", name="Running late by 15 minutes").click()
    tablet.get_by_text("comes 15 minutes late").first.wait_for()
    date = day.starts.astimezone(ZoneInfo(day.place.timezone))
    room.open(desktop, f"/today/?day={date:%Y-%m-%d}&location={day.place.pk}")
    late = desktop.locator("#lates")
    assert "It does not fit: Otto S. is next" in late.inner_text()
    late.locator(".ways button").first.click()
    desktop.get_by_text("The calendar is being changed. Please tell the client.").wait_for()
    day.salon.moment_to_undo_passes()
    day.salon.until(lambda: day.moved("Lena") or day.moved("Otto"), "nothing was changed")
    assert day.moved("Lena") != day.moved("Otto"), "one press, one change"


def the_shift_ends(room: Room) -> None:
    """Maria hands over; Ben reads what is open, and accepts with one key."""
    desktop, tablet = room.desktop, room.tablet
    room.open(desktop, "/to-call/")
    desktop.get_by_text("Ines Story").first.wait_for()
    room.open(desktop, "/handover/")
    desktop.get_by_role("button", name="Hand over", exact=True).first.click()
    desktop.get_by_text("It waits for the next person.").wait_for()
    room.open(tablet, "/")
    tablet.wait_for_selector("#accept-hand-over")
    room.tablet_said.hear("Maria Ruiz handed over to you")
    key(tablet, "h")
    accepted = HandOver.objects.filter(accepted_by=room.ben)
    eventually(accepted.exists)


def says_yes(day: Saturday, asked: list[str]) -> list[tuple[str, str]]:
    """Who was only asked says yes: now their appointment is moved, and they read so."""
    if not asked:
        return []
    name, line = asked[0], day.line(asked[0])
    assert not day.moved(name)
    day.salon.remote.act("text", clientId=day.people[name], body=line.yes_digit)
    day.salon.until(lambda: len(day.sent(name)) == 2, "their yes was not answered")
    assert day.moved(name)
    return [(name, line.done_body)]


def exactly_the_right_messages(room: Room, dana: str, yes: list[tuple[str, str]]) -> None:
    """Everything that left, by the salon's own record; whoever else was booked got nothing."""
    day = room.day
    day.salon.moment_to_undo_passes()
    day.salon.work()
    asked, gone = day.sent("Grace")
    assert "just opened up" in asked
    assert "is gone now" in gone
    grace = [("Grace", asked), ("Grace", gone)]
    told = [(name, day.line(name).body) for name in NINE[:-1]]
    assert sorted(day.everything_sent()) == sorted([("Dana", dana), *grace, *told, *yes])
    assert not day.moved("Ines")
    by = Decision.objects.filter(kind="approve", item__client__first_name="Dana")
    assert {one.actor_name for one in by} == {"Maria Ruiz"}
