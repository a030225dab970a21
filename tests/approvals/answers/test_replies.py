"""What goes to a person: unclear, empty, media, long, right to left, hidden, strangers, a crowd."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals.answers.writers import answer_writer_declare, answer_writer_forget
from approvals.listeners import approvals_hear
from approvals.models import Answer, ApprovalItem
from core import clock
from integrations import events
from integrations.models import Message
from tests.approvals.answers.conversation import hear, texted, waiting, wrote
from tests.approvals.desk import Desk, approved, client_make, sent_after, state_of
from tests.approvals.stub_platform import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "body",
    [
        "Can I bring my dog?",
        "yes but can we do 3?",
        "نعم من فضلك",
        "\u202eyes or no\u202c",
        "really " * 285,
        "1 and 2",
    ],
)
def test_what_is_not_clear_waits_with_a_drafted_answer_and_changes_nothing(
    shared_desk: Desk, world: World, held: Any, body: str
) -> None:
    answer = texted(shared_desk, body)
    assert answer.outcome == "person"
    (item,) = waiting("reply")
    assert (item.state, item.purpose, item.title) == ("pending", "answer", "Answer Dana K.")
    sent_after(held)
    assert world.done == []
    approved(shared_desk, item)
    sent_after(held)
    assert world.bodies() == [
        "Maple Street: thank you for your message. We read it and get back to you."
    ]


def test_hidden_characters_are_spelled_out_for_the_desk(shared_desk: Desk) -> None:
    texted(shared_desk, "Pay here\u202e https://bad.example \u200bnow?")
    (item,) = waiting("reply")
    assert item.revision is not None
    assert "right-to-left override" in item.revision.reasons[0]["text"]
    assert "\u202e" not in item.revision.reasons[0]["text"]


def test_a_long_message_is_kept_whole_and_shown_short(shared_desk: Desk) -> None:
    body = "word " * 400
    answer = texted(shared_desk, body)
    assert Message.objects.get(pk=answer.message_id).body == body
    (item,) = waiting("reply")
    assert item.revision is not None
    assert len(item.revision.reasons[0]["text"]) < 400


@pytest.mark.parametrize("body", ["", "   ", "❤️", "\u200b", "…"])
def test_an_empty_message_asks_nothing_of_anybody(shared_desk: Desk, body: str) -> None:
    assert texted(shared_desk, body).outcome == "nothing"
    assert waiting() == []


def test_a_picture_alone_goes_to_a_person(shared_desk: Desk) -> None:
    answer = texted(shared_desk, "", details={"media": [{"type": "image/jpeg"}]})
    assert answer.outcome == "person"
    (item,) = waiting("reply")
    assert item.revision is not None
    assert "a picture or file" in item.revision.reasons[0]["text"]


def test_a_thank_you_makes_no_draft(shared_desk: Desk) -> None:
    assert texted(shared_desk, "thank you so much!").outcome == "nothing"
    assert waiting() == []


def test_an_unknown_number_is_kept_and_nothing_is_guessed(shared_desk: Desk, world: World) -> None:
    message = wrote(shared_desk, "1", None, address="+12135550199")
    hear(shared_desk, message)
    answer = Answer.objects.get(message=message)
    assert (answer.outcome, answer.client) == ("stranger", None)
    assert ApprovalItem.objects.count() == 0
    assert world.done == []


def test_of_two_on_one_phone_nobody_is_answered_by_guess(shared_desk: Desk, world: World) -> None:
    client_make(shared_desk.connection, "cli_2", first_name="Lea")
    message = wrote(shared_desk, "see you at 3?", None, address=shared_desk.client.phone)
    hear(shared_desk, message)
    answer = Answer.objects.get(message=message)
    assert (answer.outcome, answer.client, waiting()) == ("person", None, [])


def test_a_burst_of_messages_makes_one_draft(shared_desk: Desk, held: Any) -> None:
    first = texted(shared_desk, "hi").item
    held.move(timedelta(seconds=5))
    texted(shared_desk, "are you open on Sunday?")
    assert first is not None
    assert state_of(first) == "superseded"
    assert len(waiting("reply")) == 1


def test_when_somebody_of_the_salon_has_answered_the_draft_steps_back(
    shared_desk: Desk, held: Any
) -> None:
    texted(shared_desk, "are you open on Sunday?")
    (item,) = waiting("reply")
    held.move(timedelta(minutes=1))
    said = wrote(shared_desk, "We are!", shared_desk.client, incoming=False, source="maria")
    approvals_hear(
        events.StaffReplied(
            key="staff-reply:1",
            connection_id=str(shared_desk.connection.pk),
            at=clock.now(),
            client_id=shared_desk.client.pk,
            message_id=said.pk,
        )
    )
    assert state_of(item) == "withdrawn"


def test_where_an_agent_writes_answers_no_standard_text_is_made(shared_desk: Desk) -> None:
    answer_writer_declare("test", lambda location_id: location_id == shared_desk.location.pk)
    try:
        assert texted(shared_desk, "are you open on Sunday?").outcome == "person"
    finally:
        answer_writer_forget("test")
    assert waiting() == []


def test_a_yes_to_what_the_platform_sent_needs_no_draft(shared_desk: Desk, held: Any) -> None:
    wrote(shared_desk, "Reply C", shared_desk.client, incoming=False, source="platform")
    held.move(timedelta(minutes=1))
    assert texted(shared_desk, "ok").outcome == "nothing"


def test_a_yes_to_what_the_staff_asked_goes_to_a_person(shared_desk: Desk, held: Any) -> None:
    wrote(shared_desk, "3 pm instead?", shared_desk.client, incoming=False, source="maria")
    held.move(timedelta(minutes=1))
    assert texted(shared_desk, "ok").outcome == "person"

    assert len(waiting("reply")) == 1
