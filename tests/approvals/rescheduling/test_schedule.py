"""Clashes on the working copy: one row each, shown on Today with the way out, closed when gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Visitor

from approvals.errors import NoRight, NotPossible
from approvals.models import ScheduleConflict
from approvals.schedule.looking import conflict_dismiss, day_look, days_look
from approvals.schedule.marking import calendar_drain, schedule_hear
from core import clock
from core.audit import AuditEvent
from integrations.events import AppointmentMoved, CalendarRead
from integrations.inbox import events_announce
from integrations.ingest import records_apply
from integrations.models import Appointment
from integrations.platforms.base import Record
from tests.approvals.rescheduling.salon import NOON, Salon, salon_make

pytestmark = pytest.mark.django_db
State, Kind = ScheduleConflict.State, ScheduleConflict.Kind


@pytest.fixture
def salon() -> Iterator[Salon]:
    with clock.frozen(NOON - timedelta(hours=3)):
        made = salon_make()
        made.worker("Sarah Lind", "massage", "facial")
        made.worker("Jonas Weber", "massage")
        yield made


def look(salon: Salon) -> list[ScheduleConflict]:
    day_look(location=salon.place, day=salon.at(0).date())
    return list(ScheduleConflict.objects.filter(state=State.OPEN).order_by("pk"))


def today(salon: Salon, role: str = "front_desk") -> str:
    browser = Visitor()
    browser.force_login(salon.desk.person("Maria Ruiz", role))
    return browser.get("/today/").content.decode()


def test_two_at_once_are_one_row_however_often_one_looks(salon: Salon) -> None:
    salon.book("Dana King", "Sarah", 14)
    salon.book("Grace Hale", "Sarah", 14.5)
    look(salon)
    (row,) = look(salon)
    assert (row.kind, row.staff) == (Kind.STAFF, salon.staff["Sarah"])
    assert (row.starts_at, row.ends_at) == (salon.at(14.5), salon.at(15))


def test_it_is_closed_when_it_is_gone_and_found_anew_when_it_comes_back(salon: Salon) -> None:
    salon.book("Dana King", "Sarah", 14)
    other = salon.book("Grace Hale", "Sarah", 14.5)
    (first,) = look(salon)
    Appointment.objects.filter(pk=other.pk).update(status="cancelled")
    assert look(salon) == []
    first.refresh_from_db()
    assert (first.state, first.closed_at is not None) == (State.GONE, True)
    Appointment.objects.filter(pk=other.pk).update(status="booked")
    assert [row.pk for row in look(salon)] != [first.pk]


def test_a_room_twice_says_which_other_room_is_free(salon: Salon) -> None:
    salon.book("Dana King", "Sarah", 14, resource_id="res_1")
    salon.book("Grace Hale", "Jonas", 14.5, resource_id="res_1")
    look(salon)
    said = today(salon)
    assert "Room 1 is taken twice, Mon 2:30 pm" in said
    assert "Grace H.: Room 2 is free then." in said


def test_the_wrong_hands_are_named_with_whose_are_right(salon: Salon) -> None:
    salon.book("Dana King", "Jonas", 14, "Facial")
    look(salon)
    said = today(salon)
    assert "Jonas Weber is not trained for this, Mon 2 pm" in said
    assert "Dana K.: Sarah Lind could do it at the same time." in said


def test_two_at_once_say_who_else_is_free_or_which_hour(salon: Salon) -> None:
    salon.book("Dana King", "Sarah", 14)
    salon.book("Grace Hale", "Sarah", 14.5, "Facial")
    look(salon)
    said = today(salon)
    assert "Grace H.: free at 3 pm with Sarah Lind." in said
    assert "Dana K.: Jonas Weber could do it at the same time." in said


def test_two_shifts_at_once_are_found(salon: Salon) -> None:
    salon.shift(salon.staff["Sarah"], 17, 20)
    (row,) = look(salon)
    assert row.kind == Kind.SHIFTS
    assert "9 am to 6 pm at Maple Street and 5 pm to 8 pm at Maple Street" in today(salon)


def test_a_person_says_it_is_meant_to_be_so_and_why(salon: Salon) -> None:
    salon.book("Dana King", "Sarah", 14)
    salon.book("Grace Hale", "Sarah", 14.5)
    (row,) = look(salon)
    maria = salon.desk.person("Maria Ruiz")
    with pytest.raises(NotPossible, match="why"):
        conflict_dismiss(user=maria, conflict_id=row.pk, reason="  ")
    conflict_dismiss(user=maria, conflict_id=row.pk, reason="A couple's massage")
    row.refresh_from_db()
    assert (row.state, row.dismissed_by_name) == (State.DISMISSED, "Maria Ruiz")
    assert AuditEvent.objects.filter(action="conflict.dismissed").count() == 1
    assert look(salon) == []
    assert ScheduleConflict.objects.count() == 1


def test_somebody_of_another_house_gets_a_404_and_a_provider_may_not_dismiss(salon: Salon) -> None:
    salon.book("Dana King", "Sarah", 14)
    salon.book("Grace Hale", "Sarah", 14.5)
    (row,) = look(salon)
    elsewhere = salon_make().desk.person("Nora Elsewhere", "manager")
    with pytest.raises(NoRight):
        conflict_dismiss(user=elsewhere, conflict_id=row.pk, reason="mine")
    browser = Visitor()
    browser.force_login(elsewhere)
    address = f"/conflicts/{row.pk}/dismiss/"
    assert browser.post(address, {"reason": "mine"}).status_code == 404
    assert "two at once" not in browser.get("/today/").content.decode()
    browser.force_login(salon.desk.person("Sarah Own", "provider"))
    assert browser.post(address, {"reason": "mine"}).status_code == 403


def test_without_a_script_the_page_comes_back_with_a_sentence(salon: Salon) -> None:
    salon.book("Dana King", "Sarah", 14)
    salon.book("Grace Hale", "Sarah", 14.5)
    (row,) = look(salon)
    browser = Visitor()
    browser.force_login(salon.desk.person("Maria Ruiz"))
    address = f"/conflicts/{row.pk}/dismiss/"
    wrong = browser.post(address, {"reason": " ", "back": "//evil.example"}, follow=True)
    assert wrong.redirect_chain[-1][0] == "/today/"
    assert "Please say in a few words why" in wrong.content.decode()
    said = browser.post(address, {"reason": "<b>twins</b>", "back": "/today/"}, follow=True)
    assert "It is not shown again while it lasts." in said.content.decode()
    assert "has two at once" not in said.content.decode()


def test_hostile_names_stay_text(salon: Salon) -> None:
    salon.book(salon.desk.client("<script>alert(1)</script>", "\u202eX"), "Sarah", 14)
    salon.book("Grace Hale", "Sarah", 14.5)
    look(salon)
    assert "<script>alert" not in today(salon)


def told(salon: Salon, one: Appointment, **data: object) -> None:
    """The platform says something new about an appointment."""
    record = Record("appointment", one.external_id, data, clock.now() + timedelta(seconds=1))
    events = records_apply(
        connection=salon.desk.connection, records=[record], source="poll", history=False
    )
    events_announce(events)
    calendar_drain()


def whole(one: Appointment, **data: object) -> dict[str, object]:
    said = {
        "client": one.client.external_id if one.client else None,
        "location": one.location.external_id,
        "service": one.service.external_id if one.service else None,
        "staff": one.staff.external_id if one.staff else None,
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        "resource_id": one.resource_id,
        "status": one.status,
    }
    return said | data


def test_every_change_at_the_platform_is_looked_at_a_room_too(salon: Salon) -> None:
    salon.book("Dana King", "Sarah", 14, resource_id="res_1")
    other = salon.book("Grace Hale", "Jonas", 14.5, resource_id="res_2")
    told(salon, other, **whole(other, resource_id="res_1"))
    (row,) = ScheduleConflict.objects.filter(state=State.OPEN)
    assert (row.kind, row.resource_id) == (Kind.ROOM, "res_1")
    other.refresh_from_db()
    told(salon, other, **whole(other, starts_at=salon.at(16), ends_at=salon.at(17)))
    assert not ScheduleConflict.objects.filter(state=State.OPEN).exists()


def test_a_moved_appointment_has_both_its_days_looked_at(salon: Salon) -> None:
    salon.book("Dana King", "Sarah", 14)
    other = salon.book("Grace Hale", "Sarah", 14.5)
    look(salon)
    before = other.starts_at
    other.starts_at, other.ends_at = salon.at(14, 1), salon.at(15, 1)
    other.save()
    event = AppointmentMoved(
        key="m", connection_id=str(salon.desk.connection.pk), at=clock.now(),
        location_id=salon.place.pk, appointment_id=other.pk, before=before.isoformat(),
    )  # fmt: skip
    schedule_hear(replace(event, before=""))
    calendar_drain()
    assert ScheduleConflict.objects.filter(state=State.OPEN).exists()
    schedule_hear(event)
    calendar_drain()
    assert not ScheduleConflict.objects.filter(state=State.OPEN).exists()


def test_a_shift_that_changes_is_looked_at(salon: Salon) -> None:
    shift = salon.shift(salon.staff["Sarah"], 18, 20)
    record = Record(
        "shift",
        shift.external_id,
        {
            "staff": salon.staff["Sarah"].external_id,
            "location": salon.place.external_id,
            "starts_at": salon.at(17),
            "ends_at": salon.at(20),
        },
        clock.now() + timedelta(seconds=1),
    )
    events = records_apply(
        connection=salon.desk.connection, records=[record], source="poll", history=False
    )
    events_announce(events)
    calendar_drain()
    assert ScheduleConflict.objects.get(state=State.OPEN).kind == Kind.SHIFTS


def test_a_day_costs_the_same_few_queries_however_full_it_is(
    salon: Salon, django_assert_max_num_queries: object
) -> None:
    for hour in range(9, 17):
        salon.book("Dana King", "Sarah", hour)
        salon.book("Grace Hale", "Jonas", hour)
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        day_look(location=salon.place, day=salon.at(0).date())


def read(salon: Salon, key: str = "calendar:first:1") -> None:
    """A whole reading of the platform has come to its end."""
    connection = str(salon.desk.connection.pk)
    events_announce([CalendarRead(key=key, connection_id=connection, at=clock.now(), history=True)])
    calendar_drain()


def test_what_clashed_before_is_on_today_after_the_first_reading(salon: Salon) -> None:
    for day in (0, 13, 14):
        salon.book("Dana King", "Sarah", 14, days=day)
        salon.book("Grace Hale", "Sarah", 14.5, days=day)
    elsewhere = salon_make()
    elsewhere.worker("Nora Falk", "massage")
    elsewhere.book("Iris Adler", "Nora", 14)
    elsewhere.book("Paula Reyes", "Nora", 14.5)
    read(salon)
    rows = ScheduleConflict.objects.filter(kind=Kind.STAFF).order_by("starts_at")
    assert [row.starts_at for row in rows] == [salon.at(14.5), salon.at(14.5, 13)]
    read(salon, "calendar:file:2")
    assert rows.count() == 2
    assert "Sarah Lind has two at once" in today(salon)


def test_two_weeks_cost_as_many_queries_as_a_day(
    salon: Salon, django_assert_max_num_queries: Any
) -> None:
    for day in range(10):
        salon.book("Dana King", "Sarah", 14, days=day)
        salon.book("Grace Hale", "Sarah", 14.5, days=day)
    with django_assert_max_num_queries(10):
        days_look(location=salon.place, first=salon.at(0).date(), days=14)
    assert ScheduleConflict.objects.filter(kind=Kind.STAFF).count() == 10


def test_a_skill_taken_away_is_looked_at_and_one_given_back_too(salon: Salon) -> None:
    salon.book("Dana King", "Sarah", 14, "Facial", days=3)
    sarah = salon.staff["Sarah"]

    def skilled(*skills: str, after: int) -> None:
        data = {"name": sarah.name, "skills": list(skills), "active": True, "roles": sarah.roles}
        at = clock.now() + timedelta(seconds=after)
        events_announce(
            records_apply(
                connection=salon.desk.connection,
                records=[Record("staff", sarah.external_id, data, at)],
                source="poll",
                history=False,
            )
        )
        calendar_drain()

    skilled("massage", after=1)
    assert ScheduleConflict.objects.get(state=State.OPEN).kind == Kind.SKILL
    skilled("massage", "facial", after=2)
    assert not ScheduleConflict.objects.filter(state=State.OPEN).exists()
