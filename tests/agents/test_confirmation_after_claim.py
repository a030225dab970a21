"""Who took an open slot was told so by the ladder; and two questions never share a digit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from approvals.models import ApprovalItem, Offer, Opening
from core import clock
from integrations.models import Appointment, Client
from tests.agents.conftest import MORNING, Salon
from tests.agents.helpers import booked, gather, happen, moved, pending, text_of, why_nothing

FRIDAY = MORNING + timedelta(days=7, hours=4, minutes=30)


def opening_of(salon: Salon, starts_at: Any, client: Client, **fields: Any) -> Opening:
    """A slot that this client claimed."""
    item = ApprovalItem.objects.create(
        connection=salon.connection, location=salon.location, agent="open_slot",
        subject="slot:1", occasion="fill", state="sending",
    )  # fmt: skip
    wanted = {"state": Opening.State.HELD} | fields
    opening = Opening.objects.create(
        connection=salon.connection,
        location=salon.location,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        cause="cancelled",
        item=item,
    )
    offer = Offer.objects.create(
        opening=opening, item=item, position=1, wave=1, client=client, channel="sms",
        answer_minutes=15, state=Offer.State.ACCEPTED, token_sha256=f"{client.pk:064d}",
        released_at=clock.now(), sent_at=clock.now(),
    )  # fmt: skip
    Opening.objects.filter(pk=opening.pk).update(held_by=offer, **wanted)
    return opening


def test_a_booking_made_by_a_claim_is_not_confirmed_a_second_time(salon: Salon) -> None:
    salon.switch_on("confirmation")
    dana = salon.client()
    opening_of(salon, FRIDAY, dana)
    happen(booked(salon.book(dana, FRIDAY)))
    assert pending() == []
    assert why_nothing() == "They took this open slot and were told so."


def test_nor_when_the_webhook_comes_after_the_slot_is_filled(salon: Salon) -> None:
    salon.switch_on("confirmation")
    dana = salon.client()
    row = salon.book(dana, FRIDAY)
    opening_of(
        salon, FRIDAY, dana, state=Opening.State.BOOKED, filled_appointment_id=row.external_id
    )
    happen(booked(row))
    assert pending() == []


def test_another_booking_of_theirs_is_confirmed_as_ever(salon: Salon) -> None:
    salon.switch_on("confirmation")
    dana = salon.client()
    opening_of(salon, FRIDAY, dana)
    happen(booked(salon.book(dana, FRIDAY + timedelta(days=1))))
    assert len(pending()) == 1


def test_somebody_else_who_gets_that_hour_is_told(salon: Salon) -> None:
    salon.switch_on("confirmation")
    opening_of(salon, FRIDAY, salon.client())
    happen(booked(salon.book(salon.client("Lea"), FRIDAY)))
    assert len(pending()) == 1


def test_a_claimed_visit_that_is_moved_later_is_told(salon: Salon) -> None:
    salon.switch_on("confirmation")
    dana = salon.client()
    opening_of(salon, FRIDAY, dana)
    row = salon.book(dana, FRIDAY)
    Appointment.objects.filter(pk=row.pk).update(starts_at=FRIDAY + timedelta(hours=1))
    row.refresh_from_db()
    salon_wait = moved(row, before=FRIDAY.isoformat(), at=clock.now() - timedelta(minutes=4))
    happen(salon_wait)
    assert len(pending()) == 1


def test_with_an_offer_on_their_phone_the_visit_asks_for_another_digit(salon: Salon) -> None:
    dana = salon.client()
    salon.past(dana, 30, "no_show")
    salon.past(dana, 60, "no_show")
    salon.past(dana, 90)
    opening = opening_of(salon, FRIDAY + timedelta(days=1), dana, state=Opening.State.OFFERING)
    Offer.objects.filter(opening=opening).update(state=Offer.State.SENT)
    context = gather("confirmation", booked(salon.book(dana, FRIDAY)))
    assert context.digit == "4"
    assert "Reply 4 to confirm" in text_of("confirmation", context)
