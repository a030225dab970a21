"""Reading who waits from the real tables."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from agents.matching.facts import Slot
from agents.matching.query import POOL, waiting_for
from agents.matching.ranking import candidates_for, slot_of
from agents.matching.settings import OpenSlotSettings
from approvals.models import Opening
from core import clock
from integrations.models import Appointment, Client, FormResponse, WaitlistEntry
from tests.agents.conftest import Salon

SETTINGS = OpenSlotSettings()


@pytest.fixture
def opening(salon: Salon) -> Opening:
    """Today 2:30 pm there, given up by somebody who also waits."""
    salon.staff.skills = ["massage"]
    salon.staff.save()
    salon.service.skill = "massage"
    salon.service.save()
    salon.location.resources = [{"id": "res_1", "name": "Room 1", "kind": "room"}]
    salon.location.postal_code = "97205"
    salon.location.save()
    starts_at = clock.now() + timedelta(hours=4, minutes=30)
    gone = salon.book(salon.client("Gina"), starts_at, status=Appointment.Status.CANCELLED)
    return Opening.objects.create(
        connection=salon.connection, location=salon.location, service=salon.service,
        staff=salon.staff, resource_id="res_1", starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1), cause="cancelled", appointment=gone,
        given_up_by=gone.client,
    )  # fmt: skip


def waits(salon: Salon, client: Client, **fields: Any) -> WaitlistEntry:
    number = WaitlistEntry.objects.count() + 1
    values: dict[str, Any] = {
        "service": salon.service,
        "waiting_since": clock.now() - timedelta(days=4),
        "windows": [{"days": "MTWTF", "from": "13:00", "to": "18:00"}],
    }
    return WaitlistEntry.objects.create(
        connection=salon.connection, external_id=f"wl_{number}", client=client,
        location=salon.location, **values | fields,
    )  # fmt: skip


def found(opening: Opening, **settings: Any) -> tuple[list[int], dict[int, str]]:
    slot = slot_of(opening)
    candidates, skipped = candidates_for(slot, OpenSlotSettings(**settings), clock.now())
    return [one.client_id for one in candidates], {one.client_id: one.reason for one in skipped}


def test_slot_of_names_room_skills_and_phone(opening: Opening) -> None:
    slot = slot_of(opening)
    assert (slot.room_kind, slot.skills, slot.postal_code) == ("room", ["massage"], "97205")
    assert slot.given_up_by == slot.given_up_phone_of == opening.given_up_by_id
    assert slot.minutes == 60


def test_those_who_wait_are_ranked_and_whoever_gave_it_up_is_not(
    salon: Salon, opening: Opening
) -> None:
    long, short = salon.client("Ann"), salon.client("Bea")
    waits(salon, short)
    waits(salon, long, waiting_since=clock.now() - timedelta(days=20))
    assert opening.given_up_by is not None
    waits(salon, opening.given_up_by)
    asked, left_out = found(opening)
    assert asked == [long.pk, short.pk]
    assert left_out == {opening.given_up_by_id: "Gave up this very slot."}


def test_only_entries_that_wait_here_for_something_that_fits_are_read(
    salon: Salon, opening: Opening
) -> None:
    facial = salon.new_service("Facial", skill="facial")
    long = salon.new_service("Long massage", skill="massage", minutes=90)
    scrub = salon.new_service("Scrub", skill="massage", minutes=45)
    waits(salon, salon.client("Booked"), status="booked")
    waits(salon, salon.client("Deleted"), deleted_at=clock.now())
    waits(salon, salon.client("Merged", merged_into=salon.client("Other")))
    waits(salon, salon.client("Facial"), service=facial)
    waits(salon, salon.client("Long"), service=long)
    other, anything = salon.client("Scrub"), salon.client("Any")
    waits(salon, other, service=scrub)
    waits(salon, anything, service=None)
    asked, left_out = found(opening)
    assert asked == [anything.pk, other.pk]
    assert left_out == {}
    assert found(opening, other_services=False)[0] == [anything.pk]


def test_consent_forms_and_appointments_come_along(salon: Salon, opening: Opening) -> None:
    salon.service.form_required = "Massage intake"
    salon.service.save()
    has, expired, none = (salon.client(name) for name in ("Has", "Expired", "None"))
    silent = salon.client("Silent", allows="")
    for client in (has, expired, none, silent):
        waits(salon, client)
    today = clock.now().date()
    for client, until in ((has, None), (expired, today - timedelta(days=1)), (silent, None)):
        FormResponse.objects.create(
            connection=salon.connection, external_id=f"frm_{client.pk}", client=client,
            name="Massage intake", complete=True, expires_on=until,
            submitted_at=clock.now() - timedelta(days=2),
        )  # fmt: skip
    later = salon.book(has, clock.now() + timedelta(days=3))
    salon.past(has, 20)
    entries = {one.client_id: one for one in waiting_for(slot_of(opening), SETTINGS, clock.now())}
    assert [one.id for one in entries[has.pk].ahead] == [later.pk]
    assert entries[has.pk].with_staff == 1
    assert entries[has.pk].phone_of == has.pk
    asked, left_out = found(opening)
    assert asked == [has.pk]
    assert left_out[expired.pk] == left_out[none.pk] == "Massage intake is missing."
    assert left_out[silent.pk].startswith("No consent")


def test_a_later_booking_is_named_for_the_swap(salon: Salon, opening: Opening) -> None:
    client = salon.client("Later")
    waits(salon, client)
    later = salon.book(client, clock.now() + timedelta(days=3))
    candidates, _ = candidates_for(slot_of(opening), SETTINGS, clock.now())
    assert candidates[0].instead_of == later.pk


def test_the_best_that_fit_are_in_the_pool_however_long_the_list(
    salon: Salon, opening: Opening
) -> None:
    for number in range(POOL + 15):
        waits(salon, salon.client(f"Late{number}"), windows=[{"days": "M"}])
    fits = salon.client("Fits")
    waits(salon, fits, waiting_since=clock.now())
    entries = waiting_for(slot_of(opening), SETTINGS, clock.now())
    assert len(entries) == POOL
    assert found(opening)[0] == [fits.pk]


@pytest.mark.parametrize(
    "windows",
    [{}, "always", [1], [{"days": ["fri"]}], [{"days": 7, "from": None}], [{"from": "9:00"}]],
)
def test_odd_windows_neither_break_nor_hide_anybody(
    salon: Salon, opening: Opening, windows: Any
) -> None:
    client = salon.client("Odd")
    waits(salon, client, windows=windows)
    assert found(opening)[0] == [client.pk]


def test_it_takes_three_queries_at_most(
    salon: Salon, opening: Opening, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        waits(salon, salon.client(f"Client{number}"))
    slot: Slot = slot_of(opening)
    with django_assert_max_num_queries(3) as queries:
        candidates, _ = candidates_for(slot, SETTINGS, clock.now())
    assert isinstance(queries, CaptureQueriesContext)
    assert len(candidates) == 12
