"""What goes by itself: every rule at the moment of deciding, and trust counted honestly."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.autonomy.policy import (
    Case,
    Press,
    sampled,
    standing_of,
    why_a_person,
)
from approvals.errors import NotPossible
from approvals.models import ApprovalItem, Decision, Effect, Mishap, StandingGrant
from approvals.services.standing import (
    approve_if_granted,
    item_approve_standing,
    standing_revoke,
)
from core.audit import Actor
from core.models import AuditEvent
from integrations.models import Appointment, Message
from tests.approvals.desk import NOW, Desk, drafted, effect_of, sent_after, state_of
from tests.approvals.stub_platform import World

ACTOR = Actor.agent("confirmation")
VERSION = "confirmation:abc"
FINE = Case(
    item_id=1,
    stage="auto",
    seeded=False,
    care="one_key",
    facts_ok=True,
    writer="template",
    value=Decimal(120),
    most_value=Decimal(200),
    written_before=True,
    visits_before=3,
    sensitive="",
    sample_percent=0,
)


def test_a_known_client_a_checked_template_and_an_ordinary_visit_need_no_press() -> None:
    assert why_a_person(FINE) == ""


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"seeded": True}, "test"),
        ({"stage": "review"}, "may not act by itself"),
        ({"stage": "observe"}, "may not act by itself"),
        ({"writer": "model"}, "not the fixed template"),
        ({"writer": "person"}, "not the fixed template"),
        ({"facts_ok": False}, "fact"),
        ({"sensitive": "speaks of health"}, "speaks of health"),
        ({"care": "open_card"}, "read"),
        ({"care": "press_hold"}, "read"),
        ({"written_before": False}, "first message"),
        ({"visits_before": 0}, "new"),
        ({"value": Decimal("200.01")}, "worth more"),
        ({"most_value": None}, "worth more"),
        ({"sample_percent": 100}, "drawn"),
    ],
    ids=str,
)
def test_each_rule_by_itself_sends_a_draft_to_a_person(change: dict[str, Any], why: str) -> None:
    assert why in why_a_person(replace(FINE, **change))


def test_about_one_in_twenty_is_drawn_and_always_the_same_ones() -> None:
    drawn = [item_id for item_id in range(10_000) if sampled(item_id, 5)]
    assert 400 < len(drawn) < 600
    assert drawn == [item_id for item_id in range(10_000) if sampled(item_id, 5)]
    assert not any(sampled(item_id, 0) for item_id in range(500))


def press(number: int, **fields: Any) -> Press:
    return Press(number, NOW + timedelta(minutes=number), **fields)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(["clean", "edited", "rejected", "regret", "handled"]), max_size=40),
    st.integers(1, 10),
)
def test_the_streak_is_what_came_after_the_last_fault(kinds: list[str], wanted: int) -> None:
    made = {
        "clean": {},
        "edited": {"edited": True},
        "rejected": {"rejected": "wrong_fact"},
        "regret": {"regret": "it was taken back"},
        "handled": {"rejected": "handled"},
    }
    presses = [press(number, **made[kind]) for number, kind in enumerate(kinds)]
    faults = [at for at, kind in enumerate(kinds) if kind not in ("clean", "handled")]
    after = kinds[faults[-1] + 1 :] if faults else kinds
    found = standing_of(reversed(presses), wanted=wanted)
    assert found.streak == after.count("clean")
    assert found.earned == (found.streak >= wanted)
    assert bool(found.ended_by) == bool(faults)


def test_what_was_earned_before_a_decision_ended_does_not_count_again() -> None:
    presses = [press(number) for number in range(10)]
    assert standing_of(presses, wanted=5, since=presses[6].at).streak == 3


def test_what_went_alone_earns_nothing_and_its_regret_counts() -> None:
    presses = [press(1), press(2, alone=True), press(3)]
    assert standing_of(presses, wanted=5).streak == 2
    found = standing_of([*presses, press(4, alone=True, regret="it was flagged")], wanted=5)
    assert (found.streak, found.ended_by) == (0, "it was flagged")


# From here on against the database.


def known(desk: Desk) -> None:
    """The client was here, and was written to."""
    Appointment.objects.create(
        connection=desk.connection,
        external_id="apt_past",
        client=desk.client,
        location=desk.location,
        starts_at=NOW - timedelta(days=40),
        status="completed",
        platform_updated_at=NOW,
    )
    Message.objects.create(
        connection=desk.connection,
        external_id="msg_past",
        client=desk.client,
        location=desk.location,
        incoming=False,
        channel="sms",
        sent_at=NOW - timedelta(days=41),
    )


def earned_grant(desk: Desk, **fields: Any) -> StandingGrant:
    defaults: dict[str, Any] = {
        "location": desk.location,
        "agent": "confirmation",
        "action_types": ["send_message"],
        "template_version": VERSION,
        "daily_limit": 20,
        "expires_at": NOW + timedelta(days=30),
        "granted_by": desk.maria,
        "granted_by_name": "Maria",
        "earned": True,
        "most_value": Decimal(200),
    }
    return StandingGrant.objects.create(**defaults | fields)


def draft(desk: Desk, **fields: Any) -> ApprovalItem:
    return drafted(desk, **{"template_version": VERSION, "stage": "auto"} | fields)


@pytest.mark.django_db
def test_an_earned_draft_is_approved_by_the_managers_standing_word(
    desk: Desk, world: World
) -> None:
    known(desk)
    grant, item = earned_grant(desk), draft(desk)
    decision = approve_if_granted(actor=ACTOR, item=item)
    assert decision is not None
    assert (decision.scope, decision.standing, decision.actor) == ("standing", grant, desk.maria)
    assert state_of(item) == "approved"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("grant", "fields", "why"),
    [
        ({}, {"stage": "review"}, "may not act by itself"),
        ({}, {"value": Decimal(900)}, "worth more"),
        ({"sample_percent": 100}, {}, "drawn"),
        ({}, {"first_message": True, "complaint": True}, "read"),
    ],
    ids=["stage", "value", "sample", "complaint"],
)
def test_the_executor_asks_every_rule_when_it_decides(
    desk: Desk, grant: dict[str, Any], fields: dict[str, Any], why: str
) -> None:
    known(desk)
    held, item = earned_grant(desk, **grant), draft(desk, **fields)
    with pytest.raises(NotPossible, match=why):
        item_approve_standing(actor=ACTOR, item_id=item.pk, grant_id=held.pk)
    assert state_of(item) == "pending" and not Effect.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("gone", "why"), [(Message, "first message"), (Appointment, "new")], ids=["message", "visit"]
)
def test_who_was_never_written_to_or_never_here_is_read_by_a_person(
    desk: Desk, gone: Any, why: str
) -> None:
    known(desk)
    gone.objects.filter(external_id__contains="past").delete()
    held, item = earned_grant(desk), draft(desk)
    with pytest.raises(NotPossible, match=why):
        item_approve_standing(actor=ACTOR, item_id=item.pk, grant_id=held.pk)


@pytest.mark.django_db
def test_what_became_sensitive_since_drafting_is_seen_when_it_is_decided(desk: Desk) -> None:
    known(desk)
    held, item = earned_grant(desk), draft(desk)
    assert item.care == "one_key"
    desk.client.birthday = (NOW - timedelta(days=365 * 12)).date()
    desk.client.save()
    with pytest.raises(NotPossible, match="minor"):
        item_approve_standing(actor=ACTOR, item_id=item.pk, grant_id=held.pk)


@pytest.mark.django_db
def test_after_something_went_wrong_a_person_decides_and_the_audit_says_why(desk: Desk) -> None:
    known(desk)
    earned_grant(desk)
    Mishap.objects.create(
        location=desk.location,
        client=desk.client,
        at=NOW,
        until=NOW + timedelta(days=7),
        user_name="Tom",
    )
    item = draft(desk)
    assert approve_if_granted(actor=ACTOR, item=item) is None
    said = AuditEvent.objects.get(action="item.left_to_person")
    assert "something went wrong lately" in said.facts["why"]


@pytest.mark.django_db
def test_ending_it_brings_back_what_has_not_left(desk: Desk, world: World, held: Any) -> None:
    known(desk)
    grant, item = earned_grant(desk), draft(desk)
    item_approve_standing(actor=ACTOR, item_id=item.pk, grant_id=grant.pk)
    standing_revoke(user=desk.tom, grant_id=grant.pk)
    assert state_of(item) == "pending"
    assert effect_of(item).outcome == "withdrawn"
    sent_after(held)
    assert world.bodies() == []


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["stage = 'review'", "care = 'open_card'", "value = 900"])
def test_the_database_refuses_what_an_earned_decision_does_not_cover(
    desk: Desk, column: str
) -> None:
    known(desk)
    grant, item = earned_grant(desk), draft(desk)
    decision = item_approve_standing(actor=ACTOR, item_id=item.pk, grant_id=grant.pk)
    kept = Effect.objects.get(item=item)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE approvals_approvalitem SET {column} WHERE id = %s", [item.pk])
    kept.pk, kept.key = None, "another"
    with (
        pytest.raises(IntegrityError, match="earned decision does not cover"),
        transaction.atomic(),
    ):
        kept.save()
    assert Decision.objects.get(pk=decision.pk).standing == grant
