"""Approved beforehand: given, counted and ended on a page of the managers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Visitor

from approvals.answers import texts
from approvals.answers.beforehand import TEMPLATES
from approvals.models import StandingGrant
from approvals.services.standing import standing_revoke
from copilot.demo import demo_beforehand
from core import clock
from core.models import AuditEvent
from integrations.models import Location, StaffMember, User
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db
PAGE = "/approved-beforehand/"


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor View")


@pytest.fixture
def manager(desk: Desk) -> User:
    return desk.person("Olga Owner", "manager", desk.locations[0])


def signed_in(user: User) -> Visitor:
    browser = Visitor()
    browser.force_login(user)
    return browser


def order(place: Location, **fields: Any) -> dict[str, Any]:
    return {
        "template": texts.CONFIRM_VERSION,
        "location": place.pk,
        "daily_limit": 7,
        "last_day": (clock.now() + timedelta(days=30)).date().isoformat(),
    } | fields


def test_a_manager_approves_beforehand_sees_who_did_and_ends_it(desk: Desk, manager: User) -> None:
    browser = signed_in(manager)
    assert browser.post(PAGE, order(desk.locations[0])).status_code == 302
    grant = StandingGrant.objects.get()
    assert (grant.granted_by, grant.daily_limit) == (manager, 7)
    assert grant.action_types == ["update_appointment"]
    shown = browser.get(PAGE).content.decode()
    assert "Olga Owner" in shown and "at most 7 a day" in shown and "Acted 0 times" in shown

    assert browser.post(f"{PAGE}{grant.pk}/end/").status_code == 302
    grant.refresh_from_db()
    assert grant.revoked_at is not None
    shown = browser.get(PAGE).content.decode()
    assert "Nothing. Every draft waits for a person." in shown and "Ended" in shown
    said = AuditEvent.objects.filter(subject=f"standing:{grant.pk}").values_list(
        "action", flat=True
    )
    assert sorted(said) == ["standing.given", "standing.revoked"]


def test_another_location_can_neither_be_chosen_nor_ended(desk: Desk, manager: User) -> None:
    elsewhere = desk.locations[1]
    browser = signed_in(manager)
    assert browser.post(PAGE, order(elsewhere)).status_code == 422
    other = signed_in(desk.person("Eva Far", "manager", elsewhere))
    assert other.post(PAGE, order(elsewhere)).status_code == 302
    grant = StandingGrant.objects.get()
    assert browser.post(f"{PAGE}{grant.pk}/end/").status_code == 404
    assert "Eva Far" not in browser.get(PAGE).content.decode()
    grant.refresh_from_db()
    assert grant.revoked_at is None


@pytest.mark.parametrize("role", ["front_desk", "provider"])
def test_the_desk_cannot_open_it(desk: Desk, role: str) -> None:
    browser = signed_in(desk.person("Maria Ruiz", role, desk.locations[0]))
    assert browser.get(PAGE).status_code in {403, 404}
    assert browser.post(PAGE, order(desk.locations[0])).status_code in {403, 404}
    assert not StandingGrant.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"daily_limit": 0},
        {"daily_limit": "many"},
        {"template": "answers:reply-1"},
        {"last_day": "2001-01-01"},
        {"last_day": "2999-01-01"},
        {"location": ""},
    ],
)
def test_what_has_no_limits_is_refused_with_words(
    desk: Desk, manager: User, fields: dict[str, Any]
) -> None:
    answer = signed_in(manager).post(PAGE, order(desk.locations[0], **fields))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not StandingGrant.objects.exists()


def test_a_decision_about_a_text_that_changed_is_no_longer_in_force(
    desk: Desk, manager: User
) -> None:
    signed_in(manager).post(PAGE, order(desk.locations[0]))
    StandingGrant.objects.update(template_version="answers:confirm-0")
    assert "The text has changed" in signed_in(manager).get(PAGE).content.decode()


def test_the_demo_gives_one_where_its_manager_is_and_only_once(desk: Desk, manager: User) -> None:
    User.objects.filter(pk=manager.pk).update(preferences={"persona": "Manager"})
    StaffMember.objects.create(
        connection=desk.connection, external_id="s9", name="Olga", user=manager
    )
    demo_beforehand(desk.connection)
    grant = StandingGrant.objects.get()
    assert (grant.location, grant.granted_by) == (desk.locations[0], manager)
    standing_revoke(user=manager, grant_id=grant.pk)
    demo_beforehand(desk.connection)
    assert StandingGrant.objects.count() == 1


def test_every_template_that_may_go_beforehand_is_known_to_the_answers() -> None:
    known = {value for name, value in vars(texts).items() if name.endswith("_VERSION")}
    assert {one.version for one in TEMPLATES} < known
    assert texts.REPLY_VERSION not in {one.version for one in TEMPLATES}
