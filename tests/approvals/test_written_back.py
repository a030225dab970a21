"""An opt-out recorded here reaches the platform: by a press, or by hand, or it knows already."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals.effects import effects_drain
from approvals.manual import manual_steps
from approvals.models import ApprovalItem
from core import clock
from core.audit import Actor
from integrations import consent
from integrations.inbox import events_announce
from integrations.ingest import records_apply
from integrations.models import Message
from integrations.platforms.base import Record
from tests.approvals.desk import Desk, approved, client_make, state_of
from tests.approvals.stub_platform import EVERYTHING, World

pytestmark = pytest.mark.django_db
DANA = Actor("person", "7", "Maria")


def opted_out(desk: Desk, channel: str = "sms", **more: Any) -> ApprovalItem | None:
    consent.opt_out_record(
        actor=DANA, client=desk.client, channel=channel, wording="no more please", **more
    )
    return ApprovalItem.objects.filter(agent="consent", client=desk.client).first()


def test_where_the_platform_takes_it_one_press_writes_it_there(
    desk: Desk, world: World, held: Any
) -> None:
    item = opted_out(desk)
    assert item is not None and item.revision is not None
    assert (item.state, item.right, item.group) == ("pending", "review_changes", "changes")
    assert item.title == "Dana K. wants no more texts"
    assert item.revision.body == "Switch all texts off at the platform."
    approved(desk, item)
    held.move(timedelta(seconds=11))
    effects_drain()
    ((name, _, said),) = world.done
    assert (name, said["channel"], said["granted"]) == ("update_consent", "sms", False)
    assert said["purposes"] == ["transactional", "care", "marketing"]
    assert state_of(item) == "sent"


def test_where_it_does_not_the_desk_has_a_step_by_hand_at_once(desk: Desk, world: World) -> None:
    world.able = EVERYTHING - {"consents"}
    item = opted_out(desk, purposes=("marketing", "care"), channel="email")
    assert item is not None
    (step,) = manual_steps(item)
    assert (item.state, step.what) == (
        "manual",
        "Dana K.: Switch news by e-mails off at the platform.",
    )
    assert step.deep_link == "https://stub.example/client/cli_1"


def test_everybody_on_that_phone_is_noted(desk: Desk) -> None:
    client_make(desk.connection, "cli_2", first_name="Kim")
    opted_out(desk)
    assert ApprovalItem.objects.filter(agent="consent").count() == 2


@pytest.mark.parametrize(("source", "count"), [("client", 0), ("twilio", 1)])
def test_what_was_said_to_the_platforms_own_number_needs_no_writing_back(
    desk: Desk, source: str, count: int
) -> None:
    Message.objects.create(
        connection=desk.connection,
        external_id="msg_1",
        client=desk.client,
        incoming=True,
        channel="sms",
        body="STOP",
        source=source,
        sent_at=clock.now(),
    )
    opted_out(desk)
    assert ApprovalItem.objects.filter(agent="consent").count() == count


def test_it_is_needless_once_the_platform_shows_the_no(desk: Desk) -> None:
    item = opted_out(desk)
    assert item is not None
    said = [
        {"channel": "sms", "purpose": purpose, "granted": False, "at": clock.now()}
        for purpose in ("transactional", "care", "marketing")
    ]
    later = clock.now() + timedelta(minutes=1)
    record = Record("client", "cli_1", {"first_name": "Dana", "consent": said}, later)
    events_announce(
        records_apply(connection=desk.connection, records=[record], source="webhook", history=False)
    )
    assert state_of(item) == "withdrawn"


def test_a_yes_meanwhile_takes_it_back_and_asking_twice_is_one_card(desk: Desk) -> None:
    opted_out(desk)
    item = opted_out(desk)
    live = ApprovalItem.objects.filter(agent="consent", state="pending")
    assert item is not None and live.count() == 1
    consent.opt_in_record(actor=DANA, client=desk.client, channel="sms", wording="START")
    assert not live.exists()


def test_no_drafts_for_this_client_does_not_hide_what_the_law_asks_for(desk: Desk) -> None:
    desk.client.no_drafts = True
    desk.client.save()
    assert opted_out(desk) is not None
    assert ApprovalItem.objects.get(agent="consent").state == "pending"


def test_a_client_of_whom_the_platform_knows_no_yes_needs_nothing(desk: Desk) -> None:
    desk.client.consents.all().delete()
    assert opted_out(desk) is None
