"""After the visit: one word, at a sensible time; a review never twice in ninety days, never to
somebody who complained."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from agents import runs
from agents.models import AgentRun, LocationRules, Outreach
from agents.returning import reaching
from agents.returning.joining import outreach_join
from agents.returning.timing import days_after
from approvals.models import ApprovalItem
from core import clock
from integrations.models import Client, Feedback
from tests.agents.conftest import Salon
from tests.agents.helpers import completed, happen, message, pending, settle, why_nothing

LINK = "https://maple.example/review"


def switched_on(salon: Salon, **settings: Any) -> None:
    salon.switch_on("follow_up", settings=settings)
    LocationRules.objects.create(location=salon.location, links=LINK)


def regular(salon: Salon) -> Client:
    client = salon.client()
    salon.past(client, 40)
    salon.past(client, 80)
    return client


def visited(salon: Salon, client: Client, at: clock.Frozen, days: int = 3) -> Any:
    """A visit this morning, and so many days gone by."""
    row = salon.past(client, 0)
    happen(completed(row))
    at.move(timedelta(days=days))
    runs.runs_drain()
    return row


def rated(
    salon: Salon, client: Client, rating: int | None, text: str = "", row: Any = None
) -> None:
    Feedback.objects.create(
        connection=salon.connection, external_id=f"fb_{Feedback.objects.count()}", client=client,
        location=salon.location, appointment=row, rating=rating, text=text, given_at=clock.now(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("service", "rating", "days"),
    [
        ("Hot stone massage", None, 1), ("Balayage", None, 4), ("Keratin treatment", None, 7),
        ("Deep facial", None, 5), ("Women's haircut", None, 2), ("Keratin treatment", 3, 1),
    ],
)  # fmt: skip
def test_the_time_depends_on_the_service_and_on_what_was_said(
    service: str, rating: int | None, days: int
) -> None:
    assert days_after(service, rating) == days


def test_a_review_is_asked_for_after_a_good_visit_and_not_at_once(
    salon: Salon, at: clock.Frozen
) -> None:
    switched_on(salon)
    dana = regular(salon)
    row = salon.past(dana, 0)
    happen(completed(row))
    assert ApprovalItem.objects.count() == 0
    assert AgentRun.objects.get().not_before > clock.now()
    at.move(timedelta(hours=20))
    runs.runs_drain()
    (item,) = pending("follow_up")
    assert item.revision.body == (
        "Maple Street Spa: Hi Dana, thank you for coming in for your Hot stone massage with Sarah. "
        f"A few words here would help us a lot: {LINK}"
    )
    assert all(span["verified"] for span in item.revision.facts)
    local = item.send_at.astimezone(salon.location.zone)
    assert (local.day, local.hour) == (13, 11)


def test_never_twice_in_ninety_days(salon: Salon, at: clock.Frozen) -> None:
    switched_on(salon)
    dana = regular(salon)
    visited(salon, dana, at)
    settle(pending("follow_up")[0])
    at.move(timedelta(days=80))
    visited(salon, dana, at)
    assert pending("follow_up") == []
    assert why_nothing("follow_up") == "A review was asked for within ninety days."
    at.move(timedelta(days=20))
    visited(salon, dana, at)
    assert len(pending("follow_up")) == 1


@pytest.mark.parametrize(
    ("rating", "text"), [(1, ""), (5, "Lovely, but my scalp still hurts"), (None, "Terrible")]
)
def test_never_to_somebody_who_just_complained(
    salon: Salon, at: clock.Frozen, rating: int | None, text: str
) -> None:
    switched_on(salon)
    dana = regular(salon)
    row = salon.past(dana, 0)
    happen(completed(row))
    rated(salon, dana, rating, text, row)
    at.move(timedelta(days=2))
    runs.runs_drain()
    assert pending("follow_up") == []
    assert why_nothing("follow_up") == "They complained lately."


def test_a_share_drawn_by_chance_is_left_alone_and_what_came_of_both_is_kept(
    salon: Salon, at: clock.Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "left_alone", lambda agent, client_id, *rest: client_id % 2)
    switched_on(salon, left_alone_percent=50)
    for number in range(8):
        client = salon.client(f"Client{number}")
        salon.past(client, 40)
        salon.past(client, 80)
        happen(completed(salon.past(client, 0)))
    at.move(timedelta(days=2))
    runs.runs_drain()
    alone = set(Outreach.objects.filter(held_out=True).values_list("client_id", flat=True))
    written = {item.client_id for item in pending("follow_up")}
    assert Outreach.objects.count() == 8 and len(alone) == 4
    assert written == set(Client.objects.exclude(pk__in=alone).values_list("pk", flat=True))
    for item in pending("follow_up"):
        settle(item)
    assert outreach_join(clock.now()) == 8
    asked = Outreach.objects.filter(asked_at__isnull=False)
    assert set(asked.values_list("client_id", flat=True)) == written


def test_angry_words_in_a_text_message_count_too(salon: Salon, at: clock.Frozen) -> None:
    switched_on(salon)
    dana = regular(salon)
    message(dana, "I am very disappointed", incoming=True)
    visited(salon, dana, at)
    assert why_nothing("follow_up") == "They complained lately."


def test_a_new_client_is_asked_how_they_get_on_instead(salon: Salon, at: clock.Frozen) -> None:
    switched_on(salon)
    visited(salon, salon.client(), at)
    (item,) = pending("follow_up")
    assert "how do you get on after your Hot stone massage" in item.revision.body
    assert LINK not in item.revision.body


def test_three_stars_ask_for_no_review(salon: Salon, at: clock.Frozen) -> None:
    switched_on(salon, check_in=False)
    dana = regular(salon)
    row = salon.past(dana, 0)
    rated(salon, dana, 3, "", row)
    happen(completed(row))
    at.move(timedelta(days=1))
    runs.runs_drain()
    assert pending("follow_up") == []


def test_without_an_address_no_review_is_asked_for(salon: Salon, at: clock.Frozen) -> None:
    salon.switch_on("follow_up")
    visited(salon, regular(salon), at)
    assert pending("follow_up") == []
    assert "No address for reviews" in why_nothing("follow_up")


def test_what_was_decided_is_not_drafted_again(salon: Salon, at: clock.Frozen) -> None:
    switched_on(salon)
    dana = regular(salon)
    row = visited(salon, dana, at, days=1)
    ApprovalItem.objects.update(state="rejected")
    happen(completed(row))
    assert pending("follow_up") == []
