"""Mail posted by a service: signed over its raw bytes, stored, and joined to its conversation."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from core import clock
from integrations.channels.accounts import Outgoing, account_send
from integrations.channels.inbox import sent_record
from integrations.ingest import records_store
from integrations.models import ChannelAccount, Client, InboundEvent, Location, Message
from tests.integrations.channels.conftest import HOOK_SECRET, client_make
from tests.integrations.channels.test_mail_in import bounce, mail
from tests.integrations.channels.test_twilio_hooks import drained


def post(
    browser: Browser,
    account: ChannelAccount,
    body: bytes,
    *,
    secret: str = HOOK_SECRET,
    age: int = 0,
    **headers: str,
) -> Any:
    """Signed as the Standard Webhooks document says: base64(HMAC-SHA256(key, id.time.body))."""
    at = str(int(clock.now().timestamp()) - age)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, b"m1." + at.encode() + b"." + body, hashlib.sha256).digest()
    return browser.post(
        f"/hooks/channel/email/{account.pk}/",
        data=body,
        content_type="message/rfc822",
        headers={
            "webhook-id": "m1",
            "webhook-timestamp": at,
            "webhook-signature": f"v1a,zzz v1,{base64.b64encode(digest).decode()}",
            **headers,
        },
    )


def sent_mail(account: ChannelAccount, location: Location, client: Client) -> str:
    message = Outgoing(
        to=client.email, subject="Your Friday", body="Friday?", key="e-1", location=location
    )
    sent = account_send(account=account, message=message)
    record = sent_record(account, sent, key="e-1", to=client.email, body="Friday?", client=client)
    records_store(connection=location.connection, records=[record], source="effect", history=False)
    return sent.reference


def test_an_answer_joins_the_mail_it_answers(
    client: Browser, mailbox: ChannelAccount, location: Location, grace: Client
) -> None:
    reference = sent_mail(mailbox, location, grace)
    answer = post(client, mailbox, bytes(mail(In_Reply_To=reference, Date="")))
    assert answer.status_code == 202
    assert drained()[0].outcome == "announced"
    message = Message.objects.get(incoming=True)
    assert (message.client, message.location) == (grace, location)
    assert message.in_reply_to == Message.objects.get(incoming=False).external_id
    assert (message.channel, message.body) == ("email", "Friday works!")


def test_bytes_in_any_encoding_are_signed_as_they_are(
    client: Browser, mailbox: ChannelAccount, grace: Client
) -> None:
    raw = b"From: grace@example.com\r\nMessage-ID: <l1@x>\r\n" + (
        b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\nma\xf1ana"
    )
    assert post(client, mailbox, raw).status_code == 202
    drained()
    assert Message.objects.get().body == "mañana"


@pytest.mark.parametrize(
    "options",
    [
        {"secret": "whsec_" + base64.b64encode(b"another secret here").decode()},
        {"age": 301},
        {"age": -301},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,!!!"},
        {"webhook-timestamp": "soon"},
        {"webhook-id": "m2"},
    ],
)
def test_a_forged_or_old_mail_is_refused(
    client: Browser, mailbox: ChannelAccount, options: dict[str, Any]
) -> None:
    assert post(client, mailbox, bytes(mail()), **options).status_code == 403
    assert not InboundEvent.objects.exists()


def test_a_secret_that_is_too_short_keeps_the_sender_trying(
    client: Browser, mailbox: ChannelAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_MAIL_HOOK", "abc")
    assert post(client, mailbox, bytes(mail())).status_code == 503


def test_a_post_without_mail_is_refused(client: Browser, mailbox: ChannelAccount) -> None:
    assert post(client, mailbox, json.dumps({"hello": 1}).encode()).status_code == 400


def test_the_same_mail_twice_is_one_message(
    client: Browser, mailbox: ChannelAccount, grace: Client
) -> None:
    raw = bytes(mail())
    for body in (raw, json.dumps({"raw": raw.decode()}).encode()):
        assert post(client, mailbox, body).status_code == 202
    drained()
    assert (InboundEvent.objects.count(), Message.objects.count()) == (1, 1)


def test_an_answer_from_another_mailbox_is_nobodys(
    client: Browser, mailbox: ChannelAccount, location: Location, grace: Client
) -> None:
    reference = sent_mail(mailbox, location, grace)
    post(client, mailbox, bytes(mail(From="Eve <eve@example.com>", In_Reply_To=reference)))
    drained()
    message = Message.objects.get(incoming=True)
    assert message.client is None
    assert message.in_reply_to == Message.objects.get(incoming=False).external_id


def test_a_family_on_one_mailbox_is_told_apart_by_what_is_answered(
    client: Browser, mailbox: ChannelAccount, location: Location, grace: Client
) -> None:
    ada = client_make(grace.connection, 457, first_name="Ada")
    post(client, mailbox, bytes(mail(Date="", **{"Message-ID": "<early@x>"})))
    reference = sent_mail(mailbox, location, ada)
    post(client, mailbox, bytes(mail(Date="", In_Reply_To=reference)))
    drained()
    clients = Message.objects.filter(incoming=True).order_by("pk").values_list("client", flat=True)
    assert list(clients) == [None, ada.pk]


def test_an_out_of_office_note_is_kept_and_announced_to_nobody(
    client: Browser, mailbox: ChannelAccount, grace: Client
) -> None:
    post(client, mailbox, bytes(mail("I am away", **{"Auto-Submitted": "auto-replied"})))
    row = drained()[0]
    assert (row.outcome, row.announced) == ("nothing_new", [])
    assert Message.objects.get().details["automatic"] is True


def test_a_bounce_fails_the_mail_that_came_back(
    client: Browser, mailbox: ChannelAccount, location: Location, grace: Client
) -> None:
    reference = sent_mail(mailbox, location, grace)
    raw = bounce().replace(b"<desk-abc@salon.example>", reference.encode())
    post(client, mailbox, raw)
    drained()
    message = Message.objects.get()
    assert message.status == "failed"
    assert "came back" in message.details["reason"]


def test_a_date_far_from_ours_is_not_believed(
    client: Browser, mailbox: ChannelAccount, grace: Client
) -> None:
    before = clock.now() - timedelta(minutes=1)
    post(client, mailbox, bytes(mail(Date="Mon, 15 Jun 1998 14:00:00 +0000")))
    drained()
    assert Message.objects.get().sent_at > before
