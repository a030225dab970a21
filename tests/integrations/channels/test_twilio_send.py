"""Sending a text, against a server that speaks Twilio's wire format over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from core.errors import NeedsAttention, OutsideError, Permanent, Temporary, UnknownOutcome
from integrations.channels.accounts import Outgoing, account_look_up, account_send
from integrations.channels.base import Sent, channel_of
from integrations.channels.inbox import sent_record
from integrations.ingest import records_store
from integrations.models import ChannelAccount, Client, Location, Message
from tests.integrations.channels.conftest import GRACE, NUMBER
from tests.support import twilio_server
from tests.support.searches import searched
from tests.support.twilio_server import Trick, TwilioServer

BODY = "Maple: Hello Grace, see you Friday 3 pm. Réponse?\nBye 👋"


def outgoing(location: Location, body: str = BODY, **fields: Any) -> Outgoing:
    return Outgoing(**{"to": GRACE, "body": body, "key": "effect-1", "location": location} | fields)


def test_the_exact_text_goes_out_from_our_number(
    number: ChannelAccount, location: Location, twilio: TwilioServer
) -> None:
    sent = account_send(account=number, message=outgoing(location))
    form = twilio.forms[0]
    assert (form["To"], form["From"], form["Body"]) == (GRACE, NUMBER, BODY)
    assert form["SmartEncoded"] == "false"
    assert sent.reference == twilio.messages[0]["sid"]
    assert sent.status == "queued"
    assert number.status == "ok"


def test_the_key_comes_back_with_every_delivery_report(
    number: ChannelAccount, location: Location, twilio: TwilioServer
) -> None:
    account_send(account=number, message=outgoing(location, key="effect 7/ä"))
    callback = urlsplit(twilio.forms[0]["StatusCallback"])
    assert callback.path == f"/hooks/channel/twilio/{number.pk}/"
    assert parse_qs(callback.query) == {"key": ["effect 7/ä"]}


def test_without_a_public_address_no_report_is_asked_for(
    number: ChannelAccount, location: Location, twilio: TwilioServer, settings: Any
) -> None:
    settings.WEB_ORIGIN = "http://127.0.0.1:8000"
    account_send(account=number, message=outgoing(location))
    assert "StatusCallback" not in twilio.forms[0]


def test_a_messaging_service_chooses_the_number(
    number: ChannelAccount, location: Location, twilio: TwilioServer
) -> None:
    number.settings |= {"messaging_service_sid": "MG1"}
    account_send(account=number, message=outgoing(location))
    assert twilio.forms[0]["MessagingServiceSid"] == "MG1"
    assert "From" not in twilio.forms[0]


def test_an_api_key_may_send_instead_of_the_auth_token(
    number: ChannelAccount, location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_API_KEY", twilio_server.API_KEY[1])
    number.settings |= {"api_key_sid": twilio_server.API_KEY[0]}
    number.secrets |= {"api_key_secret": "env:TEST_API_KEY"}
    assert account_send(account=number, message=outgoing(location)).reference


@pytest.mark.parametrize(
    "status, code, family, ours",
    [
        (400, 21610, Permanent, "opted_out"),
        (400, 21211, Permanent, "bad_number"),
        (400, 21614, Permanent, "bad_number"),
        (400, 21617, Permanent, "too_long"),
        (400, 21606, NeedsAttention, ""),
        (400, 21703, NeedsAttention, ""),
        (403, 20003, NeedsAttention, ""),
        (401, 20003, NeedsAttention, ""),
        (429, 20429, Temporary, ""),
        (400, 14107, Temporary, ""),
        (400, 99999, Permanent, "99999"),
        (404, None, Permanent, "refused"),
        (500, 20500, UnknownOutcome, ""),
        (503, None, UnknownOutcome, ""),
    ],
)
def test_each_refusal_belongs_to_one_family_and_names_nobody(
    number: ChannelAccount,
    location: Location,
    twilio: TwilioServer,
    status: int,
    code: int | None,
    family: type[OutsideError],
    ours: str,
) -> None:
    twilio.tricks = [Trick(status, code)]
    with pytest.raises(OutsideError) as raised:
        account_send(account=number, message=outgoing(location))
    assert type(raised.value) is family
    assert getattr(raised.value, "code", "") == ours
    assert GRACE not in raised.value.plain
    assert twilio.messages == []


def test_a_full_queue_says_when_to_come_back(
    number: ChannelAccount, location: Location, twilio: TwilioServer, redis_db: Any
) -> None:
    twilio.tricks = [Trick(429, 20429, {"Retry-After": "7"})]
    with pytest.raises(Temporary) as raised:
        account_send(account=number, message=outgoing(location))
    assert raised.value.after == timedelta(seconds=7)


def test_a_wrong_token_marks_the_account_and_a_sent_text_clears_it(
    number: ChannelAccount, location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_TWILIO_TOKEN", "wrong")
    with pytest.raises(NeedsAttention):
        account_send(account=number, message=outgoing(location))
    number = ChannelAccount.objects.get()
    assert number.status == "needs_attention"
    monkeypatch.setenv("TEST_TWILIO_TOKEN", twilio_server.TOKEN)
    account_send(account=number, message=outgoing(location))
    assert ChannelAccount.objects.get().status == "ok"


@pytest.mark.parametrize(
    "to, body, code",
    [
        ("503 555", BODY, "bad_number"),
        ("+1503\n5550142", BODY, "bad_number"),
        (GRACE, "  \n ", "empty_text"),
        (GRACE, "x" * 1601, "too_long"),
    ],
)
def test_what_cannot_go_out_is_refused_before_anybody_is_called(
    number: ChannelAccount,
    location: Location,
    twilio: TwilioServer,
    to: str,
    body: str,
    code: str,
) -> None:
    with pytest.raises(Permanent) as raised:
        account_send(account=number, message=outgoing(location, body, to=to))
    assert raised.value.code == code
    assert twilio.forms == []


def test_a_text_that_failed_at_once_is_a_failure_in_plain_words(
    number: ChannelAccount, location: Location, twilio: TwilioServer
) -> None:
    twilio.status, twilio.error_code = "failed", 30006
    with pytest.raises(Permanent, match="landline"):
        account_send(account=number, message=outgoing(location))


@pytest.mark.parametrize("body", [b"", b"[]", b'{"sid": "nonsense"}', b"<html>"])
def test_an_answer_that_cannot_be_read_is_unknown(
    number: ChannelAccount, location: Location, twilio: TwilioServer, body: bytes
) -> None:
    twilio.tricks = [Trick(body=body)]
    with pytest.raises(UnknownOutcome):
        account_send(account=number, message=outgoing(location))


def test_a_lost_answer_is_unknown_and_the_list_proves_it(
    number: ChannelAccount, location: Location, twilio: TwilioServer
) -> None:
    began = clock.now()
    twilio.tricks = [Trick(drop=True)]
    with pytest.raises(UnknownOutcome):
        account_send(account=number, message=outgoing(location))
    found = account_look_up(account=number, message=outgoing(location), began_at=began)
    assert found is not None
    assert found.reference == twilio.messages[0]["sid"]
    assert len(twilio.messages) == 1
    assert twilio.queries[-1]["DateSent>"] == (began - timedelta(days=1)).date().isoformat()


@pytest.mark.parametrize("change", ["nothing listed", "other text", "too early", "two of them"])
def test_what_the_list_does_not_prove_stays_unknown(
    number: ChannelAccount, location: Location, twilio: TwilioServer, change: str
) -> None:
    form = {"To": GRACE, "From": NUMBER, "Body": BODY + ("." if change == "other text" else "")}
    began = clock.now() + timedelta(hours=1 if change == "too early" else 0)
    for _ in range({"nothing listed": 0, "two of them": 2}.get(change, 1)):
        twilio.take(form)
    with pytest.raises(UnknownOutcome):
        account_look_up(account=number, message=outgoing(location), began_at=began)


def test_a_text_known_under_another_key_is_not_taken_for_this_one(
    number: ChannelAccount, location: Location, grace: Client, twilio: TwilioServer
) -> None:
    began = clock.now()
    sent = account_send(account=number, message=outgoing(location))
    record = sent_record(number, sent, key="effect-1", to=GRACE, body=BODY, client=grace)
    records_store(connection=location.connection, records=[record], source="effect", history=False)
    with pytest.raises(UnknownOutcome):
        account_look_up(account=number, message=outgoing(location, key="e-2"), began_at=began)
    row = Message.objects.get()
    assert (row.client, row.location, row.reference) == (grace, location, "effect-1")
    assert (row.address, row.incoming, row.status) == (GRACE, False, "queued")


def test_a_reference_finds_the_text_or_proves_that_there_is_none(
    number: ChannelAccount, location: Location, twilio: TwilioServer
) -> None:
    sent = account_send(account=number, message=outgoing(location))
    channel = channel_of(number)
    found = channel.look_up(account=number, reference=sent.reference)
    assert isinstance(found, Sent)
    assert found.body == BODY
    assert channel.look_up(account=number, reference="SM" + "9" * 32) is None


def test_trying_the_account_says_what_works(number: ChannelAccount, twilio: TwilioServer) -> None:
    channel = channel_of(number)
    with pytest.raises(NeedsAttention, match="does not belong"):
        channel.test(number)
    twilio.numbers[NUMBER] = "https://elsewhere.example/sms"
    assert "do not arrive yet" in channel.test(number)
    twilio.numbers[NUMBER] = f"https://desk.salon.example/hooks/channel/twilio/{number.pk}/"
    assert "answers arrive here" in channel.test(number)
    twilio.account_status = "suspended"
    with pytest.raises(NeedsAttention, match="not active"):
        channel.test(number)


def test_an_account_sid_that_is_none_needs_attention(
    number: ChannelAccount, location: Location
) -> None:
    number.settings |= {"account_sid": "../../AC1"}
    with pytest.raises(NeedsAttention):
        account_send(account=number, message=outgoing(location))


@searched(40)
@given(body=st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=400))
def test_whatever_the_text_it_arrives_unchanged(
    number: ChannelAccount, location: Location, twilio: TwilioServer, body: str
) -> None:
    if not body.strip():
        return
    number.status = "ok"
    number.save()
    account_send(account=number, message=outgoing(location, body))
    assert twilio.forms[-1]["Body"] == body
