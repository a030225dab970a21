"""Where the calendar changed is written down with the change, and looked at once for many."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from approvals.models import CalendarLook, ScheduleConflict
from approvals.schedule import marking
from approvals.schedule.marking import calendar_drain, schedule_hear, spans
from core import announce, clock, sweep
from integrations.events import AppointmentBooked, AppointmentSoon, CalendarRead, ShiftAdded
from integrations.ingest import records_apply
from integrations.models import Appointment
from integrations.platforms.base import Record
from tests.approvals.rescheduling.salon import NOON, Salon, salon_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def salon() -> Iterator[Salon]:
    with clock.frozen(NOON - timedelta(hours=3)):
        made = salon_make()
        made.worker("Sarah Lind", "massage", "facial")
        made.worker("Jonas Weber", "massage")
        yield made


def about(salon: Salon, one: Appointment) -> AppointmentBooked:
    return AppointmentBooked(
        key=f"booked:{one.pk}",
        connection_id=str(salon.desk.connection.pk),
        at=clock.now(),
        location_id=salon.place.pk,
        appointment_id=one.pk,
    )


def test_hearing_of_a_booking_only_writes_a_row(salon: Salon) -> None:
    event = about(salon, salon.book("Dana King", "Sarah", 14))
    salon.book("Grace Hale", "Sarah", 14.5)
    with CaptureQueriesContext(database) as captured:
        schedule_hear(event)
    assert len(captured) == 2
    assert CalendarLook.objects.get().at == salon.at(14)
    assert not ScheduleConflict.objects.exists()


def test_many_changes_of_a_location_are_one_look_and_leave_no_row(
    salon: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[tuple[date, int]] = []
    real = marking.days_look

    def counted(**asked: object) -> object:
        looks.append((asked["first"], asked["days"]))  # type: ignore[arg-type]
        return real(**asked)  # type: ignore[arg-type]

    monkeypatch.setattr(marking, "days_look", counted)
    for day in (0, 0, 3, 3, 9):
        schedule_hear(about(salon, salon.book("Dana King", "Sarah", 14, days=day)))
    assert calendar_drain() == 1
    assert looks == [(salon.at(0).date(), 10)]
    assert not CalendarLook.objects.exists()
    assert ScheduleConflict.objects.filter(kind="staff").count() == 2


def test_days_far_apart_are_not_read_together(salon: Salon) -> None:
    rows = [CalendarLook(location=salon.place, at=salon.at(9, day)) for day in (40, 0, 13, 14, 41)]
    first = salon.at(0).date()
    assert spans(salon.place, rows) == [
        (first, 14),
        (first + timedelta(days=14), 1),
        (first + timedelta(days=40), 2),
    ]


def test_a_look_that_failed_is_tried_again_with_what_came_since(
    salon: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    salon.book("Dana King", "Sarah", 14)
    schedule_hear(about(salon, salon.book("Grace Hale", "Sarah", 14.5)))
    with monkeypatch.context() as broken:
        broken.delattr(marking, "days_look")
        assert calendar_drain() == 1
    row = CalendarLook.objects.get()
    assert (row.state, row.attempts) == ("waiting", 1)
    assert row.not_before > clock.now()
    schedule_hear(about(salon, salon.book("Ana Ruiz", "Jonas", 10)))
    assert calendar_drain() == 1
    assert not CalendarLook.objects.exists()
    assert ScheduleConflict.objects.filter(kind="staff").count() == 1


def test_a_worker_that_lost_its_lease_looks_at_nothing(salon: Salon) -> None:
    schedule_hear(about(salon, salon.book("Dana King", "Sarah", 14)))
    (row,) = marking.looks_queue.claim(1)
    CalendarLook.objects.update(lease_token=None, state="waiting")
    marking.look_handle(row)
    assert CalendarLook.objects.count() == 1


def test_the_sweep_rings_for_what_waits_and_no_delivery_does(
    salon: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr("core.doorbell.ring", rung.append)
    schedule_hear(about(salon, salon.book("Dana King", "Sarah", 14)))
    assert rung == []
    sweep.sweep()
    assert "approvals.calendar_drain" in rung


def test_a_reading_a_shift_and_a_far_day(salon: Salon) -> None:
    base = {"connection_id": str(salon.desk.connection.pk), "at": clock.now()}
    salon_make()
    schedule_hear(CalendarRead(key="calendar:1", history=True, **base))
    assert [row.at for row in CalendarLook.objects.all()] == [None]
    far = salon.at(9, 91).isoformat()
    for starts in (salon.at(9, 1).isoformat(), far):
        shift = {"shift_id": 1, "staff_id": 1, "starts_at": starts, "ends_at": starts}
        schedule_hear(ShiftAdded(key=starts, location_id=salon.place.pk, **shift, **base))
    assert CalendarLook.objects.count() == 2


def test_the_clock_s_reminders_are_not_even_looked_up(salon: Salon) -> None:
    one = salon.book("Dana King", "Sarah", 14)
    event = AppointmentSoon(
        key="soon", connection_id=str(salon.desk.connection.pk), at=clock.now(),
        location_id=salon.place.pk, appointment_id=one.pk, offset="reminder-24h",
    )  # fmt: skip
    with CaptureQueriesContext(database) as captured:
        schedule_hear(event)
    assert len(captured) == 0


def test_a_walk_in_put_down_as_they_sat_down_and_hands_that_changed_at_the_chair(
    salon: Salon,
) -> None:
    now = clock.now()
    said = {
        "client": salon.desk.client("Dana", "King").external_id,
        "location": salon.place.external_id,
        "service": next(iter(salon.services.values())).external_id,
        "staff": salon.staff["Sarah"].external_id,
        "starts_at": now - timedelta(minutes=1),
        "ends_at": now + timedelta(minutes=59),
        "status": "booked",
    }

    def told(after: int, **more: object) -> list[str]:
        record = Record("appointment", "apt_w", said | more, now + timedelta(seconds=after))
        heard = records_apply(
            connection=salon.desk.connection, records=[record], source="webhook", history=False
        )
        return [type(event).__name__ for event in heard]

    assert told(1) == ["ScheduleChanged"]
    assert told(2, status="checked_in") == ["ClientCheckedIn"]
    jonas = salon.staff["Jonas"].external_id
    assert told(3, status="checked_in", staff=jonas) == ["ScheduleChanged"]


def test_a_listener_that_named_its_kinds_costs_the_others_nothing() -> None:
    heard: list[object] = []
    one = announce.Listener("one", heard.append, (AppointmentSoon,))
    assert one.wants(AppointmentSoon(key="k", connection_id="c", at=NOON, appointment_id=1,
                                     offset="o"))  # fmt: skip
    assert not one.wants(CalendarRead(key="k", connection_id="c", at=NOON))
    assert announce.Listener("all", heard.append).wants(object())
