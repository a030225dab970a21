"""What the database itself refuses, asked as the role that every process has."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from approvals.models import (
    Action,
    ApprovalItem,
    Decision,
    Effect,
    Evidence,
    Revision,
    StandingGrant,
)
from approvals.states import TRANSITIONS
from core import clock
from tests.approvals.desk import Desk, approved, drafted

pytestmark = pytest.mark.django_db


def refused(statement: Callable[[], Any]) -> str:
    """The database's own words when it refuses; fails when it does not."""
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        statement()
    return str(error.value)


def effect_copy(effect: Effect, **changes: Any) -> Effect:
    fields = {
        field.attname: getattr(effect, field.attname)
        for field in Effect._meta.concrete_fields
        if field.attname != "id"
    }
    for name in changes:
        fields.pop(f"{name}_id", None)
    return Effect(**fields | {"key": "another-key"} | changes)


@pytest.fixture
def effect(desk: Desk) -> Effect:
    decision = approved(desk, drafted(desk))
    return decision.effects.get()


def test_the_tests_run_as_the_role_of_the_processes(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("copilot_app",)


def test_an_effect_needs_a_decision(effect: Effect) -> None:
    assert "decision_id" in refused(lambda: effect_copy(effect, decision_id=None).save())


def test_an_effect_needs_an_approval_and_not_a_rejection(desk: Desk, effect: Effect) -> None:
    no = Decision.objects.create(
        item=effect.item, kind="reject", revision=effect.revision, actor=desk.maria, actor_name="M"
    )
    words = refused(lambda: effect_copy(effect, decision=no).save())
    assert "needs a person's approval" in words


def test_an_approval_by_nobody_releases_nothing(effect: Effect) -> None:
    nobody = Decision.objects.create(
        item=effect.item, kind="approve", scope="item", revision=effect.revision, actor_name="?"
    )
    assert "needs a person" in refused(lambda: effect_copy(effect, decision=nobody).save())


def test_an_approval_of_another_draft_releases_nothing(desk: Desk, effect: Effect) -> None:
    other = approved(desk, drafted(desk, subject="visit:2"))
    words = refused(lambda: effect_copy(effect, decision=other).save())
    assert "effect_is_of_the_decision" in words


def test_an_approval_of_another_text_releases_nothing(desk: Desk, effect: Effect) -> None:
    text = Revision.objects.create(item=effect.item, number=2, writer="person", body="other")
    body = b'{"body":"other"}'
    action = Action.objects.create(
        revision=text, type="send_message", payload=body, body_sha256=digest(body)
    )
    words = refused(
        lambda: effect_copy(
            effect, revision=text, action=action, body=body, body_sha256=digest(body)
        ).save()
    )
    assert "effect_is_of_the_decision" in words


def test_other_bytes_than_the_approved_ones_are_refused(effect: Effect) -> None:
    body = b'{"body":"something else"}'
    words = refused(lambda: effect_copy(effect, body=body, body_sha256=digest(body)).save())
    assert "effect_is_what_was_approved" in words


def test_bytes_that_do_not_match_their_hash_are_refused(effect: Effect) -> None:
    assert "effect_body_is_hashed" in refused(lambda: effect_copy(effect, body=b"x").save())


def test_an_actions_payload_must_match_its_hash(effect: Effect) -> None:
    wrong = Action(
        revision=effect.revision,
        position=7,
        type="add_note",
        payload=b"x",
        body_sha256=digest(b"y"),
    )
    assert "action_payload_is_hashed" in refused(wrong.save)


def test_the_body_stays_until_the_effect_is_settled(effect: Effect) -> None:
    rows = Effect.objects.filter(pk=effect.pk)
    assert "effect_body_until_settled" in refused(lambda: rows.update(body=None))
    rows.update(settled_at=clock.now(), outcome="sent", state="done")
    assert rows.update(body=None) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"body": b"other"},
        {"body_sha256": "0" * 64},
        {"key": "k"},
        {"type": "add_note"},
        {"channel": "email"},
        {"position": 3},
        {"held_until": clock.now() + timedelta(days=1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_was_approved_is_never_changed(effect: Effect, change: dict[str, Any]) -> None:
    words = refused(lambda: Effect.objects.filter(pk=effect.pk).update(**change))
    assert "never changed" in words or "effect_" in words


def test_an_effect_is_never_removed(effect: Effect) -> None:
    assert "never changed or removed" in refused(effect.delete)


@pytest.mark.parametrize(
    "change",
    [{"kind": "reject"}, {"seconds": 9.0}, {"evidence_sha256": "0"}, {"actor_name": "Somebody"},
     {"words": "added later"}, {"at": clock.now()}, {"scope": "ladder"}],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_a_decision_is_never_changed(effect: Effect, change: dict[str, Any]) -> None:
    words = refused(lambda: Decision.objects.filter(pk=effect.decision_id).update(**change))
    assert "never changed" in words


def test_a_decision_is_never_removed(desk: Desk) -> None:
    decision = Decision.objects.create(
        item=drafted(desk), kind="snooze", actor=desk.maria, actor_name="Maria"
    )
    assert "never changed or removed" in refused(decision.delete)


def test_a_decision_outlives_the_sign_in_of_who_took_it(desk: Desk, effect: Effect) -> None:
    desk.maria.delete()
    kept = Decision.objects.get(pk=effect.decision_id)
    assert (kept.actor_id, kept.actor_name) == (None, "Maria")


@pytest.mark.parametrize(
    "change",
    [{"payload": b"other"}, {"body_sha256": "0" * 64}, {"type": "add_note"}, {"position": 4}],
    ids=lambda change: next(iter(change)),
)
def test_an_action_is_frozen(effect: Effect, change: dict[str, Any]) -> None:
    assert refused(lambda: Action.objects.filter(pk=effect.action_id).update(**change))


def test_an_action_may_only_be_emptied(effect: Effect) -> None:
    assert Action.objects.filter(pk=effect.action_id).update(payload=None) == 1
    refused(lambda: Action.objects.filter(pk=effect.action_id).update(payload=b"back again"))


@pytest.mark.parametrize(
    "change",
    [{"body": "other"}, {"subject": "x"}, {"evidence_sha256": "0"}, {"writer": "person"},
     {"facts": [1]}, {"erased_at": clock.now()}],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_a_revision_is_frozen(effect: Effect, change: dict[str, Any]) -> None:
    words = refused(lambda: Revision.objects.filter(pk=effect.revision_id).update(**change))
    assert "never changed, only emptied" in words


def test_a_revision_may_only_be_emptied_whole(effect: Effect) -> None:
    emptied = {"subject": "", "body": "", "facts": [], "warnings": [], "reasons": []}
    rows = Revision.objects.filter(pk=effect.revision_id)
    assert rows.update(erased_at=clock.now(), **emptied) == 1


def test_evidence_is_frozen(effect: Effect) -> None:
    rows = Evidence.objects.filter(revision_id=effect.revision_id)
    assert "never changed" in refused(lambda: rows.update(value="another time"))
    assert rows.update(value="", check_params={}) == 1


def test_there_is_one_live_draft_per_subject_and_occasion(desk: Desk) -> None:
    item = drafted(desk)
    item.pk = None
    with pytest.raises(IntegrityError, match="one_live_item"), transaction.atomic():
        item.save(force_insert=True)


def test_the_trigger_allows_exactly_the_steps_of_the_table(desk: Desk) -> None:
    states = list(TRANSITIONS)
    wrong = []
    for before in states:
        for after in states:
            allowed = try_step(desk, before, after)
            if allowed is not (after == before or after in TRANSITIONS[before]):
                wrong.append((before, after))
    assert wrong == [], "the table changed: write a migration for approvals_item_step"


def try_step(desk: Desk, before: str, after: str) -> bool:
    item = ApprovalItem.objects.create(
        connection=desk.connection,
        location=desk.location,
        agent="steps",
        subject=f"{before}>{after}",
        state=before,
    )
    try:
        with transaction.atomic():
            ApprovalItem.objects.filter(pk=item.pk).update(state=after)
    except IntegrityError as error:
        assert "a draft cannot go from" in str(error)
        return False
    return True


def test_a_standing_decision_must_be_covered_by_its_grant(desk: Desk, effect: Effect) -> None:
    grant = StandingGrant.objects.create(
        location=desk.location,
        agent="confirmation",
        action_types=["add_note"],
        template_version="",
        daily_limit=5,
        expires_at=clock.now() + timedelta(days=30),
        granted_by=desk.maria,
    )
    standing = Decision.objects.create(
        item=effect.item,
        kind="approve",
        scope="standing",
        standing=grant,
        revision=effect.revision,
        actor=desk.maria,
        actor_name="Maria",
    )
    words = refused(lambda: effect_copy(effect, decision=standing).save())
    assert "does not cover" in words


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
