"""Counter mode: what clients must not read is not on the page until a press asks for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client as Visitor

from approvals.models import ApprovalItem
from core import clock
from integrations.models import Appointment, Client, Station, User, WaitlistEntry
from tests.support import openings
from tests.support.desks import Desk, desk_make
from tests.support.stations import browser_of, pin_give, station_make, take_over

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]

# Loss risk, a service, spend, health: in the title, the tag, the text, the reasons, the messages.
PRIVATE = ("likely no-show", "Keratin", "$120", "rash", "7 visits", "latex")
HX = {"HX-Request": "true"}


@pytest.fixture
def desk() -> Desk:
    return desk_make()


@pytest.fixture
def dana(desk: Desk) -> Client:
    dana = desk.client("Dana", "King", tags=["latex allergy"], preferences={"skin": "latex"})
    desk.appointment(dana, starts_at=clock.now() + timedelta(minutes=20))
    desk.message(dana, "I have a rash since the Keratin")
    return dana


@pytest.fixture
def item(desk: Desk, dana: Client) -> ApprovalItem:
    appointment = dana.appointments.get()
    return desk.draft(
        dana,
        title="Confirm the Keratin treatment",
        tag="likely no-show",
        loss_risk="high",
        body="Hi Dana, see you for your Keratin treatment at Maple Street.",
        origin="Keratin, booked online",
        appointment_id=appointment.pk,
    )


@pytest.fixture
def entry(desk: Desk, dana: Client) -> WaitlistEntry:
    """Dana waits for something, and said why."""
    entry = openings.waiting(desk, "Grace", note="rash on the arm")
    openings.service(desk)
    WaitlistEntry.objects.filter(pk=entry.pk).update(client=dana)
    return entry


@pytest.fixture
def tablet(desk: Desk) -> Visitor:
    maria = desk.person()
    pin_give(maria)
    browser = browser_of(station_make(desk.location)[1])
    take_over(browser, maria)
    return browser


def found(browser: Visitor, url: str, **headers: str) -> set[str]:
    answer = browser.get(url, headers=headers)
    assert answer.status_code == 200, url
    text = answer.content.decode()
    return {word for word in PRIVATE if word.lower() in text.lower()}


def day_of(visit: Appointment) -> str:
    """Today's page, of the day of the visit where the salon is."""
    return f"/today/?day={visit.starts_at.astimezone(visit.location.zone):%Y-%m-%d}"


def test_no_page_of_a_station_holds_a_covered_word(
    desk: Desk, dana: Client, item: ApprovalItem, tablet: Visitor, entry: WaitlistEntry
) -> None:
    pages = [
        f"/clients/{dana.pk}/",
        f"/clients/{dana.pk}/?move={dana.appointments.get().pk}",
        "/find/?q=dana",
        "/to-call/",
        f"/waitlist/entry/{entry.pk}/",
        f"/waitlist/add/?location={desk.location.pk}&q=dana",
        f"/out-today/?location={desk.location.pk}",
        "/",
        f"/drafts/{item.pk}/",
        f"/drafts/{item.pk}/?edit=1",
        "/conversations/",
        f"/conversations/client/{dana.pk}/",
        day_of(dana.appointments.get()),
        "/activity/",
        "/waitlist/",
        "/handover/",
        "/parked/",
    ]
    assert {url: words for url in pages if (words := found(tablet, url))} == {}
    assert "Dana" in tablet.get(day_of(dana.appointments.get())).content.decode()
    parts = ["/queue/rows/", f"/drafts/{item.pk}/", "/conversations/rows/"]
    parts += [f"/conversations/client/{dana.pk}/", "/find/?q=dana"]
    assert {url: words for url in parts if (words := found(tablet, url, **HX))} == {}


def test_a_press_shows_what_was_covered_and_only_that(
    desk: Desk, dana: Client, item: ApprovalItem, tablet: Visitor
) -> None:
    assert found(tablet, f"/drafts/{item.pk}/?uncover=1", **HX) == set(PRIVATE)
    whole = tablet.get(f"/drafts/{item.pk}/?uncover=1").content.decode()
    listed = whole[whole.index('id="list"') : whole.index('id="main"')]
    assert not [word for word in PRIVATE if word.lower() in listed.lower()], "rows stay covered"
    shown = found(tablet, f"/conversations/client/{dana.pk}/?uncover=1", **HX)
    assert {"rash", "Keratin"} <= shown
    visit = dana.appointments.get()
    day = day_of(visit)
    assert "Keratin" in found(tablet, f"{day}&uncover={visit.pk}")
    assert found(tablet, f"{day}&uncover={visit.pk + 1}") == set()


def test_a_call_is_settled_by_two_taps_without_showing_anything(
    desk: Desk, dana: Client, item: ApprovalItem, tablet: Visitor
) -> None:
    covered = tablet.get(f"/clients/{dana.pk}/").content.decode()
    assert "Covered, because this screen faces clients" in covered
    for outcome in ("confirmed", "cancelled", "voicemail", "stopped"):
        assert f'value="{outcome}"' in covered
    shown = found(tablet, f"/clients/{dana.pk}/?uncover=1")
    assert {"Keratin", "rash", "latex"} <= shown


def test_the_card_after_a_decision_is_open_for_the_hand_that_decided(
    desk: Desk, item: ApprovalItem, tablet: Visitor
) -> None:
    other = desk.draft(desk.client("Elena"))
    assert other.revision is not None
    seen = {"revision": other.revision.pk, "evidence": other.revision.evidence_sha256}
    answer = tablet.post(f"/drafts/{other.pk}/approve/", seen, headers=HX)
    assert "Keratin" in answer.content.decode(), "no second key for the next draft"


def test_elsewhere_it_is_each_persons_choice(desk: Desk, item: ApprovalItem) -> None:
    maria = desk.person()
    browser = Visitor()
    browser.force_login(maria)
    assert found(browser, f"/drafts/{item.pk}/") == set(PRIVATE)
    browser.post("/preferences/", {"counter": "on"})
    assert found(browser, f"/drafts/{item.pk}/") == set()
    assert User.objects.get(pk=maria.pk).preferences["counter"] == "on"


def test_a_manager_may_switch_it_off_for_a_device_in_a_back_room(
    desk: Desk, item: ApprovalItem, tablet: Visitor
) -> None:
    olga = desk.person("Olga Owner", "manager")
    boss = Visitor()
    boss.force_login(olga)
    boss.post(f"/stations/{Station.objects.get().pk}/counter/", {"on": "no"})
    assert found(tablet, f"/drafts/{item.pk}/") == set(PRIVATE)
