"""Number and mailbox on the Connect page: added, tested in plain words, switched on, chosen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client as Visitor
from django.urls import reverse

from core.models import AuditEvent, Secret
from integrations.channels.base import hook_url
from integrations.models import ChannelAccount, ChannelChoice, Connection, Location
from tests.copilot.test_connect import page, person, press, root, visitor
from tests.integrations.salon import connection_make, location_make
from tests.support import smtp_server, twilio_server
from tests.support.smtp_server import SmtpServer
from tests.support.twilio_server import TwilioServer

pytestmark = pytest.mark.django_db
NUMBER, MAILBOX = "+15035550100", "desk@salon.example"
WRONG = "wrong-token-canary"


@pytest.fixture
def salon() -> Connection:
    made = connection_make(mode="hooks_only", base_url="", token_ref="", webhook_secret_ref="")
    location_make(made)
    return made


@pytest.fixture
def twilio(settings: Any) -> Iterator[TwilioServer]:
    settings.WEB_ORIGIN = "https://desk.salon.example"
    with TwilioServer.running() as server:
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
        yield server


@pytest.fixture
def smtp(settings: Any) -> Iterator[SmtpServer]:
    with SmtpServer().running() as server:
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
        yield server


def number_form(server: TwilioServer, token: str = twilio_server.TOKEN) -> dict[str, Any]:
    return {
        "location": Location.objects.get(external_id="loc_1").pk,
        "address": "+1 (503) 555-0100",
        "account_sid": twilio_server.SID,
        "auth_token": token,
        "base_url": server.url,
    }


def mailbox_form(server: SmtpServer, password: str = smtp_server.PASSWORD) -> dict[str, Any]:
    return {
        "location": Location.objects.get(external_id="loc_1").pk,
        "address": MAILBOX,
        "smtp_host": "127.0.0.1",
        "smtp_port": server.port,
        "smtp_security": "none",
        "smtp_user": smtp_server.USER,
        "smtp_password": password,
    }


def added(browser: Visitor, salon: Connection, channel: str, form: dict[str, Any]) -> str:
    return press(browser, "connect-channel-new", salon.pk, channel, **form)


def pressed(browser: Visitor, name: str, account: ChannelAccount) -> str:
    return press(browser, name, account.connection_id, account.pk)


def test_a_number_is_added_off_tested_and_switched_on(
    salon: Connection, twilio: TwilioServer
) -> None:
    browser = visitor(person("manager"))
    said = added(browser, salon, "twilio", number_form(twilio))
    assert "It is added. Test it, then switch it on." in said
    account = ChannelAccount.objects.get()
    assert (account.address, account.enabled) == (NUMBER, False)
    said = pressed(browser, "connect-channel-test", account)
    assert "This number does not belong to this Twilio account." in said
    twilio.numbers[NUMBER] = "https://elsewhere.example"
    said = pressed(browser, "connect-channel-test", account)
    assert "Answers do not arrive yet: enter our address at the number." in said
    twilio.numbers[NUMBER] = hook_url(account)
    said = pressed(browser, "connect-channel-test", account)
    assert "The account works, and answers arrive here." in said
    account.refresh_from_db()
    assert account.status == "ok"
    assert twilio.messages == []
    assert "is on: messages go out from it" in pressed(browser, "connect-channel-switch", account)
    assert "is off: nothing goes out" in pressed(browser, "connect-channel-switch", account)
    actions = AuditEvent.objects.filter(subject=f"channel:{account.pk}").order_by("pk")
    assert list(actions.exclude(actor_kind="system").values_list("action", flat=True)) == [
        "channel.added", "channel.on", "channel.off",
    ]  # fmt: skip


def test_a_wrong_token_is_said_in_plain_words_and_mended(
    salon: Connection, twilio: TwilioServer
) -> None:
    browser = visitor(person("manager"))
    added(browser, salon, "twilio", number_form(twilio, WRONG))
    account = ChannelAccount.objects.get()
    said = pressed(browser, "connect-channel-test", account)
    account.refresh_from_db()
    assert account.status == "needs_attention"
    assert "Twilio refused the account SID or the token. Copy both from its console again." in said
    assert "401" not in account.status_reason
    assert WRONG not in said
    twilio.numbers[NUMBER] = hook_url(account)
    form = number_form(twilio) | {"location": "", "address": ""}
    said = press(browser, "connect-channel", salon.pk, account.pk, **form)
    assert "Saved. Test it once more." in said
    pressed(browser, "connect-channel-test", account)
    account.refresh_from_db()
    assert (account.status, account.status_reason) == ("ok", "")


def test_a_mailbox_with_a_wrong_password_is_said_in_plain_words(
    salon: Connection, smtp: SmtpServer
) -> None:
    browser = visitor(person("manager"))
    added(browser, salon, "email", mailbox_form(smtp, WRONG))
    account = ChannelAccount.objects.get()
    said = pressed(browser, "connect-channel-test", account)
    account.refresh_from_db()
    assert (account.status, account.status_reason in said) == ("needs_attention", True)
    assert "535" not in account.status_reason
    press(browser, "connect-channel", salon.pk, account.pk, **mailbox_form(smtp))
    pressed(browser, "connect-channel-test", account)
    account.refresh_from_db()
    assert account.status == "ok"
    assert smtp.taken == []


def test_no_secret_is_ever_shown_again_or_kept_readable(
    salon: Connection, twilio: TwilioServer
) -> None:
    browser = visitor(person("manager"))
    added(browser, salon, "twilio", number_form(twilio))
    account = ChannelAccount.objects.get()
    said = page(browser, "connect-channel", salon.pk, account.pk)
    assert "One is stored. Leave it empty to keep it." in said
    everything = said + page(browser, "connect-channels", salon.pk) + str(account.__dict__)
    everything += str(list(AuditEvent.objects.values())) + str(list(Secret.objects.values()))
    assert twilio_server.TOKEN not in everything


def test_what_was_typed_stays_when_something_is_wrong_the_secret_excepted(
    salon: Connection, twilio: TwilioServer
) -> None:
    browser = visitor(person("manager"))
    form = number_form(twilio) | {"account_sid": "", "address": "12<b>34"}
    answer = browser.post(reverse("connect-channel-new", args=[salon.pk, "twilio"]), form)
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "12&lt;b&gt;34" in said
    assert 'aria-invalid="true"' in said
    assert twilio_server.TOKEN not in said
    assert (ChannelAccount.objects.count(), Secret.objects.count()) == (0, 0)


def test_a_stored_token_is_not_sent_to_an_address_that_somebody_else_typed_in(
    salon: Connection, twilio: TwilioServer
) -> None:
    browser = visitor(person("manager"))
    added(browser, salon, "twilio", number_form(twilio))
    account = ChannelAccount.objects.get()
    form = {"account_sid": twilio_server.SID, "base_url": "https://collects.example"}
    answer = browser.post(reverse("connect-channel", args=[salon.pk, account.pk]), form)
    assert answer.status_code == 422
    assert "type it again, it would go elsewhere now" in answer.content.decode()
    account.refresh_from_db()
    assert account.settings["base_url"] == twilio.url


def test_who_has_no_right_to_tune_gets_nowhere(salon: Connection, twilio: TwilioServer) -> None:
    added(root(), salon, "twilio", number_form(twilio))
    account = ChannelAccount.objects.get()
    front_desk = visitor(person("front_desk"))
    one = (salon.pk, account.pk)
    assert front_desk.get(reverse("connect-channels", args=[salon.pk])).status_code == 403
    assert front_desk.get(reverse("connect-channel", args=one)).status_code == 403
    for name in ("connect-channel-test", "connect-channel-switch"):
        assert front_desk.post(reverse(name, args=one)).status_code == 403
        assert visitor(None).post(reverse(name, args=one)).status_code == 302
    account.refresh_from_db()
    assert (account.enabled, account.status) == (False, "setup")


def test_another_locations_number_and_one_for_all_are_not_a_managers_to_see(
    salon: Connection, twilio: TwilioServer
) -> None:
    here = Location.objects.get()
    location_make(salon, "loc_2")
    admin, form = root(), number_form(twilio)
    added(admin, salon, "twilio", form | {"location": "all"})
    everywhere = ChannelAccount.objects.get()
    far = visitor(person("manager", Location.objects.get(external_id="loc_2")))
    new = reverse("connect-channel-new", args=[salon.pk, "twilio"])
    assert far.post(new, form).status_code == 422
    assert far.post(new, form | {"location": "all"}).status_code == 422
    assert ChannelAccount.objects.count() == 1, "a location of one's own only"
    added(admin, salon, "twilio", form | {"address": "+15035550101"})
    ours = ChannelAccount.objects.get(location=here)
    for account in (everywhere, ours):
        address = reverse("connect-channel", args=[salon.pk, account.pk])
        assert far.get(address).status_code == 404
        assert far.post(reverse("connect-channel-switch", args=[salon.pk, account.pk])
        ).status_code == 404  # fmt: skip
    assert NUMBER not in page(far, "connect-channels", salon.pk)
    elsewhere = visitor(root_of_another())
    assert elsewhere.get(reverse("connect-channels", args=[salon.pk])).status_code == 404


def root_of_another() -> Any:
    other = connection_make(name="Other")
    return person("owner", location_make(other, "loc_9"))


def test_which_way_messages_go_is_chosen_per_location(
    salon: Connection, twilio: TwilioServer
) -> None:
    browser = visitor(person("manager"))
    added(browser, salon, "twilio", number_form(twilio))
    account, here = ChannelAccount.objects.get(), Location.objects.get()
    form = {"location": here.pk, "kind": "sms", "chosen": str(account.pk)}
    said = press(browser, "connect-channel-choose", salon.pk, **form)
    assert "is not switched on for this location" in said
    assert ChannelChoice.objects.count() == 0
    pressed(browser, "connect-channel-switch", account)
    said = press(browser, "connect-channel-choose", salon.pk, **form)
    assert f"Saved for {here.name}." in said
    assert ChannelChoice.objects.get().account == account
    press(browser, "connect-channel-choose", salon.pk, **(form | {"chosen": "platform"}))
    assert ChannelChoice.objects.get().account is None
    press(browser, "connect-channel-choose", salon.pk, **(form | {"chosen": ""}))
    assert ChannelChoice.objects.count() == 0


def test_two_numbers_of_one_place_are_not_on_at_once(
    salon: Connection, twilio: TwilioServer
) -> None:
    browser = visitor(person("manager"))
    for address in (NUMBER, "+15035550101"):
        added(browser, salon, "twilio", number_form(twilio) | {"address": address})
    first, second = ChannelAccount.objects.order_by("created_at")
    pressed(browser, "connect-channel-switch", first)
    assert "Switch that one off first" in pressed(browser, "connect-channel-switch", second)
    second.refresh_from_db()
    assert not second.enabled
