"""Today across time zones: each location has its own day, and says so where they differ."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client as Visitor
from django.test.utils import CaptureQueriesContext

from approvals.models import CallOutcome
from core import clock
from integrations.models import Location, User
from tests.support.desks import desk_make

pytestmark = pytest.mark.django_db


def soon() -> dict[str, datetime]:
    starts = clock.now() + timedelta(minutes=20)
    return {"starts_at": starts, "ends_at": starts + timedelta(hours=1)}


def test_after_midnight_in_one_place_the_other_says_its_own_day() -> None:
    with clock.frozen(datetime(2026, 6, 16, 5, tzinfo=UTC)):
        desk = desk_make("Harbor", "Maple Street")
        Location.objects.filter(name="Harbor").update(timezone="America/New_York")
        browser = Visitor()
        browser.force_login(desk.person("Maria Ruiz"))
        said = browser.get("/today/").content.decode()
    assert "Today, Tuesday, June 16" in said
    assert "Harbor, New York time</h3>" in said
    assert "Maple Street, Los Angeles time · Monday, June 15" in said


def test_every_hour_of_several_salons_says_where_and_by_which_clock() -> None:
    with clock.frozen(datetime(2026, 6, 16, 17, tzinfo=UTC)):
        desk = desk_make("Harbor", "Maple Street")
        harbor, maple = desk.locations
        Location.objects.filter(pk=harbor.pk).update(timezone="America/New_York")
        for place in (harbor, maple):
            visit = desk.appointment(desk.client(place.name), location=place, **soon())
            CallOutcome.objects.create(
                location=place, client=visit.client, appointment=visit, minutes=15,
                kind=CallOutcome.Kind.LATE, starts_at=visit.starts_at, user_name="Maria",
            )  # fmt: skip
        browser = Visitor()
        maria = desk.person("Maria Ruiz")
        browser.force_login(maria)
        said = browser.get("/today/").content.decode()
        one = browser.get(f"/today/?location={maple.pk}").content.decode()
        User.objects.filter(pk=maria.pk).update(preferences={"language": "es"})
        spanish = browser.get("/today/").content.decode()
        Location.objects.filter(pk=harbor.pk).update(timezone=maple.timezone)
        alike = browser.get("/today/").content.decode()
    late = said[said.index('id="lates"') : said.index('id="visit-')]
    assert "· Harbor, New York time" in late and "· Maple Street, Los Angeles time" in late
    assert "time" not in re.findall(r"<h3>(Maple[^<]*)", one)[0]
    assert "Harbor, hora de New York" in spanish
    assert "Harbor" in alike and "New York" not in alike


def test_more_salons_do_not_ask_more_questions() -> None:
    asked = []
    for names in (("Maple Street",), ("Harbor", "Dune", "Mill", "Old Town", "Quay")):
        with clock.frozen(datetime(2026, 6, 16, 17, tzinfo=UTC)):
            desk = desk_make(*names)
            for place in desk.locations:
                desk.appointment(desk.client(place.name), location=place, **soon())
            browser = Visitor()
            browser.force_login(desk.person(f"Maria{len(names)} Ruiz"))
            with CaptureQueriesContext(connection) as queries:
                assert browser.get("/today/").status_code == 200
            asked.append(len(queries))
    assert asked[0] == asked[1] <= 18
