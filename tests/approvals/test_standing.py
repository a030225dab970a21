"""Standing decisions: exactly within their limits, and a person's name on each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals.errors import NotPossible
from approvals.models import ApprovalItem, Decision, StandingGrant
from approvals.services.standing import item_approve_standing
from core.audit import Actor
from core.models import AuditEvent
from tests.approvals.desk import BODY, NOW, Desk, drafted, location_make, sent_after, state_of
from tests.approvals.stub_platform import World

pytestmark = pytest.mark.django_db(transaction=True)
ACTOR = Actor.agent("confirmation")


def grant_make(desk: Desk, **fields: Any) -> StandingGrant:
    defaults: dict[str, Any] = {
        "location": desk.location,
        "agent": "confirmation",
        "action_types": ["send_message"],
        "template_version": "confirmation:1",
        "daily_limit": 2,
        "expires_at": NOW + timedelta(days=30),
        "granted_by": desk.maria,
        "granted_by_name": "Maria",
    }
    return StandingGrant.objects.create(**defaults | fields)


def draft(desk: Desk, number: int = 1, **fields: Any) -> ApprovalItem:
    defaults: dict[str, Any] = {"template_version": "confirmation:1", "purpose": "answer"}
    return drafted(desk, subject=f"visit:{number}", **defaults | fields)


def test_within_its_grant_a_standing_decision_sends(
    shared_desk: Desk, world: World, held: Any
) -> None:
    item, grant = draft(shared_desk), grant_make(shared_desk)
    decision = item_approve_standing(actor=ACTOR, item_id=item.pk, grant_id=grant.pk)
    assert (decision.scope, decision.standing, decision.actor_name) == ("standing", grant, "Maria")
    audit = AuditEvent.objects.get(action="item.approved")
    assert (audit.actor_kind, audit.facts["scope"]) == ("agent", "standing")
    sent_after(held)
    assert (world.bodies(), state_of(item)) == ([BODY], "sent")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"revoked_at": NOW}, "revoked"),
        ({"expires_at": NOW}, "expired"),
        ({"agent": "reminder"}, "another agent"),
        ({"action_types": ["add_note"]}, "this action"),
        ({"template_version": "confirmation:2"}, "template has changed"),
        ({"daily_limit": 0}, "limit"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_outside_its_grant_it_waits_for_a_person(
    shared_desk: Desk, change: dict[str, Any], why: str
) -> None:
    item, grant = draft(shared_desk), grant_make(shared_desk, **change)
    with pytest.raises(NotPossible, match=why):
        item_approve_standing(actor=ACTOR, item_id=item.pk, grant_id=grant.pk)
    assert state_of(item) == "pending"
    assert Decision.objects.count() == 0


def test_another_location_is_not_covered(shared_desk: Desk) -> None:
    elsewhere = location_make(shared_desk.connection, "loc_2")
    grant = grant_make(shared_desk, location=elsewhere)
    with pytest.raises(NotPossible, match="another location"):
        item_approve_standing(actor=ACTOR, item_id=draft(shared_desk).pk, grant_id=grant.pk)


def test_a_text_of_the_model_or_with_a_doubtful_fact_is_not_covered(shared_desk: Desk) -> None:
    grant = grant_make(shared_desk)
    for number, fields in enumerate(({"writer": "model"}, {"body": "Hi Dana, 9:15 am."})):
        with pytest.raises(NotPossible):
            item_approve_standing(
                actor=ACTOR, item_id=draft(shared_desk, number, **fields).pk, grant_id=grant.pk
            )


def test_the_daily_limit_holds_and_a_new_day_starts_over(shared_desk: Desk, held: Any) -> None:
    grant = grant_make(shared_desk)
    drafts = [draft(shared_desk, number) for number in range(3)]
    for item in drafts[:2]:
        item_approve_standing(actor=ACTOR, item_id=item.pk, grant_id=grant.pk)
    with pytest.raises(NotPossible, match="limit"):
        item_approve_standing(actor=ACTOR, item_id=drafts[2].pk, grant_id=grant.pk)
    held.move(timedelta(days=1))
    assert item_approve_standing(actor=ACTOR, item_id=drafts[2].pk, grant_id=grant.pk).pk
