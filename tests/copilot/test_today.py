"""Today across time zones: each location has its own day, and says so where they differ."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client as Visitor

from core import clock
from integrations.models import Location
from tests.support.desks import desk_make

pytestmark = pytest.mark.django_db


def test_after_midnight_in_one_place_the_other_says_its_own_day() -> None:
    with clock.frozen(datetime(2026, 6, 16, 5, tzinfo=UTC)):
        desk = desk_make("Harbor", "Maple Street")
        Location.objects.filter(name="Harbor").update(timezone="America/New_York")
        browser = Visitor()
        browser.force_login(desk.person("Maria Ruiz"))
        said = browser.get("/today/").content.decode()
    assert "Today, Tuesday, June 16" in said
    assert "Maple Street · Monday, June 15" in said
    assert "Harbor · " not in said
