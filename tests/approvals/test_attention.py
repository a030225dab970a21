"""Planted wrong drafts: met, told, and never sent, counted or laid at somebody's door."""

from __future__ import annotations

from datetime import timedelta
from fnmatch import fnmatch
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from approvals.attention.answering import Told, outcome_of, seeded_answer
from approvals.attention.planting import attention_look, is_due, plant
from approvals.attention.trend import team_trend
from approvals.errors import IsATest, NoRight
from approvals.models import (
    Action,
    ApprovalItem,
    Decision,
    Effect,
    LocationTrust,
    SeededDraft,
)
from approvals.permissions import rights_of
from approvals.selectors import activity_page, counts, queue_page
from approvals.services.approving import approve_locked, item_approve, items_approve_bulk
from approvals.services.decisions import item_edit_and_approve, item_reject
from approvals.services.items import items_expire
from core import clock
from core.models import AuditEvent
from tests.approvals.desk import (
    NOW,
    Desk,
    approved,
    client_make,
    drafted,
    person_make,
    sent_after,
    state_of,
)
from tests.approvals.stub_platform import World
from tests.support.guards import sources

pytestmark = pytest.mark.django_db


@pytest.fixture
def planted(desk: Desk, world: World, held: Any) -> SeededDraft:
    """A confirmation that went out, and the wrong one made of it."""
    item = drafted(desk)
    approved(desk, item)
    ApprovalItem.objects.filter(pk=item.pk).update(state="sending")
    ApprovalItem.objects.filter(pk=item.pk).update(state="sent", closed_at=clock.now())
    LocationTrust.objects.create(location=desk.location, seeded_percent=5)
    seed = plant(desk.location)
    assert seed is not None
    return seed


def press_on(item: ApprovalItem, desk: Desk) -> dict[str, Any]:
    item.refresh_from_db()
    assert item.revision is not None
    return {
        "user": desk.maria,
        "item_id": item.pk,
        "revision_id": item.revision.pk,
        "evidence_sha256": item.revision.evidence_sha256,
    }


def test_it_says_another_name_or_another_day_and_everything_else_as_it_was(
    desk: Desk, planted: SeededDraft
) -> None:
    item = ApprovalItem.objects.select_related("revision").get(pk=planted.item_id)
    assert item.revision is not None
    right = {"wrong_name": "Dana", "wrong_day": "Friday"}[planted.kind]
    assert planted.planted in item.revision.body and right not in item.revision.body
    assert (
        item.revision.body.replace(planted.planted, right)
        == "Hi Dana, see you on Friday at 2:30 pm."
    )
    assert (item.state, item.client, item.title) == ("pending", desk.client, "Dana K.")
    assert not item.facts_ok, "its marks are honest: no record knows the wrong word"


def test_every_way_to_send_it_is_refused(desk: Desk, planted: SeededDraft, held: Any) -> None:
    item = ApprovalItem.objects.get(pk=planted.item_id)
    seen = press_on(item, desk)
    with pytest.raises(IsATest):
        item_approve(**seen, seconds=9)
    with pytest.raises(IsATest):
        item_edit_and_approve(user=desk.maria, item_id=item.pk, base_revision=1, body="Hi Dana.")
    with pytest.raises(IsATest), transaction.atomic():
        approve_locked(item=item, user=desk.maria, revision_id=seen["revision_id"])
    report = items_approve_bulk(
        user=desk.maria, wanted=[(item.pk, seen["revision_id"], seen["evidence_sha256"])]
    )
    assert report.approved == [] and len(report.left_out) == 1
    assert state_of(item) == "pending"
    sent_after(held)
    assert not Effect.objects.filter(item=item).exists()


def test_the_database_refuses_approval_and_effect_of_a_test_and_keeps_it_one(
    desk: Desk, planted: SeededDraft
) -> None:
    item = ApprovalItem.objects.get(pk=planted.item_id)
    other = ApprovalItem.real.get()
    assert item.revision is not None
    action = Action.objects.get(revision=item.revision)
    with pytest.raises(IntegrityError, match="from a test"), transaction.atomic():
        Decision.objects.create(
            item=item,
            kind="approve",
            scope="item",
            revision=item.revision,
            actor=desk.maria,
            actor_name="Maria",
        )
    with pytest.raises(IntegrityError, match="from a test"), transaction.atomic():
        Effect.objects.create(
            item=item,
            decision=Decision.objects.filter(item=other).latest("pk"),
            revision=item.revision,
            action=action,
            key="k",
            type=action.type,
            body=action.payload,
            body_sha256=action.body_sha256,
            held_until=NOW,
        )
    for pk, seeded in ((item.pk, False), (other.pk, True)):
        with pytest.raises(IntegrityError, match="stays a test"), transaction.atomic():
            ApprovalItem.objects.filter(pk=pk).update(seeded=seeded)


@pytest.mark.parametrize(
    ("press", "body", "outcome"),
    [
        ("send", None, "missed"),
        ("send", "Hi Karen, see you.", "missed"),
        ("send", "Hi Dana, see you.", "caught"),
        ("change", "Hi Karen", "caught"),
        ("refuse", None, "caught"),
        ("aside", None, "aside"),
    ],
)
def test_what_counts_as_caught(press: str, body: str | None, outcome: str) -> None:
    assert outcome_of(press, body, "Karen") == outcome


def meet(desk: Desk, seed: SeededDraft, press: str) -> Told:
    return seeded_answer(user=desk.maria, item_id=seed.item_id, press=press)


def test_the_person_is_told_and_neither_name_nor_decision_is_kept(
    desk: Desk, planted: SeededDraft
) -> None:
    before = Decision.objects.count()
    told = meet(desk, planted, "send")
    assert told.missed and told.right in ("Dana", "Friday") and told.planted == planted.planted
    planted.refresh_from_db()
    assert (planted.outcome, state_of(planted.item)) == ("missed", "withdrawn")
    assert Decision.objects.count() == before
    said = AuditEvent.objects.filter(subject=f"item:{planted.item_id}")
    assert {row.actor_name for row in said} == {"attention"}
    assert "missed" not in str([row.facts for row in said])


def test_who_may_not_see_the_draft_learns_nothing(desk: Desk, planted: SeededDraft) -> None:
    stranger = person_make("Sara", desk.location, "provider")
    with pytest.raises(NoRight):
        seeded_answer(user=stranger, item_id=planted.item_id, press="send")
    with pytest.raises(NoRight):
        item_reject(user=stranger, item_id=planted.item_id, revision_id=1, reason="wrong_fact")


def test_it_waits_in_the_queue_and_is_nowhere_else(desk: Desk, planted: SeededDraft) -> None:
    rights = rights_of(desk.maria)
    page = queue_page(user=desk.maria, rights=rights)
    assert [row.item.pk for row in page.rows] == [planted.item_id]
    assert counts(rights=rights).total == 1
    meet(desk, planted, "refuse")
    assert planted.item_id not in [row.item.pk for row in activity_page(rights=rights).rows]
    assert ApprovalItem.real.count() == ApprovalItem.objects.count() - 1


def test_one_that_nobody_met_goes_quietly(desk: Desk, planted: SeededDraft, held: Any) -> None:
    held.move(timedelta(hours=21))
    assert items_expire(clock.now()) == 1
    planted.refresh_from_db()
    assert (planted.outcome, state_of(planted.item)) == ("", "missed")
    assert not team_trend(desk.location).shown
    assert activity_page(rights=rights_of(desk.maria)).rows == [] or all(
        row.item.pk != planted.item_id for row in activity_page(rights=rights_of(desk.maria)).rows
    )


def test_it_is_off_until_a_manager_asks_and_then_comes_now_and_then(
    desk: Desk, planted: SeededDraft, held: Any
) -> None:
    trust = LocationTrust.objects.get()
    assert not is_due(trust, clock.now()), "one at a time"
    meet(desk, planted, "refuse")
    assert not is_due(trust, clock.now()), "no draft came since"
    held.move(timedelta(minutes=5))
    for number in range(40):
        client = client_make(desk.connection, f"cli_{number + 10}")
        ApprovalItem.objects.create(
            connection=desk.connection,
            location=desk.location,
            agent="confirmation",
            subject=f"visit:{number + 10}",
            client=client,
            state="pending",
            pending_at=clock.now(),
        )
    assert is_due(trust, clock.now())
    held.move(timedelta(hours=12))
    assert not is_due(trust, clock.now()), "nobody is there at night"
    trust.seeded_percent = 0
    trust.save()
    held.move(timedelta(hours=12))
    assert attention_look(clock.now()) == 0


def test_the_team_has_a_trend_and_nobody_has_a_number(desk: Desk, planted: SeededDraft) -> None:
    def met(number: int, outcome: str) -> None:
        for _ in range(number):
            item = ApprovalItem.objects.create(
                connection=desk.connection, location=desk.location, agent="a", seeded=True,
                subject=f"seeded:{ApprovalItem.objects.count()}", state="withdrawn",
            )  # fmt: skip
            SeededDraft.objects.create(
                item=item, location=desk.location, kind="wrong_name", planted="Karen",
                outcome=outcome, answered_on=NOW.date(),
            )  # fmt: skip

    met(8, "caught")
    met(3, "missed")
    assert team_trend(desk.location).few_people, "two at the desk: a number would be one's own"
    person_make("Uma", desk.location, "front_desk")
    (month,) = team_trend(desk.location).months
    assert (month.met, month.caught) == (11, 8)
    SeededDraft.objects.filter(outcome="missed").delete()
    (month,) = team_trend(desk.location).months
    assert (month.met, month.caught) == (None, None), "too few to be shown"
    assert not {"user", "actor", "by"} & {field.name for field in SeededDraft._meta.get_fields()}


COUNTING = (
    "copilot/today.py",
    "copilot/digest/*.py",
    "copilot/quality/*.py",
    "approvals/handover.py",
    "approvals/services/noticing.py",
    "approvals/selectors/activity.py",
    "approvals/selectors/client_page.py",
    "approvals/selectors/thread*.py",
)


@pytest.mark.parametrize("place", COUNTING)
def test_whatever_counts_or_tells_asks_for_real_drafts(place: str) -> None:
    told = [
        f"{file.path}:{number}"
        for file in sources()
        if fnmatch(file.path, place)
        for number, line in enumerate(file.text.splitlines(), 1)
        if "ApprovalItem.objects" in line and "pk__in" not in line
    ]
    assert told == []
