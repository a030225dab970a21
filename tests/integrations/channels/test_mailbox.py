"""Looking into a mailbox, over real IMAP lines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.errors import NeedsAttention, Temporary
from integrations.channels.base import channel_of
from integrations.channels.mailbox import imap_day, poll
from integrations.channels.polling import channels_poll
from integrations.models import ChannelAccount, Client, InboundEvent, Message
from tests.integrations.channels.test_mail_in import mail
from tests.integrations.channels.test_twilio_hooks import drained
from tests.support.imap_server import ImapServer, unread


def numbered(number: int, body: str = "Friday works!") -> bytes:
    return bytes(mail(body, Date="", **{"Message-ID": f"<answer-{number}@phone.example>"}))


def test_a_mailbox_seen_for_the_first_time_starts_at_now(
    read_mailbox: ChannelAccount, imap: ImapServer
) -> None:
    imap.add(numbered(1))
    assert poll(read_mailbox) == 0
    imap.add(numbered(2))
    assert poll(read_mailbox) == 1
    assert poll(read_mailbox) == 0
    assert InboundEvent.objects.count() == 1


def test_what_arrives_becomes_messages_and_nothing_is_marked_as_read(
    read_mailbox: ChannelAccount, imap: ImapServer, grace: Client
) -> None:
    poll(read_mailbox)
    imap.add(numbered(1, "Yes\r\n\r\n> Friday?"))
    imap.add(numbered(2, "And Ada?"))
    assert poll(read_mailbox) == 2
    drained()
    texts = Message.objects.order_by("external_id").values_list("body", "client")
    assert sorted(texts) == [("And Ada?", grace.pk), ("Yes", grace.pk)]
    assert unread(imap) == []


def test_a_server_that_does_not_say_which_number_comes_next(
    read_mailbox: ChannelAccount, imap: ImapServer
) -> None:
    imap.says_next = False
    imap.add(numbered(1))
    assert poll(read_mailbox) == 0
    imap.add(numbered(2))
    assert poll(read_mailbox) == 1


def test_a_connection_that_breaks_loses_and_doubles_nothing(
    read_mailbox: ChannelAccount, imap: ImapServer
) -> None:
    poll(read_mailbox)
    for number in range(1, 5):
        imap.add(numbered(number))
    imap.drop_at = 3
    with pytest.raises(Temporary):
        poll(read_mailbox)
    assert InboundEvent.objects.count() == 2
    assert poll(ChannelAccount.objects.get()) == 2
    assert InboundEvent.objects.count() == 4


def test_numbers_given_anew_are_read_again_without_doubles(
    read_mailbox: ChannelAccount, imap: ImapServer
) -> None:
    poll(read_mailbox)
    imap.add(numbered(1))
    assert poll(read_mailbox) == 1
    imap.validity, imap.mails = 8, {1: numbered(1), 2: numbered(2)}
    assert poll(read_mailbox) == 1
    assert "SINCE" in " ".join(imap.commands)
    assert poll(read_mailbox) == 0
    assert read_mailbox.state["validity"] == 8


def test_of_an_enormous_mail_the_beginning_is_kept(
    read_mailbox: ChannelAccount, imap: ImapServer, grace: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.channels.mailbox.LARGEST", 2000)
    monkeypatch.setattr("integrations.channels.mailbox.BEGINNING", 1000)
    poll(read_mailbox)
    imap.add(numbered(1, "The words\n" + "x" * 60 + "\n") + b"y" * 5000)
    assert poll(read_mailbox) == 1
    assert len(InboundEvent.objects.get().body) == 1000
    drained()
    assert Message.objects.get().body.startswith("The words")


def test_a_wrong_password_waits_for_an_admin(
    read_mailbox: ChannelAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_IMAP_PASSWORD", "wrong")
    with pytest.raises(NeedsAttention, match="user name or password"):
        poll(read_mailbox)
    assert channels_poll() == 0
    account = ChannelAccount.objects.get()
    assert account.status == "needs_attention"
    assert account.poll_due_at > clock.now() + timedelta(minutes=4)


@pytest.mark.parametrize("password", ["pass\r\nA1 LOGOUT", "pässword"])
def test_a_password_that_would_break_the_line_is_never_sent(
    read_mailbox: ChannelAccount,
    imap: ImapServer,
    monkeypatch: pytest.MonkeyPatch,
    password: str,
) -> None:
    monkeypatch.setenv("TEST_IMAP_PASSWORD", password)
    with pytest.raises(NeedsAttention, match="characters"):
        poll(read_mailbox)
    assert imap.commands == []


def test_a_folder_that_is_not_there_is_named_as_the_problem(
    read_mailbox: ChannelAccount, imap: ImapServer
) -> None:
    imap.folder = "Other"
    with pytest.raises(NeedsAttention, match="folder"):
        poll(read_mailbox)


def test_an_open_connection_is_only_for_servers_the_environment_names(
    read_mailbox: ChannelAccount, settings: Any, imap: ImapServer
) -> None:
    settings.OUTBOUND_ALLOW = []
    with pytest.raises(NeedsAttention, match="private address"):
        poll(read_mailbox)
    assert imap.commands == []


def test_the_routine_looks_into_each_mailbox_once_per_turn(
    read_mailbox: ChannelAccount, imap: ImapServer
) -> None:
    with clock.frozen(clock.now()) as frozen:
        ChannelAccount.objects.update(poll_due_at=clock.now())
        channels_poll()
        imap.add(numbered(1))
        assert channels_poll() == 0
        frozen.move(timedelta(seconds=61))
        assert channels_poll() == 1


def test_a_mailbox_that_is_switched_off_is_left_alone(
    read_mailbox: ChannelAccount, imap: ImapServer
) -> None:
    ChannelAccount.objects.update(enabled=False)
    assert channels_poll() == 0
    assert imap.commands == []


def test_trying_the_account_reads_the_folder(
    read_mailbox: ChannelAccount, imap: ImapServer
) -> None:
    from integrations.channels import mailbox

    mailbox.test(read_mailbox)
    assert any(line.startswith("EXAMINE") for line in imap.commands)
    assert "imap_host" in {field.name for field in channel_of(read_mailbox).setup}


def test_days_are_written_the_way_the_protocol_wants(read_mailbox: ChannelAccount) -> None:
    with clock.frozen(clock.now().replace(year=2026, month=6, day=5)):
        assert imap_day(clock.now()) == "05-Jun-2026"
