"""Claims: who gets it, twice, late, with the platform away, and what happens to the calendar."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals.errors import AlreadyDecided, NoRight
from approvals.ladders import claims, counter
from approvals.ladders.openings import opening_found
from approvals.manual import manual_steps
from approvals.models import ApprovalItem, Effect, Offer, Opening
from approvals.services import decisions
from core import clock
from core.announce import announce
from core.errors import Permanent, Temporary, UnknownOutcome
from integrations.events import AppointmentBooked
from integrations.models import Appointment
from tests.approvals.desk import Desk, location_make, person_make
from tests.approvals.ladders.slot import (
    AGENT,
    Slot,
    appointment_make,
    approved,
    booked_for,
    drafted,
    opening_make,
    passed,
    running,
    service_make,
    texts_to,
    therapist_make,
    waiting_make,
    worked,
)

pytestmark = pytest.mark.django_db


def heard(row: Appointment) -> None:
    """The working copy brought it, and everybody who listens hears of it."""
    event = AppointmentBooked(
        key=f"booked:{row.external_id}",
        connection_id=str(row.connection_id),
        at=clock.now(),
        location_id=row.location_id,
        client_id=row.client_id,
        appointment_id=row.pk,
    )
    announce(event, lambda *failure: pytest.fail(str(failure)))


def test_a_yes_books_closes_the_list_entry_and_tells_the_winner_in_that_order(
    desk: Desk, held: Any, world: Any
) -> None:
    slot = running(desk, held, 2)
    assert claims.claim(token=slot.token(0), by="link").outcome == "won"
    assert slot.state() == "held" and booked_for(world) == []
    worked()
    done = [name for name, _, payload in world.done][1:]
    assert done[0] == "book_appointment"
    assert sorted(done[1:]) == ["send_message", "update_waitlist"]
    opening = Opening.objects.get(pk=slot.opening.pk)
    assert (opening.state, opening.filled_by) == ("booked", slot.clients[0])
    assert opening.filled_appointment_id and opening.filled_at
    assert slot.item_state() == "sent"


def test_a_second_yes_changes_nothing_and_says_it_is_theirs(
    desk: Desk, held: Any, world: Any
) -> None:
    slot = running(desk, held, 2)
    token = slot.token(0)
    assert claims.claim(token=token, by="link").outcome == "won"
    again = claims.claim(token=token, by="text")
    assert (again.outcome, again.booked) == ("already_yours", False)
    worked()
    again = claims.claim(token=token, by="link")
    assert (again.outcome, again.booked) == ("already_yours", True)
    worked()
    assert len(booked_for(world)) == 1
    assert len(texts_to(world, slot.clients[0])) == 2


def test_a_no_after_the_yes_takes_nothing_away(desk: Desk, held: Any) -> None:
    slot = running(desk, held, 2)
    claims.claim(offer=slot.offer(0), by="link")
    assert claims.decline(offer=slot.offer(0), by="link").outcome == "already_yours"
    assert slot.offer(0).state == "accepted"


def test_looking_changes_nothing(desk: Desk, held: Any) -> None:
    slot = running(desk, held, 2)
    before = list(Offer.objects.values().order_by("pk"))
    for _ in range(3):
        assert claims.seen(slot.token(0)).outcome == "open"
        assert claims.seen(slot.token(1)).outcome == "gone"
    assert list(Offer.objects.values().order_by("pk")) == before


def test_a_link_whose_turn_has_not_come_wins_nothing(desk: Desk, held: Any) -> None:
    slot = running(desk, held, 2)
    assert claims.claim(token=slot.token(1), by="link").outcome == "gone"
    assert slot.offers() == ["sent", "waiting"] and slot.state() == "offering"


@pytest.mark.parametrize("token", ["", "x" * 22, "../../etc", "ü" * 22, "a" * 500])
def test_forged_links_are_unknown_without_a_query(
    desk: Desk, token: str, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        assert claims.claim(token=token, by="link").outcome == "unknown"


def test_a_link_is_over_when_the_slot_begins(desk: Desk, held: Any) -> None:
    slot = running(desk, held, 1, hours=3)
    token = slot.token(0)
    held.move(timedelta(hours=4))
    assert claims.seen(token).outcome == "expired"
    assert claims.claim(token=token, by="link").outcome == "expired"


def test_the_platform_away_keeps_the_slot_until_it_is_back(
    desk: Desk, held: Any, world: Any
) -> None:
    slot = running(desk, held, 2)

    def away(action: str) -> None:
        raise Temporary("The platform does not answer.")

    world.before_apply = away
    assert claims.claim(offer=slot.offer(0), by="link").outcome == "won"
    passed(held, 30)
    assert slot.state() == "held" and claims.seen(slot.token(0)).booked is False
    assert claims.claim(offer=slot.offer(1), by="text").outcome == "gone"
    world.before_apply = None
    passed(held, minutes=20)
    assert booked_for(world) == [slot.clients[0].external_id]
    assert claims.seen(slot.token(0)).booked is True


def test_a_slot_that_is_taken_after_all_is_told_kindly_and_the_desk_hears_of_it(
    desk: Desk, held: Any, world: Any
) -> None:
    slot = running(desk, held, 2)

    def refuse(action: str) -> None:
        if action == "book_appointment":
            raise Permanent("The platform refused it (409, slot_taken).", code="slot_taken")

    world.before_apply = refuse
    claims.claim(offer=slot.offer(0), by="text")
    worked()
    assert slot.state() == "taken" and slot.offer(0).state == "gone"
    assert "You stay on our list" in texts_to(world, slot.clients[0])[-1]
    item = ApprovalItem.objects.get(pk=slot.item.pk)
    assert item.state == "failed" and "Grace W. said yes" in item.state_reason
    assert claims.seen(slot.token(0)).outcome == "gone"


def test_a_booking_nobody_can_prove_waits_for_a_person_and_is_not_given_to_another(
    desk: Desk, held: Any, world: Any
) -> None:
    slot = running(desk, held, 2)

    def drop(action: str) -> None:
        raise UnknownOutcome("The line went dead.")

    world.able -= {"idempotency"}
    world.after_apply = world.on_look_up = drop
    claims.claim(offer=slot.offer(0), by="link")
    passed(held, 1)
    passed(held, 11)
    world.after_apply = None
    assert slot.item_state() == "unknown" and slot.state() == "held"
    assert claims.claim(offer=slot.offer(1), by="link").outcome == "gone"
    decisions.item_settle(user=desk.maria, item_id=slot.item.pk, sent=True)
    worked()
    assert slot.state() == "booked"
    assert "it's yours" in texts_to(world, slot.clients[0])[-1]
    assert len(booked_for(world)) == 1


def test_the_calendar_itself_can_prove_the_booking(desk: Desk, held: Any, world: Any) -> None:
    slot = running(desk, held, 2)

    def away(action: str) -> None:
        raise Temporary("The platform does not answer.")

    world.before_apply = away
    claims.claim(offer=slot.offer(0), by="link")
    worked()
    heard(appointment_make(desk, slot.opening, slot.clients[0]))
    world.before_apply = None
    passed(held, minutes=30)
    assert slot.state() == "booked"
    assert booked_for(world) == [], "it must not be booked a second time"


def test_where_we_may_not_book_the_desk_does_it_and_the_client_is_told_after(
    desk: Desk, held: Any, world: Any
) -> None:
    world.able -= {"book"}
    slot = running(desk, held, 2)
    assert claims.claim(offer=slot.offer(0), by="link").outcome == "request_received"
    assert claims.seen(slot.token(0)).outcome == "request_received"
    item = ApprovalItem.objects.get(pk=slot.item.pk)
    assert item.state == "manual" and "Please book it" in item.state_reason
    (step,) = manual_steps(item)
    assert step.what.startswith("Book Grace W.: Hot stone massage with Sarah Lind, Monday, June 15")
    decisions.item_done_by_hand(user=desk.maria, item_id=item.pk)
    worked()
    assert slot.state() == "booked" and slot.item_state() == "by_hand"
    assert "it's yours" in texts_to(world, slot.clients[0])[-1]
    assert booked_for(world) == []


def swap(desk: Desk, held: Any) -> tuple[Slot, Appointment]:
    """The first client holds a later appointment of that service."""
    clients = waiting_make(desk, 2)
    opening = opening_make(desk)
    later = appointment_make(
        desk,
        opening,
        clients[0],
        staff=therapist_make(desk, "sta_7"),
        external_id="apt_later",
        starts_at=opening.starts_at + timedelta(days=4),
        ends_at=opening.ends_at + timedelta(days=4),
        service=service_make(desk),
    )
    slot = drafted(desk, opening, clients, instead_of=later.pk)
    approved(slot)
    passed(held, 11)
    return slot, later


@pytest.mark.parametrize(("keep", "changes"), [(None, 1), (False, 1), (True, 0)])
def test_the_later_appointment_goes_only_if_the_client_chose_so(
    desk: Desk, held: Any, world: Any, keep: bool | None, changes: int
) -> None:
    slot, _later = swap(desk, held)
    assert "Instead of yours on Friday, June 19" in texts_to(world, slot.clients[0])[0]
    claims.claim(offer=slot.offer(0), by="link", keep_old=keep)
    worked()
    released = [payload for name, _, payload in world.done if name == "update_appointment"]
    assert len(released) == changes
    for payload in released:
        assert payload["appointment"] == "apt_later"
        assert payload["fields"] == {"status": "cancelled"}
    assert slot.state() == "booked"


def test_a_later_appointment_that_was_moved_meanwhile_is_left_alone(
    desk: Desk, held: Any, world: Any
) -> None:
    slot, later = swap(desk, held)
    claims.claim(offer=slot.offer(0), by="link")
    Appointment.objects.filter(pk=later.pk).update(status="cancelled")
    worked()
    assert [name for name, _, _ in world.done if name == "update_appointment"] == []
    assert "left alone" in ApprovalItem.objects.get(pk=slot.item.pk).state_reason


def test_somebody_else_on_the_calendar_stops_the_ladder_and_tells_who_holds_an_offer(
    desk: Desk, held: Any, world: Any
) -> None:
    slot = running(desk, held, 3)
    heard(appointment_make(desk, slot.opening, desk.client))
    worked()
    assert slot.state() == "taken" and slot.item_state() == "withdrawn"
    assert slot.offers() == ["gone", "withdrawn", "withdrawn"]
    assert "is gone now" in texts_to(world, slot.clients[0])[-1]
    passed(held, minutes=200)
    assert [len(texts_to(world, one)) for one in slot.clients] == [2, 0, 0]


def test_an_appointment_beside_the_slot_or_with_another_therapist_changes_nothing(
    desk: Desk, held: Any
) -> None:
    slot = running(desk, held, 2)
    opening = slot.opening
    heard(
        appointment_make(
            desk,
            opening,
            desk.client,
            starts_at=opening.ends_at,
            ends_at=opening.ends_at + timedelta(hours=1),
        )
    )
    other = therapist_make(desk, "sta_8")
    heard(appointment_make(desk, opening, desk.client, staff=other, external_id="apt_other"))
    assert slot.state() == "offering"


def test_the_platform_is_asked_before_each_offer(desk: Desk, held: Any, world: Any) -> None:
    slot = running(desk, held, 3)
    world.free = False
    passed(held, minutes=slot.offer(0).answer_minutes)
    assert slot.state() == "taken"
    assert texts_to(world, slot.clients[1]) == []


def test_giving_it_to_somebody_here_stops_the_ladder_and_keeps_the_slot(
    desk: Desk, held: Any, world: Any
) -> None:
    slot = running(desk, held, 2)
    counter.give_to_someone_here(user=desk.maria, opening_id=slot.opening.pk)
    worked()
    assert slot.state() == "given" and slot.item_state() == "by_hand"
    assert "is gone now" in texts_to(world, slot.clients[0])[-1]
    assert claims.claim(offer=slot.offer(0), by="text").outcome == "gone"
    assert same_slot(desk, slot.opening) is None
    with pytest.raises(AlreadyDecided, match="Maria"):
        counter.stop_offering(user=desk.tom, opening_id=slot.opening.pk)


def same_slot(desk: Desk, opening: Opening) -> Opening | None:
    return opening_found(
        actor=AGENT,
        connection_id=desk.connection.pk,
        location_id=desk.location.pk,
        starts_at=opening.starts_at,
        ends_at=opening.ends_at,
        cause="still_free",
        staff_id=opening.staff_id,
    )


def test_who_said_yes_a_moment_before_keeps_it_from_the_counter(desk: Desk, held: Any) -> None:
    slot = running(desk, held, 2)
    claims.claim(offer=slot.offer(0), by="link")
    with pytest.raises(AlreadyDecided, match="Grace W"):
        counter.give_to_someone_here(user=desk.maria, opening_id=slot.opening.pk)
    assert slot.state() == "held"


def test_the_counter_of_another_location_may_not_stop_it(desk: Desk, held: Any) -> None:
    slot = running(desk, held, 2)
    stranger = person_make("Nora", location_make(desk.connection, "loc_2"), "front_desk")
    with pytest.raises(NoRight):
        counter.stop_offering(user=stranger, opening_id=slot.opening.pk)
    assert slot.state() == "offering"


def test_the_same_slot_found_twice_is_one_opening(desk: Desk, held: Any) -> None:
    first = opening_make(desk)
    assert opening_make(desk, starts_at=first.starts_at, ends_at=first.ends_at).pk == first.pk


def test_a_slot_with_somebody_on_it_is_no_opening(desk: Desk, held: Any) -> None:
    first = opening_make(desk)
    Opening.objects.filter(pk=first.pk).delete()
    appointment_make(desk, first, desk.client)
    assert same_slot(desk, first) is None


def test_effects_of_a_ladder_are_settled_when_the_slot_is_over(desk: Desk, held: Any) -> None:
    from approvals.ladders.ladders import parked_sweep

    slot = running(desk, held, 3)
    claims.claim(offer=slot.offer(0), by="link")
    worked()
    assert Effect.objects.filter(item=slot.item, outcome="").exists() is False
    other = running_silent(desk, held)
    assert Effect.objects.filter(item=other.item, outcome="").exists()
    held.move(timedelta(days=2))
    assert parked_sweep(clock.now()) > 0
    assert not Effect.objects.filter(item=other.item, outcome="").exists()


def running_silent(desk: Desk, held: Any) -> Slot:
    slot = drafted(desk, opening_make(desk, 4), waiting_make(desk, 1, "z"))
    approved(slot)
    passed(held, 11)
    passed(held, minutes=slot.offer(0).answer_minutes)
    return slot
