"""Admin pages: who gets in, what they see there, and what they cannot change."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client as Browser

from approvals.models import ApprovalItem
from core import secrets
from core.models import AuditEvent, Secret
from integrations.models import LocationGroupPermission, LocationRole, RoleRight
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor")


def signed_in(person: Any) -> Browser:
    browser = Browser()
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser


@pytest.fixture
def admin_person(desk: Desk) -> Any:
    return desk.person("Ada Admin", "owner", is_superuser=True)


def lists() -> list[str]:
    return [
        f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for model in admin.site._registry
    ]


def test_every_list_and_the_index_open_for_an_admin(admin_person: Any) -> None:
    browser = signed_in(admin_person)
    for address in ["/admin/", *lists()]:
        assert browser.get(address).status_code == 200, address
    assert len(lists()) >= 12


def test_front_desk_and_therapists_do_not_get_in(desk: Desk) -> None:
    for role in ("front_desk", "provider"):
        browser = signed_in(desk.person(f"{role.title()} Person", role))
        assert browser.get("/admin/").status_code == 302


def test_a_manager_sees_drafts_of_their_own_location_only(desk: Desk) -> None:
    here, elsewhere = desk.locations
    mine = desk.draft(title="Mine to look at")
    desk.draft(title="Somebody else's", location=elsewhere)
    browser = signed_in(desk.person("Mona Manager", "manager", here))
    page = browser.get("/admin/approvals/approvalitem/").content.decode()
    assert "Mine to look at" in page
    assert "Somebody else&#x27;s" not in page
    assert browser.get(f"/admin/approvals/approvalitem/{mine.pk}/change/").status_code == 200


def test_drafts_cannot_be_changed_or_deleted_in_admin(desk: Desk, admin_person: Any) -> None:
    item = desk.draft(title="As it is")
    browser = signed_in(admin_person)
    address = f"/admin/approvals/approvalitem/{item.pk}"
    assert browser.post(f"{address}/change/", {"title": "Other"}).status_code == 403
    assert browser.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
    assert ApprovalItem.objects.get(pk=item.pk).title == "As it is"


def test_a_typed_token_is_encrypted_and_never_shown_again(desk: Desk, admin_person: Any) -> None:
    browser = signed_in(admin_person)
    address = f"/admin/integrations/connection/{desk.connection.pk}/change/"
    form = {
        "name": "Maple Street Spa",
        "platform": "mangomint",
        "base_url": "https://api.example.com/v1",
        "token": "s3cret-token-of-the-salon",
        "poll_seconds": 300,
        "rate_per_second": 20,
        "platform_sends": "[]",
    }
    assert browser.post(address, form).status_code == 302
    desk.connection.refresh_from_db()
    assert secrets.resolve(desk.connection.token_ref) == "s3cret-token-of-the-salon"
    assert b"s3cret" not in bytes(Secret.objects.get().encrypted)
    assert b"s3cret" not in browser.get(address).content
    assert "s3cret" not in str(list(AuditEvent.objects.values()))


def test_taking_a_right_from_a_role_takes_it_from_every_location(
    desk: Desk, admin_person: Any
) -> None:
    desk.person("Maria Ruiz", "front_desk")
    group = LocationRole.objects.get(location=desk.location, role="front_desk").group
    held = LocationGroupPermission.objects.filter(group=group, permission__codename="ask")
    assert held.exists()
    row = RoleRight.objects.get(role="front_desk", right="ask")
    answer = signed_in(admin_person).post(
        f"/admin/integrations/roleright/{row.pk}/delete/", {"post": "yes"}
    )
    assert answer.status_code == 302
    assert not held.exists()
