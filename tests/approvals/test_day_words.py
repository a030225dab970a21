"""A word such as "tomorrow" is read again on the day it would go out."""

from datetime import timedelta
from typing import Any

from approvals.guards import AT_APPROVAL, AT_SENDING, Asking, day_words_still_true
from approvals.proposals import KnownFact
from core import clock
from tests.approvals.desk import Desk, drafted, message_action

BODY = "Hi Dana, see you tomorrow."
KNOWN = (
    KnownFact("name", ("Dana",), "client"),
    KnownFact("date", ("2026-06-16",), "appointment"),
)


def test_tomorrow_is_right_on_the_day_before_and_refused_a_day_later(desk: Desk, held: Any) -> None:
    item = drafted(desk, body=BODY, known_facts=KNOWN)
    assert item.revision is not None
    assert [one["verified"] for one in item.revision.facts if one["text"] == "tomorrow"] == [True]
    message = message_action(desk, BODY)
    assert day_words_still_true(Asking(item, message, clock.now())) is None
    refusal = day_words_still_true(Asking(item, message, clock.now() + timedelta(days=1)))
    assert refusal is not None
    assert "not right any more" in refusal.why


def test_it_is_asked_at_approval_and_before_sending() -> None:
    assert day_words_still_true in AT_APPROVAL
    assert day_words_still_true in AT_SENDING
