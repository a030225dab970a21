"""The desk writes freely: once, checked like every draft, and taken back within its hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from approvals.errors import NoRight, NotPossible
from approvals.models import ApprovalItem, Decision, Effect, Revision, WrittenText
from approvals.services import wishes, writing
from approvals.services.closing import person_answered
from approvals.services.decisions import item_done_by_hand, item_undo
from approvals.services.writing import Unread, Words, message_write
from approvals.writing_rules import WRITTEN
from core import clock
from core.models import AuditEvent
from integrations import consent
from integrations.models import Client, Message
from tests.approvals.desk import (
    Desk,
    client_make,
    drafted,
    effect_of,
    fact,
    location_make,
    person_make,
    sent_after,
    staff_make,
    state_of,
)
from tests.approvals.stub_platform import World

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 6, 16, 5, 30, tzinfo=UTC)  # half past ten in the evening there


def words(**said: Any) -> Words:
    defaults: dict[str, Any] = {"key": uuid4().hex, "channel": "sms", "body": "The door is open."}
    return Words(**defaults | said)


def wrote(desk: Desk, body: str = "Is there parking?", **fields: Any) -> Message:
    defaults: dict[str, Any] = {
        "connection": desk.connection,
        "location": desk.location,
        "external_id": f"msg_{Message.objects.count()}",
        "client": desk.client,
        "incoming": True,
        "channel": "sms",
        "source": "client",
        "sent_at": clock.now(),
    }
    return Message.objects.create(body=body, **defaults | fields)


def write(desk: Desk, **said: Any) -> ApprovalItem:
    user = said.pop("user", desk.maria)
    return message_write(user=user, client_id=desk.client.pk, words=words(**said))


def test_own_words_go_the_way_of_every_draft(desk: Desk, world: World, held: Any) -> None:
    item = write(desk, body="The door is open. \u200bSee you!")
    effect, revision = effect_of(item), Revision.objects.get(item=item)
    assert state_of(item) == "approved"
    assert (revision.writer, revision.author_id) == ("person", desk.maria.pk)
    assert revision.body == "The door is open. See you!"
    decision = Decision.objects.get(item=item, kind="approve")
    assert (decision.actor_name, decision.revision_id) == ("Maria", revision.pk)
    assert effect.held_until == clock.now() + timedelta(seconds=10)
    sent_after(held)
    assert state_of(item) == "sent"
    assert world.bodies() == [revision.body]
    assert AuditEvent.objects.filter(action="item.approved", client=str(desk.client.pk)).exists()


def test_the_same_form_twice_is_one_message(desk: Desk, world: World, held: Any) -> None:
    said = words()
    first = message_write(user=desk.maria, client_id=desk.client.pk, words=said)
    again = message_write(user=desk.maria, client_id=desk.client.pk, words=said)
    sent_after(held)
    late = message_write(user=desk.maria, client_id=desk.client.pk, words=said)
    assert first.pk == again.pk == late.pk
    assert (ApprovalItem.objects.count(), Effect.objects.count(), len(world.keys())) == (1, 1, 1)


def test_taken_back_words_are_sent_again_as_they_are_now(
    desk: Desk, world: World, held: Any
) -> None:
    item = write(desk)
    item_undo(user=desk.maria, item_id=item.pk)
    sent_after(held)
    assert world.bodies() == []
    said = words(body="The door is closed.", item_id=item.pk, base=1)
    again = message_write(user=desk.maria, client_id=desk.client.pk, words=said)
    twice = message_write(user=desk.maria, client_id=desk.client.pk, words=said)
    sent_after(held)
    assert again.pk == twice.pk == item.pk
    assert world.bodies() == ["The door is closed."]


def test_taken_back_words_may_go_another_way_or_nowhere(desk: Desk, world: World) -> None:
    item = write(desk)
    item_undo(user=desk.maria, item_id=item.pk)
    said = words(channel="email", subject="Your visit", item_id=item.pk, base=1)
    mail = message_write(user=desk.maria, client_id=desk.client.pk, words=said)
    assert (state_of(item), state_of(mail)) == ("rejected", "approved")
    item_undo(user=desk.maria, item_id=mail.pk)
    writing.message_discard(user=desk.maria, item_id=mail.pk)
    assert state_of(mail) == "rejected"
    assert Decision.objects.filter(item=mail, kind="reject", actor=desk.maria).count() == 1


def test_who_asked_for_no_more_gets_nothing_and_the_desk_is_told_why(desk: Desk) -> None:
    consent.opt_out_record(actor=desk.maria.as_actor(), client=desk.client, channel="sms")
    with pytest.raises(NotPossible, match="asked for no more messages"):
        write(desk)
    # What there is, is the step by hand that takes the no to the platform.
    assert not ApprovalItem.objects.filter(agent=WRITTEN).exists()
    assert write(desk, channel="email", subject="Your visit").state == "approved"


def test_advertising_needs_its_own_consent(desk: Desk) -> None:
    desk.client.consents.filter(purpose="marketing").update(granted=False)
    with pytest.raises(NotPossible, match="texts with offers and news"):
        write(desk, advertising=True)
    assert write(desk).purpose == "answer"


def test_in_quiet_hours_it_waits_for_the_morning(desk: Desk, held: Any) -> None:
    held.move(NIGHT - clock.now())
    item = write(desk)
    assert effect_of(item).not_before == datetime(2026, 6, 16, 16, tzinfo=UTC)


def test_an_answer_to_who_just_wrote_goes_at_once_also_late(
    desk: Desk, world: World, held: Any
) -> None:
    held.move(NIGHT - clock.now())
    asked = wrote(desk, sent_at=NIGHT - timedelta(minutes=40))
    write(desk, seen=(asked.pk, 0))
    sent_after(held)
    assert len(world.keys()) == 1


def test_hours_later_the_answer_waits_too_and_advertising_always_does(
    desk: Desk, held: Any
) -> None:
    held.move(NIGHT - clock.now())
    asked = wrote(desk, sent_at=NIGHT - timedelta(minutes=70))
    morning = datetime(2026, 6, 16, 16, tzinfo=UTC)
    assert effect_of(write(desk, seen=(asked.pk, 0))).not_before == morning
    Message.objects.update(sent_at=NIGHT - timedelta(seconds=20))
    seen = (asked.pk, ApprovalItem.objects.latest("id").pk)
    assert effect_of(write(desk, advertising=True, seen=seen)).not_before == morning


def test_what_came_in_since_the_page_was_drawn_is_read_first(desk: Desk) -> None:
    asked = wrote(desk)
    with pytest.raises(Unread, match=r"Dana K\. wrote in the meantime"):
        write(desk)
    tom = write(desk, seen=(asked.pk, 0), user=desk.tom)
    with pytest.raises(Unread, match=r"Tom wrote to Dana K\."):
        write(desk, seen=(asked.pk, 0))
    assert write(desk, seen=(asked.pk, tom.pk)).state == "approved"
    wrote(desk, "We are open.", incoming=False, source="front_desk")
    with pytest.raises(Unread, match="Somebody of the salon"):
        write(desk, seen=(asked.pk, 10**9))


def test_a_message_that_comes_within_the_hold_stops_it(desk: Desk, world: World, held: Any) -> None:
    item = write(desk)
    held.move(timedelta(seconds=5))
    wrote(desk, "Sorry, I mean tomorrow")
    sent_after(held)
    item.refresh_from_db()
    assert (item.state, world.bodies()) == ("stale", [])
    assert "wrote in the meantime" in item.state_reason


def test_a_promise_of_money_needs_a_reason(desk: Desk) -> None:
    with pytest.raises(NotPossible, match="reason"):
        write(desk, body="We take 20% off.")
    assert write(desk, body="We take 20% off.", reason="manager_ok").state == "approved"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"body": " \u200b "}, "empty"),
        ({"body": "x" * 2001}, "longer than"),
        ({"channel": "email"}, "subject"),
        ({"body": "Reply YES to confirm"}, "phone carriers"),
    ],
)
def test_bad_words_are_refused_in_words(desk: Desk, said: dict[str, Any], why: str) -> None:
    with pytest.raises(NotPossible, match=why):
        write(desk, **said)
    assert ApprovalItem.objects.count() == 0


def test_no_drafts_for_a_client_does_not_silence_the_desk(desk: Desk) -> None:
    wishes.client_no_drafts(user=desk.maria, client_id=desk.client.pk, none=True)
    desk.client.refresh_from_db()
    assert desk.client.no_drafts
    assert write(desk).state == "approved"


def test_waiting_drafts_step_back_once_the_words_were_sent(
    desk: Desk, world: World, held: Any
) -> None:
    since = {"client": desk.client.pk, "since": clock.now().isoformat()}
    asking = drafted(desk, subject="visit:1", evidence=(fact("no_staff_reply", **since),))
    answer = drafted(desk, subject="visit:2", purpose="answer")
    other = drafted(desk, subject="visit:3")
    item = write(desk)
    assert state_of(asking) == "pending"
    item_undo(user=desk.maria, item_id=item.pk)
    assert (state_of(asking), state_of(answer)) == ("pending", "pending")
    said = words(item_id=item.pk, base=1)
    message_write(user=desk.maria, client_id=desk.client.pk, words=said)
    sent_after(held)
    assert (state_of(item), state_of(other)) == ("sent", "pending")
    assert (state_of(asking), state_of(answer)) == ("withdrawn", "withdrawn")
    asking.refresh_from_db()
    assert asking.state_reason == "Already handled. Somebody wrote to the client from here."


def test_what_an_agent_said_makes_nothing_step_back(desk: Desk) -> None:
    answer = drafted(desk, subject="visit:2", purpose="answer")
    sent = drafted(desk, subject="visit:3")
    assert person_answered(sent) == []
    assert state_of(answer) == "pending"


def test_where_nothing_can_send_it_becomes_a_step_by_hand(desk: Desk, world: World) -> None:
    world.able = frozenset({"read"})
    answer = drafted(desk, subject="visit:2", purpose="answer")
    item = write(desk)
    assert state_of(item) == "manual"
    item_done_by_hand(user=desk.maria, item_id=item.pk)
    assert (state_of(item), state_of(answer)) == ("by_hand", "withdrawn")


def test_nobody_writes_where_they_have_no_right(desk: Desk) -> None:
    elsewhere = location_make(desk.connection, "loc_2")
    eva = person_make("Eva", elsewhere, "front_desk")
    with pytest.raises(Exception, match="no such conversation"):
        write(desk, user=eva)
    olga = person_make("Olga", desk.location, "manager")
    olga.groups.clear()
    with pytest.raises(NoRight):
        write(desk, user=olga)
    assert ApprovalItem.objects.count() == 0


def test_a_provider_writes_to_clients_of_their_own_appointments(desk: Desk) -> None:
    sarah = person_make("Sarah", desk.location, "provider")
    member = staff_make(desk, sarah)
    with pytest.raises(Exception, match="no such conversation"):
        write(desk, user=sarah)
    desk.appointment.staff = member
    desk.appointment.save()
    item = write(desk, user=sarah)
    assert (item.state, item.staff_id) == ("approved", member.pk)
    item_undo(user=sarah, item_id=item.pk)


def test_what_is_being_written_is_kept_until_it_is_sent(desk: Desk) -> None:
    said = words(body="The door is")
    given = {"user": desk.maria, "client": desk.client, "key": said.key, "channel": "sms"}
    assert writing.written_save(**given, subject="", body="The door", caret=8)
    assert WrittenText.objects.get().body == "The door"
    message_write(user=desk.maria, client_id=desk.client.pk, words=said)
    assert not WrittenText.objects.exists()
    # A save that was on its way while the words were sent brings nothing back.
    assert not writing.written_save(**given, subject="", body="The door is", caret=11)
    assert not WrittenText.objects.exists()


def test_wishes_are_recorded_audited_and_act_at_once(desk: Desk) -> None:
    waiting = drafted(desk)
    other = client_make(desk.connection, "cli_2", phone=desk.client.phone)
    wishes.client_opt_out(user=desk.maria, client_id=desk.client.pk, channel="sms")
    assert state_of(waiting) == "withdrawn"
    assert consent.opted_out(desk.client, "sms") and consent.opted_out(other, "sms")
    wishes.client_opt_in(user=desk.maria, client_id=desk.client.pk, channel="sms")
    assert consent.allowed(desk.client, "sms", "transactional").ok
    assert not consent.allowed(desk.client, "sms", "marketing").ok
    with pytest.raises(NotPossible):
        wishes.client_opt_out(user=desk.maria, client_id=desk.client.pk, channel="fax")


def test_plain_texts_are_wished_for_and_drafts_of_the_model_written_anew(desk: Desk) -> None:
    by_model = drafted(desk, writer="model")
    wishes.client_plain_texts(user=desk.maria, client_id=desk.client.pk, plain=True)
    assert Client.objects.get(pk=desk.client.pk).plain_texts
    assert Decision.objects.filter(item=by_model, kind="regenerate").exists()
    assert AuditEvent.objects.filter(action="client.plain_texts").count() == 1
    wishes.client_plain_texts(user=desk.maria, client_id=desk.client.pk, plain=False)
    assert not Client.objects.get(pk=desk.client.pk).plain_texts
