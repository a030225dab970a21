"""Roles mirrored into rights, grants by hand, people who leave, and syncs that are held."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client as Browser

from core import clock
from core.audit import Actor
from core.models import AuditEvent
from integrations import roles
from integrations.events import StaffLeft
from integrations.models import (
    Connection,
    HandGrant,
    Location,
    LocationGroupPermission,
    LocationRole,
    RoleRight,
    StaffMember,
    User,
)
from integrations.models.rights import RIGHTS
from integrations.platforms.base import Record
from tests.integrations.salon import location_make, store

ADMIN = Actor("person", "1", "Ellen")


def staff_record(
    number: int, role: str = "front_desk", location: str = "loc_1", **data: object
) -> Record:
    said = {
        "name": f"Person {number}",
        "email": f"person{number}@example.com",
        "roles": [{"location": location, "role": role}],
        "active": True,
        **data,
    }
    return Record("staff", f"sta_{number}", said)


def person(connection: Connection, number: int, role: str = "front_desk", **data: object) -> User:
    store(connection, staff_record(number, role, **data))  # type: ignore[arg-type]
    user = User.objects.create_user(
        f"person{number}@example.com", "a long password", name=f"P{number}"
    )
    StaffMember.objects.filter(external_id=f"sta_{number}").update(user=user)
    return user


def rights(user: User, location: Location) -> set[str]:
    rows = LocationGroupPermission.objects.filter(content_object=location, group__user=user)
    return set(rows.values_list("permission__codename", flat=True))


@pytest.fixture
def place(maple: Connection) -> Location:
    return Location.objects.get(connection=maple)


def test_every_role_brings_its_rights_at_its_location_and_nowhere_else(
    maple: Connection, place: Location
) -> None:
    other = location_make(maple, "loc_2")
    owner, desk, provider = (
        person(maple, number, role)
        for number, role in enumerate(("owner", "Front Desk", "provider"))
    )
    report = roles.roles_sync(maple)
    assert sorted(report.given) == ["P0", "P1", "P2"]
    assert rights(owner, place) == set(RIGHTS)
    assert rights(desk, place) == {
        "review_messages", "review_offers", "review_retail", "review_changes", "ask",
    }  # fmt: skip
    assert rights(provider, place) == {"review_messages", "ask"}
    assert rights(owner, other) == set()


def test_an_unknown_role_brings_nothing(maple: Connection, place: Location) -> None:
    user = person(maple, 1, "wizard")
    roles.roles_sync(maple)
    assert rights(user, place) == set()
    assert LocationRole.objects.get().role == "wizard"


def test_a_role_taken_away_is_gone_within_one_sync(maple: Connection, place: Location) -> None:
    user = person(maple, 1, "manager")
    roles.roles_sync(maple)
    store(maple, staff_record(1, "provider"))
    report = roles.roles_sync(maple)
    assert report.taken == ["P1"]
    assert rights(user, place) == {"review_messages", "ask"}


def test_who_leaves_is_signed_out_at_once(
    maple: Connection, place: Location, client: Browser
) -> None:
    user, stays = person(maple, 1), person(maple, 2)
    roles.roles_sync(maple)
    client.force_login(user)
    store(maple, staff_record(1, active=False))
    report = roles.roles_sync(maple)
    user.refresh_from_db()
    assert report.left == ["P1"]
    assert not user.is_active
    assert not client.session.get("_auth_user_id")
    assert rights(stays, place) != set()
    store(maple, staff_record(1))
    roles.roles_sync(maple)
    user.refresh_from_db()
    assert user.is_active and rights(user, place) != set()


def test_a_sync_in_which_too_many_vanish_is_held_and_takes_nothing(
    maple: Connection, place: Location
) -> None:
    people = [person(maple, number) for number in range(6)]
    roles.roles_sync(maple)
    StaffMember.objects.filter(external_id__in=["sta_0", "sta_1", "sta_2"]).update(active=False)
    for _ in range(2):
        report = roles.roles_sync(maple)
        assert report.held and report.taken == []
        assert all(rights(user, place) for user in people)
    assert AuditEvent.objects.filter(action="rights.held").exists()
    report = roles.roles_sync(maple, accepted_by=ADMIN)
    assert not report.held and sorted(report.left) == ["P0", "P1", "P2"]
    assert rights(people[0], place) == set() != rights(people[5], place)


def test_a_third_or_less_may_leave_without_asking(maple: Connection) -> None:
    for number in range(6):
        person(maple, number)
    roles.roles_sync(maple)
    StaffMember.objects.filter(external_id__in=["sta_0", "sta_1"]).update(active=False)
    assert not roles.roles_sync(maple).held


def test_a_grant_by_hand_survives_syncs_and_ends_on_its_day(
    maple: Connection, place: Location
) -> None:
    temp = User.objects.create_user("temp@example.com", "a long password", name="Temp")
    monday = datetime(2026, 6, 15, 18, 0, tzinfo=UTC)
    with clock.frozen(monday) as now:
        roles.grant_by_hand(
            actor=ADMIN, user=temp, location=place, role="front_desk", ends_on=date(2026, 6, 16)
        )
        store(maple, staff_record(1))
        roles.roles_sync(maple)
        assert "review_messages" in rights(temp, place)
        now.move(timedelta(days=1, hours=12))
        # Wednesday in UTC, still Tuesday evening in Los Angeles.
        assert roles.grants_expire() == 0
        now.move(timedelta(hours=2))
        assert roles.grants_expire() == 1
    temp.refresh_from_db()
    assert rights(temp, place) == set() and not temp.is_active
    assert not HandGrant.objects.exists()


def test_editing_the_table_of_rights_changes_every_group_of_that_role(
    maple: Connection, place: Location
) -> None:
    user = person(maple, 1)
    roles.roles_sync(maple)
    RoleRight.objects.create(role="front_desk", right="read_digest")
    assert "read_digest" in rights(user, place)
    RoleRight.objects.get(role="front_desk", right="ask").delete()
    assert "ask" not in rights(user, place)
    row = RoleRight.objects.get(role="front_desk", right="review_offers")
    row.role = "provider"
    row.save()
    assert "review_offers" not in rights(user, place)


def test_two_connections_leave_each_others_rights_alone(maple: Connection, place: Location) -> None:
    from tests.integrations.salon import connection_make

    user = person(maple, 1)
    other = connection_make(name="Harbor")
    far = location_make(other, "loc_9")
    roles.grant_by_hand(actor=ADMIN, user=user, location=far, role="manager", ends_on=None)
    roles.roles_sync(maple)
    assert rights(user, place) and rights(user, far) == set(RIGHTS)
    store(maple, staff_record(1, active=False))
    roles.roles_sync(maple)
    user.refresh_from_db()
    assert user.is_active
    assert rights(user, place) == set() and rights(user, far) == set(RIGHTS)


def test_losing_the_role_at_one_location_of_two_is_announced_for_that_one(
    maple: Connection, place: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[StaffLeft] = []
    monkeypatch.setattr("integrations.inbox.events_announce", said.extend)
    other = Location.objects.create(connection=maple, external_id="loc_2", name="Harbor")
    user = User.objects.create_user("temp@example.com", name="Tess Temp")
    roles.grant_by_hand(actor=ADMIN, user=user, location=place, role="front_desk", ends_on=None)
    grant = roles.grant_by_hand(
        actor=ADMIN, user=user, location=other, role="front_desk", ends_on=None
    )
    roles.grant_end(actor=ADMIN, grant=grant)
    assert [(event.user_id, event.location_id) for event in said] == [(user.pk, other.pk)]
    assert User.objects.get(pk=user.pk).is_active
