"""Which account a location sends from; and what every channel has to declare."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from core.errors import Permanent
from integrations.channels.accounts import (
    Outgoing,
    account_needs_attention,
    account_send,
    channel_for,
)
from integrations.channels.base import CAPABILITIES, Channel, channels, setup_problems
from integrations.channels.references import delivery_id, message_id, split_delivery
from integrations.models import ChannelAccount, Location
from tests.integrations import salon
from tests.integrations.channels.conftest import GRACE


def account_make(near: Location, channel: str = "twilio", **fields: object) -> ChannelAccount:
    return ChannelAccount.objects.create(
        connection=near.connection, channel=channel, address="x", **{"enabled": True} | fields
    )


def test_without_an_account_the_platform_sends(location: Location) -> None:
    assert channel_for(location, "sms") is None
    account_make(location, enabled=False)
    assert channel_for(location, "sms") is None


def test_a_locations_own_number_goes_before_the_connections(location: Location) -> None:
    shared = account_make(location)
    assert channel_for(location, "sms") == shared
    own = account_make(location, location=location)
    assert channel_for(location, "sms") == own
    assert channel_for(location, "email") is None


def test_another_locations_number_is_not_ours(location: Location) -> None:
    other = salon.location_make(location.connection, "loc_2")
    account_make(location, location=other)
    assert channel_for(location, "sms") is None


def test_an_account_that_needs_attention_is_not_quietly_replaced(location: Location) -> None:
    own = account_make(location, location=location)
    account_make(location)
    assert account_needs_attention(own, "Enter a valid token.")
    assert not account_needs_attention(own, "Enter a valid token.")
    assert channel_for(location, "sms") == own


def test_a_location_has_one_account_of_a_kind(location: Location) -> None:
    account_make(location)
    account_make(location, enabled=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        account_make(location)


def test_a_switched_off_account_sends_nothing(location: Location) -> None:
    account = account_make(location, enabled=False)
    with pytest.raises(Permanent) as raised:
        account_send(
            account=account, message=Outgoing(to=GRACE, body="Hi", key="k", location=location)
        )
    assert raised.value.code == "channel_off"


def test_the_channels_are_found_in_their_folder() -> None:
    assert {"email", "twilio"} <= set(channels.names())


@pytest.mark.parametrize("name", channels.names())
def test_every_channel_declares_itself_in_full(name: str) -> None:
    channel: Channel = channels.get(name)
    assert channel.label
    assert channel.address_label
    assert set(channel.kinds) <= {"sms", "email"}
    assert channel.kinds
    assert channel.capabilities <= CAPABILITIES.keys()
    names = [field.name for field in channel.setup]
    assert len(names) == len(set(names))
    secret = [field.name for field in channel.setup if field.secret]
    assert secret
    assert not [one for one in names if "token" in one or "password" in one if one not in secret]


@pytest.mark.parametrize("name", channels.names())
def test_no_channel_raises_on_an_odd_delivery(name: str, location: Location) -> None:
    account = account_make(location, name)
    for body in (b"", b"\x00\xff", b"{}", b"--\r\n", b"a=b&a=c", b"%%%"):
        channels.get(name).read(account=account, delivery_id="", body=body)


def test_the_setup_page_learns_what_is_missing() -> None:
    problems = setup_problems("twilio", "503 555", {"account_sid": ""}, {})
    assert set(problems) == {"address", "account_sid", "auth_token"}
    assert not setup_problems("twilio", "+15035550100", {"account_sid": "AC"}, {"auth_token": "x"})
    assert set(setup_problems("email", "nobody", {}, {})) == {"address", "smtp_host"}


def test_a_secret_is_in_no_representation(number: ChannelAccount) -> None:
    number.secret("auth_token")
    assert "canary" not in repr(number) + str(number) + repr(number.secrets)


def test_references_fit_their_columns_and_stay_apart(number: ChannelAccount) -> None:
    long = "<" + "x" * 300 + "@example.com>"
    assert len(message_id("email", long)) <= 80
    assert message_id("email", long) != message_id("email", long + "y")
    assert message_id("twilio", "SM1") == "twilio:SM1"
    assert split_delivery(delivery_id(number, "status/a/b/c")) == (str(number.pk), "status/a/b/c")
