"""Aftercare: the next morning, from the salon's own words."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agents.base import Skip
from core import clock
from tests.agents.conftest import MORNING, WEEK, Salon
from tests.agents.helpers import completed, gather, happen, pending, text_of, why_nothing

PORTLAND = ZoneInfo("America/Los_Angeles")
CARE = "Drink plenty of water. Rest this evening. Avoid hot baths for a day."


def done(salon: Salon, **fields: Any) -> Any:
    """A massage that just ended."""
    salon.service.aftercare = CARE
    salon.service.save()
    start = clock.now() - timedelta(hours=1)
    return salon.book(salon.client(), start, status="completed", **fields)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=PORTLAND).astimezone(UTC)


def test_it_is_drafted_in_the_evening_batch_and_sent_next_morning(
    salon: Salon, at: clock.Frozen
) -> None:
    salon.switch_on("aftercare")
    happen(completed(done(salon)))
    assert pending("aftercare") == []
    at.move(local(12, 16) - clock.now())
    happen()
    (item,) = pending("aftercare")
    assert item.send_at == local(13, 9)
    assert item.due_at == local(13, 20)
    assert item.batch == f"tomorrow:{salon.location.pk}:2026-06-12"
    assert item.purpose == "care"
    assert item.revision.body == (
        "Maple Street Spa: Hi Dana, thank you for coming in for Hot stone massage. How to look "
        "after it: Drink plenty of water. Rest this evening. Avoid hot baths for a day. "
        "Any questions? Call (503) 555-0100."
    )


def test_what_ends_after_the_batch_is_drafted_at_once(salon: Salon, at: clock.Frozen) -> None:
    salon.switch_on("aftercare")
    at.move(local(12, 17, 30) - clock.now())
    happen(completed(done(salon)))
    (item,) = pending("aftercare")
    assert item.batch
    assert item.tag == "tomorrow 9 am"


def test_when_the_desk_opens_first_it_is_drafted_that_morning(
    salon: Salon, at: clock.Frozen
) -> None:
    salon.switch_on("aftercare", settings={"send_hour": 11})
    happen(completed(done(salon)))
    at.move(local(12, 17) - clock.now())
    happen()
    assert pending("aftercare") == []
    at.move(local(13, 9, 1) - clock.now())
    happen()
    (item,) = pending("aftercare")
    assert item.batch == ""
    assert item.send_at == local(13, 11)


def test_over_a_closed_sunday_and_monday_it_is_in_saturdays_batch(
    salon: Salon, at: clock.Frozen
) -> None:
    salon.location.opening_hours = {day: one for day, one in WEEK.items() if day != "mon"}
    salon.location.save()
    salon.switch_on("aftercare", settings={"send_hour": 11})
    at.move(local(13, 13) - clock.now())
    happen(completed(done(salon)))
    assert pending("aftercare") == []
    at.move(local(13, 16) - clock.now())
    happen()
    (item,) = pending("aftercare")
    assert item.batch == f"tomorrow:{salon.location.pk}:2026-06-13"
    assert item.send_at == local(14, 11)


def test_services_of_one_visit_are_one_message(salon: Salon, at: clock.Frozen) -> None:
    salon.switch_on("aftercare")
    at.move(local(12, 17, 30) - clock.now())
    first = done(salon, visit_id="vis_1")
    facial = salon.new_service("Facial", aftercare=CARE + " No make-up for a day.")
    second = salon.book(
        first.client, clock.now() - timedelta(minutes=5), service=facial, visit_id="vis_1",
        status="completed",
    )  # fmt: skip
    happen(completed(first), completed(second))
    (item,) = pending("aftercare")
    assert "coming in for Facial" in item.revision.body


def test_a_service_without_a_text_gets_nothing_unless_the_salon_wants_it(salon: Salon) -> None:
    row = salon.book(salon.client(), MORNING - timedelta(hours=1), status="completed")
    found = gather("aftercare", completed(row))
    assert found == Skip("No aftercare text is stored for this service.")
    context = gather("aftercare", completed(row), only_with_text=False)
    assert text_of("aftercare", context) == (
        "Maple Street Spa: Hi Dana, thank you for coming in for Hot stone massage. "
        "Any questions? Call (503) 555-0100."
    )


def test_a_visit_of_the_day_before_yesterday_is_too_late(salon: Salon) -> None:
    salon.switch_on("aftercare")
    salon.service.aftercare = CARE
    salon.service.save()
    row = salon.past(salon.client(), 3)
    happen(completed(row))
    assert pending("aftercare") == []
    assert why_nothing("aftercare") == "The day after the visit is over."


def test_a_visit_that_was_not_completed_after_all_gets_nothing(salon: Salon) -> None:
    row = done(salon)
    row.status = "no_show"
    row.save()
    assert gather("aftercare", completed(row)) == Skip("The visit is not completed.")
