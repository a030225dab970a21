"""Sending an e-mail through a real SMTP server that can refuse, delay and vanish."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import NeedsAttention, OutsideError, Permanent, Temporary, UnknownOutcome
from integrations.channels.accounts import Outgoing, account_look_up, account_send, final_text
from integrations.channels.base import channel_of
from integrations.channels.email import message_id_of
from integrations.channels.references import clean
from integrations.models import ChannelAccount, Client, Location
from tests.core.certificates import certificate_for
from tests.integrations.channels.conftest import MAILBOX, mailbox_make
from tests.support.searches import searched
from tests.support.smtp_server import USER, SmtpServer

BODY = "Hello Grace,\n\nsee you Friday. Añadir: https://book.example/a?b=1&c=2.\n.\n..dots\n"


def outgoing(location: Location, body: str = BODY, **fields: Any) -> Outgoing:
    defaults: dict[str, Any] = {
        "to": "grace@example.com",
        "subject": "Your Friday – see you",
        "body": body,
        "key": "effect-1",
        "location": location,
    }
    return Outgoing(**defaults | fields)


def test_the_exact_text_goes_out_with_a_page_beside_it(
    mailbox: ChannelAccount, location: Location, smtp: SmtpServer
) -> None:
    sent = account_send(account=mailbox, message=outgoing(location))
    envelope = smtp.taken[0]
    assert envelope.text() == BODY
    assert (envelope.sender, envelope.recipients) == (MAILBOX, ["grace@example.com"])
    assert envelope.mail["Subject"] == "Your Friday – see you"
    assert envelope.mail["From"] == f"Maple Street <{MAILBOX}>"
    assert envelope.mail["Message-ID"] == sent.reference == message_id_of("effect-1", mailbox)
    page = envelope.text("html")
    assert '<a href="https://book.example/a?b=1&amp;c=2">https://book.example/a' in page
    assert smtp.signed_in == [USER]


def test_a_repeat_under_the_same_key_has_the_same_message_id(
    mailbox: ChannelAccount, location: Location, smtp: SmtpServer
) -> None:
    for key in ("effect-1", "effect-1", "effect-2"):
        account_send(account=mailbox, message=outgoing(location, key=key))
    ids = [envelope.mail["Message-ID"] for envelope in smtp.taken]
    assert ids[0] == ids[1] != ids[2]


def test_html_in_a_text_stays_text(
    mailbox: ChannelAccount, location: Location, smtp: SmtpServer
) -> None:
    body = "<script>alert(1)</script> & <b>bold</b>"
    account_send(account=mailbox, message=outgoing(location, body))
    assert "<script>" not in smtp.taken[0].text("html")
    assert smtp.taken[0].text().rstrip("\n") == body


@pytest.mark.parametrize(
    "step, answer, family",
    [
        ("RCPT", "451 4.7.1 greylisted", Temporary),
        ("RCPT", "550 5.1.1 no such user", Permanent),
        ("MAIL", "553 5.7.1 not your mailbox", NeedsAttention),
        ("MAIL", "452 4.3.1 full", Temporary),
        ("DATA", "451 4.3.0 later", Temporary),
        ("DATA", "554 5.5.1 no", Permanent),
        ("TEXT", "451 4.7.1 greylisted", Temporary),
        ("TEXT", "554 5.7.1 spam", Permanent),
        ("TEXT", "421 4.3.2 going down", Temporary),
        ("AUTH", "535 5.7.8 bad", NeedsAttention),
        ("AUTH", "454 4.7.0 later", Temporary),
        ("CONNECT", "554 go away", NeedsAttention),
        ("CONNECT", "421 busy", Temporary),
    ],
)
def test_each_refusal_belongs_to_one_family_and_names_nobody(
    mailbox: ChannelAccount,
    location: Location,
    smtp: SmtpServer,
    step: str,
    answer: str,
    family: type[OutsideError],
) -> None:
    smtp.answers[step] = answer
    with pytest.raises(OutsideError) as raised:
        account_send(account=mailbox, message=outgoing(location))
    assert type(raised.value) is family
    assert "grace" not in raised.value.plain
    assert smtp.taken == []


def test_greylisting_says_when_to_come_back_and_then_it_goes_out(
    mailbox: ChannelAccount, location: Location, smtp: SmtpServer
) -> None:
    smtp.answers["RCPT"] = "451 4.7.1 greylisted"
    with pytest.raises(Temporary) as raised:
        account_send(account=mailbox, message=outgoing(location))
    assert raised.value.after == timedelta(minutes=5)
    del smtp.answers["RCPT"]
    account_send(account=mailbox, message=outgoing(location))
    assert len(smtp.taken) == 1


@pytest.mark.parametrize(
    "step, family",
    [
        ("CONNECT", Temporary),
        ("AUTH", Temporary),
        ("MAIL", Temporary),
        ("RCPT", Temporary),
        ("DATA", Temporary),
        ("TEXT", UnknownOutcome),
    ],
)
def test_a_server_that_vanishes_is_unknown_only_once_the_text_was_on_its_way(
    mailbox: ChannelAccount,
    location: Location,
    smtp: SmtpServer,
    step: str,
    family: type[OutsideError],
) -> None:
    smtp.drop = step
    with pytest.raises(OutsideError) as raised:
        account_send(account=mailbox, message=outgoing(location))
    assert type(raised.value) is family


def test_a_server_that_vanishes_at_the_good_bye_has_taken_the_mail(
    mailbox: ChannelAccount, location: Location, smtp: SmtpServer
) -> None:
    smtp.drop = "QUIT"
    assert account_send(account=mailbox, message=outgoing(location)).status == "sent"
    assert len(smtp.taken) == 1


def test_what_became_of_an_unknown_mail_nobody_can_say(
    mailbox: ChannelAccount, location: Location
) -> None:
    with pytest.raises(UnknownOutcome):
        account_look_up(account=mailbox, message=outgoing(location), began_at=None)


@pytest.mark.parametrize(
    "fields, code",
    [
        ({"subject": "Hi\nBcc: all@example.com"}, "bad_subject"),
        ({"subject": "Hi\r\nBcc: all@example.com"}, "bad_subject"),
        ({"subject": "Hi\u2028Bcc: all@example.com"}, "bad_subject"),
        ({"subject": " "}, "bad_subject"),
        ({"to": "grace@example.com, eve@example.com"}, "bad_address"),
        ({"to": "grace@example.com\nRCPT TO:<eve@example.com>"}, "bad_address"),
        ({"to": "nobody"}, "bad_address"),
        ({"body": " \n"}, "empty_text"),
        ({"body": "a\x00b"}, "bad_text"),
        ({"body": "a\rb"}, "bad_text"),
    ],
)
def test_what_cannot_go_out_is_refused_before_anybody_is_called(
    mailbox: ChannelAccount,
    location: Location,
    smtp: SmtpServer,
    fields: dict[str, str],
    code: str,
) -> None:
    with pytest.raises(Permanent) as raised:
        account_send(account=mailbox, message=outgoing(location, **fields))
    assert raised.value.code == code
    assert smtp.commands == []


def test_news_carry_the_headers_for_unsubscribing_by_one_click(
    mailbox: ChannelAccount, location: Location, grace: Client, smtp: SmtpServer
) -> None:
    account_send(account=mailbox, message=outgoing(location, purpose="marketing", client=grace))
    mail = smtp.taken[0].mail
    link = mail["List-Unsubscribe"].strip(" <>")
    assert link.startswith("https://desk.salon.example/unsubscribe/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    account_send(account=mailbox, message=outgoing(location, client=grace))
    assert smtp.taken[1].mail["List-Unsubscribe"] is None


def test_what_is_approved_with_its_footer_is_what_arrives(
    mailbox: ChannelAccount, location: Location, grace: Client, smtp: SmtpServer
) -> None:
    approved = final_text("New colours!\r\n", location, "marketing", grace)
    message = outgoing(location, approved, purpose="marketing", client=grace)
    account_send(account=mailbox, message=message)
    assert smtp.taken[0].text() == approved
    assert smtp.taken[0].mail["List-Unsubscribe"].strip(" <>") in approved


def test_starttls_checks_the_certificate_and_signs_in_after_it(
    location: Location, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certificate_for("localhost", tmp_path)
    with SmtpServer(context=certificate.server_context()).running() as server:
        settings.OUTBOUND_ALLOW = [f"localhost:{server.port}"]
        account = mailbox_make(location, smtp_host="localhost", smtp_port=server.port)
        with pytest.raises(NeedsAttention, match="trust"):
            account_send(account=account, message=outgoing(location))
        assert server.signed_in == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
        account_send(account=account, message=outgoing(location))
        assert len(server.taken) == 1
        starttls = server.commands.index("STARTTLS")
        assert not [line for line in server.commands[:starttls] if line.startswith("AUTH")]


def test_a_server_without_starttls_gets_no_password(
    mailbox: ChannelAccount, location: Location, smtp: SmtpServer
) -> None:
    mailbox.settings |= {"smtp_security": "starttls"}
    with pytest.raises(NeedsAttention, match="safe connection"):
        account_send(account=mailbox, message=outgoing(location))
    assert smtp.signed_in == []


def test_an_open_connection_is_only_for_servers_the_environment_names(
    mailbox: ChannelAccount, location: Location, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = []
    with pytest.raises(NeedsAttention, match="STARTTLS"):
        account_send(account=mailbox, message=outgoing(location))


def test_a_private_mail_server_that_is_not_named_is_never_called(
    mailbox: ChannelAccount, location: Location, smtp: SmtpServer, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = []
    mailbox.settings |= {"smtp_security": "starttls"}
    with pytest.raises(NeedsAttention, match="private address"):
        account_send(account=mailbox, message=outgoing(location))
    assert smtp.commands == []


def test_the_checked_address_is_the_one_connected_to(
    mailbox: ChannelAccount, location: Location, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    original = socket.getaddrinfo

    def watched(host: Any, *more: Any, **options: Any) -> Any:
        asked.append(str(host))
        return original(host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", watched)
    mailbox.settings |= {"smtp_host": "127.0.0.1"}
    account_send(account=mailbox, message=outgoing(location))
    assert set(asked) == {"127.0.0.1"}


@pytest.mark.parametrize("port", ["", "abc", "0", "70000", "²"])
def test_a_port_that_is_none_needs_attention(
    mailbox: ChannelAccount, location: Location, port: str
) -> None:
    mailbox.settings |= {"smtp_port": port, "smtp_security": "starttls"}
    if port:
        with pytest.raises(NeedsAttention, match="port"):
            account_send(account=mailbox, message=outgoing(location))
    else:
        assert channel_of(mailbox).setup[1].required is False


def test_trying_the_account_signs_in_and_sends_nothing(
    mailbox: ChannelAccount, smtp: SmtpServer
) -> None:
    assert "Sending works" in channel_of(mailbox).test(mailbox)
    assert smtp.signed_in == [USER]
    assert smtp.taken == []


@searched(60)
@given(body=st.text(st.characters(codec="utf-8"), min_size=1, max_size=1500).map(clean))
def test_whatever_the_text_it_arrives_unchanged(
    mailbox: ChannelAccount, location: Location, smtp: SmtpServer, body: str
) -> None:
    if not body.strip():
        return
    account_send(account=mailbox, message=outgoing(location, body))
    received = smtp.taken[-1].mail.get_body(("plain",))
    assert received is not None
    raw = received.get_payload(decode=True)
    assert isinstance(raw, bytes)
    # Mail carries line ends as CR LF, and text in a multipart may gain one at its end.
    assert raw.decode().replace("\r\n", "\n").removesuffix("\n") == body.removesuffix("\n")
