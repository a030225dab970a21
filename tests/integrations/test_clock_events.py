"""Moments of the clock: stable ids, moved appointments, closed days, downtime, clock changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import announce, clock
from integrations import clock_events, inbox
from integrations.clock_events import clock_tick, offset_declare, offset_forget, ready_moment
from integrations.events import AppointmentSoon, Event, TomorrowReady
from integrations.models import Connection, InboundEvent, Location
from tests.integrations.salon import appointment_record, location_make, store

LA = ZoneInfo("America/Los_Angeles")
FRIDAY = datetime(2026, 6, 12, 8, 0, tzinfo=LA)


@pytest.fixture(autouse=True)
def one_offset(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock_events, "_offsets", {})
    offset_declare("reminder-24h", 24)
    yield


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    found: list[Event] = []
    listener = announce.Listener("test", found.append)
    monkeypatch.setattr(announce, "_listeners", {"test": listener})
    return found


def rows(kind: str = "AppointmentSoon") -> list[InboundEvent]:
    return list(InboundEvent.objects.filter(kind=kind).order_by("pk"))


def run(now: Any, until: datetime, step: timedelta = timedelta(minutes=15)) -> None:
    """In quarters of an hour at the end; the long way there in steps three times as long."""
    while (left := until - clock.now()) > timedelta(0):
        now.move(3 * step if left > timedelta(hours=3) else step)
        clock_tick()


def test_a_reminder_fires_once_at_its_own_moment(maple: Connection, heard: list[Event]) -> None:
    start = FRIDAY + timedelta(days=4, hours=6)
    with clock.frozen(FRIDAY) as now:
        store(maple, appointment_record(starts_at=start, booked_at=FRIDAY - timedelta(days=3)))
        clock_tick()
        run(now, start - timedelta(hours=24, minutes=20))
        assert rows() == []
        run(now, start - timedelta(hours=23))
        inbox.inbox_drain()
    [row] = rows()
    assert (
        row.delivery_id
        == f"appointment:apt_123:{start.astimezone(UTC):%Y-%m-%dT%H:%MZ}:reminder-24h"
    )
    assert row.outcome == "announced"
    [soon] = [event for event in heard if isinstance(event, AppointmentSoon)]
    assert soon.offset == "reminder-24h"


def test_a_moved_appointment_gets_its_new_reminder_and_the_old_one_is_void(
    maple: Connection, heard: list[Event]
) -> None:
    start = FRIDAY + timedelta(hours=25)
    long_ago = FRIDAY - timedelta(days=3)
    with clock.frozen(FRIDAY) as now:
        clock_tick()
        store(maple, appointment_record(starts_at=start, booked_at=long_ago))
        run(now, FRIDAY + timedelta(hours=1))
        later = start + timedelta(days=2)
        store(maple, appointment_record(starts_at=later, booked_at=long_ago))
        inbox.inbox_drain()
        run(now, later - timedelta(hours=23))
        inbox.inbox_drain()
    assert [row.outcome for row in rows()] == ["nothing_new", "announced"]
    assert len([event for event in heard if isinstance(event, AppointmentSoon)]) == 1


def test_who_books_within_the_window_is_not_reminded(maple: Connection) -> None:
    with clock.frozen(FRIDAY) as now:
        clock_tick()
        now.move(timedelta(minutes=5))
        store(
            maple, appointment_record(starts_at=FRIDAY + timedelta(hours=24), booked_at=clock.now())
        )
        clock_tick()
    assert rows() == []


def test_what_passed_while_we_were_down_is_recorded_as_missed(
    maple: Connection, heard: list[Event]
) -> None:
    long_ago = FRIDAY - timedelta(days=3)
    with clock.frozen(FRIDAY) as now:
        clock_tick()
        early, late = (
            FRIDAY + timedelta(hours=24) + timedelta(minutes=after) for after in (30, 230)
        )
        store(maple, appointment_record(1, starts_at=early, booked_at=long_ago))
        store(maple, appointment_record(2, starts_at=late, booked_at=long_ago))
        now.move(timedelta(hours=4))
        clock_tick()
        inbox.inbox_drain()
    assert [(row.outcome, row.state) for row in rows()] == [
        ("missed", "done"),
        ("announced", "done"),
    ]
    assert len([event for event in heard if isinstance(event, AppointmentSoon)]) == 1


def test_saturdays_batch_covers_everything_due_before_tuesday(
    maple: Connection, heard: list[Event]
) -> None:
    with clock.frozen(FRIDAY) as now:
        clock_tick()
        run(now, FRIDAY + timedelta(days=5))
        inbox.inbox_drain()
    ready = [event for event in heard if isinstance(event, TomorrowReady)]
    assert [event.day for event in ready] == ["2026-06-12", "2026-06-13", "2026-06-16"]
    saturday = ready[1]
    assert saturday.at == datetime(2026, 6, 13, 16, tzinfo=LA)
    assert datetime.fromisoformat(saturday.until) == datetime(2026, 6, 16, 9, tzinfo=LA)
    closed = InboundEvent.objects.filter(kind="DayClosed").count()
    assert closed == 3


def test_a_day_that_closes_before_the_chosen_hour_drafts_an_hour_before_closing(
    maple: Connection,
) -> None:
    place = location_make(maple, "loc_2", opening_hours={"fri": [["09:00", "14:00"]]})
    assert ready_moment(place, FRIDAY.date()) == datetime(2026, 6, 12, 13, tzinfo=LA)
    place.tomorrow_ready_at = time(11)
    assert ready_moment(place, FRIDAY.date()) == datetime(2026, 6, 12, 11, tzinfo=LA)


# The Friday before each weekend on which clocks change in one of these zones, or in none.
WEEKENDS = [
    (2026, 3, 6),
    (2026, 3, 27),
    (2026, 4, 3),
    (2026, 10, 2),
    (2026, 10, 23),
    (2026, 10, 30),
]
ZONES = ["America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu"]
QUIET = [range(5, 14), range(19, 23)]


def one_batch_a_day(zone: str, day: tuple[int, int, int], step: int, *, whole: bool) -> None:
    """Four days over a weekend, ticking every ``step`` minutes. Unless ``whole``, in the hours in
    which neither a clock changes nor a batch falls due only once."""
    InboundEvent.objects.all().delete()
    Location.objects.update(timezone=zone, opening_hours={})
    clock_events.Heartbeat.objects.all().delete()
    start = datetime(*day, tzinfo=ZoneInfo(zone))
    with clock.frozen(start) as now:
        clock_tick()
        while clock.now() < start + timedelta(days=4):
            now.move(timedelta(minutes=step))
            hour = clock.now().astimezone(start.tzinfo).hour
            if whole or not any(hour in hours for hours in QUIET):
                clock_tick()
    # A day may be an hour longer or shorter than 24; four nights lie between in any case.
    batches = [row.delivery_id for row in rows("TomorrowReady")]
    assert len(batches) == len(set(batches)) == 4
    assert all(row.outcome == "" for row in rows("TomorrowReady"))


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(zone=st.sampled_from(ZONES), day=st.sampled_from(WEEKENDS), step=st.sampled_from([40, 55]))
def test_every_open_day_has_one_batch_whatever_the_clocks_do(
    maple: Connection, zone: str, day: tuple[int, int, int], step: int
) -> None:
    one_batch_a_day(zone, day, step, whole=False)


@pytest.mark.soak
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", WEEKENDS)
@pytest.mark.parametrize("step", [15, 40, 55])
def test_every_open_day_has_one_batch_in_every_zone_at_every_pace(
    maple: Connection, zone: str, day: tuple[int, int, int], step: int
) -> None:
    one_batch_a_day(zone, day, step, whole=True)


def test_two_ticks_at_the_same_moment_write_one_row(maple: Connection) -> None:
    with clock.frozen(FRIDAY) as now:
        clock_tick()
        now.move(timedelta(hours=9))
        first = clock_tick()
        assert first and clock_tick() == 0


def test_a_declared_offset_keeps_its_meaning() -> None:
    offset_declare("reminder-24h", 24)
    with pytest.raises(ValueError, match="two different hours"):
        offset_declare("reminder-24h", 48)
    offset_forget("reminder-24h")
    offset_declare("reminder-24h", 48)
