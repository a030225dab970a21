"""A slot that becomes free once more is offered once more: to others than who gave it up."""

from __future__ import annotations

import pytest

from approvals.ladders.counter import give_to_someone_here, stop_offering
from approvals.models import ApprovalItem, Offer, Opening
from core import clock
from integrations.events import AppointmentCancelled
from integrations.models import Appointment, Client
from tests.agents.conftest import Salon
from tests.agents.helpers import event_for, happen
from tests.agents.test_open_slot import cancelled, hours, ladder, salon, waits
from tests.approvals.desk import person_make

pytestmark = pytest.mark.django_db
__all__ = ["salon"]


def asked() -> list[int]:
    """Whom the ladder that waits for a person would ask, in order."""
    item = ApprovalItem.objects.filter(agent="open_slot", state="pending").latest("pk")
    rows = Offer.objects.filter(item=item, state=Offer.State.WAITING).order_by("position")
    return [one.client_id for one in rows]


def booked_by(salon: Salon, opening: Opening, client: Client, state: str) -> Appointment:
    """The slot is over, and the calendar shows this client on it."""
    Opening.objects.filter(pk=opening.pk).update(
        state=state, filled_by=client, closed_at=clock.now()
    )
    return salon.book(client, opening.starts_at)


def given_up(row: Appointment) -> None:
    row.status, row.cancelled_at = Appointment.Status.CANCELLED, clock.now()
    row.save()
    happen(event_for(AppointmentCancelled, row))


def test_a_winner_who_cancels_opens_the_next_ladder_without_them(salon: Salon) -> None:
    winner, other = waits(salon, "Grace", waiting_since=hours(-24 * 20)), waits(salon, "Ana")
    cancelled(salon, hours(6))
    first = Opening.objects.get()
    assert asked() == [winner.pk, other.pk]
    row = booked_by(salon, first, winner, Opening.State.BOOKED)
    given_up(row)
    again = Opening.objects.exclude(pk=first.pk).get()
    assert (again.starts_at, again.given_up_by_id) == (first.starts_at, winner.pk)
    assert asked() == [other.pk]


def test_a_slot_given_to_somebody_here_who_leaves_is_offered_again(salon: Salon) -> None:
    waits(salon, "Grace")
    cancelled(salon, hours(6))
    first = Opening.objects.get()
    maria = person_make("Maria", salon.location, "front_desk")
    give_to_someone_here(user=maria, opening_id=first.pk)
    row = salon.book(salon.client("Walks in"), first.starts_at)
    given_up(row)
    again = Opening.objects.exclude(pk=first.pk).get()
    assert (again.starts_at, again.state) == (first.starts_at, Opening.State.OPEN)
    assert len(asked()) == 1


def test_a_slot_that_was_stopped_stays_stopped(salon: Salon) -> None:
    waits(salon, "Grace")
    row = cancelled(salon, hours(6))
    maria = person_make("Maria", salon.location, "front_desk")
    stop_offering(user=maria, opening_id=Opening.objects.get().pk)
    happen(event_for(AppointmentCancelled, row))
    assert Opening.objects.count() == 1


def test_the_later_visit_that_was_let_go_for_it_opens_a_ladder_of_its_own(salon: Salon) -> None:
    mover, other = waits(salon, "Grace"), waits(salon, "Ana")
    later = salon.book(mover, hours(50))
    cancelled(salon, hours(6))
    first, offers = Opening.objects.get(), ladder()[1]
    assert {one.client_id: one.instead_of_id for one in offers}[mover.pk] == later.pk
    booked_by(salon, first, mover, Opening.State.BOOKED)
    given_up(later)
    again = Opening.objects.exclude(pk=first.pk).get()
    assert (again.starts_at, again.given_up_by_id) == (later.starts_at, mover.pk)
    assert asked() == [other.pk]
