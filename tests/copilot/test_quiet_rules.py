"""Hours of texting in admin: a location's own rules are its manager's, the general ones are not."""

from __future__ import annotations

from typing import Any

import pytest

from core.models import AuditEvent
from integrations.models import QuietRule
from tests.copilot.test_admin import signed_in
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db
LIST = "/admin/integrations/quietrule/"


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor")


def rule(desk: Desk, place: Any = None, **fields: Any) -> QuietRule:
    values = {"region": "US-OR", "purpose": "marketing", "days": "12345", "opens": "09:00",
              "closes": "20:00", "source": "House rule", "location": place}  # fmt: skip
    return QuietRule.objects.create(**values | fields)


def form_of(one: QuietRule, **fields: Any) -> dict[str, Any]:
    values = {name: getattr(one, name) for name in ("region", "purpose", "days", "source")}
    values |= {"opens": "10:00", "closes": "18:00", "location": one.location_id or ""}
    return values | fields


def test_a_manager_adds_and_changes_the_rules_of_their_own_location(desk: Desk) -> None:
    here, _ = desk.locations
    browser = signed_in(desk.person("Mona Manager", "manager", here))
    own = rule(desk, here)
    assert browser.post(f"{LIST}{own.pk}/change/", form_of(own)).status_code == 302
    own.refresh_from_db()
    assert (own.opens.hour, own.closes.hour) == (10, 18)
    before = QuietRule.objects.count()
    new = form_of(own, region="US-WA", location=here.pk)
    assert browser.post(f"{LIST}add/", new).status_code == 302
    assert QuietRule.objects.count() == before + 1
    said = AuditEvent.objects.filter(action="quiet_rule.changed")
    assert {row.actor_name for row in said} == {"Mona Manager"}
    assert {row.location for row in said} == {str(here.pk)}


def test_another_locations_rules_and_the_general_ones_are_as_if_they_were_not_there(
    desk: Desk,
) -> None:
    here, far = desk.locations
    browser = signed_in(desk.person("Mona Manager", "manager", here))
    theirs = rule(desk, far, source="Of the harbour")
    general = rule(desk, None, source="Of everybody", region="US-NV")
    page = browser.get(LIST).content.decode()
    assert "Of the harbour" not in page
    assert "Of everybody" not in page
    for one in (theirs, general):
        browser.post(f"{LIST}{one.pk}/change/", form_of(one, location=here.pk))
        browser.post(f"{LIST}{one.pk}/delete/", {"post": "yes"})
        picked = {"action": "delete_selected", "_selected_action": one.pk, "post": "yes"}
        browser.post(LIST, picked)
        one.refresh_from_db()
        assert one.opens.hour == 9
    assert AuditEvent.objects.filter(action__startswith="quiet_rule").count() == 0


@pytest.mark.parametrize("place", ["far", "none"])
def test_a_rule_cannot_be_made_for_or_moved_to_where_one_has_no_say(desk: Desk, place: str) -> None:
    here, far = desk.locations
    browser = signed_in(desk.person("Mona Manager", "manager", here))
    own = rule(desk, here)
    chosen = far.pk if place == "far" else ""
    before = QuietRule.objects.count()
    answer = browser.post(f"{LIST}{own.pk}/change/", form_of(own, location=chosen))
    assert answer.status_code == 200
    assert browser.post(f"{LIST}add/", form_of(own, location=chosen)).status_code == 200
    own.refresh_from_db()
    assert (own.location_id, own.opens.hour) == (here.pk, 9)
    assert QuietRule.objects.count() == before


def test_an_admin_changes_the_general_rules_and_what_is_removed_is_audited(desk: Desk) -> None:
    browser = signed_in(desk.person("Ada Admin", "owner", is_superuser=True))
    general = rule(desk, None, region="US-NV")
    assert browser.post(f"{LIST}{general.pk}/change/", form_of(general)).status_code == 302
    assert browser.post(f"{LIST}{general.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not QuietRule.objects.filter(pk=general.pk).exists()
    said = AuditEvent.objects.filter(subject=f"quiet_rule:{general.pk}").order_by("pk")
    assert [row.action for row in said] == ["quiet_rule.changed", "quiet_rule.removed"]


def test_front_desk_has_no_say_about_the_hours(desk: Desk) -> None:
    own = rule(desk, desk.location)
    browser = signed_in(desk.person("Fay Front", "front_desk"))
    assert browser.post(f"{LIST}{own.pk}/change/", form_of(own)).status_code == 302
    own.refresh_from_db()
    assert own.opens.hour == 9


def test_hours_that_leave_none_are_refused_in_words(desk: Desk) -> None:
    own = rule(desk, desk.location)
    browser = signed_in(desk.person("Mona Manager", "manager", desk.location))
    wrong = form_of(own, opens="20:00", closes="09:00")
    assert browser.post(f"{LIST}{own.pk}/change/", wrong).status_code == 200
    own.refresh_from_db()
    assert own.opens.hour == 9
