"""What was only observed, beside what staff did by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals.autonomy.watching import similarity, watched_compare
from approvals.models import ApprovalItem, ObservedDraft
from core import clock
from integrations.models import Message
from tests.approvals.desk import NOW, Desk, drafted

pytestmark = pytest.mark.django_db


def wrote(desk: Desk, body: str, **fields: Any) -> None:
    defaults: dict[str, Any] = {
        "client": desk.client,
        "location": desk.location,
        "incoming": False,
        "channel": "sms",
        "source": "staff",
        "sent_at": NOW + timedelta(minutes=30),
    }
    Message.objects.create(
        connection=desk.connection,
        external_id=f"msg_{Message.objects.count()}",
        body=body,
        **defaults | fields,
    )


def compared(held: Any, hours: int = 25) -> tuple[str, int | None]:
    held.move(timedelta(hours=hours))
    assert watched_compare(clock.now()) == 1
    assert watched_compare(clock.now()) == 0, "once"
    found = ObservedDraft.objects.get()
    return found.outcome, found.minutes


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("See you Friday at 2:30!", "same"),
        ("Hi Dana, see you on Friday at 2:30 pm.", "same"),
        ("See you Thursday at 2:30!", "other"),
        ("Your gift card is here.", "other"),
    ],
)
def test_a_message_by_staff_is_compared_by_what_it_states(
    desk: Desk, held: Any, body: str, outcome: str
) -> None:
    drafted(desk, stage="observe")
    wrote(desk, body)
    assert compared(held) == (outcome, 30)


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "platform"},
        {"source": "api"},
        {"incoming": True},
        {"sent_at": NOW - timedelta(hours=1)},
        {"sent_at": NOW + timedelta(hours=24, minutes=1)},
        {"client": None},
    ],
    ids=lambda fields: str(next(iter(fields.items())))[:24],
)
def test_what_no_person_wrote_to_them_in_time_is_nothing(
    desk: Desk, held: Any, fields: dict[str, Any]
) -> None:
    drafted(desk, stage="observe")
    wrote(desk, "See you Friday at 2:30!", **fields)
    assert compared(held) == ("nothing", None)


def test_it_waits_for_the_end_of_its_window_and_for_no_other_stage(desk: Desk, held: Any) -> None:
    drafted(desk, stage="observe")
    drafted(desk, subject="visit:2", stage="review")
    held.move(timedelta(hours=23))
    assert watched_compare(clock.now()) == 0
    held.move(timedelta(hours=2))
    assert watched_compare(clock.now()) == 1
    assert ObservedDraft.objects.get().item == ApprovalItem.objects.get(subject="visit:1")


def test_words_in_the_same_order_are_alike() -> None:
    assert similarity("See you on Friday", "see you on friday!") == 1
    assert similarity("", "see you") == 0
    assert similarity("See you on Friday", "Your gift card is here") == 0
