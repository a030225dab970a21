"""The agent of open slots: what becomes an opening, who is on the ladder, and what is said."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from agents.matching.settings import OpenSlotSettings
from agents.matching.tryout import tryout
from agents.models import AgentRun
from approvals.models import ApprovalItem, Offer, Opening
from approvals.services.decisions import item_regenerate
from core import clock
from integrations.clock_events import clock_tick
from integrations.events import (
    AppointmentCancelled,
    AppointmentMoved,
    AppointmentNoShow,
    Event,
    ShiftAdded,
    SlotFree,
)
from integrations.models import Appointment, Client, InboundEvent, Shift, WaitlistEntry
from tests.agents.conftest import Salon
from tests.agents.helpers import event_for, happen, pending, why_nothing
from tests.approvals.desk import person_make

Status = Appointment.Status


@pytest.fixture
def salon(live_salon: Salon) -> Salon:
    live_salon.staff.skills = ["massage"]
    live_salon.staff.save()
    live_salon.service.skill = "massage"
    live_salon.service.save()
    live_salon.switch_on("open_slot")
    return live_salon


def hours(number: float) -> datetime:
    return clock.now() + timedelta(hours=number)


def waits(
    salon: Salon, name: str = "Grace", *, client: Client | None = None, **more: Any
) -> Client:
    client = client or salon.client(name)
    number = WaitlistEntry.objects.count() + 1
    values = {"service": salon.service, "waiting_since": hours(-100), "windows": []}
    WaitlistEntry.objects.create(
        connection=salon.connection, external_id=f"wl_{number}", client=client,
        location=salon.location, **values | more,
    )  # fmt: skip
    return client


def cancelled(salon: Salon, starts_at: datetime, client: Client | None = None) -> Appointment:
    row = salon.book(client or salon.client("Gina"), starts_at)
    row.status, row.cancelled_at = Status.CANCELLED, clock.now()
    row.save()
    happen(event_for(AppointmentCancelled, row))
    return row


def ladder() -> tuple[ApprovalItem, list[Offer]]:
    (item,) = pending("open_slot")
    return item, list(Offer.objects.filter(item=item).order_by("position"))


def slot_free(salon: Salon, starts_at: datetime, minutes: int = 60, **more: Any) -> Event:
    return SlotFree(
        key=f"free:{starts_at.isoformat()}",
        connection_id=str(salon.connection.pk),
        at=clock.now(),
        location_id=salon.location.pk,
        staff_id=salon.staff.pk,
        starts_at=starts_at.isoformat(),
        ends_at=(starts_at + timedelta(minutes=minutes)).isoformat(),
        **more,
    )


def test_a_cancellation_becomes_a_ranked_ladder_with_reasons(salon: Salon) -> None:
    second = waits(salon, "Grace")
    first = waits(salon, "Ana", waiting_since=hours(-24 * 20))
    busy = waits(salon, "Busy")
    salon.book(busy, hours(6), staff=None)
    row = cancelled(salon, hours(6))
    item, offers = ladder()
    assert (item.group, item.right, item.occasion) == ("offers", "review_offers", "fill")
    assert item.due_at == row.starts_at - timedelta(minutes=60)
    assert item.client_id is None
    asked = [one for one in offers if one.state == Offer.State.WAITING]
    assert [one.client_id for one in asked] == [first.pk, second.pk]
    assert {"text": "Has waited 20 days."} in asked[0].reasons
    skipped = [one for one in offers if one.state == Offer.State.SKIPPED]
    assert [(one.client_id, one.skipped_reason) for one in skipped] == [
        (busy.pk, "Has Hot stone massage at that time.")
    ]
    opening = Opening.objects.get()
    assert (opening.cause, opening.given_up_by_id) == ("cancelled", row.client_id)
    assert (opening.item_id, opening.state) == (item.pk, Opening.State.OPEN)


def test_the_text_names_the_salon_first_asks_for_a_digit_and_is_in_the_clients_language(
    salon: Salon,
) -> None:
    waits(salon, client=salon.client("Lucia", locale="es-US"))
    cancelled(salon, hours(6))
    item, _ = ladder()
    assert item.revision is not None
    assert item.revision.body.startswith("Maple Street Spa: Lucia, se ha liberado")
    assert "Responda 1" in item.revision.body
    assert {fact.check_kind for fact in item.revision.evidence.all()} == {"slot_free"}
    assert item.facts_ok
    assert item.care == ApprovalItem.Care.ONE_KEY


def test_whoever_cancelled_is_not_on_the_ladder(salon: Salon) -> None:
    gina, grace = waits(salon, "Gina"), waits(salon, "Grace")
    cancelled(salon, hours(6), gina)
    _, offers = ladder()
    states = {one.client_id: (one.state, one.skipped_reason) for one in offers}
    assert states[gina.pk] == (Offer.State.SKIPPED, "Gave up this very slot.")
    assert states[grace.pk][0] == Offer.State.WAITING


def test_when_nobody_fits_there_is_no_draft_but_the_slot_says_why(salon: Salon) -> None:
    waits(salon, windows=[{"days": "M", "from": "09:00", "to": "10:00"}])
    cancelled(salon, hours(6))
    assert pending("open_slot") == []
    opening = Opening.objects.get()
    assert opening.state == Opening.State.OPEN
    assert opening.state_reason == (
        "The one who waits does not fit: Can come Mon 9 am to 10 am only."
    )
    assert why_nothing("open_slot") == opening.state_reason


def test_an_empty_waitlist_is_said(salon: Salon) -> None:
    cancelled(salon, hours(6))
    assert Opening.objects.get().state_reason == "Nobody is on the waitlist for this."


def test_inside_the_lead_time_nothing_is_recorded(salon: Salon) -> None:
    waits(salon)
    cancelled(salon, hours(0.9))
    assert not Opening.objects.exists()
    assert AgentRun.objects.get().outcome == AgentRun.Outcome.MISSED


def test_a_move_frees_the_earlier_hour(salon: Salon) -> None:
    grace = waits(salon)
    row = salon.book(salon.client("Gina"), hours(48))
    happen(
        event_for(
            AppointmentMoved,
            row,
            before=hours(6).isoformat(),
            before_ends=hours(7).isoformat(),
            before_staff_id=salon.staff.pk,
            before_location_id=salon.location.pk,
        )
    )
    opening = Opening.objects.get()
    assert (opening.cause, opening.starts_at, opening.ends_at) == ("moved", hours(6), hours(7))
    assert ladder()[1][0].client_id == grace.pk


def test_a_move_by_a_little_frees_nothing(salon: Salon) -> None:
    waits(salon)
    row = salon.book(salon.client("Gina"), hours(6.5))
    happen(
        event_for(
            AppointmentMoved,
            row,
            before=hours(6).isoformat(),
            before_ends=hours(7).isoformat(),
            before_staff_id=salon.staff.pk,
        )
    )
    assert not Opening.objects.exists()


def test_a_no_show_releases_what_is_left_when_there_is_time(salon: Salon) -> None:
    waits(salon, service=salon.new_service("Short massage", skill="massage", minutes=60))
    row = salon.book(salon.client("Gina"), hours(-0.2), status=Status.NO_SHOW, ends_at=hours(2.8))
    happen(event_for(AppointmentNoShow, row))
    opening = Opening.objects.get()
    # An hour to get here, a quarter to be asked, and the next full quarter.
    assert (opening.cause, opening.starts_at) == ("no_show", hours(1.5))
    assert opening.ends_at == row.ends_at
    assert len(pending("open_slot")) == 1


def test_of_a_short_visit_nothing_is_left_that_anybody_could_come_to(salon: Salon) -> None:
    waits(salon, service=salon.new_service("Short massage", skill="massage", minutes=30))
    row = salon.book(salon.client("Gina"), hours(-0.2), status=Status.NO_SHOW, ends_at=hours(0.8))
    happen(event_for(AppointmentNoShow, row))
    assert not Opening.objects.exists()
    assert AgentRun.objects.get().outcome == AgentRun.Outcome.MISSED


def test_a_slot_that_is_on_the_calendar_again_is_not_offered(salon: Salon) -> None:
    waits(salon)
    salon.book(salon.client("New"), hours(6))
    cancelled(salon, hours(6))
    assert not Opening.objects.exists()


def test_a_free_stretch_is_offered_for_what_people_wait_for(salon: Salon) -> None:
    scrub = salon.new_service("Scrub", skill="massage", minutes=45)
    waits(salon, service=scrub)
    happen(slot_free(salon, hours(2), 240))
    opening = Opening.objects.get()
    assert (opening.cause, opening.service_id) == ("still_free", scrub.pk)
    assert opening.ends_at - opening.starts_at == timedelta(minutes=45)


def test_a_free_stretch_nobody_waits_for_leaves_no_trace_on_the_waitlist_page(
    salon: Salon,
) -> None:
    happen(slot_free(salon, hours(2)))
    assert not Opening.objects.exists()


def test_a_slot_that_is_being_offered_is_not_drafted_again(salon: Salon) -> None:
    waits(salon)
    cancelled(salon, hours(6))
    item, _ = ladder()
    happen(slot_free(salon, hours(6)))
    assert ladder()[0].pk == item.pk
    assert AgentRun.objects.order_by("-pk")[0].why_nothing == "It is being offered already."


def test_the_hours_of_a_new_shift_are_looked_at_one_by_one(salon: Salon) -> None:
    waits(salon)
    shift = ShiftAdded(
        key="shift:1",
        connection_id=str(salon.connection.pk),
        at=clock.now(),
        location_id=salon.location.pk,
        staff_id=salon.staff.pk,
        shift_id=1,
        starts_at=hours(24).isoformat(),
        ends_at=hours(27).isoformat(),
    )
    happen(shift)
    assert [one.cause for one in Opening.objects.all()] == ["new_shift"] * 3


def test_the_clock_finds_what_is_still_free_two_hours_before(salon: Salon) -> None:
    Shift.objects.create(
        connection=salon.connection, external_id="shf_1", staff=salon.staff,
        location=salon.location, starts_at=hours(-2), ends_at=hours(6),
    )  # fmt: skip
    salon.book(salon.client("Here"), hours(1.2), ends_at=hours(2.2))
    salon.book(salon.client("Next"), hours(3.2), ends_at=hours(4.2))
    gone = salon.book(salon.client("Gone"), hours(2.2), ends_at=hours(3.2))
    Appointment.objects.filter(pk=gone.pk).update(status=Status.CANCELLED)
    clock_tick(clock.now())
    clock_tick(hours(0.2))
    rows = InboundEvent.objects.filter(kind="SlotFree")
    assert [row.delivery_id.split(":")[0] for row in rows] == ["free"]
    assert hours(2.2).strftime("%H:%M") in rows[0].delivery_id


def test_another_draft_ranks_anew(salon: Salon) -> None:
    waits(salon, "Grace")
    cancelled(salon, hours(6))
    item, _ = ladder()
    best = waits(salon, "Ana", waiting_since=hours(-24 * 30))
    maria = person_make("Maria", salon.location, "front_desk")
    item_regenerate(user=maria, item_id=item.pk, instruction="")
    happen()
    _, offers = ladder()
    assert offers[0].client_id == best.pk


def test_settings_are_tried_on_past_slots_before_saving(salon: Salon) -> None:
    long = waits(salon, "Long", waiting_since=hours(-24 * 30))
    regular = waits(salon, "Regular", client=salon.client("Regular", visit_count=40,
                                                          total_spend=4000))  # fmt: skip
    cancelled(salon, hours(6))
    Opening.objects.update(filled_by=regular)
    tried = tryout(salon.location, OpenSlotSettings(weight_waiting=0, weight_loyalty=60))
    (row,) = tried.rows
    assert [one.client_id for one in row.old] == [long.pk, regular.pk]
    assert [one.client_id for one in row.new] == [regular.pk, long.pk]
    assert row.changed and tried.changed == 1
    assert (tried.old_place, tried.new_place) == (2, 1)
    assert Offer.objects.filter(state=Offer.State.WAITING).count() == 2
    assert tryout(salon.location, OpenSlotSettings(), openings=[]).rows == []


def test_a_run_keeps_no_names_of_those_waiting(salon: Salon) -> None:
    waits(salon, "Grace")
    waits(salon, "Zelda", note="Zelda's secret")
    cancelled(salon, hours(6))
    kept = AgentRun.objects.get().context
    assert "Zelda" not in str(kept["waiting"])
    assert len(kept["waiting"]) == 2
