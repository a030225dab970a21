"""Approved messages through the salon's own number and mailbox: as shown, once, or back again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import transaction

from approvals import effects
from approvals.effects import effects_drain, effects_queue
from approvals.errors import Changed, NotPossible
from approvals.manual import manual_steps
from approvals.models import ApprovalItem, Effect
from approvals.services import decisions
from approvals.services.approving import plan_of
from approvals.services.filling import actions_of
from core import clock, redis
from core.audit import Actor
from integrations import consent
from integrations.channels.setup import account_switch, choice_set
from integrations.inbox import events_announce
from integrations.ingest import records_apply
from integrations.models import ChannelAccount, Connection, Message
from integrations.platforms.base import Record
from tests.approvals.desk import (
    BODY,
    Desk,
    approved,
    drafted,
    effect_of,
    message_action,
    sent_after,
    state_of,
)
from tests.approvals.own_channels import (
    NO_SENDING,
    ORIGIN,
    mailbox_make,
    number_make,
    report,
    text_in,
    twilio_posts,
)
from tests.approvals.stub_platform import World
from tests.approvals.test_races import together
from tests.support import smtp_server, twilio_server
from tests.support.smtp_server import SmtpServer
from tests.support.twilio_server import Trick, TwilioServer

pytestmark = pytest.mark.django_db(transaction=True)
ADMIN = Actor("person", "1", "Ada")


@pytest.fixture
def desk(shared_desk: Desk, world: World, settings: Any, monkeypatch: Any) -> Desk:
    settings.WEB_ORIGIN = ORIGIN
    monkeypatch.setenv("TEST_TWILIO_TOKEN", twilio_server.TOKEN)
    monkeypatch.setenv("TEST_SMTP_PASSWORD", smtp_server.PASSWORD)
    world.able = NO_SENDING
    return shared_desk


@pytest.fixture
def twilio(settings: Any) -> Iterator[TwilioServer]:
    with TwilioServer.running() as server:
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
        yield server


@pytest.fixture
def number(desk: Desk, twilio: TwilioServer) -> ChannelAccount:
    return number_make(desk, twilio)


@pytest.fixture
def smtp(settings: Any) -> Iterator[SmtpServer]:
    with SmtpServer().running() as server:
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
        yield server


@pytest.fixture
def mailbox(desk: Desk, smtp: SmtpServer) -> ChannelAccount:
    return mailbox_make(desk, smtp)


def mail_drafted(desk: Desk, body: str = BODY, **fields: Any) -> ApprovalItem:
    purpose = fields.pop("purpose", "transactional")
    mail = message_action(
        desk,
        body,
        channel="email",
        address=desk.client.email,
        subject="Your appointment",
        purpose=purpose,
    )
    return drafted(desk, actions=(mail,), purpose=purpose, **fields)


def test_a_platform_that_sends_nothing_is_no_matter_where_the_salon_has_a_number(
    desk: Desk, world: World, held: Any, number: ChannelAccount, twilio: TwilioServer
) -> None:
    item = drafted(desk, note=True)
    assert item.revision is not None
    assert not plan_of(item, actions_of(item.revision)).by_hand
    approved(desk, item)
    assert manual_steps(item) != []
    sent_after(held)
    assert [message["body"] for message in twilio.messages] == [BODY]
    text, note = item.effects.order_by("position")
    assert (text.through, text.outcome, text.reference) == (
        str(number.pk),
        "sent",
        twilio.messages[0]["sid"],
    )
    effects_drain()
    note.refresh_from_db()
    assert (note.through, note.outcome) == ("", "sent")
    assert [name for name, _, _ in world.done] == ["add_note"]
    assert state_of(item) == "sent"
    callback = twilio.forms[0]["StatusCallback"]
    assert parse_qs(urlsplit(callback).query)["key"] == [text.key]


def test_without_number_or_sending_platform_a_person_does_it(desk: Desk, world: World) -> None:
    item = drafted(desk)
    approved(desk, item)
    assert (state_of(item), effect_of(item).through) == ("manual", "")


def test_the_way_is_fixed_at_approval_and_another_choice_concerns_later_drafts(
    desk: Desk, world: World, held: Any, number: ChannelAccount, twilio: TwilioServer
) -> None:
    world.able = NO_SENDING | {"send"}
    first, second = drafted(desk), drafted(desk, subject="visit:2")
    approved(desk, first)
    choice_set(actor=ADMIN, location=desk.location, kind="sms", chosen="platform")
    approved(desk, second)
    sent_after(held)
    assert (len(twilio.messages), world.bodies()) == (1, [BODY])
    assert (effect_of(first).through, effect_of(second).through) == (str(number.pk), "")


def test_a_number_switched_off_meanwhile_brings_the_draft_back(
    desk: Desk, held: Any, number: ChannelAccount, twilio: TwilioServer
) -> None:
    item = drafted(desk)
    approved(desk, item)
    account_switch(actor=ADMIN, account=number, on=False)
    sent_after(held)
    item.refresh_from_db()
    assert (item.state, item.state_reason) == ("failed", "This number or mailbox was switched off.")
    assert twilio.messages == []


def test_the_footer_is_part_of_what_is_seen_approved_and_sent(
    desk: Desk, held: Any, mailbox: ChannelAccount, smtp: SmtpServer
) -> None:
    item = mail_drafted(desk)
    assert item.revision is not None
    assert item.revision.body == f"{BODY}\n\n--\nMaple Street\n"
    assert (item.facts_ok, item.care) == (True, "one_key")
    approved(desk, item)
    sent_after(held, 21)
    assert state_of(item) == "sent"
    (mail,) = smtp.taken
    assert mail.text() == item.revision.body
    assert (effect_of(item).through, mail.recipients) == (str(mailbox.pk), [desk.client.email])


def test_an_edit_keeps_the_footer_and_what_a_model_puts_below_one_is_checked_or_gone(
    desk: Desk, mailbox: ChannelAccount
) -> None:
    item = mail_drafted(desk, f"{BODY}\n--\nMaple Street\nCall us at 900-555-0199 for $5 off")
    assert item.revision is not None
    assert "900" not in item.revision.body
    revision = decisions.item_edit(
        user=desk.maria, item_id=item.pk, base_revision=1, body="Only this.\n\n--\nMaple"
    )
    assert revision.body == "Only this.\n\n--\nMaple\n\n--\nMaple Street\n"
    again = decisions.item_edit(
        user=desk.maria, item_id=item.pk, base_revision=2, body=f"{revision.body}"
    )
    assert again.body == revision.body


def test_news_carry_a_link_to_get_no_more_and_wait_for_a_postal_address(
    desk: Desk, held: Any, mailbox: ChannelAccount, smtp: SmtpServer
) -> None:
    item = mail_drafted(desk, purpose="marketing")
    assert item.revision is not None
    assert "postal address" in item.revision.warnings[-1]
    with pytest.raises(NotPossible, match="postal address"):
        approved(desk, item)
    desk.location.address = "12 Main St, Portland"
    desk.location.save()
    with pytest.raises(Changed):
        approved(desk, item)
    item.refresh_from_db()
    assert item.revision is not None
    assert "12 Main St" in item.revision.body and f"{ORIGIN}/unsubscribe/" in item.revision.body
    approved(desk, item)
    sent_after(held, 21)
    (mail,) = smtp.taken
    assert mail.text() == item.revision.body
    assert "One-Click" in mail.mail["List-Unsubscribe-Post"]


def test_a_mailbox_added_after_the_draft_shows_the_footer_before_anything_is_approved(
    desk: Desk, held: Any, smtp: SmtpServer
) -> None:
    item = mail_drafted(desk)
    seen = item.revision
    assert seen is not None and seen.body == BODY
    mailbox_make(desk, smtp)
    with pytest.raises(Changed):
        approved(desk, item)
    item.refresh_from_db()
    assert item.revision is not None and item.revision.number == seen.number + 1
    approved(desk, item)
    sent_after(held, 21)
    assert [mail.text() for mail in smtp.taken] == [item.revision.body]


def test_a_lost_answer_is_looked_up_and_never_sent_again(
    desk: Desk, held: Any, number: ChannelAccount, twilio: TwilioServer
) -> None:
    item = drafted(desk)
    approved(desk, item)
    twilio.tricks = [Trick(drop=True)]
    sent_after(held)
    assert state_of(item) == "sending"
    sent_after(held)
    assert (state_of(item), effect_of(item).reference) == ("sent", twilio.messages[0]["sid"])
    assert len(twilio.messages) == 1


def test_what_no_list_can_prove_goes_to_a_person_and_a_late_report_settles_it(
    desk: Desk, held: Any, number: ChannelAccount, twilio: TwilioServer
) -> None:
    item = drafted(desk)
    approved(desk, item)
    twilio.tricks = [Trick(drop=True)]
    sent_after(held)
    (taken,) = twilio.messages
    twilio.messages.clear()
    sent_after(held)
    assert state_of(item) == "unknown"
    for _ in range(3):
        sent_after(held, 600)
    assert (len(twilio.forms), state_of(item)) == (1, "unknown")
    twilio.messages.append(taken)
    key = effect_of(item).key
    delivered = report("delivered", taken["sid"])
    for _ in range(2):
        twilio_posts(number, delivered, f"key={key}")
    for _ in range(3):
        sent_after(held, 60)
        twilio_posts(number, report("delivered", taken["sid"]), f"key={key}")
    assert (state_of(item), effect_of(item).outcome) == ("sent", "sent")
    assert Message.objects.get().status == "delivered"


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_provider_waits_and_can_be_taken_back(
    desk: Desk, held: Any, number: ChannelAccount, twilio: TwilioServer, status: int
) -> None:
    item = drafted(desk)
    approved(desk, item)
    twilio.tricks = [Trick(status, 20429, {"Retry-After": "1"})]
    sent_after(held)
    waits = status == 429
    assert (state_of(item), twilio.messages) == ("approved" if waits else "sending", [])
    if waits:
        # The pause it asked for is kept in Redis, by Redis's own clock.
        redis.attempt("forgotten", lambda client: client.flushdb())
        sent_after(held, 60)
        assert (state_of(item), len(twilio.messages)) == ("sent", 1)


def test_a_provider_that_cannot_be_reached_waits(
    desk: Desk, held: Any, number: ChannelAccount, twilio: TwilioServer, settings: Any
) -> None:
    number.settings |= {"base_url": "http://127.0.0.1:9"}
    number.save()
    settings.OUTBOUND_ALLOW = ["127.0.0.1:9"]
    item = drafted(desk)
    approved(desk, item)
    sent_after(held)
    assert (state_of(item), effect_of(item).call_started_at) == ("approved", None)


def test_who_opted_out_at_the_carrier_is_opted_out_here_and_the_draft_says_why(
    desk: Desk, held: Any, number: ChannelAccount, twilio: TwilioServer
) -> None:
    item, other = drafted(desk), drafted(desk, subject="visit:2")
    approved(desk, item)
    twilio.tricks = [Trick(400, 21610)]
    sent_after(held)
    item.refresh_from_db()
    assert (item.state, "told the carrier to stop" in item.state_reason) == ("failed", True)
    assert consent.opted_out(desk.client, "sms")
    assert not consent.opted_out(desk.client, "email")
    assert state_of(other) == "withdrawn"
    with pytest.raises(NotPossible, match="no more messages"):
        approved(desk, item)


@pytest.mark.parametrize(("code", "why"), [(21211, "not a number"), (21614, "not a mobile")])
def test_a_number_that_takes_no_texts_comes_back_with_the_reason(
    desk: Desk, held: Any, number: ChannelAccount, twilio: TwilioServer, code: int, why: str
) -> None:
    item = drafted(desk)
    approved(desk, item)
    twilio.tricks = [Trick(400, code)]
    sent_after(held)
    item.refresh_from_db()
    assert (item.state, why in item.state_reason) == ("failed", True)
    assert not consent.opted_out(desk.client, "sms")


def test_a_text_that_did_not_arrive_comes_back_once_however_often_it_is_reported(
    desk: Desk, world: World, held: Any, number: ChannelAccount, twilio: TwilioServer
) -> None:
    item = drafted(desk, note=True)
    approved(desk, item)
    sent_after(held)
    assert state_of(item) == "sent"
    sid, key = twilio.messages[0]["sid"], item.effects.order_by("position")[0].key
    failed = report("undelivered", sid, ErrorCode="30005")
    for _ in range(3):
        assert twilio_posts(number, failed, f"key={key}") == 200
    twilio_posts(number, report("sent", sid), f"key={key}")
    item.refresh_from_db()
    assert (item.state, "does not exist" in item.state_reason) == ("failed", True)
    effects_drain()
    assert world.done == [], "no note that it was sent"
    assert Message.objects.get(incoming=False).status == "failed"


def test_a_report_that_overtakes_our_own_writing_down_is_not_lost(
    desk: Desk, held: Any, number: ChannelAccount, twilio: TwilioServer, monkeypatch: Any
) -> None:
    item = drafted(desk)
    approved(desk, item)
    original = effects.was_sent

    def overtaken(effect: Effect, result: Any) -> bool:
        failed = report("failed", result.reference, ErrorCode="21610")
        twilio_posts(number, failed, f"key={effect.key}")
        return original(effect, result)

    monkeypatch.setattr(effects, "was_sent", overtaken)
    sent_after(held)
    assert (state_of(item), effect_of(item).outcome) == ("failed", "failed")
    assert consent.opted_out(desk.client, "sms")


def test_a_forged_report_changes_nothing(
    desk: Desk, held: Any, number: ChannelAccount, twilio: TwilioServer
) -> None:
    item = drafted(desk)
    approved(desk, item)
    sent_after(held)
    failed = report("failed", twilio.messages[0]["sid"], ErrorCode="30005")
    assert twilio_posts(number, failed, token="somebody else's") == 403
    assert state_of(item) == "sent"


def test_a_refused_token_marks_the_number_and_not_the_platform(
    desk: Desk, held: Any, number: ChannelAccount, twilio: TwilioServer
) -> None:
    item = drafted(desk)
    approved(desk, item)
    twilio.tricks = [Trick(401, 20003)] * (effects_queue.most_attempts + 1)
    for _ in range(effects_queue.most_attempts + 1):
        sent_after(held, 61)
    number.refresh_from_db()
    desk.connection.refresh_from_db()
    assert (number.status, desk.connection.status) == ("needs_attention", Connection.Status.OK)
    assert state_of(item) == "approved"
    sent_after(held, 600)
    number.refresh_from_db()
    assert (state_of(item), number.status) == ("sent", "ok")


def test_two_workers_send_one_text(
    desk: Desk, held: Any, number: ChannelAccount, twilio: TwilioServer
) -> None:
    drafts = [drafted(desk, subject=f"visit:{count}", purpose="answer") for count in range(6)]
    for item in drafts:
        approved(desk, item)
    held.move(timedelta(seconds=11))
    answers = together(effects_drain, effects_drain, effects_drain)
    assert all(isinstance(answer, int) for answer in answers), answers
    assert len(twilio.messages) == len(drafts)
    assert {state_of(item) for item in drafts} == {"sent"}


@pytest.mark.parametrize("where", ["number", "platform"])
def test_what_comes_in_by_the_number_takes_the_same_path_as_by_the_platform(
    desk: Desk, number: ChannelAccount, where: str, held: Any
) -> None:
    item = drafted(desk)
    approved(desk, item)
    if where == "number":
        assert twilio_posts(number, text_in("  Stop. ")) == 200
    else:
        by_platform(desk, "  Stop. ")
    item.refresh_from_db()
    assert (item.state, consent.opted_out(desk.client, "sms")) == ("withdrawn", True)
    message = Message.objects.get(incoming=True)
    assert (message.client, message.channel, message.status) == (desk.client, "sms", "received")


def by_platform(desk: Desk, body: str) -> None:
    said = {
        "client": desk.client.external_id,
        "location": desk.location.external_id,
        "incoming": True,
        "channel": "sms",
        "body": body,
        "status": "received",
        "sent_at": clock.now(),
    }
    record = Record("message", "msg_1", said, clock.now())
    with transaction.atomic():
        events = records_apply(
            connection=desk.connection, records=[record], source="webhook", history=False
        )
        events_announce(events)
