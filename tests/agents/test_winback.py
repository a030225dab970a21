"""Win-back: few a day, within consent, an offer only from the table, and nothing once they book."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from agents.models import Outreach, PriceOffer
from agents.returning.joining import outreach_join
from agents.returning.nightly import returning_night
from agents.returning.reaching import left_alone
from agents.returning.stopping import booked_hear
from approvals.models import ApprovalItem
from core import clock
from integrations.checks import Changed, Holds, Reading, run_check
from integrations.events import AppointmentBooked, TomorrowReady
from integrations.models import Client, Consent, Sale
from tests.agents.conftest import MORNING, Salon
from tests.agents.helpers import event_for, happen, message, pending, settle, why_nothing


def evening(salon: Salon, day: str = "2026-06-12") -> TomorrowReady:
    return TomorrowReady(
        key=f"location:loc_1:{day}:tomorrow-ready",
        connection_id=str(salon.connection.pk),
        at=clock.now(),
        location_id=salon.location.pk,
        day=day,
        until=(clock.now() + timedelta(hours=23)).isoformat(),
    )


def gone_quiet(salon: Salon, name: str = "Dana", *, price: int = 120, **fields: Any) -> Client:
    """A regular of every thirty days who has not come for a hundred."""
    client = salon.client(name, **fields)
    for days in (100, 130, 160, 190):
        salon.past(client, days, price=Decimal(price))
    for channel in ("sms", "email"):
        Consent.objects.create(
            client=client, channel=channel, purpose="marketing", origin="platform", granted=True
        )
    return client


def switched_on(salon: Salon, **settings: Any) -> None:
    salon.switch_on("winback", settings={"left_alone_percent": 0} | settings)
    returning_night(connection=salon.connection)


def test_who_slips_away_is_written_to_with_reasons(salon: Salon) -> None:
    dana = gone_quiet(salon)
    switched_on(salon)
    happen(evening(salon))
    (item,) = pending("winback")
    assert item.client_id == dana.pk
    assert item.purpose == "marketing"
    assert item.revision.body == (
        "Maple Street Spa: Hi Dana, it has been a while since your Hot stone massage with Sarah. "
        "We would be glad to see you again. To book, call (503) 555-0100."
    )
    reasons = " ".join(one["text"] for one in item.revision.reasons)
    assert "Came 4 times, about every 4 weeks." in reasons
    assert "nothing is booked" in reasons
    kinds = set(item.revision.evidence.values_list("check_kind", flat=True))
    assert {"nothing_booked", "consent", "no_newer_message"} <= kinds


def test_a_batch_is_small_and_takes_who_is_worth_most_first(salon: Salon) -> None:
    for place, price in enumerate((60, 200, 120)):
        gone_quiet(salon, f"Client{place}", price=price)
    switched_on(salon, batch_size=2)
    happen(evening(salon))
    assert [item.client.first_name for item in pending("winback")] == ["Client1", "Client2"]
    happen(evening(salon))
    assert len(pending("winback")) == 2
    happen(evening(salon, "2026-06-13"))
    assert len(pending("winback")) == 3


def test_nobody_without_consent_to_marketing_is_written_to(salon: Salon) -> None:
    client = gone_quiet(salon)
    Consent.objects.filter(client=client, purpose="marketing").delete()
    gone_quiet(salon, "Zoe", no_drafts=True)
    switched_on(salon)
    happen(evening(salon))
    assert ApprovalItem.objects.count() == 0
    assert Outreach.objects.count() == 0


def test_a_consent_withdrawn_after_the_draw_leaves_no_draft(salon: Salon) -> None:
    client = gone_quiet(salon)
    Consent.objects.create(
        client=client,
        channel="sms",
        purpose="marketing",
        origin="here",
        granted=False,
        at=clock.now(),
    )
    Consent.objects.filter(client=client, channel="email", purpose="marketing").delete()
    switched_on(salon)
    happen(evening(salon))
    assert pending("winback") == []


def test_an_offer_comes_only_from_the_table_and_asks_for_press_and_hold(salon: Salon) -> None:
    gone_quiet(salon)
    PriceOffer.objects.create(location=salon.location, words="20% off your next visit in June")
    switched_on(salon, mention_offer=True)
    happen(evening(salon))
    (item,) = pending("winback")
    assert "20% off your next visit in June." in item.revision.body
    assert item.care == "press_hold"
    assert all(span["verified"] for span in item.revision.facts)


def test_an_emptied_table_mentions_no_offer(salon: Salon) -> None:
    gone_quiet(salon)
    switched_on(salon, mention_offer=True)
    happen(evening(salon))
    (item,) = pending("winback")
    assert "%" not in item.revision.body


def test_a_share_drawn_by_chance_is_left_alone_and_kept_for_comparison(salon: Salon) -> None:
    clients = [gone_quiet(salon, f"Client{n}") for n in range(6)]
    switched_on(salon, left_alone_percent=50, batch_size=25)
    happen(evening(salon))
    rows = Outreach.objects.order_by("pk")
    assert {row.client_id for row in rows} == {client.pk for client in clients}
    alone = {row.client_id for row in rows if row.held_out}
    assert alone == {
        row.client_id for row in rows if left_alone("winback", row.client_id, row.key, 50)
    }
    assert {item.client_id for item in pending("winback")}.isdisjoint(alone)
    assert len(pending("winback")) == len(clients) - len(alone)


def test_a_draw_is_fair_and_the_same_each_time() -> None:
    drawn = [left_alone("winback", client, "since:2026-03-01", 20) for client in range(2000)]
    assert drawn == [left_alone("winback", n, "since:2026-03-01", 20) for n in range(2000)]
    assert 0.17 < sum(drawn) / len(drawn) < 0.23


def test_nobody_is_asked_twice_about_one_absence(salon: Salon) -> None:
    gone_quiet(salon)
    switched_on(salon)
    happen(evening(salon))
    settle(pending("winback")[0])
    happen(evening(salon, "2026-06-13"))
    assert pending("winback") == []
    assert Outreach.objects.count() == 1


def test_it_stops_when_they_book(salon: Salon) -> None:
    dana = gone_quiet(salon)
    switched_on(salon)
    happen(evening(salon))
    (item,) = pending("winback")
    reading = Reading(str(salon.connection.pk), clock.now(), clock.now())
    assert run_check("nothing_booked", {"client": dana.pk}, reading) == Holds()
    row = salon.book(dana, MORNING + timedelta(days=4))
    assert isinstance(run_check("nothing_booked", {"client": dana.pk}, reading), Changed)
    booked_hear(event_for(AppointmentBooked, row))
    item.refresh_from_db()
    assert (item.state, item.state_reason) == ("withdrawn", "They have booked already.")


def test_who_books_between_the_draw_and_the_writing_gets_nothing(salon: Salon) -> None:
    dana = gone_quiet(salon)
    switched_on(salon)
    from agents import runs
    from agents.listeners import hear

    hear(evening(salon))
    runs.runs_queue.drain(runs.run_handle, batch=1, most=1)
    salon.book(dana, MORNING + timedelta(days=4))
    runs.runs_drain()
    assert pending("winback") == []
    assert why_nothing("winback") == "They have booked already."


@pytest.mark.parametrize("change", ["deleted", "merged"])
def test_a_client_who_is_gone_at_the_platform_gets_nothing(salon: Salon, change: str) -> None:
    dana, other = gone_quiet(salon), salon.client("Other")
    switched_on(salon)
    if change == "deleted":
        Client.objects.filter(pk=dana.pk).update(deleted_at=clock.now())
    else:
        Client.objects.filter(pk=dana.pk).update(merged_into=other)
    happen(evening(salon))
    assert ApprovalItem.objects.count() == 0


def test_what_came_of_it_is_joined_back_for_asked_and_left_alone_alike(
    salon: Salon, at: clock.Frozen
) -> None:
    asked, alone = gone_quiet(salon, "Asked"), gone_quiet(salon, "Alone")
    switched_on(salon)
    happen(evening(salon))
    Outreach.objects.filter(client=alone).update(held_out=True)
    settle(ApprovalItem.objects.get(client=asked))
    at.move(timedelta(days=3))
    message(asked, "Yes gladly", incoming=True)
    for client in (asked, alone):
        row = salon.book(client, clock.now())
        at.move(timedelta(hours=2))
        row.status = "completed"
        row.save()
    Sale.objects.create(
        connection=salon.connection, external_id="s1", client=asked, location=salon.location,
        total=Decimal(140), closed_at=clock.now(),
    )  # fmt: skip
    assert outreach_join(clock.now()) == 2
    one, other = Outreach.objects.get(client=asked), Outreach.objects.get(client=alone)
    assert one.asked_at and one.answered_at and one.booked_at and one.came_at
    assert one.spent == Decimal(140)
    assert (other.asked_at, other.answered_at) == (None, None)
    assert other.booked_at and other.came_at and other.spent == 0
    at.move(timedelta(days=90))
    assert outreach_join(clock.now()) == 0
