"""The page behind the link: what it shows and never shows; looking at it changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from approvals.ladders import claims, throttle
from approvals.models import Offer, Opening
from core.errors import Temporary
from integrations.models import Appointment, Shift
from tests.approvals.desk import Desk
from tests.approvals.ladders.slot import (
    Slot,
    appointment_make,
    approved,
    booked_for,
    drafted,
    opening_make,
    passed,
    running,
    therapist_make,
    waiting_make,
    worked,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone(redis_db: Any) -> Browser:
    """A phone's browser, which enforces CSRF like a real server would."""
    return Browser(enforce_csrf_checks=True)


def place_filled(desk: Desk) -> None:
    desk.location.phone = "+1 503 555 0100"
    desk.location.address = "12 Maple Street, Portland"
    desk.location.booking_url = "https://book.example/maple"
    desk.location.save()


def test_the_page_shows_the_slot_and_nothing_of_the_client_but_the_first_name(
    desk: Desk, held: Any, phone: Browser
) -> None:
    place_filled(desk)
    slot = running(desk, held, 2)
    answer = phone.get(f"/c/{slot.token(0)}")
    page = answer.content.decode()
    for shown in ("Maple Street", "Hot stone massage", "Sarah Lind", "Monday, June 15", "3 pm"):
        assert shown in page
    assert "Grace" in page and "$120" in page and "12 Maple Street" in page
    client = slot.clients[0]
    for private in (client.last_name, client.phone, client.email, client.external_id):
        assert private not in page
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"] and "noindex" in answer["X-Robots-Tag"]
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "<script" not in page and not answer.cookies


def test_scanners_that_fetch_the_link_change_nothing(desk: Desk, held: Any, phone: Browser) -> None:
    slot = running(desk, held, 2)
    before = list(Offer.objects.values().order_by("pk"))
    for method in (phone.get, phone.head, phone.get):
        assert method(f"/c/{slot.token(0)}").status_code == 200
    assert phone.put(f"/c/{slot.token(0)}").status_code == 405
    assert list(Offer.objects.values().order_by("pk")) == before


def test_one_press_books_and_a_second_visit_says_it_is_yours(
    desk: Desk, held: Any, world: Any, phone: Browser
) -> None:
    slot = running(desk, held, 2)
    address = f"/c/{slot.token(0)}"
    pressed = phone.post(address, {"answer": "yes"})
    assert (pressed.status_code, pressed["Location"]) == (302, address)
    waiting = phone.get(address).content.decode()
    assert "We have you first" in waiting and 'http-equiv="refresh"' in waiting
    phone.post(address, {"answer": "yes"})
    worked()
    again = phone.get(address).content.decode()
    assert "It's yours. See you 3 pm!".replace("'", "'") in again.replace("&#x27;", "'")
    assert 'http-equiv="refresh"' not in again
    assert len(booked_for(world)) == 1
    file = phone.get(f"{address}/appointment.ics")
    assert file["Content-Type"].startswith("text/calendar")
    text = file.content.decode()
    assert "DTSTART:20260615T220011Z" in text or "DTSTART:20260615T22" in text
    assert text.startswith("BEGIN:VCALENDAR\r\n") and "Grace" not in text


def test_a_visit_that_was_moved_cancelled_or_is_over_is_not_promised_any_more(
    desk: Desk, held: Any, world: Any, phone: Browser
) -> None:
    slot = running(desk, held, 2)
    address = f"/c/{slot.token(0)}"
    phone.post(address, {"answer": "yes"})
    worked()
    opening = Opening.objects.get(pk=slot.opening.pk)
    visit = appointment_make(
        desk, opening, slot.clients[0], external_id=opening.filled_appointment_id
    )
    assert "It&#x27;s yours" in page_of(phone, address) or "It's yours" in page_of(phone, address)
    Appointment.objects.filter(pk=visit.pk).update(
        starts_at=opening.starts_at + timedelta(days=1), ends_at=opening.ends_at + timedelta(days=1)
    )
    page = page_of(phone, address)
    assert "was moved" in page and "Tuesday, June 16" in page and "See you 3 pm" not in page
    assert "DTSTART:20260616T22" in page_of(phone, f"{address}/appointment.ics")
    Appointment.objects.filter(pk=visit.pk).update(status=Appointment.Status.CANCELLED)
    page = page_of(phone, address)
    assert "was cancelled" in page and "See you" not in page
    assert phone.get(f"{address}/appointment.ics").status_code == 404
    Appointment.objects.filter(pk=visit.pk).update(status=Appointment.Status.COMPLETED)
    held.move(timedelta(days=3))
    assert "This one is over" in page_of(phone, address)


def page_of(phone: Browser, address: str) -> str:
    return str(phone.get(address).content.decode())


def test_no_thanks_asks_the_next_one_and_may_be_taken_back(
    desk: Desk, held: Any, world: Any, phone: Browser
) -> None:
    slot = running(desk, held, 1)
    address = f"/c/{slot.token(0)}"
    phone.post(address, {"answer": "no"})
    page = phone.get(address).content.decode()
    assert "not this time" in page and "Yes, I take it" in page
    phone.post(address, {"answer": "yes"})
    worked()
    assert booked_for(world) == [slot.clients[0].external_id]


def test_who_comes_too_late_is_told_kindly_with_other_times(
    desk: Desk, held: Any, phone: Browser
) -> None:
    place_filled(desk)
    slot = running(desk, held, 2)
    shift(desk, slot)
    address = f"/c/{slot.token(0)}"
    passed(held, minutes=slot.offer(0).answer_minutes)
    claims.claim(offer=slot.offer(1), by="text")
    page = phone.post(address, {"answer": "yes"}).content.decode()
    assert "Sorry, this one is gone" in page and "You stay on our list" in page
    assert "These times look free" in page and "with Sarah Lind" in page
    assert "https://book.example/maple" in page


def shift(desk: Desk, slot: Slot) -> None:
    begins = slot.opening.starts_at + timedelta(days=2)
    Shift.objects.create(
        connection=desk.connection,
        external_id="shift_1",
        staff=therapist_make(desk),
        location=desk.location,
        starts_at=begins,
        ends_at=begins + timedelta(hours=4),
    )


def test_the_page_stays_true_while_the_platform_is_away(
    desk: Desk, held: Any, world: Any, phone: Browser
) -> None:
    slot = running(desk, held, 2)

    def away(action: str) -> None:
        raise Temporary("The platform does not answer.")

    world.before_apply = away
    address = f"/c/{slot.token(0)}"
    phone.post(address, {"answer": "yes"})
    worked()
    assert "confirm in a minute" in phone.get(address).content.decode()
    other = claims.claim(offer=slot.offer(1), by="link")
    assert other.outcome == "gone", "the slot is held, as the page says"


def test_where_we_may_not_book_the_page_says_request_received(
    desk: Desk, held: Any, world: Any, phone: Browser
) -> None:
    world.able -= {"book"}
    slot = running(desk, held, 2)
    address = f"/c/{slot.token(0)}"
    phone.post(address, {"answer": "yes"})
    assert "Request received" in phone.get(address).content.decode()


@pytest.mark.parametrize("token", ["x" * 22, "short", "a" * 300])
def test_a_link_we_never_made_says_what_to_do(db: None, phone: Browser, token: str) -> None:
    answer = phone.get(f"/c/{token}")
    assert answer.status_code == 404
    assert "Open it again from our message" in answer.content.decode()
    assert phone.post(f"/c/{token}", {"answer": "yes"}).status_code == 404
    assert phone.get(f"/c/{token}/appointment.ics").status_code == 404


def test_a_link_of_a_slot_that_is_over_says_so(desk: Desk, held: Any, phone: Browser) -> None:
    slot = running(desk, held, 1, hours=3)
    token = slot.token(0)
    held.move(timedelta(hours=4))
    assert "too late for this one" in phone.get(f"/c/{token}").content.decode()


def test_guessing_links_is_slowed_down_and_a_real_link_still_opens(
    desk: Desk, held: Any, phone: Browser
) -> None:
    slot = running(desk, held, 1)
    codes = [phone.get(f"/c/{'z' * 22}").status_code for _ in range(40)]
    assert codes.count(404) == throttle.MADE_UP_PER_ADDRESS and codes[-1] == 429
    assert phone.get(f"/c/{slot.token(0)}").status_code == 200


def test_the_page_speaks_spanish_to_who_does_and_names_nobody_who_asked_for_plain_texts(
    desk: Desk, held: Any, phone: Browser
) -> None:
    clients = waiting_make(desk, 1)
    clients[0].locale, clients[0].plain_texts = "es-MX", True
    clients[0].save()
    slot = drafted(desk, opening_make(desk), clients)
    approved(slot)
    passed(held, 11)
    page = phone.get(f"/c/{slot.token(0)}").content.decode()
    assert 'lang="es"' in page and "Sí, la tomo" in page and "lunes 15 de junio" in page
    assert "Grace" not in page


def test_a_name_with_markup_is_shown_as_text(desk: Desk, held: Any, phone: Browser) -> None:
    clients = waiting_make(desk, 1)
    clients[0].first_name = "<b>Eve</b>"
    clients[0].save()
    slot = drafted(desk, opening_make(desk), clients)
    approved(slot)
    passed(held, 11)
    page = phone.get(f"/c/{slot.token(0)}").content.decode()
    assert "<b>Eve" not in page and "&lt;b&gt;Eve" in page
