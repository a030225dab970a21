"""What Twilio posts to us. Signatures are computed here from the documented algorithm."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from integrations.channels.accounts import Outgoing, account_send
from integrations.channels.base import channel_of
from integrations.channels.inbox import sent_record
from integrations.inbox import inbound_handle, inbox_queue
from integrations.ingest import records_store
from integrations.models import ChannelAccount, Client, Connection, InboundEvent, Location, Message
from tests.integrations.channels.conftest import GRACE, NUMBER, client_make
from tests.support import twilio_server
from tests.support.searches import searched
from tests.support.twilio_server import Trick, TwilioServer

SID = "SM" + "b" * 32


def signature(url: str, fields: Mapping[str, str], token: str = twilio_server.TOKEN) -> str:
    """HMAC-SHA1 over the address and every field, by name: as Twilio's documentation has it."""
    text = url
    for name in sorted(fields):
        text += name + fields[name]
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def hook_path(account: ChannelAccount, query: str = "") -> str:
    return f"/hooks/channel/twilio/{account.pk}/" + (f"?{query}" if query else "")


def post(
    browser: Browser,
    account: ChannelAccount,
    fields: Mapping[str, str],
    query: str = "",
    **more: Any,
) -> Any:
    path = hook_path(account, query)
    signed = more.pop("signed", None) or signature("https://desk.salon.example" + path, fields)
    return browser.post(
        path,
        data=urlencode(fields),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signed},
    )


def incoming(body: str | None = "OK see you", sid: str = SID, **more: str) -> dict[str, str]:
    fields = {
        "ToCountry": "US",
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsMessageSid": sid,
        "AccountSid": twilio_server.SID,
        "SmsStatus": "received",
        "NumMedia": "0",
        "NumSegments": "1",
        "From": GRACE,
        "To": NUMBER,
        "ApiVersion": "2010-04-01",
        **more,
    }
    return fields if body is None else fields | {"Body": body}


def report(status: str, sid: str = SID, **more: str) -> dict[str, str]:
    return {
        "MessageSid": sid,
        "SmsSid": sid,
        "AccountSid": twilio_server.SID,
        "MessageStatus": status,
        "SmsStatus": status,
        "To": GRACE,
        "From": NUMBER,
        **more,
    }


def drained() -> list[InboundEvent]:
    """Handle what is due, as the worker does; returns the rows."""
    inbox_queue.drain(inbound_handle)
    return list(InboundEvent.objects.order_by("pk"))


def sent_text(account: ChannelAccount, location: Location, client: Client, key: str = "e-1") -> str:
    sent = account_send(
        account=account, message=Outgoing(to=GRACE, body="Friday?", key=key, location=location)
    )
    record = sent_record(account, sent, key=key, to=GRACE, body="Friday?", client=client)
    records_store(connection=location.connection, records=[record], source="effect", history=False)
    return sent.reference


def test_a_text_is_stored_before_it_is_acknowledged_and_joins_its_client(
    client: Browser, number: ChannelAccount, grace: Client, location: Location
) -> None:
    answer = post(client, number, incoming("On my way"))
    assert (answer.status_code, answer.content) == (200, b"<Response/>")
    assert answer["Content-Type"] == "text/xml"
    row = InboundEvent.objects.get()
    assert row.kind == "channel.twilio.message"
    assert drained()[0].outcome == "announced"
    message = Message.objects.get()
    assert (message.client, message.location, message.body) == (grace, location, "On my way")
    assert (message.incoming, message.channel, message.address) == (True, "sms", GRACE)


def test_a_repeated_delivery_is_one_message(
    client: Browser, number: ChannelAccount, grace: Client
) -> None:
    for _ in range(3):
        assert post(client, number, incoming()).status_code == 200
    drained()
    assert (InboundEvent.objects.count(), Message.objects.count()) == (1, 1)


@pytest.mark.parametrize("signed", ["", "AAAA", "ÿ", signature("https://elsewhere", {})])
def test_a_forged_text_is_refused_and_not_stored(
    client: Browser, number: ChannelAccount, signed: str
) -> None:
    answer = post(client, number, incoming(), signed=signed or "x")
    assert answer.status_code == 403
    assert not InboundEvent.objects.exists()


def test_a_changed_field_or_another_address_breaks_the_signature(
    client: Browser, number: ChannelAccount
) -> None:
    signed = signature("https://desk.salon.example" + hook_path(number), incoming("Yes"))
    assert post(client, number, incoming("No"), signed=signed).status_code == 403
    assert post(client, number, incoming("Yes"), "key=other", signed=signed).status_code == 403
    assert post(client, number, incoming("Yes"), signed=signed).status_code == 200


def test_a_proxy_that_writes_the_port_does_not_break_the_signature(
    client: Browser, number: ChannelAccount
) -> None:
    signed = signature("https://desk.salon.example:443" + hook_path(number), incoming())
    assert post(client, number, incoming(), signed=signed).status_code == 200


def test_while_the_token_is_changed_both_count(
    client: Browser, number: ChannelAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_NEW_TOKEN", "the-new-token")
    number.secrets = {
        "auth_token": "env:TEST_NEW_TOKEN",
        "auth_token_previous": "env:TEST_TWILIO_TOKEN",
    }
    number.save()
    url = "https://desk.salon.example" + hook_path(number)
    for token in (twilio_server.TOKEN, "the-new-token"):
        signed = signature(url, incoming(), token)
        assert post(client, number, incoming(), signed=signed).status_code == 200


def test_a_body_that_is_no_form_is_proved_by_its_digest(
    client: Browser, number: ChannelAccount
) -> None:
    body = urlencode(incoming("By digest")).encode()
    path = hook_path(number, f"bodySHA256={hashlib.sha256(body).hexdigest()}")
    headers = {"X-Twilio-Signature": signature("https://desk.salon.example" + path, {})}
    kind = "application/json"
    assert client.post(path, body, content_type=kind, headers=headers).status_code == 200
    other = client.post(path, body + b"&Body=changed", content_type=kind, headers=headers)
    assert other.status_code == 403


@pytest.mark.parametrize("case", ["no such account", "other channel", "connection off", "get"])
def test_what_is_not_ours_is_not_taken(client: Browser, number: ChannelAccount, case: str) -> None:
    path = hook_path(number)
    if case == "no such account":
        path = "/hooks/channel/twilio/7d444840-9dc0-11d1-b245-5ffdce74fad2/"
    if case == "other channel":
        path = path.replace("twilio", "email")
    if case == "connection off":
        Connection.objects.update(status="off")
    answer = client.get(path) if case == "get" else client.post(path)
    assert answer.status_code == (405 if case == "get" else 404)


def test_a_missing_secret_keeps_the_provider_trying_and_tells_the_admin(
    client: Browser, number: ChannelAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEST_TWILIO_TOKEN")
    assert post(client, number, incoming()).status_code == 503
    number.refresh_from_db()
    assert number.status == "needs_attention"
    assert "TEST_TWILIO_TOKEN" in number.status_reason


def test_a_form_that_cannot_be_read_is_refused(client: Browser, number: ChannelAccount) -> None:
    answer = client.post(
        hook_path(number), b"Body=%ff&x=\xff", content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 400
    big = client.post(
        hook_path(number), b"x" * 300_000, content_type="application/x-www-form-urlencoded"
    )
    assert big.status_code == 413


def test_a_switched_off_number_still_hears_its_clients(
    client: Browser, number: ChannelAccount, grace: Client
) -> None:
    ChannelAccount.objects.update(enabled=False)
    assert post(client, number, incoming()).status_code == 200
    drained()
    assert Message.objects.get().client == grace


@pytest.mark.parametrize(
    "body", ["", "   ", "x" * 2000, "שלום, אני בדרך", "a\u202eb\u200bc", "\x00\x07\r\nfine\r"]
)
def test_odd_texts_are_kept(
    client: Browser, number: ChannelAccount, grace: Client, body: str
) -> None:
    assert post(client, number, incoming(body)).status_code == 200
    drained()
    kept = Message.objects.get()
    expected = (
        body.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").replace("\x07", "")
    )
    assert kept.body == expected
    assert kept.client == grace


def test_a_picture_without_words_is_kept_as_one(
    client: Browser, number: ChannelAccount, grace: Client
) -> None:
    fields = incoming(
        "",
        NumMedia="2",
        MediaUrl0="https://api.twilio.com/m/ME1",
        MediaContentType0="image/jpeg",
        MediaUrl1="https://api.twilio.com/m/ME2",
        MediaContentType1="image/png",
    )
    post(client, number, fields)
    drained()
    message = Message.objects.get()
    assert message.body == ""
    assert [one["type"] for one in message.details["media"]] == ["image/jpeg", "image/png"]


def test_an_opt_out_that_twilio_understood_is_carried_along(
    client: Browser, number: ChannelAccount, grace: Client
) -> None:
    post(client, number, incoming("BASTA", OptOutType="STOP"))
    drained()
    assert Message.objects.get().details["opt_out"] == "stop"


def test_an_unknown_number_belongs_to_nobody(client: Browser, number: ChannelAccount) -> None:
    post(client, number, incoming("Who is this", From="+15035550177"))
    assert drained()[0].outcome == "announced"
    message = Message.objects.get()
    assert message.client is None
    assert message.address == "+15035550177"


def test_two_clients_with_one_phone_are_never_guessed(
    client: Browser, number: ChannelAccount, grace: Client
) -> None:
    client_make(grace.connection, 457, first_name="Ada")
    post(client, number, incoming())
    drained()
    assert Message.objects.get().client is None


def test_an_open_conversation_decides_between_two_clients_with_one_phone(
    client: Browser, number: ChannelAccount, grace: Client, location: Location
) -> None:
    ada = client_make(grace.connection, 457, first_name="Ada")
    sent_text(number, location, ada)
    post(client, number, incoming())
    drained()
    message = Message.objects.get(incoming=True)
    assert message.client == ada
    assert message.in_reply_to == Message.objects.get(incoming=False).external_id


def test_two_open_conversations_on_one_phone_decide_nothing(
    client: Browser, number: ChannelAccount, grace: Client, location: Location
) -> None:
    ada = client_make(grace.connection, 457, first_name="Ada")
    sent_text(number, location, ada, "e-1")
    sent_text(number, location, grace, "e-2")
    post(client, number, incoming())
    drained()
    assert Message.objects.get(incoming=True).client is None


def test_an_old_conversation_is_no_longer_open(
    client: Browser, number: ChannelAccount, grace: Client, location: Location
) -> None:
    ada = client_make(grace.connection, 457, first_name="Ada")
    sent_text(number, location, ada)
    Message.objects.update(sent_at=clock.now() - timedelta(hours=73))
    post(client, number, incoming())
    drained()
    assert Message.objects.get(incoming=True).client is None


@pytest.mark.parametrize("order", [("sent", "delivered"), ("delivered", "sent")])
def test_reports_in_any_order_end_the_same(
    client: Browser,
    number: ChannelAccount,
    grace: Client,
    location: Location,
    order: tuple[str, str],
) -> None:
    sid = sent_text(number, location, grace)
    for status in order:
        assert post(client, number, report(status, sid), "key=e-1").status_code == 200
        drained()
    assert Message.objects.get().status == "delivered"


def test_a_failed_text_says_why_and_is_announced(
    client: Browser, number: ChannelAccount, grace: Client, location: Location
) -> None:
    sid = sent_text(number, location, grace)
    post(client, number, report("undelivered", sid, ErrorCode="30005"), "key=e-1")
    row = drained()[0]
    message = Message.objects.get()
    assert (message.status, message.reference) == ("failed", "e-1")
    assert "does not exist" in message.details["reason"]
    assert row.announced == [f"message-status:{message.external_id}:failed"]


def test_a_report_proves_a_text_whose_answer_was_lost(
    client: Browser,
    number: ChannelAccount,
    grace: Client,
    location: Location,
    twilio: TwilioServer,
) -> None:
    twilio.tricks = [Trick(drop=True)]
    with pytest.raises(Exception, match="may have been applied"):
        account_send(
            account=number, message=Outgoing(to=GRACE, body="Hi", key="e-9", location=location)
        )
    sid = twilio.messages[0]["sid"]
    with clock.frozen(clock.now()) as frozen:
        post(client, number, report("delivered", sid), "key=e-9")
        for _ in range(3):
            drained()
            frozen.move(timedelta(seconds=4))
    message = Message.objects.get()
    assert (message.reference, message.status, message.body) == ("e-9", "delivered", "Hi")
    assert (message.client, message.address) == (grace, GRACE)


def test_a_report_on_a_text_that_is_not_ours_is_left_alone(
    client: Browser, number: ChannelAccount
) -> None:
    post(client, number, report("delivered"))
    assert drained()[0].outcome == "ignored"
    assert not Message.objects.exists()


def test_an_unknown_status_is_kept_aside(client: Browser, number: ChannelAccount) -> None:
    post(client, number, report("teleported"))
    assert drained()[0].outcome == "odd"


@searched(100)
@given(
    fields=st.dictionaries(
        st.sampled_from(["Body", "From", "MessageSid", "SmsStatus", "NumMedia", "OptOutType", "x"]),
        st.text(max_size=60),
    ),
    raw=st.binary(max_size=80),
)
def test_no_body_makes_reading_raise(
    number: ChannelAccount, fields: dict[str, str], raw: bytes
) -> None:
    channel = channel_of(number)
    form = urlencode(fields, errors="replace").encode()
    for body in (form, raw):
        heard = channel.read(account=number, delivery_id="message/x", body=body)
        assert heard.odd or heard.messages or heard.statuses


@searched(60)
@given(
    fields=st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8"))
    )
)
def test_any_signed_form_is_recognised(number: ChannelAccount, fields: dict[str, str]) -> None:
    url = "https://desk.salon.example" + hook_path(number)
    sid = {"MessageSid": SID, "Body": "x"}
    verified = channel_of(number).verify(
        account=number,
        body=urlencode(fields | sid).encode(),
        headers={"X-Twilio-Signature": signature(url, fields | sid)},
        url=url,
        params=list((fields | sid).items()),
    )
    assert verified.delivery_id == f"message/{SID}"
