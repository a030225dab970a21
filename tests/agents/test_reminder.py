"""Reminder: a day before, and in one batch for what falls due while the desk is closed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from agents.base import Skip
from core import clock
from integrations.events import TomorrowReady
from integrations.hours import next_opening
from tests.agents.conftest import MORNING, WEEK, Salon
from tests.agents.helpers import (
    booked,
    gather,
    happen,
    message,
    pending,
    settle,
    soon,
    text_of,
    why_nothing,
)

TOMORROW = MORNING + timedelta(days=1)
PORTLAND = ZoneInfo("America/Los_Angeles")
WEEK_AGO = MORNING - timedelta(days=7)


def ready(salon: Salon) -> TomorrowReady:
    now = clock.now()
    day = now.astimezone(salon.location.zone).date().isoformat()
    until = next_opening(salon.location, now + timedelta(hours=3))
    return TomorrowReady(
        key=f"location:loc_1:{day}:tomorrow-ready",
        connection_id=str(salon.connection.pk),
        at=now,
        location_id=salon.location.pk,
        day=day,
        until=until.isoformat(),
    )


def test_a_visit_in_a_day_is_reminded_of(salon: Salon) -> None:
    salon.switch_on("reminder")
    row = salon.book(salon.client(), TOMORROW, booked_at=WEEK_AGO)
    happen(soon(row))
    (item,) = pending("reminder")
    assert item.revision.body == (
        "Maple Street Spa: Hi Dana, a reminder of Hot stone massage with Sarah on Saturday, "
        "June 13 at 10 am. Reply 1 to confirm, or call (503) 555-0100 to change it. See you then!"
    )
    assert item.tag == "tomorrow 10 am"
    assert item.send_at is None
    assert item.care == "one_key"


def test_a_confirmed_visit_is_not_reminded_of(salon: Salon) -> None:
    salon.switch_on("reminder")
    row = salon.book(salon.client(), TOMORROW, booked_at=WEEK_AGO, status="confirmed")
    happen(soon(row))
    assert pending("reminder") == []
    assert why_nothing("reminder") == "The client already confirmed."


def test_a_client_who_answered_yes_to_the_confirmation_is_not_reminded(
    salon: Salon, at: clock.Frozen
) -> None:
    salon.switch_on("confirmation")
    dana = salon.client()
    row = salon.book(dana, MORNING + timedelta(days=6))
    happen(booked(row))
    settle(pending()[0])
    at.move(timedelta(hours=1))
    message(dana, "1", incoming=True)
    at.move(timedelta(days=4, hours=23))
    found = gather("reminder", soon(row))
    assert found == Skip("The client already confirmed.")
    message(dana, "sorry, I can't make it", incoming=True)
    at.move(timedelta(minutes=1))
    assert not isinstance(gather("reminder", soon(row)), Skip)


def test_several_visits_of_a_day_and_a_phone_are_one_reminder(salon: Salon) -> None:
    salon.switch_on("reminder")
    ana = salon.client("Ana", phone="+15035550177")
    leo = salon.client("Leo", phone="+15035550177")
    first = salon.book(ana, TOMORROW, booked_at=WEEK_AGO)
    second = salon.book(leo, TOMORROW + timedelta(hours=1), booked_at=WEEK_AGO)
    happen(soon(first), soon(second))
    (item,) = pending("reminder")
    assert len(item.covers) == 2
    assert "Leo: Hot stone massage" in item.revision.body


def test_a_moved_visit_gets_its_new_reminder(salon: Salon) -> None:
    salon.switch_on("reminder")
    row = salon.book(salon.client(), TOMORROW, booked_at=WEEK_AGO)
    happen(soon(row))
    settle(pending("reminder")[0])
    happen(soon(row, at=clock.now() + timedelta(seconds=1)))
    assert pending("reminder") == []
    row.starts_at = TOMORROW + timedelta(hours=2)
    row.save()
    happen(soon(row))
    assert "12 pm" in pending("reminder")[0].revision.body


def test_somebody_just_told_about_the_visit_needs_no_reminder(salon: Salon) -> None:
    salon.switch_on("confirmation")
    row = salon.book(salon.client(), TOMORROW + timedelta(hours=1))
    happen(booked(row))
    settle(pending()[0])
    found = gather("reminder", soon(row))
    assert isinstance(found, Skip)
    assert "told about this visit" in found.why


def test_the_platforms_own_reminder_is_enough(salon: Salon) -> None:
    dana = salon.client()
    row = salon.book(dana, TOMORROW, booked_at=WEEK_AGO)
    message(dana, "Reminder!", incoming=False, source="platform")
    found = gather("reminder", soon(row))
    assert found == Skip("The platform has already written to the client.")


def saturday_four(at: clock.Frozen) -> None:
    at.move(datetime(2026, 6, 13, 16, tzinfo=PORTLAND) - clock.now())


def test_with_sunday_and_monday_closed_saturdays_batch_holds_all_until_tuesday(
    salon: Salon, at: clock.Frozen
) -> None:
    hours = {day: times for day, times in WEEK.items() if day != "mon"}
    salon.location.opening_hours = hours
    salon.location.save()
    salon.switch_on("reminder")
    saturday_four(at)

    def visit(day: int, hour: int) -> object:
        starts = datetime(2026, 6, day, hour, tzinfo=PORTLAND).astimezone(UTC)
        return salon.book(salon.client(), starts, booked_at=WEEK_AGO)

    early, late, after_opening, too_far = visit(16, 9), visit(16, 15), visit(17, 8), visit(17, 11)
    happen(ready(salon))
    items = {item.appointment_id: item for item in pending("reminder")}
    assert set(items) == {early.pk, late.pk, after_opening.pk}
    assert too_far.pk not in items
    assert {item.batch for item in items.values()} == {f"tomorrow:{salon.location.pk}:2026-06-13"}
    assert items[early.pk].send_at == early.starts_at - timedelta(hours=24)
    assert items[late.pk].send_at == late.starts_at - timedelta(hours=24)
    # Eight in the morning is still quiet: it goes out when texts are allowed again.
    assert items[after_opening.pk].send_at.astimezone(PORTLAND).hour == 9


def test_the_clocks_own_moment_adds_nothing_to_the_batch(salon: Salon, at: clock.Frozen) -> None:
    salon.switch_on("reminder")
    saturday_four(at)
    starts = datetime(2026, 6, 15, 10, tzinfo=PORTLAND).astimezone(UTC)
    row = salon.book(salon.client(), starts, booked_at=WEEK_AGO)
    happen(ready(salon), ready(salon))
    assert len(pending("reminder")) == 1
    at.move(starts - timedelta(hours=24) - clock.now())
    happen(soon(row))
    assert len(pending("reminder")) == 1
    assert why_nothing("reminder") == "The reminder for this visit is written already."


def test_nobody_shares_a_context_in_a_batch(salon: Salon, at: clock.Frozen) -> None:
    from agents.models import AgentRun

    salon.switch_on("reminder")
    saturday_four(at)
    starts = datetime(2026, 6, 15, 9, tzinfo=PORTLAND).astimezone(UTC)
    for name in ("Zoraida", "Quentin"):
        salon.book(salon.client(name), starts, booked_at=WEEK_AGO)
    happen(ready(salon))
    contexts = [run.context for run in AgentRun.objects.exclude(context={})]
    assert len(contexts) == 2
    assert all(("Zoraida" in str(one)) != ("Quentin" in str(one)) for one in contexts)


def test_the_reminder_speaks_spanish_to_those_who_do(salon: Salon) -> None:
    row = salon.book(salon.client(locale="es"), TOMORROW, booked_at=WEEK_AGO)
    text = text_of("reminder", gather("reminder", soon(row)))
    assert "le recordamos su cita de Hot stone massage con Sarah" in text
    assert "Responda 1 para confirmar" in text
