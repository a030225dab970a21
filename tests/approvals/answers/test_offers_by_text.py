"""Yes and no to an open slot by text: claimed, late, doubled, ambiguous."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.ladders.policy import OfferPolicy
from approvals.models import Answer
from integrations.models import Client
from integrations.phrases.reading import understand
from tests.approvals.answers.conversation import (
    asked_to_confirm,
    hear,
    texted,
    visit_make,
    waiting,
    wrote,
)
from tests.approvals.desk import Desk
from tests.approvals.ladders.slot import booked_for, passed, running, texts_to, worked
from tests.approvals.stub_platform import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("body", ["Yes!!", "YES 🎉", "sí", "vale 👍", "yse", "I'll take it"])
def test_the_kin_of_yes_is_read_as_such(body: str) -> None:
    assert understand(body).meaning in {"yes", "accept"}


# A digit, a yes and an acceptance are the three meanings that take it.
@pytest.mark.parametrize("body", ["1", "YES 🎉", "I'll take it"])
def test_yes_and_its_kin_take_the_slot(
    shared_desk: Desk, world: World, held: Any, body: str
) -> None:
    slot = running(shared_desk, held)
    answer = texted(shared_desk, body, slot.clients[0])
    worked()
    assert (answer.outcome, answer.offer) == ("accepted", slot.offer(0))
    assert booked_for(world) == [slot.clients[0].external_id]
    assert "it's yours" in texts_to(world, slot.clients[0])[-1]
    assert waiting() == []


def test_the_same_yes_twice_books_once(shared_desk: Desk, world: World, held: Any) -> None:
    slot = running(shared_desk, held)
    texted(shared_desk, "1", slot.clients[0])
    again = texted(shared_desk, "yes", slot.clients[0])
    worked()
    assert (again.outcome, again.words.partition("(")[0]) == (
        "accepted",
        "Grace W. has it already ",
    )
    assert len(booked_for(world)) == 1
    assert len(texts_to(world, slot.clients[0])) == 2


def test_one_delivery_heard_twice_is_handled_once(
    shared_desk: Desk, world: World, held: Any
) -> None:
    slot = running(shared_desk, held)
    message = wrote(shared_desk, "1", slot.clients[0])
    hear(shared_desk, message)
    hear(shared_desk, message)
    worked()
    assert Answer.objects.count() == 1
    assert len(booked_for(world)) == 1


@pytest.mark.parametrize("body", ["Pass", "no puedo, gracias"])
def test_the_kin_of_a_refusal_is_read_as_such(body: str) -> None:
    assert understand(body).meaning == "decline"


@pytest.mark.parametrize("body", ["2", "no thanks", "Pass"])
def test_no_lets_the_next_one_be_asked(shared_desk: Desk, held: Any, body: str) -> None:
    slot = running(shared_desk, held)
    assert texted(shared_desk, body, slot.clients[0]).outcome == "declined"
    worked()
    assert slot.offers() == ["declined", "sent", "waiting"]


def test_who_cannot_come_and_has_nothing_booked_speaks_of_the_offer(
    shared_desk: Desk, held: Any
) -> None:
    slot = running(shared_desk, held)
    assert texted(shared_desk, "can't make it, sorry", slot.clients[0]).outcome == "declined"
    assert slot.offers()[0] == "declined"


def test_a_late_yes_while_somebody_else_is_asked_is_next_in_line_and_told(
    shared_desk: Desk, world: World, held: Any
) -> None:
    slot = running(shared_desk, held)
    passed(held, minutes=31)
    assert slot.offers()[:2] == ["silent", "sent"]
    answer = texted(shared_desk, "Yes please", slot.clients[0])
    worked()
    assert "next in line" in answer.words
    assert "You are next in line" in texts_to(world, slot.clients[0])[-1]
    assert booked_for(world) == []


def test_a_yes_for_a_slot_that_is_gone_gets_the_kind_note_and_books_nothing(
    shared_desk: Desk, world: World, held: Any
) -> None:
    slot = running(shared_desk, held)
    passed(held, minutes=31)
    texted(shared_desk, "1", slot.clients[1])
    worked()
    answer = texted(shared_desk, "yes", slot.clients[0])
    worked()
    assert (answer.outcome, "gone" in answer.words) == ("accepted", True)
    assert booked_for(world) == [slot.clients[1].external_id]
    assert "is gone now" in texts_to(world, slot.clients[0])[-1]


def test_yes_with_a_visit_to_confirm_as_well_books_nothing_and_goes_to_a_person(
    shared_desk: Desk, world: World, held: Any
) -> None:
    slot, grace = with_a_visit_asked(shared_desk, held)
    done = list(world.done)
    answer = texted(shared_desk, "Yes", grace)
    worked()
    assert (answer.outcome, answer.words) == ("person", "It could answer more than one question.")
    assert world.done == done
    assert slot.offers()[0] == "sent"
    (draft,) = waiting("reply")
    assert draft.revision is not None
    assert "Reply 3 for the open spot on " in draft.revision.body
    assert "Reply 1 for your appointment on " in draft.revision.body
    assert draft.facts_ok


def test_a_digit_tells_the_two_questions_apart(shared_desk: Desk, world: World, held: Any) -> None:
    slot, grace = with_a_visit_asked(shared_desk, held)
    assert slot.offer(0).digit == "3"
    answer = texted(shared_desk, "3", grace)
    worked()
    assert answer.offer == slot.offer(0)
    assert booked_for(world) == [grace.external_id]


def test_the_digit_of_the_visit_confirms_the_visit_and_leaves_the_offer_open(
    shared_desk: Desk, held: Any
) -> None:
    slot, grace = with_a_visit_asked(shared_desk, held)
    assert texted(shared_desk, "1", grace).outcome == "confirmed"
    assert slot.offers()[0] == "sent"


def test_cannot_come_with_an_offer_and_a_visit_goes_to_a_person(
    shared_desk: Desk, world: World, held: Any
) -> None:
    slot, grace = with_a_visit_asked(shared_desk, held)
    answer = texted(shared_desk, "can't make it", grace)
    assert (answer.outcome, answer.words) == ("person", "It could mean the open slot or a visit.")
    assert slot.offers()[0] == "sent"
    assert waiting("visit:") == []


def with_a_visit_asked(desk: Desk, held: Any) -> tuple[Any, Client]:
    """Grace was asked to confirm a visit (1), then is offered a slot (another digit)."""
    from tests.approvals.ladders.slot import approved, drafted, opening_make, waiting_make

    clients = waiting_make(desk, 2)
    visit = visit_make(desk, clients[0])
    asked_to_confirm(desk, held, visit, client=clients[0])
    slot = drafted(desk, opening_make(desk), clients, OfferPolicy())
    approved(slot)
    passed(held, 11)
    assert slot.offers()[0] == "sent"
    return slot, clients[0]


def test_a_bare_yes_with_an_older_offer_on_the_phone_books_neither(
    shared_desk: Desk, world: World, held: Any
) -> None:
    """Two open questions on one phone: the older slot went to somebody else before they answered.
    Their yes may mean it; the hour that is open now was never said yes to."""
    older = running(shared_desk, held)
    passed(held, minutes=31)
    texted(shared_desk, "1", older.clients[1])
    worked()
    newer = running(shared_desk, held, clients=older.clients[:1], hours=30)
    assert newer.offers() == ["sent"]
    answer = texted(shared_desk, "yes", older.clients[0])
    worked()
    assert (answer.outcome, answer.offer) == ("person", None)
    assert booked_for(world) == [older.clients[1].external_id]
    assert newer.offers() == ["sent"]
    assert texted(shared_desk, newer.offer(0).digit, older.clients[0]).offer == newer.offer(0)
    worked()
    assert booked_for(world)[-1] == older.clients[0].external_id


def test_a_yes_said_twice_is_no_yes_to_the_offer_that_came_between(
    shared_desk: Desk, world: World, held: Any
) -> None:
    older = running(shared_desk, held)
    texted(shared_desk, "yes", older.clients[0])
    worked()
    newer = running(shared_desk, held, clients=older.clients[:1], hours=30)
    assert newer.offers() == ["sent"]
    answer = texted(shared_desk, "yes!", older.clients[0])
    worked()
    assert answer.outcome == "person"
    assert len(booked_for(world)) == 1
    passed(held, minutes=12)
    assert texted(shared_desk, "yes", older.clients[0]).offer == newer.offer(0)
