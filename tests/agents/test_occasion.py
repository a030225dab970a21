"""Occasions: birthdays without an age, a year since the first visit, the tenth visit."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from agents.definitions.occasion import _same_day
from agents.models import Outreach
from agents.returning.nightly import returning_night
from integrations.models import Client, Consent
from tests.agents.conftest import Salon
from tests.agents.helpers import completed, happen, pending
from tests.agents.test_winback import evening


def regular(salon: Salon, name: str = "Dana", visits: int = 3, **fields: Any) -> Client:
    client = salon.client(name, **fields)
    for place in range(visits):
        salon.past(client, 20 + 30 * place)
    Consent.objects.create(
        client=client, channel="sms", purpose="marketing", origin="platform", granted=True
    )
    return client


def switched_on(salon: Salon, **settings: Any) -> None:
    salon.switch_on("occasion", settings=settings)
    returning_night(connection=salon.connection)


def test_a_birthday_is_drafted_the_evening_before_and_once_a_year(salon: Salon) -> None:
    dana = regular(salon, birthday=date(1990, 6, 13))
    regular(salon, "Zoe", birthday=date(1990, 6, 20))
    switched_on(salon)
    happen(evening(salon))
    happen(evening(salon))
    (item,) = pending("occasion")
    assert item.client_id == dana.pk
    assert item.revision.body == (
        "Maple Street Spa: Hi Dana, all the best for your birthday from all of us here."
    )
    assert not any(figure in item.revision.body for figure in ("36", "1990"))
    assert Outreach.objects.get().key == "birthday:2026"


def test_a_minors_birthday_is_left_out(salon: Salon) -> None:
    regular(salon, birthday=date(2012, 6, 13))
    switched_on(salon)
    happen(evening(salon))
    assert pending("occasion") == []


def test_a_year_since_the_first_visit(salon: Salon) -> None:
    dana = regular(salon)
    salon.past(dana, 364)
    switched_on(salon)
    happen(evening(salon))
    (item,) = pending("occasion")
    assert "first came to us at this time of the year" in item.revision.body


def test_without_the_full_history_nobody_has_a_first_visit(salon: Salon) -> None:
    salon.past(regular(salon), 364)
    salon.connection.history_complete = False
    salon.connection.save()
    switched_on(salon)
    happen(evening(salon))
    assert pending("occasion") == []


@pytest.mark.parametrize(("before", "drafts"), [(8, 0), (9, 1), (10, 0)])
def test_the_tenth_visit_is_thanked_for_once(salon: Salon, before: int, drafts: int) -> None:
    dana = regular(salon, visits=before)
    switched_on(salon)
    row = salon.past(dana, 0)
    happen(completed(row))
    assert len(pending("occasion")) == drafts


def test_each_occasion_can_be_switched_off(salon: Salon) -> None:
    dana = regular(salon, birthday=date(1990, 6, 13), visits=9)
    switched_on(salon, birthday=False, tenth_visit=False)
    happen(evening(salon), completed(salon.past(dana, 0)))
    assert pending("occasion") == []


def test_a_draw_can_leave_some_alone(salon: Salon) -> None:
    for n in range(6):
        regular(salon, f"Client{n}", birthday=date(1990, 6, 13))
    switched_on(salon, left_alone_percent=50)
    happen(evening(salon))
    alone = Outreach.objects.filter(held_out=True).count()
    assert len(pending("occasion")) == 6 - alone


def test_the_leap_day_falls_on_the_day_before_in_other_years() -> None:
    born = date(1992, 2, 29)
    assert _same_day(born, date(2026, 2, 28)) and _same_day(born, date(2028, 2, 29))
    assert not _same_day(born, date(2028, 2, 28)) and not _same_day(born, date(2026, 3, 1))
