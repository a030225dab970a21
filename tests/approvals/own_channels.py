"""A desk whose salon has a number and a mailbox of its own, with the real servers behind them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.test import Client as Browser

from integrations.inbox import inbox_drain
from integrations.models import ChannelAccount
from tests.approvals.desk import Desk
from tests.support import smtp_server, twilio_server
from tests.support.smtp_server import SmtpServer
from tests.support.twilio_server import TwilioServer

ORIGIN = "https://desk.salon.example"
NUMBER, MAILBOX = "+15035550100", "desk@salon.example"
# A platform as most are: it tells and takes notes, and sends nothing for us.
NO_SENDING = frozenset({"read", "client_notes", "book"})


def number_make(desk: Desk, server: TwilioServer, **fields: Any) -> ChannelAccount:
    defaults: dict[str, Any] = {
        "connection": desk.connection,
        "location": desk.location,
        "channel": "twilio",
        "address": NUMBER,
        "secrets": {"auth_token": "env:TEST_TWILIO_TOKEN"},
        "settings": {"account_sid": twilio_server.SID, "base_url": server.url},
        "enabled": True,
    }
    return ChannelAccount.objects.create(**defaults | fields)


def mailbox_make(desk: Desk, server: SmtpServer, **settings: Any) -> ChannelAccount:
    return ChannelAccount.objects.create(
        connection=desk.connection,
        location=desk.location,
        channel="email",
        address=MAILBOX,
        secrets={"smtp_password": "env:TEST_SMTP_PASSWORD"},
        settings={
            "smtp_host": "127.0.0.1",
            "smtp_port": server.port,
            "smtp_security": "none",
            "smtp_user": smtp_server.USER,
            **settings,
        },
        enabled=True,
    )


def twilio_posts(
    account: ChannelAccount, fields: Mapping[str, str], query: str = "", token: str = ""
) -> int:
    """Twilio calls us with a form of its own, signed as documented; the answer's status."""
    path = f"/hooks/channel/twilio/{account.pk}/" + (f"?{query}" if query else "")
    text = ORIGIN + path + "".join(name + fields[name] for name in sorted(fields))
    secret = (token or twilio_server.TOKEN).encode()
    signed = base64.b64encode(hmac.new(secret, text.encode(), hashlib.sha1).digest()).decode()
    answer = Browser().post(
        path,
        data=urlencode(fields),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signed},
    )
    inbox_drain()
    return answer.status_code


def text_in(body: str, sid: str = "SM" + "b" * 32, **more: str) -> dict[str, str]:
    return {
        "MessageSid": sid,
        "AccountSid": twilio_server.SID,
        "SmsStatus": "received",
        "NumMedia": "0",
        "From": "+15035550142",
        "To": NUMBER,
        "Body": body,
        **more,
    }


def report(status: str, sid: str, **more: str) -> dict[str, str]:
    return {
        "MessageSid": sid,
        "AccountSid": twilio_server.SID,
        "MessageStatus": status,
        "To": "+15035550142",
        "From": NUMBER,
        **more,
    }
