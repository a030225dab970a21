"""A ladder by the salon's own number: every offer in Twilio's wire format, answers and failures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from approvals.models import ApprovalItem, Opening
from integrations.models import ChannelAccount, Message
from tests.approvals.desk import Desk
from tests.approvals.ladders.slot import Slot, booked_for, passed, running
from tests.approvals.own_channels import (
    NO_SENDING,
    NUMBER,
    ORIGIN,
    number_make,
    report,
    text_in,
    twilio_posts,
)
from tests.approvals.stub_platform import World
from tests.support import twilio_server
from tests.support.twilio_server import Trick, TwilioServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(shared_desk: Desk, world: World, settings: Any, monkeypatch: Any) -> Desk:
    settings.WEB_ORIGIN = ORIGIN
    monkeypatch.setenv("TEST_TWILIO_TOKEN", twilio_server.TOKEN)
    world.able = NO_SENDING
    return shared_desk


@pytest.fixture
def twilio(settings: Any) -> Iterator[TwilioServer]:
    with TwilioServer.running() as server:
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
        yield server


@pytest.fixture
def number(desk: Desk, twilio: TwilioServer) -> ChannelAccount:
    return number_make(desk, twilio)


def undelivered(slot: Slot, number: ChannelAccount, twilio: TwilioServer, index: int) -> int:
    """The carrier reports that the text to this client did not arrive."""
    sent = twilio.messages[index]
    effect = slot.offer(index).effect
    assert effect is not None
    said = report("failed", sent["sid"], ErrorCode="30005", To=sent["to"])
    return twilio_posts(number, said, f"key={effect.key}")


def test_each_offer_leaves_by_the_number_byte_for_byte_as_approved(
    desk: Desk, held: Any, number: ChannelAccount, twilio: TwilioServer, world: World
) -> None:
    slot = running(desk, held, 2)
    (form,) = twilio.forms
    first = slot.offer(0)
    assert first.effect is not None
    assert (form["To"], form["From"]) == (slot.clients[0].phone, NUMBER)
    assert first.action is not None
    assert form["Body"] == json.loads(bytes(first.action.payload))["body"]
    assert form["Body"].startswith("Maple Street: ")
    assert re.search(r"/c/[\w-]{22}", form["Body"])
    assert f"key={first.effect.key}" in form["StatusCallback"]
    assert (first.effect.through, first.effect.outcome) == (str(number.pk), "sent")
    assert world.bodies() == []


def test_a_text_that_did_not_arrive_lets_the_next_one_be_asked_at_once(
    desk: Desk, held: Any, number: ChannelAccount, twilio: TwilioServer
) -> None:
    slot = running(desk, held, 2)
    assert slot.offers() == ["sent", "waiting"]
    assert undelivered(slot, number, twilio, 0) == 200
    assert slot.offer(0).skipped_reason == "The text could not be delivered."
    passed(held, 1)
    assert slot.offers() == ["failed", "sent"]
    assert [form["To"] for form in twilio.forms] == [one.phone for one in slot.clients]
    assert Message.objects.filter(status="failed", client=slot.clients[0]).count() == 1


def test_when_no_text_arrived_at_all_the_draft_comes_back_and_says_so(
    desk: Desk, held: Any, number: ChannelAccount, twilio: TwilioServer
) -> None:
    slot = running(desk, held, 2)
    undelivered(slot, number, twilio, 0)
    passed(held, 1)
    undelivered(slot, number, twilio, 1)
    undelivered(slot, number, twilio, 1)
    passed(held, 1)
    item = ApprovalItem.objects.get(pk=slot.item.pk)
    assert (item.state, slot.offers()) == ("failed", ["failed", "failed"])
    assert "could not be reached" in item.state_reason
    assert slot.state() == Opening.State.OPEN
    assert len(twilio.forms) == 2


def test_a_number_the_provider_refuses_is_passed_over_with_the_reason(
    desk: Desk, held: Any, number: ChannelAccount, twilio: TwilioServer
) -> None:
    twilio.tricks = [Trick(400, 21211)]
    slot = running(desk, held, 2)
    passed(held, 1)
    assert slot.offers() == ["failed", "sent"]
    assert slot.offer(0).skipped_reason
    assert [form["To"] for form in twilio.forms] == [slot.clients[1].phone]


def test_a_yes_by_the_number_books_and_the_winner_is_told_by_it(
    desk: Desk, held: Any, number: ChannelAccount, twilio: TwilioServer, world: World
) -> None:
    slot = running(desk, held, 2)
    winner = slot.clients[0]
    assert twilio_posts(number, text_in("1", From=winner.phone)) == 200
    passed(held, 1)
    passed(held, 11)
    assert booked_for(world) == [winner.external_id]
    assert slot.offers()[0] == "accepted"
    told = [form["Body"] for form in twilio.forms if form["To"] == winner.phone]
    assert len(told) == 2, "the offer, and that it is theirs"
    assert world.bodies() == []


def test_a_failure_reported_after_their_yes_takes_nothing_away(
    desk: Desk, held: Any, number: ChannelAccount, twilio: TwilioServer, world: World
) -> None:
    slot = running(desk, held, 2)
    winner = slot.clients[0]
    twilio_posts(number, text_in("1", From=winner.phone))
    undelivered(slot, number, twilio, 0)
    passed(held, 1)
    passed(held, 11)
    assert booked_for(world) == [winner.external_id]
    assert slot.offers()[0] == "accepted"
