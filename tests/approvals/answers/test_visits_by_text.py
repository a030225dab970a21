"""Confirmed, cannot come, late: what the platform is told, and only after somebody agreed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals.answers import texts
from approvals.selectors.thread import wants_answer
from integrations.models import Appointment
from tests.approvals.answers.conversation import (
    asked_to_confirm,
    changes,
    standing,
    texted,
    visit_make,
    waiting,
)
from tests.approvals.desk import NOW, Desk, approved, client_make, sent_after, state_of
from tests.approvals.stub_platform import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("body", ["1", "Yes", "ok thanks, see you then", "Confirmo", "👍"])
def test_a_confirmation_waits_for_the_desk(
    shared_desk: Desk, world: World, held: Any, body: str
) -> None:
    asked = asked_to_confirm(shared_desk, held)
    answer = texted(shared_desk, body)
    assert (answer.outcome, answer.asked) == ("confirmed", asked)
    (item,) = waiting("visit:")
    assert (item.title, item.right) == ("Dana K. confirmed Fri 2:30 pm", "review_changes")
    assert changes(world) == []
    approved(shared_desk, item)
    sent_after(held)
    assert changes(world) == [("apt_1", "confirmed")]
    assert state_of(item) == "sent"


def test_a_text_that_was_understood_does_not_count_as_unanswered(
    shared_desk: Desk, held: Any
) -> None:
    asked_to_confirm(shared_desk, held)
    understood = texted(shared_desk, "1").message
    unclear = texted(shared_desk, "do you have parking?").message
    assert (wants_answer(understood), wants_answer(unclear)) == (False, True)
    assert understood.details["handled"]


def test_under_a_standing_decision_the_platform_is_told_at_once(
    shared_desk: Desk, world: World, held: Any
) -> None:
    standing(shared_desk, texts.CONFIRM_VERSION, "update_appointment")
    asked_to_confirm(shared_desk, held)
    answer = texted(shared_desk, "1")
    sent_after(held, 1)
    assert "approved under a standing decision" in answer.words
    assert changes(world) == [("apt_1", "confirmed")]
    assert waiting() == []


def test_a_standing_decision_for_something_else_changes_nothing(
    shared_desk: Desk, world: World, held: Any
) -> None:
    standing(shared_desk, texts.CALL_OFF_VERSION, "update_appointment", "send_message")
    asked_to_confirm(shared_desk, held)
    texted(shared_desk, "1")
    sent_after(held)
    assert changes(world) == []
    assert len(waiting("visit:")) == 1


def test_cannot_come_frees_nothing_before_the_desk_agrees(
    shared_desk: Desk, world: World, held: Any
) -> None:
    answer = texted(shared_desk, "So sorry, I can't make it on Friday")
    (item,) = waiting("visit:")
    assert (answer.outcome, answer.item) == ("called_off", item)
    assert item.title == "Dana K. cannot come Fri 2:30 pm"
    sent_after(held)
    assert world.done == []
    approved(shared_desk, item)
    sent_after(held)
    sent_after(held)
    assert [name for name, _, _ in world.done] == ["send_message", "update_appointment"]
    assert changes(world) == [("apt_1", "cancelled")]
    assert world.bodies() == [
        "Maple Street: thank you for telling us. We take your Hot stone massage on "
        "Friday, June 19 at 2:30 pm off our calendar."
    ]


def test_the_location_may_let_it_be_cancelled_at_once(
    shared_desk: Desk, world: World, held: Any
) -> None:
    standing(shared_desk, texts.CALL_OFF_VERSION, "update_appointment", "send_message")
    texted(shared_desk, "no puedo ir el viernes")
    sent_after(held, 1)
    sent_after(held, 1)
    assert changes(world) == [("apt_1", "cancelled")]


def test_changing_ones_mind_takes_the_cancellation_back(
    shared_desk: Desk, world: World, held: Any
) -> None:
    texted(shared_desk, "can't make it friday")
    (item,) = waiting("visit:")
    held.move(timedelta(seconds=30))
    texted(shared_desk, "oh wait, found a babysitter, ignore that")
    assert state_of(item) == "stale"


def test_cannot_come_after_a_yes_replaces_the_confirmation(
    shared_desk: Desk, world: World, held: Any
) -> None:
    asked_to_confirm(shared_desk, held)
    first = texted(shared_desk, "1").item
    assert first is not None
    held.move(timedelta(minutes=1))
    texted(shared_desk, "sorry, I can't come after all")
    assert state_of(first) == "superseded"
    (item,) = waiting("visit:")
    assert item.tag == "cannot come"


@pytest.mark.parametrize(
    "body",
    ["can't make it on Thursday", "cancel my 4pm please", "can't come tomorrow", "cancel my 9:15"],
)
def test_another_day_or_hour_than_what_is_booked_is_not_guessed(
    shared_desk: Desk, world: World, held: Any, body: str
) -> None:
    answer = texted(shared_desk, body)
    assert (answer.outcome, waiting("visit:")) == ("person", [])
    assert answer.words == "They name a day or hour at which nothing is booked."


def test_of_two_visits_the_one_they_name_is_meant(
    shared_desk: Desk, world: World, held: Any
) -> None:
    visit_make(shared_desk, starts_at=NOW + timedelta(days=8))
    assert texted(shared_desk, "can't make it").outcome == "person"
    assert texted(shared_desk, "can't make it at 2:30 on Friday").outcome == "called_off"
    (item,) = waiting("visit:")
    assert item.appointment_id == shared_desk.appointment.pk


def test_two_on_one_phone_with_a_visit_each_are_not_mixed_up(
    shared_desk: Desk, world: World, held: Any
) -> None:
    child = client_make(shared_desk.connection, "cli_2", first_name="Lea")
    visit_make(shared_desk, child, starts_at=shared_desk.appointment.starts_at)
    assert texted(shared_desk, "we can't make it friday").outcome == "person"
    assert waiting("visit:") == []


def test_the_services_of_one_visit_are_called_off_together(
    shared_desk: Desk, world: World, held: Any
) -> None:
    Appointment.objects.update(visit_id="vis_1")
    later = shared_desk.appointment.starts_at + timedelta(hours=1)
    visit_make(shared_desk, starts_at=later, visit_id="vis_1")
    texted(shared_desk, "have to cancel friday")
    (item,) = waiting("visit:")
    approved(shared_desk, item)
    for _ in range(3):
        sent_after(held)
    assert [status for _, status in changes(world)] == ["cancelled", "cancelled"]


def test_a_no_to_a_confirmation_is_no_cancellation(
    shared_desk: Desk, world: World, held: Any
) -> None:
    asked_to_confirm(shared_desk, held)
    answer = texted(shared_desk, "no")
    assert answer.outcome == "person"
    assert waiting("visit:") == []


def test_late_comes_to_the_desk_with_a_note_and_a_thank_you(
    shared_desk: Desk, world: World, held: Any
) -> None:
    shared_desk.appointment.starts_at = NOW + timedelta(minutes=30)
    shared_desk.appointment.save()
    answer = texted(shared_desk, "Running 15 min late, sorry!!")
    (item,) = waiting("late:")
    assert (answer.minutes, item.tag) == (15, "15 min late")
    assert item.title == "Dana K. comes 15 minutes late for 10:30 am"
    approved(shared_desk, item)
    sent_after(held)
    sent_after(held)
    assert [name for name, _, _ in world.done] == ["send_message", "add_note"]
    assert world.done[1][2]["body"] == "Texted that they come 15 minutes late for 10:30 am."


def test_late_for_nothing_goes_to_a_person(shared_desk: Desk, held: Any) -> None:
    answer = texted(shared_desk, "running 15 min late")
    assert (answer.outcome, waiting("late:")) == ("person", [])
    assert answer.words == "They have nothing booked that it could mean."


def test_a_visit_that_was_moved_meanwhile_is_not_confirmed(
    shared_desk: Desk, world: World, held: Any
) -> None:
    asked_to_confirm(shared_desk, held)
    shared_desk.appointment.starts_at += timedelta(hours=1)
    shared_desk.appointment.save()
    assert texted(shared_desk, "1").outcome == "person"
    assert waiting("visit:") == []
