"""A salon with a number and a mailbox of its own, and the servers on the other side."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from core.audit import Actor
from integrations.models import ChannelAccount, Client, Connection, Location
from tests.integrations import salon
from tests.support import imap_server, smtp_server, twilio_server
from tests.support.imap_server import ImapServer
from tests.support.smtp_server import SmtpServer
from tests.support.twilio_server import TwilioServer

NUMBER, MAILBOX = "+15035550100", "desk@salon.example"
GRACE = "+15035550142"
DESK = Actor("person", "1", "Dana")
HOOK_SECRET = "whsec_" + "bWFpbCBob29rIHNlY3JldCBvZiB0aGUgdGVzdHM="


@pytest.fixture(autouse=True)
def public_web(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEB_ORIGIN = "https://desk.salon.example"
    monkeypatch.setenv("TEST_TWILIO_TOKEN", twilio_server.TOKEN)
    monkeypatch.setenv("TEST_SMTP_PASSWORD", smtp_server.PASSWORD)
    monkeypatch.setenv("TEST_IMAP_PASSWORD", imap_server.PASSWORD)
    monkeypatch.setenv("TEST_MAIL_HOOK", HOOK_SECRET)


@pytest.fixture
def location(connection: Connection) -> Location:
    return salon.location_make(
        connection, address="12 Main St, Portland, OR 97205", phone="+15035550199"
    )


@pytest.fixture
def grace(location: Location) -> Client:
    return client_make(location.connection, 456)


def client_make(connection: Connection, number: int, **fields: Any) -> Client:
    defaults: dict[str, Any] = {
        "first_name": "Grace",
        "last_name": "Hale",
        "phone": GRACE,
        "email": "grace@example.com",
    }
    return Client.objects.create(
        connection=connection, external_id=f"cli_{number}", **defaults | fields
    )


@pytest.fixture
def twilio(settings: Any) -> Iterator[TwilioServer]:
    with TwilioServer.running() as server:
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
        yield server


@pytest.fixture
def number(location: Location, twilio: TwilioServer) -> ChannelAccount:
    """The location's own number."""
    return ChannelAccount.objects.create(
        connection=location.connection,
        location=location,
        channel="twilio",
        address=NUMBER,
        secrets={"auth_token": "env:TEST_TWILIO_TOKEN"},
        settings={"account_sid": twilio_server.SID, "base_url": twilio.url},
        enabled=True,
    )


@pytest.fixture
def smtp(settings: Any) -> Iterator[SmtpServer]:
    with SmtpServer().running() as server:
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
        yield server


@pytest.fixture
def mailbox(location: Location, smtp: SmtpServer) -> ChannelAccount:
    """The location's own mailbox, over a plain connection that OUTBOUND_ALLOW names."""
    return mailbox_make(location, smtp_host="127.0.0.1", smtp_port=smtp.port, smtp_security="none")


def mailbox_make(location: Location, **settings: Any) -> ChannelAccount:
    return ChannelAccount.objects.create(
        connection=location.connection,
        location=location,
        channel="email",
        address=MAILBOX,
        secrets={
            "smtp_password": "env:TEST_SMTP_PASSWORD",
            "imap_password": "env:TEST_IMAP_PASSWORD",
            "hook_secret": "env:TEST_MAIL_HOOK",
        },
        settings={"smtp_user": smtp_server.USER, "imap_user": imap_server.USER} | settings,
        enabled=True,
    )


@pytest.fixture
def imap(settings: Any) -> Iterator[ImapServer]:
    with ImapServer().running() as server:
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
        yield server


@pytest.fixture
def read_mailbox(location: Location, imap: ImapServer) -> ChannelAccount:
    return mailbox_make(
        location,
        smtp_host="smtp.invalid",
        imap_host="127.0.0.1",
        imap_port=imap.port,
        imap_security="none",
    )


@pytest.fixture(autouse=True)
def nothing_leaks(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test of this folder does, the log holds no secret, number, address or text."""
    caplog.set_level(logging.DEBUG)
    yield
    lines = [record.getMessage() + (record.exc_text or "") for record in caplog.get_records("call")]
    for canary in ("canary", GRACE, "grace@example.com", "Hello Grace"):
        assert not [line for line in lines if canary in line]
