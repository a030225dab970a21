"""Clients coming back: worst first, one tap to draft, segments as tags and as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Visitor

from agents.models import AgentConfig, AgentRun, ClientOutlook, Outreach, ReturnModel
from approvals.models import ApprovalItem, Effect
from copilot.returning.outcomes import words_of
from core import clock
from core.models import AuditEvent
from integrations.models import Client, Location
from tests.support.digests import HALF_PAST, Morning, morning_make

pytestmark = pytest.mark.django_db
PAGE = "/clients-coming-back/"


@pytest.fixture
def at() -> Iterator[clock.Frozen]:
    with clock.frozen(HALF_PAST) as frozen:
        yield frozen


@pytest.fixture
def morning(at: clock.Frozen) -> Morning:
    return morning_make("Maple Street", "Harbor")


def signed_in(morning: Morning, role: str = "manager") -> Visitor:
    visitor = Visitor()
    user = morning.manager if role == "manager" else morning.desk.person("Tom Bell", role)
    visitor.force_login(user)
    return visitor


def outlook(
    morning: Morning, name: str, worth: int, place: Location | None = None, **fields: Any
) -> ClientOutlook:
    client = morning.desk.client(name)
    ReturnModel.objects.get_or_create(
        connection=client.connection, kind="rhythm", clients=3,
        data_from=HALF_PAST.date(), data_to=HALF_PAST.date(),
    )  # fmt: skip
    values: dict[str, Any] = {
        "visits": 4, "last_visit_on": HALF_PAST.date() - timedelta(days=100), "rhythm_days": 30.0,
        "chance": 0.2, "worth": Decimal(worth), "at_risk": Decimal(worth) / 2, "slipping": True,
        "segments": ["slipping"], "scored_at": HALF_PAST, "state": "done",
    }  # fmt: skip
    return ClientOutlook.objects.create(
        client=client, location=place or morning.place, **values | fields
    )


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def winback_on(morning: Morning) -> None:
    AgentConfig.objects.create(
        connection=morning.place.connection, agent="winback", enabled=True,
        enabled_at=HALF_PAST - timedelta(days=1),
    )  # fmt: skip


def test_the_list_is_worst_first_with_reasons_and_of_one_location(morning: Morning) -> None:
    outlook(morning, "Small", 300)
    outlook(morning, "Large", 2400)
    other = Location.objects.exclude(pk=morning.place.pk).get(name="Harbor")
    outlook(morning, "Elsewhere", 9000, other)
    shown = text_of(signed_in(morning).get(f"{PAGE}?location={morning.place.pk}"))
    assert shown.index("Large") < shown.index("Small")
    assert "Elsewhere" not in shown
    assert "Came 4 times, about every 30 days. Last visit 14 weeks ago." in shown
    assert "$2,400" in shown and "Comes back within eight weeks: 20%." in shown
    assert "Not enough data yet: 0 written to" in shown


def test_a_salon_without_a_past_is_told_so(morning: Morning) -> None:
    assert "Not enough data yet" in text_of(signed_in(morning).get(PAGE))


def test_who_booked_since_last_night_is_not_slipping_away(morning: Morning) -> None:
    row = outlook(morning, "Dana", 900)
    morning.visit(row.client, hours=50)
    assert "Dana" not in text_of(signed_in(morning).get(f"{PAGE}?location={morning.place.pk}"))


@pytest.mark.parametrize("role", ["front_desk", "provider"])
def test_only_managers_open_any_of_it(morning: Morning, role: str) -> None:
    row = outlook(morning, "Dana", 900)
    visitor = signed_in(morning, role)
    values = {"location": morning.place.pk, "client": row.client_id}
    assert visitor.get(PAGE).status_code == 403
    assert visitor.get(f"{PAGE}segments.csv").status_code == 403
    assert visitor.post(f"{PAGE}draft/", values).status_code == 403
    assert visitor.post(f"{PAGE}tags/", values).status_code == 403
    assert signed_in(morning).get(f"{PAGE}?location=999999").status_code == 404
    assert signed_in(morning).get(f"{PAGE}?segment=none").status_code == 404


def test_one_tap_has_a_draft_written_and_keeps_who_asked(morning: Morning) -> None:
    row = outlook(morning, "Dana", 900)
    winback_on(morning)
    morning.visit(row.client, hours=-2400, status="completed", risk="low")
    values = {"location": morning.place.pk, "client": row.client_id}
    visitor = signed_in(morning)
    said = text_of(visitor.post(f"{PAGE}draft/", values, follow=True))
    assert "It is being written" in said
    run = AgentRun.objects.get(agent="winback")
    assert run.item is not None and run.item.client_id == row.client_id
    assert AuditEvent.objects.filter(action="returning.draft_asked").count() == 1
    assert "drafted" in text_of(visitor.get(f"{PAGE}?location={morning.place.pk}"))


def test_who_is_left_alone_by_chance_is_not_drafted_by_hand_either(morning: Morning) -> None:
    row = outlook(morning, "Dana", 900)
    winback_on(morning)
    Outreach.objects.create(
        client=row.client, location=row.location, agent="winback",
        key=f"since:{row.last_visit_on}", held_out=True, watched_until=HALF_PAST,
    )  # fmt: skip
    values = {"location": morning.place.pk, "client": row.client_id}
    said = text_of(signed_in(morning).post(f"{PAGE}draft/", values, follow=True))
    assert "left alone" in said
    assert AgentRun.objects.count() == 0


def test_switched_off_it_says_who_can_switch_it_on(morning: Morning) -> None:
    row = outlook(morning, "Dana", 900)
    values = {"location": morning.place.pk, "client": row.client_id}
    said = text_of(signed_in(morning).post(f"{PAGE}draft/", values, follow=True))
    assert "Win back is switched off here" in said


def test_outcomes_are_compared_from_twenty_of_each_on(morning: Morning) -> None:
    row = outlook(morning, "Dana", 900)
    for number in range(40):
        held = number % 2 == 0
        Outreach.objects.create(
            client=row.client, location=row.location, agent="winback", key=f"k{number}",
            held_out=held, asked_at=None if held else HALF_PAST, watched_until=HALF_PAST,
            booked_at=HALF_PAST if number < 11 and not held else None, spent=10,
        )  # fmt: skip
    shown = text_of(signed_in(morning).get(f"{PAGE}?location={morning.place.pk}"))
    assert "Of 20 clients who were written to 25% booked within eight weeks ($10 each)" in shown
    Outreach.objects.create(
        client=row.client, location=row.location, agent="follow_up", key="after:1",
        asked_at=HALF_PAST, answered_at=HALF_PAST, watched_until=HALF_PAST,
    )  # fmt: skip
    shown = text_of(signed_in(morning).get(f"{PAGE}?location={morning.place.pk}"))
    assert "After the visit" in shown and "1 written to (1 answered, 0 booked)" in shown


def test_the_file_holds_every_segment_and_no_formula(morning: Morning) -> None:
    row = outlook(morning, "Dana", 900, segments=["slipping", "high_value"])
    Client.objects.filter(pk=row.client_id).update(first_name="=1+1")
    response = signed_in(morning).get(f"{PAGE}segments.csv?location={morning.place.pk}")
    head, line = response.content.decode().splitlines()
    assert head.endswith("slipping,retail,colour,high_value")
    assert line.endswith("1,0,0,1")
    assert "'=1+1" in line


def test_tags_go_to_the_platform_only_by_the_press_of_somebody_who_may(morning: Morning) -> None:
    row = outlook(morning, "Dana", 900)
    Client.objects.filter(pk=row.client_id).update(tags=["VIP"])
    visitor, values = signed_in(morning), {"location": morning.place.pk}
    said = text_of(visitor.post(f"{PAGE}tags/", values, follow=True))
    effects = Effect.objects.order_by("pk")
    if "does not take tags" in said:
        assert ApprovalItem.objects.count() == effects.count() == 0
        return
    assert "1 client" in said
    assert b"slipping away" in bytes(effects.get().body) and b"VIP" in bytes(effects.get().body)
    visitor.post(f"{PAGE}tags/", values)
    assert effects.count() == 1


def test_what_came_of_writing_goes_to_the_record_with_the_tags_once(morning: Morning) -> None:
    row = outlook(morning, "Dana", 900, segments=[], slipping=False)
    asked = Outreach.objects.create(
        client=row.client, location=row.location, agent="winback", key="k", asked_at=HALF_PAST,
        watched_until=HALF_PAST + timedelta(days=50),
    )  # fmt: skip
    visitor, values = signed_in(morning), {"location": morning.place.pk}
    assert "up to date" in text_of(visitor.post(f"{PAGE}tags/", values, follow=True))
    Outreach.objects.filter(pk=asked.pk).update(
        booked_at=HALF_PAST + timedelta(days=2), spent=Decimal(120), joined_at=HALF_PAST
    )
    said = text_of(visitor.post(f"{PAGE}tags/", values, follow=True))
    assert "1 client" in said
    body = bytes(Effect.objects.get().body).decode()
    assert "Win back, 2026-06-16: booked 2026-06-18, spent 120.00" in body and "tags" not in body
    visitor.post(f"{PAGE}tags/", values)
    assert Effect.objects.count() == 1


def test_nothing_came_of_it_is_told_once_the_time_is_over(morning: Morning) -> None:
    row = outlook(morning, "Dana", 900)
    one = Outreach(
        client=row.client, location=row.location, agent="winback", asked_at=HALF_PAST,
        watched_until=HALF_PAST, joined_at=HALF_PAST - timedelta(hours=1),
    )  # fmt: skip
    assert words_of(one) == ""
    one.joined_at = HALF_PAST
    assert words_of(one) == "Win back, 2026-06-16: no visit within eight weeks"
