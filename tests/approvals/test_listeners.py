"""What happens outside reaches the drafts: STOP, a cancellation, a move, a reply, a failure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from approvals.delivery import delivery_hear
from approvals.listeners import approvals_hear
from approvals.models import ApprovalItem, Effect
from core import clock
from core.models import AuditEvent
from integrations import consent, events
from integrations.ingest import records_apply
from integrations.models import Appointment, Message
from integrations.platforms.base import Record
from tests.approvals.desk import (
    BODY,
    NOW,
    Desk,
    approved,
    client_make,
    drafted,
    effect_of,
    fact,
    message_action,
    opened,
    sent_after,
    state_of,
)
from tests.approvals.stub_platform import World

pytestmark = pytest.mark.django_db


def wrote(desk: Desk, body: str, **fields: Any) -> Message:
    defaults: dict[str, Any] = {
        "connection": desk.connection,
        "external_id": f"msg_{Message.objects.count()}",
        "client": desk.client,
        "incoming": True,
        "channel": "sms",
        "sent_at": clock.now(),
    }
    return Message.objects.create(body=body, **defaults | fields)


def heard_message(desk: Desk, message: Message) -> None:
    approvals_hear(
        events.MessageReceived(
            key=f"message:{message.pk}",
            connection_id=str(desk.connection.pk),
            at=clock.now(),
            client_id=desk.client.pk,
            message_id=message.pk,
        )
    )


def staff_replied(desk: Desk, message: Message) -> None:
    approvals_hear(
        events.StaffReplied(
            key=f"staff-reply:{message.pk}",
            connection_id=str(desk.connection.pk),
            at=clock.now(),
            client_id=desk.client.pk,
            message_id=message.pk,
        )
    )


def about_appointment(kind: type, desk: Desk, at: datetime | None = None, **fields: Any) -> None:
    approvals_hear(
        kind(
            key=f"{kind.__name__}:1",
            connection_id=str(desk.connection.pk),
            at=at or clock.now() + timedelta(seconds=1),
            client_id=desk.client.pk,
            appointment_id=fields.pop("appointment_id", desk.appointment.pk),
            **fields,
        )
    )


@pytest.mark.parametrize(
    "word", ["STOP", "stop.", "Unsubscribe", "CANCEL", "please stop texting me"]
)
def test_stop_voids_what_waits_and_what_is_held(desk: Desk, word: str) -> None:
    waiting, held_one = drafted(desk), drafted(desk, subject="visit:2")
    writing = opened(desk, subject="visit:3")
    approved(desk, held_one)
    heard_message(desk, wrote(desk, word))
    assert [state_of(one) for one in (waiting, held_one, writing)] == ["withdrawn"] * 3
    assert effect_of(held_one).outcome == "withdrawn"
    held_one.refresh_from_db()
    assert held_one.state_reason == (
        "Dana K. asked for no more messages. The approved text did not go out."
    )
    assert consent.opted_out(desk.client, "sms")
    audit = AuditEvent.objects.filter(action="item.withdrawn", subject=f"item:{held_one.pk}").get()
    assert audit.facts["approver"] == str(desk.maria.pk)


def test_stop_never_voids_what_is_going_out(desk: Desk) -> None:
    item = drafted(desk)
    approved(desk, item)
    ApprovalItem.objects.filter(pk=item.pk).update(state="sending")
    Effect.objects.filter(item=item).update(call_started_at=NOW, state="leased")
    heard_message(desk, wrote(desk, "STOP"))
    assert state_of(item) == "sending"
    assert effect_of(item).outcome == ""


def test_stop_by_text_spares_a_draft_by_mail(desk: Desk) -> None:
    mail = message_action(desk, channel="email", address="dana@example.com", subject="Friday")
    item = drafted(desk, actions=(mail,))
    heard_message(desk, wrote(desk, "STOP"))
    assert state_of(item) == "pending"


def test_stop_counts_for_everybody_on_that_phone(desk: Desk) -> None:
    child = client_make(desk.connection, "cli_2", first_name="Lea")
    draft = drafted(desk, client_id=child.pk, appointment_id=None, covers=())
    heard_message(desk, wrote(desk, "STOP"))
    assert state_of(draft) == "withdrawn"


def test_a_plain_answer_marks_the_drafts_it_overtakes(desk: Desk) -> None:
    evidence = fact("no_newer_message", client=desk.client.pk, since=NOW.isoformat())
    asks = drafted(desk, evidence=(evidence,))
    other = drafted(desk, subject="visit:2")
    with clock.frozen(NOW + timedelta(minutes=1)):
        heard_message(desk, wrote(desk, "Could we do Saturday?"))
    asks.refresh_from_db()
    assert (asks.state, asks.changes[0]["now"]) == ("stale", "Could we do Saturday?")
    assert state_of(other) == "pending"


def test_a_reply_by_the_staff_closes_it_as_already_handled(desk: Desk) -> None:
    evidence = fact("no_staff_reply", client=desk.client.pk, since=NOW.isoformat())
    item = drafted(desk, evidence=(evidence,))
    with clock.frozen(NOW + timedelta(minutes=1)):
        message = wrote(desk, "See you then!", incoming=False, source="staff")
        staff_replied(desk, message)
    item.refresh_from_db()
    assert item.state == "withdrawn"
    assert item.state_reason.startswith("Already handled.")


def test_a_cancelled_appointment_withdraws_its_drafts(desk: Desk) -> None:
    item, held_one = drafted(desk), drafted(desk, subject="visit:2")
    approved(desk, held_one)
    Appointment.objects.update(status="cancelled")
    about_appointment(events.AppointmentCancelled, desk)
    assert [state_of(one) for one in (item, held_one)] == ["withdrawn", "withdrawn"]


def test_a_draft_about_the_cancellation_itself_stays(desk: Desk) -> None:
    item = opened(desk, event_at=NOW)
    about_appointment(events.AppointmentCancelled, desk, at=NOW)
    assert state_of(item) == "drafting"


def test_one_cancelled_service_of_a_visit_marks_the_text_about_all(desk: Desk) -> None:
    second = Appointment.objects.create(
        connection=desk.connection,
        external_id="apt_2",
        client=desk.client,
        location=desk.location,
        starts_at=desk.appointment.starts_at + timedelta(hours=1),
    )
    covers = tuple((one.pk, one.starts_at.isoformat()) for one in (desk.appointment, second))
    item = drafted(desk, covers=covers)
    Appointment.objects.filter(pk=second.pk).update(status="cancelled")
    about_appointment(events.AppointmentCancelled, desk, appointment_id=second.pk)
    assert state_of(item) == "stale"


def test_a_moved_appointment_marks_its_drafts_and_unverifies_the_old_time(desk: Desk) -> None:
    item = drafted(desk)
    later = desk.appointment.starts_at + timedelta(days=1)
    Appointment.objects.update(starts_at=later)
    about_appointment(events.AppointmentMoved, desk)
    item.refresh_from_db()
    assert (item.state, item.facts_ok, item.care) == ("stale", False, "open_card")
    assert item.changes[0]["now"] == "Saturday, June 20 2026, 2:30 pm"
    assert {fact["kind"] for fact in item.known_facts} == set()


def test_a_confirmed_appointment_overtakes_a_reminder_that_asks(desk: Desk) -> None:
    asks = fact("appointment_as_was", appointment=desk.appointment.pk, status_in=["booked"])
    item, other = drafted(desk, evidence=(asks,)), drafted(desk, subject="visit:2")
    Appointment.objects.update(status="confirmed")
    about_appointment(events.AppointmentConfirmed, desk)
    assert (state_of(item), state_of(other)) == ("stale", "pending")


def test_history_changes_nothing(desk: Desk) -> None:
    item = drafted(desk)
    about_appointment(events.AppointmentCancelled, desk, history=True)
    assert state_of(item) == "pending"


def status(desk: Desk, reference: str, word: str) -> None:
    news = events.MessageStatusChanged(
        key=f"status:{reference}:{word}",
        connection_id=str(desk.connection.pk),
        at=clock.now(),
        reference=reference,
        status=word,
    )
    # Listeners run in the transaction that finishes the delivery.
    with transaction.atomic():
        delivery_hear(news)


@pytest.mark.django_db(transaction=True)
def test_a_failed_delivery_comes_back_to_the_queue(
    shared_desk: Desk, world: World, held: Any
) -> None:
    item = drafted(shared_desk)
    approved(shared_desk, item)
    sent_after(held)
    status(shared_desk, world.keys()[0], "failed")
    item.refresh_from_db()
    assert (item.state, effect_of(item).outcome) == ("failed", "failed")
    assert item.state_reason == "The platform could not deliver it."
    assert world.bodies() == [BODY]


def test_a_delivery_proves_an_unknown_outcome(desk: Desk) -> None:
    item = drafted(desk)
    approved(desk, item)
    effect = effect_of(item)
    ApprovalItem.objects.filter(pk=item.pk).update(state="sending")
    ApprovalItem.objects.filter(pk=item.pk).update(state="unknown")
    Effect.objects.filter(pk=effect.pk).update(outcome="unknown", state="done", settled_at=NOW)
    status(desk, effect.key, "delivered")
    assert (state_of(item), effect_of(item).outcome) == ("sent", "sent")


@pytest.mark.parametrize(("source", "heard"), [("staff", 1), ("platform", 0), ("api", 0)])
def test_only_a_persons_message_is_a_staff_reply(desk: Desk, source: str, heard: int) -> None:
    record = Record(
        "message",
        "msg_7",
        {
            "client": "cli_1",
            "location": "loc_1",
            "incoming": False,
            "channel": "sms",
            "body": "See you then!",
            "source": source,
            "sent_at": NOW,
        },
        NOW,
    )
    found = records_apply(
        connection=desk.connection, records=[record], source="webhook", history=False
    )
    assert len([one for one in found if isinstance(one, events.StaffReplied)]) == heard


@pytest.mark.parametrize("what", [events.ClientCheckedIn, events.ServiceCompleted])
def test_whoever_is_there_needs_no_word_about_coming(desk: Desk, what: Any) -> None:
    """Also where the visit began before the hour it was booked for, and the draft was marked."""
    coming, after = drafted(desk), drafted(desk, subject="visit:after")
    ApprovalItem.objects.filter(pk=after.pk).update(
        due_at=desk.appointment.starts_at + timedelta(days=1)
    )
    ApprovalItem.objects.filter(pk=coming.pk).update(state=ApprovalItem.State.STALE)
    came(desk, what)
    assert state_of(coming) == ApprovalItem.State.WITHDRAWN
    assert state_of(after) != ApprovalItem.State.WITHDRAWN


def test_a_text_that_also_speaks_of_a_later_visit_stays(desk: Desk) -> None:
    item = drafted(desk)
    later = Appointment.objects.get(pk=desk.appointment.pk)
    later.pk, later.external_id = None, "apt_later"
    later.starts_at += timedelta(days=2)
    later.save()
    start = desk.appointment.starts_at.isoformat()
    ApprovalItem.objects.filter(pk=item.pk).update(
        covers=[[desk.appointment.pk, start], [later.pk, later.starts_at.isoformat()]]
    )
    came(desk, events.ClientCheckedIn)
    assert state_of(item) != ApprovalItem.State.WITHDRAWN


def came(desk: Desk, what: Any) -> None:
    status = "checked_in" if what is events.ClientCheckedIn else "completed"
    Appointment.objects.filter(pk=desk.appointment.pk).update(status=status)
    approvals_hear(
        what(
            key=f"came:{desk.appointment.pk}",
            connection_id=str(desk.connection.pk),
            at=clock.now(),
            client_id=desk.client.pk,
            appointment_id=desk.appointment.pk,
        )
    )
