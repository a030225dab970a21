"""Effects send through the salon's own number as they would through a platform."""

from __future__ import annotations

from typing import Any

import pytest

from core import clock
from core.errors import Permanent, UnknownOutcome
from integrations.channels.accounts import channel_for
from integrations.channels.acting import ChannelActions, acting_through
from integrations.models import ChannelAccount, Client, Location, Message
from tests.integrations.channels.conftest import GRACE
from tests.support.smtp_server import SmtpServer
from tests.support.twilio_server import Trick, TwilioServer


def payload(**fields: Any) -> dict[str, Any]:
    return {
        "client": "cli_456",
        "location": "loc_1",
        "channel": "sms",
        "address": GRACE,
        "subject": "",
        "body": "Friday at three?",
        "purpose": "transactional",
        "tags": [],
    } | fields


def acting_of(account: ChannelAccount) -> ChannelActions:
    acting = acting_through(account.connection, str(account.pk), clock.now())
    assert acting is not None
    return acting


def test_without_an_account_the_platform_acts(location: Location) -> None:
    assert channel_for(location, "sms") is None


def test_only_messages_go_through_a_number(number: ChannelAccount, location: Location) -> None:
    assert channel_for(location, "email") is None
    assert channel_for(location, "sms") == number
    with pytest.raises(Permanent):
        acting_of(number).perform("add_note", payload(), "k")


def test_a_sent_message_is_in_the_log_before_any_report_of_it(
    number: ChannelAccount, location: Location, grace: Client, twilio: TwilioServer
) -> None:
    acting = acting_of(number)
    result = acting.perform("send_message", payload(), "effect-1")
    message = Message.objects.get()
    assert result.reference == twilio.messages[0]["sid"]
    assert (message.client, message.location, message.body) == (grace, location, "Friday at three?")
    assert (message.reference, message.status, message.source) == ("effect-1", "queued", "twilio")
    assert acting.key_window_hours == 0


def test_a_lost_answer_is_looked_up_where_the_call_began(
    number: ChannelAccount, location: Location, grace: Client, twilio: TwilioServer
) -> None:
    began = clock.now()
    acting = acting_of(number)
    twilio.tricks = [Trick(drop=True)]
    with pytest.raises(UnknownOutcome):
        acting.perform("send_message", payload(), "effect-1")
    assert not Message.objects.exists()
    ChannelAccount.objects.update(enabled=False)
    again = acting_through(location.connection, acting.through, began)
    assert again is not None
    found = again.look_up("send_message", payload(), "effect-1")
    assert found is not None
    assert Message.objects.get().reference == "effect-1"
    assert len(twilio.messages) == 1


def test_an_account_that_is_gone_cannot_be_asked(location: Location) -> None:
    gone = "7d444840-9dc0-11d1-b245-5ffdce74fad2"
    assert acting_through(location.connection, gone, clock.now()) is None


def test_a_worker_that_died_after_sending_is_believed(
    mailbox: ChannelAccount, location: Location, grace: Client, smtp: SmtpServer
) -> None:
    mail = payload(channel="email", address=grace.email, subject="Friday")
    acting = acting_of(mailbox)
    acting.perform("send_message", mail, "effect-1")
    found = acting.look_up("send_message", mail, "effect-1")
    assert found is not None
    assert found.detail["status"] == "sent"
    with pytest.raises(UnknownOutcome):
        acting.look_up("send_message", mail, "effect-2")
    assert len(smtp.taken) == 1
