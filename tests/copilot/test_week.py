"""The weekly edition: what it took, what was unusual and why it might be, and what is to come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Visitor

from agents.models import PriceOffer
from copilot.digest.week import edition_of, is_owner, lines_of, whole
from core import clock
from integrations.models import Sale, StaffMember
from tests.support.digests import HALF_PAST, Morning, morning_make

pytestmark = pytest.mark.django_db
TODAY = HALF_PAST.date()


@pytest.fixture
def at() -> Iterator[clock.Frozen]:
    with clock.frozen(HALF_PAST) as frozen:
        yield frozen


@pytest.fixture
def morning(at: clock.Frozen) -> Morning:
    return morning_make("Maple Street")


def took(morning: Morning, weeks: int, **odd: int) -> date:
    """Tuesday to Saturday a salon takes about 500; last Wednesday what ``odd`` says."""
    place, rows = morning.place, []
    last_wednesday = TODAY - timedelta(days=6)
    for back in range(1, weeks * 7):
        day = TODAY - timedelta(days=back)
        if day.weekday() in (0, 6):
            continue
        total = odd.get("wednesday", 500) if day == last_wednesday else 480 + day.day
        closed = datetime.combine(day, time(17), place.zone)
        rows.append(
            Sale(
                connection=place.connection, location=place, external_id=f"s{back}",
                total=Decimal(total), closed_at=closed,
            )
        )  # fmt: skip
    Sale.objects.bulk_create(rows)
    return last_wednesday


def test_a_week_is_told_with_the_days_to_come(morning: Morning) -> None:
    took(morning, 12)
    edition = edition_of(morning.place, TODAY)
    assert 2400 < edition.took < 2600
    assert edition.odd == []
    assert edition.ahead is not None
    assert {day.weekday() for day, _value in edition.ahead} <= {0, 1, 2, 3, 4, 5, 6}
    assert all(400 < value < 600 for _day, value in edition.ahead)
    assert edition.weeks == []


def test_an_unusual_day_is_told_with_what_else_was_different(morning: Morning) -> None:
    odd_day = took(morning, 12, wednesday=90)
    for number in range(4):
        at = datetime.combine(odd_day, time(10 + number), morning.place.zone)
        hours = (at - HALF_PAST).total_seconds() / 3600
        morning.visit(hours=hours, status="no_show", risk="low")
    (odd,) = edition_of(morning.place, TODAY).odd
    assert odd.unusual.day == odd_day
    assert odd.percent < -70
    assert odd.reasons == ["4 visits were lost."]


def test_a_good_day_with_an_offer_says_so(morning: Morning) -> None:
    odd_day = took(morning, 12, wednesday=1900)
    PriceOffer.objects.create(
        location=morning.place, words="20% off", starts_on=odd_day, ends_on=odd_day
    )
    (odd,) = edition_of(morning.place, TODAY).odd
    assert odd.reasons == ["An offer ran that day."]


def test_with_a_year_behind_the_next_weeks_are_told_too(morning: Morning) -> None:
    took(morning, 60)
    weeks = edition_of(morning.place, TODAY).weeks
    assert len(weeks) == 4
    assert all(day.weekday() == 0 for day, _value in weeks)
    assert all(1500 < value < 4500 for _day, value in weeks)


def test_a_month_with_no_data_is_not_a_forecast_of_nothing(morning: Morning) -> None:
    edition = edition_of(morning.place, TODAY)
    assert (edition.ahead, edition.odd, edition.weeks) == (None, [], [])
    assert lines_of(edition) == ["The week: not enough data yet."]
    visitor = Visitor()
    visitor.force_login(morning.manager)
    assert "Not enough data yet" in visitor.get("/digest/week/").content.decode()


def test_the_page_is_for_who_reads_the_digest(morning: Morning) -> None:
    took(morning, 12, wednesday=90)
    visitor = Visitor()
    visitor.force_login(morning.manager)
    shown = " ".join(visitor.get("/digest/week/").content.decode().split())
    assert "Maple Street" in shown and "usually $" in shown
    visitor.force_login(morning.desk.person("Tom Bell", "front_desk"))
    assert visitor.get("/digest/week/").status_code == 404


def test_the_mails_sentences_name_figures_and_days_only(morning: Morning) -> None:
    took(morning, 12, wednesday=90)
    said = lines_of(edition_of(morning.place, TODAY))
    assert said[0].startswith("Last week took $2,")
    assert said[1].startswith("Wednesday was unusual: -")
    assert said[2].startswith("The next seven days should bring about $")


@pytest.mark.parametrize(("roles", "owner"), [(["owner"], True), (["manager"], False), ([], False)])
def test_only_owners_get_it_by_mail(morning: Morning, roles: list[str], owner: bool) -> None:
    StaffMember.objects.filter(user=morning.manager).delete()
    held: list[Any] = [{"location": "loc_1", "role": role} for role in roles]
    StaffMember.objects.create(
        connection=morning.place.connection, external_id="sta_own", name="Ines", roles=held,
        user=morning.manager,
    )  # fmt: skip
    morning.manager.refresh_from_db()
    assert is_owner(morning.manager) is owner


def test_visits_are_foretold_beside_takings_and_never_fewer_than_are_booked(
    morning: Morning,
) -> None:
    took(morning, 12)
    assert edition_of(morning.place, TODAY).demand == []
    dana = morning.desk.client()
    for back in range(1, 60):
        day = TODAY - timedelta(days=back)
        if day.weekday() in (0, 6):
            continue
        for number in range(4):
            at = datetime.combine(day, time(10 + number), morning.place.zone)
            morning.desk.appointment(
                dana, starts_at=at, ends_at=at, status="no_show" if number == 3 else "completed",
                visit_id=f"{back}:{min(number, 2)}",
            )  # fmt: skip
    tomorrow = TODAY + timedelta(days=1)
    for number in range(9):
        at = datetime.combine(tomorrow, time(9 + number), morning.place.zone)
        morning.desk.appointment(dana, starts_at=at, ends_at=at, visit_id=f"t{number}")
    edition = edition_of(morning.place, TODAY)
    by_day = {one.day: one for one in edition.demand}
    assert (by_day[tomorrow].visits, by_day[tomorrow].booked) == (9, 9)
    rest = [one for one in edition.demand if one.day != tomorrow and one.day.weekday() != 6]
    assert all(2.5 < one.visits < 3.5 and one.booked == 0 for one in rest if one.day.weekday())
    assert all(one.takes is not None and 400 < one.takes < 600 for one in edition.demand)
    assert "of them booked already." in lines_of(edition)[-1]


def test_a_past_of_which_only_a_part_is_known_is_compared_with_nothing(morning: Morning) -> None:
    days = {TODAY - timedelta(days=back): 150.0 for back in range(15, 200)}
    days |= {TODAY - timedelta(days=back): 1900.0 for back in range(1, 15)}
    kept = whole(days)
    assert min(kept) == TODAY - timedelta(days=14) and len(kept) == 14
    steady = {TODAY - timedelta(days=back): 100.0 + back for back in range(1, 200)}
    assert whole(steady) == steady
    assert whole({}) == {} and len(whole({TODAY: 5.0})) == 1
