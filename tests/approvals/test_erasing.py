"""Texts leave when their time has come or a client asks; ids, hashes and the audit stay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from approvals.models import Action, ApprovalItem, Decision, Effect, Evidence, Revision, TypedText
from approvals.services import decisions
from approvals.services.erasing import client_erase, client_merge, texts_expire
from core import clock
from core.audit import Actor
from core.audit_chain import audit_seal
from core.audit_verify import audit_verify
from core.models import AuditDetail, AuditEvent
from tests.approvals.desk import (
    Desk,
    approved,
    client_make,
    drafted,
    effect_of,
    message_action,
    sent_after,
    state_of,
)
from tests.approvals.stub_platform import World

pytestmark = pytest.mark.django_db(transaction=True)
ACTOR = Actor.system("test")
SECRET = "Quetzalcoatl"


def everything_stored() -> str:
    """Every row of this app and the audit's details, as text."""
    models = (ApprovalItem, Revision, Action, Evidence, Decision, Effect, TypedText, AuditDetail)
    stored = []
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {model._meta.db_table} t")
            stored += [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "SELECT convert_from(body, 'utf8') FROM approvals_effect WHERE body IS NOT NULL"
        )
        stored += [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "SELECT convert_from(payload, 'utf8') FROM approvals_action WHERE payload IS NOT NULL"
        )
        stored += [row[0] for row in cursor.fetchall()]
    return "\n".join(stored)


def a_finished_story(desk: Desk, held: Any) -> ApprovalItem:
    item = drafted(desk, title=SECRET, body=f"Hi Dana, {SECRET}.")
    decisions.item_edit(
        user=desk.maria, item_id=item.pk, base_revision=1, body=f"Hello Dana, {SECRET}!"
    )
    approved(desk, item)
    sent_after(held)
    assert state_of(item) == "sent"
    assert SECRET in everything_stored()
    return item


def test_erasing_a_client_removes_every_text_and_keeps_the_proof(
    shared_desk: Desk, world: World, held: Any
) -> None:
    item = a_finished_story(shared_desk, held)
    waiting = drafted(shared_desk, subject="visit:2", body=f"Hi Dana, {SECRET}.")
    TypedText.objects.create(item=waiting, user=shared_desk.maria, body=SECRET)
    decisions.item_reject(
        user=shared_desk.maria,
        item_id=waiting.pk,
        revision_id=waiting.revision_id,
        reason="wrong_tone",
        words=SECRET,
    )
    hashes = list(Effect.objects.order_by("pk").values_list("body_sha256", flat=True))
    audit_seal()
    report = client_erase(actor=ACTOR, client=shared_desk.client)
    audit_seal()
    (chain,) = [one for one in audit_verify().chains if one.connection]
    assert (chain.whole, chain.unsealed) == (True, 0)
    assert chain.details_erased > 0
    assert (report.items, report.waiting) == (2, 0)
    assert SECRET not in everything_stored()
    assert "+15035550142" not in everything_stored()
    assert list(Effect.objects.order_by("pk").values_list("body_sha256", flat=True)) == hashes
    assert Decision.objects.filter(item=item).count() == 2
    assert AuditEvent.objects.filter(action="client.erased").count() == 1


def test_what_is_going_out_is_emptied_by_the_next_clean_up(
    shared_desk: Desk, world: World, held: Any
) -> None:
    item = drafted(shared_desk)
    approved(shared_desk, item)
    ApprovalItem.objects.filter(pk=item.pk).update(state="sending")
    Effect.objects.filter(item=item).update(call_started_at=clock.now(), state="leased")
    assert client_erase(actor=ACTOR, client=shared_desk.client).waiting == 1
    assert effect_of(item).body is not None
    Effect.objects.filter(item=item).update(outcome="sent", state="done", settled_at=clock.now())
    assert client_erase(actor=ACTOR, client=shared_desk.client).items == 1
    assert effect_of(item).body is None


def test_merging_withdraws_what_is_live_and_moves_the_history(
    shared_desk: Desk, world: World, held: Any
) -> None:
    done = a_finished_story(shared_desk, held)
    live = drafted(shared_desk, subject="visit:2", actions=(message_action(shared_desk),))
    survivor = client_make(shared_desk.connection, "cli_2", phone="+15035550188")
    assert client_merge(actor=ACTOR, client=shared_desk.client, into=survivor) == 2
    assert (state_of(done), state_of(live)) == ("sent", "withdrawn")
    assert set(ApprovalItem.objects.values_list("client_id", flat=True)) == {survivor.pk}
    assert SECRET not in everything_stored()


def test_texts_leave_after_their_days(
    shared_desk: Desk, world: World, held: Any, settings: Any
) -> None:
    settings.RETENTION_DAYS = 30
    a_finished_story(shared_desk, held)
    held.move(timedelta(days=29))
    fresh = drafted(shared_desk, subject="visit:2", due_at=clock.now() + timedelta(days=1))
    assert texts_expire(clock.now()) == 0
    held.move(timedelta(days=1, hours=1))
    assert texts_expire(clock.now()) == 1
    assert SECRET not in everything_stored()
    assert texts_expire(clock.now()) == 0
    fresh.refresh_from_db()
    assert fresh.revision.body
