"""From approved to sent: once, byte for byte, and only what still holds."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from approvals.actions import SendMessage
from approvals.effects import effects_drain
from approvals.errors import AlreadyDecided
from approvals.manual import manual_steps
from approvals.services import decisions
from core import clock
from core.models import AuditEvent
from integrations.models import Appointment
from integrations.platforms.base import Record
from tests.approvals.desk import (
    BODY,
    NOW,
    Desk,
    approved,
    drafted,
    effect_of,
    fact,
    proposal_make,
    sent_after,
    state_of,
)
from tests.approvals.stub_platform import EVERYTHING, World

pytestmark = pytest.mark.django_db(transaction=True)


AWKWARD = (
    "Hi Dana, café – \U0001f469\u200d\U0001f467 “ok”?\nUntil Friday, 100 % <b>you</b> & me \\ / \t."
)


@pytest.fixture
def desk(shared_desk: Desk) -> Desk:
    return shared_desk


def test_an_approved_draft_is_sent_once_after_its_hold(desk: Desk, world: World, held: Any) -> None:
    item = drafted(desk)
    approved(desk, item)
    assert sent_after(held, 9) == 0
    assert world.done == []
    assert sent_after(held, 2) == 1
    assert sent_after(held, 60) == 0
    assert world.bodies() == [BODY]
    effect = effect_of(item)
    assert (state_of(item), effect.outcome, effect.reference) == ("sent", "sent", "ref-1")
    assert world.keys() == [effect.key]
    assert AuditEvent.objects.get(action="effect.sent").facts["sha256"] == effect.body_sha256


def test_what_was_approved_is_what_is_sent_byte_for_byte(
    desk: Desk, world: World, held: Any
) -> None:
    item = drafted(desk)
    decisions.item_edit_and_approve(user=desk.maria, item_id=item.pk, base_revision=1, body=AWKWARD)
    sent_after(held)
    (_, _, payload) = world.done[0]
    item.refresh_from_db()
    assert payload["body"] == item.revision.body == AWKWARD
    assert payload["address"] == desk.client.phone
    approved_bytes = bytes(item.revision.actions.get().payload)
    assert json.loads(approved_bytes) == payload | {"tags": list(payload["tags"])}


def test_undo_at_the_edge_of_the_hold_sends_nothing(desk: Desk, world: World, held: Any) -> None:
    item = drafted(desk)
    approved(desk, item)
    held.move(timedelta(seconds=10))
    decisions.item_undo(user=desk.maria, item_id=item.pk)
    assert effects_drain() == 0
    assert (world.done, state_of(item)) == ([], "pending")


def test_undo_while_the_worker_checks_wins_and_nothing_is_sent(
    desk: Desk, world: World, held: Any
) -> None:
    item = drafted(desk)
    approved(desk, item)
    world.on_read = lambda: once(
        world, lambda: decisions.item_undo(user=desk.maria, item_id=item.pk)
    )
    sent_after(held)
    assert (world.done, state_of(item)) == ([], "pending")


def once(world: World, act: Any) -> None:
    world.on_read = None
    act()


def test_undo_after_the_call_began_is_refused(desk: Desk, world: World, held: Any) -> None:
    item = drafted(desk)
    approved(desk, item)
    refused: list[str] = []

    def press_undo(action: str) -> None:
        with pytest.raises(AlreadyDecided) as told:
            decisions.item_undo(user=desk.maria, item_id=item.pk)
        refused.append(told.value.what)

    world.before_apply = press_undo
    sent_after(held)
    assert refused == ["It is going out."]
    assert (world.bodies(), state_of(item)) == ([BODY], "sent")


def test_a_changed_fact_brings_it_back_with_what_changed_and_the_edit(
    desk: Desk, world: World, held: Any, truth: dict[str, Any]
) -> None:
    item = drafted(desk, evidence=(fact("test_truth"),))
    decisions.item_edit_and_approve(
        user=desk.maria, item_id=item.pk, base_revision=1, body="Hi Dana, my own words."
    )
    truth["holds"] = False
    sent_after(held)
    item.refresh_from_db()
    assert (world.done, item.state, item.revision.body) == ([], "stale", "Hi Dana, my own words.")
    assert item.changes == [
        {
            "label": "Appointment",
            "before": "Fri 19 Jun, 2:30 pm",
            "now": "Sat 11 am",
            "what": "The appointment was moved.",
            "check": "test_truth",
        }
    ]
    assert effect_of(item).outcome == "stale"


def test_a_stale_draft_goes_only_after_somebody_took_note(
    desk: Desk, world: World, held: Any, truth: dict[str, Any]
) -> None:
    item = drafted(desk, evidence=(fact("test_truth"),))
    approved(desk, item)
    truth["holds"] = False
    sent_after(held)
    with pytest.raises(Exception, match="has changed"):
        approved(desk, item)
    item.refresh_from_db()
    truth["holds"] = True
    decisions.item_edit_and_approve(
        user=desk.maria, item_id=item.pk, base_revision=1, body="Hi Dana, until Saturday."
    )
    sent_after(held)
    assert world.bodies() == ["Hi Dana, until Saturday."]


def test_an_unknown_check_counts_as_changed(desk: Desk, world: World, held: Any) -> None:
    item = drafted(desk, evidence=(fact("a_check_that_was_renamed"),))
    approved(desk, item)
    sent_after(held)
    assert (world.done, state_of(item)) == ([], "stale")


def test_the_facts_are_read_from_the_platform_right_before_sending(
    desk: Desk, world: World, held: Any
) -> None:
    moved = desk.appointment.starts_at + timedelta(days=1)
    start = desk.appointment.starts_at.isoformat()
    evidence = fact("appointment_as_was", appointment=desk.appointment.pk, starts_at=start)
    item = drafted(desk, evidence=(evidence,))
    approved(desk, item)
    held.move(timedelta(seconds=11))
    world.records["appointment", "apt_1"] = Record(
        "appointment",
        "apt_1",
        {
            "client": "cli_1",
            "location": "loc_1",
            "service_name": "Hot stone massage",
            "starts_at": moved,
            "status": "booked",
        },
        clock.now(),
    )
    effects_drain()
    assert Appointment.objects.get(pk=desk.appointment.pk).starts_at == moved
    assert (world.done, state_of(item)) == ([], "stale")


def test_the_recipient_is_the_one_that_was_seen(desk: Desk, world: World, held: Any) -> None:
    item = drafted(desk)
    approved(desk, item)
    desk.client.phone = "+15035550177"
    desk.client.save()
    sent_after(held)
    item.refresh_from_db()
    assert (world.done, item.state) == ([], "stale")
    assert item.changes[0]["now"] == "+15035550177"


def test_a_client_merged_away_gets_nothing(desk: Desk, world: World, held: Any) -> None:
    item = drafted(desk)
    approved(desk, item)
    desk.client.deleted_at = NOW
    desk.client.save()
    sent_after(held)
    assert (world.done, state_of(item)) == ([], "stale")


def test_a_moment_that_passed_while_held_is_missed(desk: Desk, world: World, held: Any) -> None:
    item = drafted(desk, due_at=NOW + timedelta(minutes=5))
    approved(desk, item)
    sent_after(held, 400)
    assert (world.done, state_of(item)) == ([], "missed")


def test_quiet_hours_that_began_meanwhile_are_waited_out(
    desk: Desk, world: World, held: Any
) -> None:
    item = drafted(desk)
    approved(desk, item)
    sent_after(held, 11 * 3600)
    assert (world.done, state_of(item)) == ([], "approved")
    local = effect_of(item).not_before.astimezone(desk.location.zone)
    assert (local.hour, local.minute) == (9, 0)
    sent_after(held, 13 * 3600)
    assert world.bodies() == [BODY]


def test_pause_sending_holds_everything_of_the_location(
    desk: Desk, world: World, held: Any
) -> None:
    item = drafted(desk)
    approved(desk, item)
    desk.location.sending_paused_at = NOW
    desk.location.save()
    sent_after(held, 3600)
    assert (world.done, state_of(item), effect_of(item).attempts) == ([], "approved", 0)
    desk.connection.refresh_from_db()
    assert desk.connection.status == "ok"
    desk.location.sending_paused_at = None
    desk.location.save()
    sent_after(held, 30)
    assert world.bodies() == [BODY]


def test_a_platform_that_cannot_send_makes_a_manual_step(
    desk: Desk, world: World, held: Any
) -> None:
    world.able = EVERYTHING - {"send"}
    item = drafted(desk, body="Hi Dana, see you Friday at 2:30 pm & bye.")
    approved(desk, item)
    assert (state_of(item), sent_after(held, 3600)) == ("manual", 0)
    item.refresh_from_db()
    (step,) = manual_steps(item)
    assert step.text == "Hi Dana, see you Friday at 2:30 pm & bye."
    assert step.link == (
        "sms:+15035550142?&body=Hi%20Dana%2C%20see%20you%20Friday%20at%202%3A30%20pm%20%26%20bye."
    )
    assert (step.call, step.deep_link) == (
        "tel:+15035550142",
        "https://stub.example/appointment/apt_1",
    )
    decisions.item_done_by_hand(user=desk.tom, item_id=item.pk)
    item.refresh_from_db()
    assert (item.state, item.state_reason) == ("by_hand", "Done by hand (Tom)")
    assert effect_of(item).outcome == "by_hand"


def test_a_manual_step_can_be_taken_back(desk: Desk, world: World) -> None:
    world.able = EVERYTHING - {"send"}
    item = drafted(desk)
    approved(desk, item)
    decisions.item_undo(user=desk.maria, item_id=item.pk)
    assert (state_of(item), effect_of(item).outcome) == ("pending", "withdrawn")


def test_a_right_that_the_platform_took_away_after_approval_makes_a_manual_step(
    desk: Desk, world: World, held: Any
) -> None:
    item = drafted(desk)
    approved(desk, item)
    world.able = EVERYTHING - {"send"}
    sent_after(held)
    assert (state_of(item), world.done) == ("manual", [])
    item.refresh_from_db()
    assert manual_steps(item)[0].text == BODY


def test_where_notes_are_not_taken_the_message_goes_alone(
    desk: Desk, world: World, held: Any
) -> None:
    world.able = EVERYTHING - {"client_notes"}
    item = drafted(desk, note=True)
    approved(desk, item)
    sent_after(held)
    assert ([name for name, _, _ in world.done], state_of(item)) == (["send_message"], "sent")
    assert item.effects.count() == 1


def test_care_yields_when_the_day_is_full(desk: Desk, world: World, held: Any) -> None:
    care = drafted(
        desk,
        purpose="care",
        actions=(proposal_make(desk).actions[0].model_copy(update={"purpose": "care"}),),
    )
    approved(desk, care)
    for number in (2, 3):
        approved(desk, drafted(desk, subject=f"visit:{number}"))
    sent_after(held)
    assert len(world.done) == 2
    assert state_of(care) == "stale"


def test_answers_do_not_count_toward_the_cap(desk: Desk, world: World, held: Any) -> None:
    for number in range(4):
        item = drafted(desk, subject=f"visit:{number}", purpose="answer")
        approved(desk, item)
    sent_after(held)
    assert len(world.done) == 4


def test_messages_are_typed_and_their_bytes_canonical(desk: Desk) -> None:
    message = proposal_make(desk).actions[0]
    assert isinstance(message, SendMessage)
    assert (
        message.payload_bytes()
        == SendMessage.model_validate_json(message.payload_bytes()).payload_bytes()
    )
