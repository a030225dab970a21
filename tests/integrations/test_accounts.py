"""Invitations: single use, a week, only a hash kept, and what they give."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError

from core import clock
from core.audit import Actor
from integrations.accounts import InvitationError, invitation_accept, invitation_create
from integrations.models import Connection, HandGrant, Invitation, Location, StaffMember, User
from tests.integrations.salon import store
from tests.integrations.test_roles import rights, staff_record

ADMIN = Actor("person", "1", "Ellen")
PASSWORD = "quiet-river-lantern"


@pytest.fixture
def staff(maple: Connection) -> StaffMember:
    store(maple, staff_record(1))
    return StaffMember.objects.get()


def test_a_link_arrives_by_mail_and_makes_a_sign_in_with_the_role(
    staff: StaffMember, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        invitation, token = invitation_create(actor=ADMIN, staff=staff)
    [sent] = mail.outbox
    assert sent.to == ["person1@example.com"]
    assert re.search(rf"/invitation/{token}/", str(sent.body))
    assert token not in str(vars(invitation).values())
    user = invitation_accept(token, "Maria Santos", PASSWORD)
    staff.refresh_from_db()
    assert staff.user == user and user.check_password(PASSWORD)
    assert "review_messages" in rights(user, Location.objects.get())


def test_a_link_works_once_and_for_a_week(staff: StaffMember) -> None:
    _, token = invitation_create(actor=ADMIN, staff=staff)
    with (
        clock.frozen(clock.now() + timedelta(days=7, seconds=1)),
        pytest.raises(InvitationError, match="run out"),
    ):
        invitation_accept(token, "Maria", PASSWORD)
    invitation_accept(token, "Maria", PASSWORD)
    with pytest.raises(InvitationError, match="used already"):
        invitation_accept(token, "Maria", PASSWORD)
    with pytest.raises(InvitationError, match="not one of ours"):
        invitation_accept("made-up", "Maria", PASSWORD)


def test_a_weak_password_leaves_the_link_usable(staff: StaffMember) -> None:
    _, token = invitation_create(actor=ADMIN, staff=staff)
    with pytest.raises(ValidationError):
        invitation_accept(token, "Maria", "password")
    assert not User.objects.exists()
    assert invitation_accept(token, "Maria", PASSWORD).is_active


def test_a_newer_invitation_ends_the_one_before(staff: StaffMember) -> None:
    _, old = invitation_create(actor=ADMIN, staff=staff)
    _, new = invitation_create(actor=ADMIN, staff=staff)
    with pytest.raises(InvitationError):
        invitation_accept(old, "Maria", PASSWORD)
    invitation_accept(new, "Maria", PASSWORD)


def test_a_person_by_hand_gets_one_role_until_its_day(maple: Connection) -> None:
    place = Location.objects.get()
    ends = clock.now().date() + timedelta(days=14)
    _, token = invitation_create(
        actor=ADMIN,
        location=place,
        role="Front Desk",
        email="Temp@Example.com",
        name="Temp",
        ends_on=ends,
    )
    user = invitation_accept(token, "", PASSWORD)
    assert (user.email, user.name) == ("temp@example.com", "Temp")
    grant = HandGrant.objects.get()
    assert (grant.role, grant.ends_on, grant.granted_by) == ("front_desk", ends, "Ellen")
    assert "review_messages" in rights(user, place)


def test_who_has_a_sign_in_keeps_its_password(maple: Connection) -> None:
    User.objects.create_user("temp@example.com", "the first password", name="Temp")
    place = Location.objects.get()
    _, token = invitation_create(
        actor=ADMIN, location=place, role="manager", email="temp@example.com"
    )
    user = invitation_accept(token, "Other", "another-long-password")
    assert user.check_password("the first password") and user.name == "Temp"


@pytest.mark.parametrize("given", [{"role": "manager"}, {"email": "x@example.com"}, {}])
def test_an_invitation_without_address_place_or_role_is_refused(
    maple: Connection, given: dict[str, str]
) -> None:
    with pytest.raises(InvitationError):
        invitation_create(actor=ADMIN, **given)
    assert not Invitation.objects.exists()


def test_who_left_cannot_be_invited(staff: StaffMember) -> None:
    staff.active = False
    with pytest.raises(InvitationError, match="does not work here"):
        invitation_create(actor=ADMIN, staff=staff)
