"""The platform shows the slot taken: the ladder stops in that very moment, and who holds an offer
is told. Nothing here waits: the clock stands still from the delivery to the kind note."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Visitor

from approvals.effects import effects_drain
from approvals.models import Opening
from core import clock
from integrations.inbox import inbox_drain
from integrations.models import Appointment
from integrations.platforms.base import Delivery, Record
from tests.approvals.desk import Desk
from tests.approvals.ladders.slot import (
    Slot,
    approved,
    booked_for,
    drafted,
    opening_make,
    passed,
    running,
    texts_to,
    waiting_make,
)
from tests.approvals.stub_platform import Stub

pytestmark = pytest.mark.django_db
Tell = Callable[..., None]


@pytest.fixture
def tell(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Tell:
    """A webhook about one appointment, as the platform sends it, drained at once."""

    def give(slot: Slot, **more: Any) -> None:
        data = {
            "client": desk.client.external_id,
            "location": desk.location.external_id,
            "staff": slot.opening.staff.external_id if slot.opening.staff else "",
            "service_name": "Cut",
            "starts_at": slot.opening.starts_at,
            "ends_at": slot.opening.ends_at,
            "status": "booked",
            "booked_at": clock.now(),
        } | more
        record = Record("appointment", data.pop("id", "apt_other"), data, updated_at=clock.now())
        monkeypatch.setattr(
            Stub, "read_delivery", lambda self, *said: Delivery("booked", records=(record,))
        )
        answer = Visitor().post(
            f"/hooks/stub/{desk.connection.pk}/", b"{}", content_type="application/json"
        )
        assert answer.status_code == 202
        assert inbox_drain() == 1

    return give


def told_at_once(slot: Slot, world: Any) -> None:
    """Without a second passing: the slot is over and the kind note has left."""
    before = clock.now()
    effects_drain()
    assert clock.now() == before
    assert slot.state() == Opening.State.TAKEN
    assert slot.item_state() == "withdrawn"
    assert "is gone now" in texts_to(world, slot.clients[0])[-1]
    assert len(texts_to(world, slot.clients[0])) == 2
    assert [texts_to(world, one) for one in slot.clients[1:]] == [[]] * (len(slot.clients) - 1)
    assert not booked_for(world)


def test_a_booking_of_somebody_else_stops_the_ladder_at_once(
    desk: Desk, held: Any, world: Any, tell: Tell
) -> None:
    slot = running(desk, held, 3)
    tell(slot)
    assert slot.offers() == ["gone", "withdrawn", "withdrawn"]
    told_at_once(slot, world)
    passed(held, minutes=60)
    assert len(texts_to(world, slot.clients[0])) == 2, "told once, and nobody else is asked"


def test_one_that_was_moved_onto_it_or_came_back_counts_the_same(
    desk: Desk, held: Any, world: Any, tell: Tell
) -> None:
    slot = running(desk, held, 2)
    start = slot.opening.starts_at
    Appointment.objects.create(
        connection=desk.connection,
        external_id="apt_other",
        client=desk.client,
        location=desk.location,
        staff=slot.opening.staff,
        starts_at=start + timedelta(days=1),
        ends_at=start + timedelta(days=1, hours=1),
        platform_updated_at=clock.now() - timedelta(hours=1),
    )
    tell(slot, starts_at=start + timedelta(minutes=30), ends_at=start + timedelta(minutes=90))
    told_at_once(slot, world)


def test_a_reinstated_appointment_takes_its_own_slot_back(
    desk: Desk, held: Any, world: Any, tell: Tell
) -> None:
    slot = running(desk, held, 2)
    Appointment.objects.create(
        connection=desk.connection,
        external_id="apt_other",
        client=desk.client,
        location=desk.location,
        staff=slot.opening.staff,
        starts_at=slot.opening.starts_at,
        ends_at=slot.opening.ends_at,
        status="cancelled",
        cancelled_at=clock.now() - timedelta(hours=1),
        platform_updated_at=clock.now() - timedelta(hours=1),
    )
    tell(slot, cancelled_at=None)
    told_at_once(slot, world)


def test_somebody_elses_hour_or_therapist_leaves_it_alone(
    desk: Desk, held: Any, world: Any, tell: Tell
) -> None:
    slot = running(desk, held, 2)
    end = slot.opening.ends_at
    tell(slot, starts_at=end, ends_at=end + timedelta(hours=1))
    assert slot.state() == Opening.State.OFFERING
    assert slot.offers() == ["sent", "waiting"]


def test_a_draft_that_nobody_approved_yet_is_withdrawn_and_nobody_is_written_to(
    desk: Desk, held: Any, world: Any, tell: Tell
) -> None:
    slot = drafted(desk, opening_make(desk), waiting_make(desk, 2))
    tell(slot)
    effects_drain()
    assert (slot.state(), slot.item_state()) == ("taken", "withdrawn")
    assert texts_to(world, slot.clients[0]) == []


def test_where_no_webhook_came_the_platform_is_asked_before_each_offer(
    desk: Desk, held: Any, world: Any
) -> None:
    slot = drafted(desk, opening_make(desk), waiting_make(desk, 2))
    approved(slot)
    world.free = False
    passed(held, 11)
    assert slot.state() == Opening.State.TAKEN
    assert [texts_to(world, one) for one in slot.clients] == [[], []]
