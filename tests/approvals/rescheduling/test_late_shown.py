"""Somebody is late: Today, the card and the therapist know at once, with the way out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Visitor

from approvals.models import Answer, ApprovalItem, Notice
from approvals.schedule.lateness import NOTHING
from approvals.services.calls import Call, call_settle, call_undo
from core import clock
from integrations.models import Appointment, User
from tests.approvals.answers.conversation import texted
from tests.approvals.rescheduling.salon import NOON, Salon, salon_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def salon() -> Iterator[Salon]:
    """Monday noon; Sarah has Dana at one and Grace at two."""
    with clock.frozen(NOON):
        made = salon_make()
        made.service("Express facial", "facial", 30)
        made.worker("Sarah Lind", "massage", "facial")
        made.worker("Jonas Weber", "massage")
        made.book("Dana King", "Sarah", 13)
        made.book("Grace Hale", "Sarah", 14, "Facial")
        yield made


@pytest.fixture
def maria(salon: Salon) -> User:
    return salon.desk.person("Maria Ruiz")


def visit_of(name: str) -> Appointment:
    return Appointment.objects.select_related("client").get(client__first_name=name)


def late_by_phone(user: User, minutes: int, name: str = "Dana", key: str = "k") -> Any:
    visit = visit_of(name)
    call = Call("late", key, appointment_id=visit.pk, minutes=minutes)
    return call_settle(user=user, client_id=visit.client_id or 0, call=call)


def today(user: User, query: str = "") -> str:
    browser = Visitor()
    browser.force_login(user)
    return browser.get(f"/today/{query}").content.decode()


def test_a_text_shows_on_today_and_on_the_card_with_the_ways_out(salon: Salon, maria: User) -> None:
    answer = texted(salon.desk, "Running 15 min late, sorry", visit_of("Dana").client)  # type: ignore[arg-type]
    assert answer.outcome == Answer.Outcome.LATE
    assert answer.item is not None
    assert answer.item.tag == "15 min late · does not fit"
    browser = Visitor()
    browser.force_login(maria)
    for page in (today(maria), browser.get(f"/drafts/{answer.item.pk}/").content.decode()):
        assert "Dana K. comes 15 minutes late for 1 pm" in page
        assert "It does not fit: Grace H. is next at 2 pm, 15 minutes too soon." in page
        assert "Jonas Weber is free at 1:15 pm and does the same." in page
        assert "Please tell Sarah Lind: nothing reaches them from here." in page


def test_who_still_fits_is_said_so_and_until_when(salon: Salon, maria: User) -> None:
    late_by_phone(maria, 20, "Grace")
    page = today(maria)
    assert "Grace H. comes 20 minutes late for 2 pm" in page
    assert "It still fits, until 3:05 pm." in page
    assert "Find another time" not in page


def test_a_shorter_service_is_named_and_so_is_the_next_client_who_is_here(
    salon: Salon, maria: User
) -> None:
    salon.book("Iris Adler", "Sarah", 14.75, "Deep massage", status="checked_in")
    late_by_phone(maria, 15, "Grace")
    page = today(maria)
    assert "Shorten: Express facial (30 minutes) instead of Facial." in page
    assert "Iris A. could keep 2:45 pm with Jonas Weber." in page


def test_the_therapist_is_told_once_by_text_as_by_phone(salon: Salon, maria: User) -> None:
    sarah = salon.staff["Sarah"]
    sarah.user = salon.desk.person("Sarah Own", "provider")
    sarah.save()
    texted(salon.desk, "Running 15 min late, sorry", visit_of("Dana").client)  # type: ignore[arg-type]
    notice = Notice.objects.get()
    assert (notice.user, notice.kind) == (sarah.user, Notice.Kind.LATE)
    assert "Sarah Lind has been told." in today(maria)


def test_what_was_said_last_counts_and_a_call_taken_back_does_not(
    salon: Salon, maria: User
) -> None:
    late_by_phone(maria, 15)
    made = late_by_phone(maria, 30, key="again")
    assert "30 minutes late" in today(maria)
    call_undo(user=maria, outcome_id=made.pk)
    assert "15 minutes late" in today(maria)


def test_who_is_here_or_was_moved_is_not_late_any_more(salon: Salon, maria: User) -> None:
    late_by_phone(maria, 15)
    texted(salon.desk, "Running 10 min late", visit_of("Grace").client)  # type: ignore[arg-type]
    page = today(maria)
    assert "It does not fit" in page
    assert "It still fits" in page
    Appointment.objects.filter(pk=visit_of("Dana").pk).update(status="checked_in")
    grace = visit_of("Grace")
    later = {"starts_at": salon.at(16), "ends_at": salon.at(16.75)}
    Appointment.objects.filter(pk=grace.pk).update(**later)
    assert "Running late" not in today(maria)


def test_nobody_who_is_later_still_is_taken_for_on_the_way(salon: Salon, maria: User) -> None:
    late_by_phone(maria, 5)
    with clock.frozen(NOON + timedelta(minutes=80)):
        page = today(maria)
    assert "Dana K. comes 5 minutes late for 1 pm and is not here yet" in page
    assert "Grace H. is next at 2 pm, 20 minutes too soon." in page


def test_without_a_number_the_desk_reads_how_much_would_still_fit(
    salon: Salon, maria: User
) -> None:
    texted(salon.desk, "sorry, running late!", visit_of("Grace").client)  # type: ignore[arg-type]
    assert "They did not say by how much. Up to 120 minutes still fit." in today(maria)


def test_where_nothing_fits_the_desk_is_told_so(salon: Salon, maria: User) -> None:
    salon.staff["Jonas"].skills = []
    salon.staff["Jonas"].save()
    for hour in (15, 16, 17):
        salon.book("Grace Hale", "Sarah", hour)
    late_by_phone(maria, 30)
    assert NOTHING in today(maria)


def test_a_therapist_sees_their_own_only_and_a_counter_covers_it(salon: Salon, maria: User) -> None:
    late_by_phone(maria, 15)
    jonas = salon.staff["Jonas"]
    jonas.user = salon.desk.person("Jonas Own", "provider")
    jonas.save()
    assert "minutes late" not in today(jonas.user)
    maria.preferences = {"counter": "on"}
    maria.save()
    page = today(maria)
    assert "Running late" in page
    assert "minutes too soon" not in page
    assert "minutes too soon" in today(maria, "?uncover=lates")


def test_hostile_names_stay_text(salon: Salon, maria: User) -> None:
    dana = visit_of("Dana").client
    assert dana is not None
    dana.first_name = "<script>alert(1)</script>"
    dana.save()
    item = late_by_phone(maria, 15, dana.first_name).item
    browser = Visitor()
    browser.force_login(maria)
    pages = today(maria)
    if item is not None:
        pages += browser.get(f"/drafts/{item.pk}/").content.decode()
    assert "<script>alert" not in pages
    assert ApprovalItem.objects.filter(title__contains="<script>").count() == (item is not None)
