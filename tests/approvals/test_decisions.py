"""What people do to drafts: who wins, what is written, and what is refused in plain words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals.actions import action_from
from approvals.errors import AlreadyDecided, Changed, NoRight, NotPossible
from approvals.models import ApprovalItem, Decision, Effect, Revision, TypedText
from approvals.news import RegenerateAsked
from approvals.services import decisions, items
from core import announce, clock
from core.models import AuditEvent
from integrations.models import Consent, Message
from tests.approvals.desk import (
    AGENT,
    BODY,
    NOW,
    Desk,
    approved,
    client_make,
    drafted,
    effect_of,
    location_make,
    opened,
    person_make,
    proposal_make,
    staff_make,
    state_of,
)

pytestmark = pytest.mark.django_db


def test_an_approval_writes_decision_effect_and_audit_together(desk: Desk) -> None:
    item = drafted(desk)
    decision = approved(desk, item, seconds=2.4)
    effect = decision.effects.get()
    assert (decision.kind, decision.scope, decision.actor, decision.seconds) == (
        "approve",
        "item",
        desk.maria,
        2.4,
    )
    assert action_from(effect.type, bytes(effect.body)).body == BODY
    assert effect.held_until == NOW + timedelta(seconds=10)
    assert effect.not_before == effect.held_until
    audit = AuditEvent.objects.get(action="item.approved")
    assert audit.facts["effects"] == {effect.key: effect.body_sha256}
    assert audit.actor_name == "Maria"
    assert state_of(item) == "approved"


def test_the_second_to_approve_is_told_who_and_when(desk: Desk, held: Any) -> None:
    item = drafted(desk)
    approved(desk, item, desk.maria)
    held.move(timedelta(seconds=4))
    with pytest.raises(AlreadyDecided) as told:
        approved(desk, item, desk.tom)
    assert (told.value.who, told.value.when) == ("Maria", NOW)
    assert Effect.objects.count() == 1


def test_a_text_that_was_not_seen_is_not_approved(desk: Desk) -> None:
    item = drafted(desk)
    seen = item.revision
    decisions.item_edit(user=desk.tom, item_id=item.pk, base_revision=1, body="Hi Dana.")
    with pytest.raises(Changed) as changed:
        decisions.item_approve(
            user=desk.maria,
            item_id=item.pk,
            revision_id=seen.pk,
            evidence_sha256=seen.evidence_sha256,
        )
    assert changed.value.item.revision.number == 2
    assert Effect.objects.count() == 0


def test_evidence_that_was_not_seen_is_not_approved(desk: Desk) -> None:
    item = drafted(desk)
    with pytest.raises(Changed):
        decisions.item_approve(
            user=desk.maria, item_id=item.pk, revision_id=item.revision_id, evidence_sha256="0" * 64
        )


def test_an_open_card_needs_a_second_and_a_half(desk: Desk) -> None:
    item = drafted(desk, writer="model", first_message=True)
    assert item.care == "open_card"
    with pytest.raises(NotPossible, match="read it first"):
        approved(desk, item, seconds=0.9)
    assert approved(desk, item, seconds=1.6).pk


def test_press_and_hold_needs_a_reason(desk: Desk) -> None:
    item = drafted(desk, body="Hi Dana, we give you a refund.")
    assert item.care == "press_hold"
    with pytest.raises(NotPossible, match="reason"):
        approved(desk, item)
    assert approved(desk, item, reason="manager_ok").reason == "manager_ok"


def test_a_text_that_asks_for_yes_cannot_be_approved(desk: Desk) -> None:
    item = drafted(desk, body="Hi Dana. Reply YES to confirm.")
    assert "YES" in item.revision.warnings[-1]
    with pytest.raises(NotPossible, match="digit"):
        approved(desk, item)


def test_drafts_for_comparison_cannot_be_approved(desk: Desk) -> None:
    sally = person_make("Sally", desk.location, "manager")
    item = drafted(desk, stage="observe")
    with pytest.raises(NotPossible, match="comparison"):
        approved(desk, item, sally)
    with pytest.raises(NoRight):
        approved(desk, item, desk.maria)


def test_an_edit_is_a_revision_of_its_own_and_its_facts_are_checked(desk: Desk) -> None:
    item = drafted(desk)
    text = "Hi Dana, see you Friday at 3:30 pm."
    revision = decisions.item_edit(user=desk.maria, item_id=item.pk, base_revision=1, body=text)
    item.refresh_from_db()
    assert (revision.number, revision.writer, revision.author) == (2, "person", desk.maria)
    assert (item.revision_id, item.facts_ok, item.care) == (revision.pk, False, "open_card")
    assert [span["text"] for span in revision.facts if not span["verified"]] == ["3:30 pm"]
    assert action_from("send_message", bytes(revision.actions.get().payload)).body == text


def test_edit_and_approve_is_one_step(desk: Desk) -> None:
    item = drafted(desk)
    decision = decisions.item_edit_and_approve(
        user=desk.maria, item_id=item.pk, base_revision=1, body="Hi Dana, until Friday!"
    )
    assert action_from("send_message", bytes(effect_of(item).body)).body == "Hi Dana, until Friday!"
    assert decision.revision.number == 2
    assert [one.kind for one in Decision.objects.order_by("id")] == ["edit", "approve"]


def test_two_edits_from_the_same_text_do_not_overwrite_each_other(desk: Desk) -> None:
    item = drafted(desk)
    decisions.item_edit(user=desk.maria, item_id=item.pk, base_revision=1, body="One.")
    with pytest.raises(Changed):
        decisions.item_edit(user=desk.tom, item_id=item.pk, base_revision=1, body="Two.")


@pytest.mark.parametrize("body", ["", "  \u200b ", "x" * 2001])
def test_an_edit_needs_a_text_of_a_sane_length(desk: Desk, body: str) -> None:
    item = drafted(desk)
    with pytest.raises(NotPossible):
        decisions.item_edit(user=desk.maria, item_id=item.pk, base_revision=1, body=body)


def test_rejecting_keeps_the_reason(desk: Desk) -> None:
    item = drafted(desk)
    decision = decisions.item_reject(
        user=desk.maria, item_id=item.pk, revision_id=item.revision_id, reason="wrong_tone"
    )
    item.refresh_from_db()
    assert (item.state, item.state_reason) == ("rejected", "Wrong tone (Maria)")
    assert decision.reason == "wrong_tone"
    with pytest.raises(AlreadyDecided):
        approved(desk, item)


def test_handled_in_person_closes_the_clients_other_drafts(desk: Desk) -> None:
    item, sibling = drafted(desk), drafted(desk, subject="visit:2")
    other = client_make(desk.connection, "cli_2", phone="+15035550199")
    stranger = drafted(
        desk, subject="visit:3", client_id=other.pk, actions=(), evidence=(), covers=()
    )
    decisions.item_reject(
        user=desk.maria, item_id=item.pk, revision_id=item.revision_id, reason="handled"
    )
    assert [state_of(one) for one in (item, sibling, stranger)] == [
        "rejected",
        "withdrawn",
        "pending",
    ]


def test_putting_off_must_leave_time_before_the_moment(desk: Desk) -> None:
    item = drafted(desk)
    due = desk.appointment.starts_at
    with pytest.raises(NotPossible, match="too late"):
        decisions.item_snooze(user=desk.maria, item_id=item.pk, until=due)
    with pytest.raises(NotPossible, match="still to come"):
        decisions.item_snooze(user=desk.maria, item_id=item.pk, until=NOW)
    decisions.item_snooze(user=desk.maria, item_id=item.pk, until=NOW + timedelta(hours=1))
    assert ApprovalItem.objects.get(pk=item.pk).snoozed_until == NOW + timedelta(hours=1)
    decisions.item_wake(user=desk.maria, item_id=item.pk)
    assert ApprovalItem.objects.get(pk=item.pk).snoozed_until is None


def test_undo_returns_the_edited_text_and_nothing_goes_out(desk: Desk) -> None:
    item = drafted(desk)
    decisions.item_edit_and_approve(
        user=desk.maria, item_id=item.pk, base_revision=1, body="Hi Dana, until Friday!"
    )
    decisions.item_undo(user=desk.maria, item_id=item.pk)
    item.refresh_from_db()
    assert (item.state, item.revision.body) == ("pending", "Hi Dana, until Friday!")
    assert effect_of(item).outcome == "withdrawn"
    assert approved(desk, item).pk, "it can be approved again"


def test_regenerating_asks_the_agent_and_keeps_the_present_text(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []
    monkeypatch.setattr(announce, "_listeners", {"test": announce.Listener("test", heard.append)})
    item = drafted(desk)
    decisions.item_regenerate(user=desk.maria, item_id=item.pk, instruction="shorter")
    (news,) = heard
    assert isinstance(news, RegenerateAsked)
    assert (news.item_id, news.instruction, news.asked_by) == (item.pk, "shorter", "Maria")
    assert state_of(item) == "drafting"
    items.item_drop(actor=AGENT, item_id=item.pk, reason="nothing better")
    item.refresh_from_db()
    assert (item.state, item.state_reason) == ("pending", "No new draft: nothing better")
    assert item.revision.body == BODY


def test_bulk_approval_takes_one_key_drafts_and_says_what_it_left_out(desk: Desk) -> None:
    good = drafted(desk)
    careful = drafted(desk, subject="visit:2", body="Hi Dana, we give you a refund.")
    doubtful = drafted(desk, subject="visit:3", body="Hi Dana, see you at 9:15 am.")
    wanted = [
        (one.pk, one.revision_id, one.revision.evidence_sha256) for one in (good, careful, doubtful)
    ]
    report = decisions.items_approve_bulk(user=desk.maria, wanted=wanted)
    assert report.approved == [good.pk]
    assert [pk for pk, _ in report.left_out] == [careful.pk, doubtful.pk]
    assert "refund" in report.left_out[0][1]
    assert "verified" in report.left_out[1][1]


def test_bulk_approval_goes_on_after_a_draft_somebody_else_decided(desk: Desk) -> None:
    one, two = drafted(desk), drafted(desk, subject="visit:2")
    wanted = [(item.pk, item.revision_id, item.revision.evidence_sha256) for item in (one, two)]
    approved(desk, one, desk.tom)
    report = decisions.items_approve_bulk(user=desk.maria, wanted=wanted)
    assert (report.approved, report.left_out[0][0]) == ([two.pk], one.pk)
    assert "approved already" in report.left_out[0][1]


def test_a_third_message_of_the_day_is_not_approved(desk: Desk) -> None:
    drafts = [drafted(desk, subject=f"visit:{number}") for number in range(3)]
    for item in drafts[:2]:
        approved(desk, item)
        Effect.objects.filter(item=item).update(state="done", outcome="sent", settled_at=NOW)
    with pytest.raises(NotPossible, match="Messages today"):
        approved(desk, drafts[2])
    assert state_of(drafts[2]) == "pending"


def test_consent_taken_back_stops_an_approval(desk: Desk) -> None:
    item = drafted(desk)
    Consent.objects.filter(client=desk.client, channel="sms").update(granted=False)
    with pytest.raises(NotPossible, match="no more messages"):
        approved(desk, item)
    assert state_of(item) == "pending"


def test_without_consent_nothing_is_even_drafted(desk: Desk) -> None:
    Consent.objects.filter(client=desk.client, channel="sms").update(granted=False)
    item = opened(desk)
    assert items.item_fill(actor=AGENT, item_id=item.pk, proposal=proposal_make(desk)) is None
    assert state_of(item) == "withdrawn"


def test_no_drafts_for_this_client_is_honoured(desk: Desk) -> None:
    item = drafted(desk)
    desk.client.no_drafts = True
    desk.client.save()
    with pytest.raises(NotPossible, match="no drafts"):
        approved(desk, item)
    other = opened(desk, subject="visit:2")
    assert items.item_fill(actor=AGENT, item_id=other.pk, proposal=proposal_make(desk)) is None


def test_approved_at_night_it_says_when_it_will_go(desk: Desk, held: Any) -> None:
    held.move(timedelta(hours=12))  # ten in the evening in Los Angeles
    item = drafted(desk)
    approved(desk, item)
    effect = effect_of(item)
    local = effect.not_before.astimezone(desk.location.zone)
    assert (local.day, local.hour) == (16, 9)
    decisions.item_undo(user=desk.maria, item_id=item.pk)
    assert state_of(item) == "pending"


def test_a_message_that_could_only_go_too_late_is_not_approved(desk: Desk, held: Any) -> None:
    held.move(timedelta(hours=12))
    item = drafted(desk, due_at=clock.now() + timedelta(hours=2))
    with pytest.raises(NotPossible, match="too late"):
        approved(desk, item)


def test_in_a_live_exchange_nothing_is_held(desk: Desk) -> None:
    Message.objects.create(
        connection=desk.connection,
        external_id="msg_1",
        client=desk.client,
        incoming=True,
        channel="sms",
        body="can I come earlier?",
        sent_at=NOW - timedelta(minutes=1),
    )
    item = drafted(desk)
    approved(desk, item)
    assert effect_of(item).not_before == NOW


def test_a_newer_draft_supersedes_and_typed_text_moves_along(desk: Desk) -> None:
    item = drafted(desk)
    TypedText.objects.create(item=item, user=desk.maria, body="half a sent", base_revision=1)
    newer = opened(desk)
    item.refresh_from_db()
    assert (item.state, item.superseded_by_id) == ("superseded", newer.pk)
    typed = TypedText.objects.get(user=desk.maria)
    assert (typed.item_id, typed.body, typed.base_revision) == (newer.pk, "half a sent", 0)


def test_a_newer_draft_voids_a_held_one_and_stands_beside_one_that_is_going_out(desk: Desk) -> None:
    item = drafted(desk)
    approved(desk, item)
    newer = drafted(desk)
    assert (state_of(item), effect_of(item).outcome) == ("superseded", "withdrawn")
    approved(desk, newer)
    ApprovalItem.objects.filter(pk=newer.pk).update(state="sending")
    assert opened(desk).state == "drafting"
    assert state_of(newer) == "sending"


def test_filling_a_draft_that_was_superseded_changes_nothing(desk: Desk) -> None:
    item = opened(desk)
    opened(desk)
    assert items.item_fill(actor=AGENT, item_id=item.pk, proposal=proposal_make(desk)) is None
    assert Revision.objects.count() == 0


def test_a_draft_dies_at_its_business_moment(desk: Desk, held: Any) -> None:
    item = drafted(desk, due_at=NOW + timedelta(minutes=30))
    assert items.items_expire(NOW) == 0
    held.move(timedelta(minutes=30))
    assert items.items_expire(clock.now()) == 1
    assert state_of(item) == "missed"


def test_a_stranger_and_a_role_elsewhere_decide_nothing(desk: Desk) -> None:
    item = drafted(desk)
    elsewhere = location_make(desk.connection, "loc_2")
    kim = person_make("Kim", elsewhere, "front_desk")
    for act in (
        lambda: approved(desk, item, kim),
        lambda: decisions.item_handled(user=kim, item_id=item.pk),
        lambda: decisions.item_undo(user=kim, item_id=item.pk),
        lambda: decisions.item_edit(user=kim, item_id=item.pk, base_revision=1, body="x"),
        lambda: decisions.item_settle(user=kim, item_id=item.pk, sent=True),
    ):
        with pytest.raises(NoRight):
            act()
    assert state_of(item) == "pending"


def test_a_provider_decides_on_own_appointments_only(desk: Desk) -> None:
    sarah = person_make("Sarah", desk.location, "provider")
    staff = staff_make(desk, sarah)
    other = staff_make(desk, person_make("Kim", desk.location, "provider"), "sta_2")
    mine = drafted(desk, staff_id=staff.pk)
    theirs = drafted(desk, subject="visit:2", staff_id=other.pk)
    assert approved(desk, mine, sarah).pk
    with pytest.raises(NoRight):
        approved(desk, theirs, sarah)


def test_a_role_taken_away_is_gone_at_the_next_press(desk: Desk) -> None:
    item = drafted(desk)
    desk.maria.groups.clear()
    with pytest.raises(NoRight):
        approved(desk, item)
    desk.tom.is_active = False
    desk.tom.save()
    with pytest.raises(NoRight):
        approved(desk, item, desk.tom)


def test_a_superuser_decides_nothing_at_the_desk(desk: Desk) -> None:
    item = drafted(desk)
    desk.maria.groups.clear()
    desk.maria.is_superuser = True
    desk.maria.save()
    with pytest.raises(NoRight):
        approved(desk, item)
