"""No digit twice in a thread, and a yes given beforehand: by whom, for how long, taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals.answers import texts
from approvals.errors import NoRight, NotPossible
from approvals.services.standing import standing_give, standing_revoke
from tests.approvals.answers.conversation import (
    ASKS,
    asked_to_confirm,
    changes,
    texted,
    visit_make,
    waiting,
)
from tests.approvals.desk import (
    NOW,
    Desk,
    approved,
    drafted,
    message_action,
    person_make,
    sent_after,
    state_of,
)
from tests.approvals.stub_platform import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_second_question_with_the_same_digit_does_not_go_out(
    shared_desk: Desk, world: World, held: Any
) -> None:
    asked_to_confirm(shared_desk, held)
    other = visit_make(shared_desk)
    item = drafted(
        shared_desk,
        subject="contact:2",
        actions=(message_action(shared_desk, ASKS.format(digit="1")),),
        appointment_id=other.pk,
        covers=((other.pk, other.starts_at.isoformat()),),
        due_at=other.starts_at,
    )
    approved(shared_desk, item)
    sent_after(held)
    item.refresh_from_db()
    assert (item.state, len(world.bodies())) == ("stale", 1)
    assert item.state_reason.startswith("Another question to them asks for 1 already.")


def test_asking_again_about_the_same_visit_takes_the_same_digit(
    shared_desk: Desk, world: World, held: Any
) -> None:
    asked_to_confirm(shared_desk, held)
    asked_to_confirm(shared_desk, held)
    assert len(world.bodies()) == 2


def give(desk: Desk, user: Any, **fields: Any) -> Any:
    wanted: dict[str, Any] = {
        "location": desk.location,
        "agent": "answers",
        "action_types": ["update_appointment"],
        "template_version": texts.CONFIRM_VERSION,
        "daily_limit": 5,
        "expires_at": NOW + timedelta(days=30),
    }
    return standing_give(user=user, **wanted | fields)


def test_a_standing_decision_is_given_and_taken_back(
    shared_desk: Desk, world: World, held: Any
) -> None:
    grant = give(shared_desk, shared_desk.maria)
    standing_revoke(user=shared_desk.tom, grant_id=grant.pk)
    standing_revoke(user=shared_desk.tom, grant_id=grant.pk)
    asked_to_confirm(shared_desk, held)
    texted(shared_desk, "1")
    sent_after(held)
    assert changes(world) == []
    (item,) = waiting("visit:")
    assert state_of(item) == "pending"


def test_it_needs_the_right_that_deciding_by_hand_would_need(shared_desk: Desk) -> None:
    therapist = person_make("Sara", shared_desk.location, "provider")
    with pytest.raises(NoRight):
        give(shared_desk, therapist)
    grant = give(shared_desk, shared_desk.maria)
    with pytest.raises(NoRight):
        standing_revoke(user=therapist, grant_id=grant.pk)


@pytest.mark.parametrize(
    "fields",
    [
        {"daily_limit": 0},
        {"daily_limit": 5000},
        {"expires_at": NOW - timedelta(days=1)},
        {"expires_at": NOW + timedelta(days=800)},
        {"action_types": []},
    ],
)
def test_it_has_limits_and_an_end(shared_desk: Desk, fields: dict[str, Any]) -> None:
    with pytest.raises(NotPossible):
        give(shared_desk, shared_desk.maria, **fields)
