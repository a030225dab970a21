"""Somebody leaves: what they had put off wakes, their place is free, their words stay readable."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Visitor

from approvals import presence
from approvals.leaving import words_at
from approvals.models import ApprovalItem, TypedText
from approvals.services import decisions
from approvals.services.typing import typed_save
from core import clock
from core.audit import Actor
from core.models import AuditEvent
from integrations import roles
from integrations.events import StaffLeft
from integrations.inbox import events_announce
from integrations.models import Location, User
from tests.approvals.desk import NOW, Desk, drafted, person_make, role_group

pytestmark = pytest.mark.django_db
WORDS = "Hi Dana, the parking is behind the house."


def leaves(desk: Desk, user: User) -> None:
    """As the mirror of the platform's roles does it."""
    user.groups.remove(role_group(desk.location, "front_desk"))
    gone = StaffLeft(
        key=f"left:{user.pk}", connection_id=str(desk.connection.pk), at=NOW, user_id=user.pk
    )
    events_announce([gone])


def put_off(item: ApprovalItem, user: User) -> None:
    decisions.item_snooze(user=user, item_id=item.pk, until=NOW + timedelta(hours=5))


def snoozed(item: ApprovalItem) -> bool:
    return ApprovalItem.objects.get(pk=item.pk).snoozed_until is not None


def test_only_what_the_leaver_put_off_last_wakes(desk: Desk) -> None:
    mine, hers, taken_over = (drafted(desk, subject=f"visit:{n}") for n in (1, 2, 3))
    put_off(mine, desk.tom)
    put_off(hers, desk.maria)
    put_off(taken_over, desk.tom)
    put_off(taken_over, desk.maria)
    before = ApprovalItem.objects.get(pk=mine.pk).version
    leaves(desk, desk.tom)
    assert [snoozed(one) for one in (mine, hers, taken_over)] == [False, True, True]
    assert ApprovalItem.objects.get(pk=mine.pk).version == before + 1, "open pages see it change"
    assert AuditEvent.objects.filter(action="item.woken", subject=f"item:{mine.pk}").exists()


def test_the_leaver_is_no_longer_at_any_draft(desk: Desk, redis_db: Any) -> None:
    item = drafted(desk)
    presence.presence_seen(item_id=item.pk, user_id=desk.tom.pk, name="Tom", editing=True)
    presence.presence_seen(item_id=item.pk, user_id=desk.maria.pk, name="Maria", editing=False)
    leaves(desk, desk.tom)
    assert [one.name for one in presence.presence_of([item.pk])[item.pk]] == ["Maria"]


def test_half_written_words_are_shown_and_can_be_gone_on_from(desk: Desk) -> None:
    item = drafted(desk)
    typed_save(
        user=desk.tom, item=item, body=WORDS, subject="", base_revision=item.revision_id, caret=4
    )
    browser = Visitor()
    browser.force_login(desk.maria)
    page = f"/drafts/{item.pk}/"
    assert WORDS not in browser.get(page).content.decode(), "while Tom works here they are his"
    leaves(desk, desk.tom)
    left = TypedText.objects.get()
    said = browser.get(page).content.decode()
    assert "Tom was writing this and has left since" in said and WORDS in said
    link = f"{page}?edit=1&amp;words={left.pk}"
    assert link in said
    editor = browser.get(link.replace("&amp;", "&")).content.decode()
    assert f">{WORDS}</textarea>" in editor
    assert "Here is what you were typing" not in editor


def test_words_of_a_colleague_who_is_still_here_stay_theirs(desk: Desk) -> None:
    item = drafted(desk)
    kim = person_make("Kim", desk.location, "manager")
    for user in (desk.tom, kim):
        typed_save(user=user, item=item, body=WORDS, subject="", base_revision=1, caret=0)
    desk.tom.groups.clear()
    assert [text.user for text in words_at(item, user=desk.maria)[1]] == [desk.tom]
    assert words_at(item, user=desk.tom)[1] == []


def test_a_grant_that_ends_leaves_the_same_way_and_signs_out(desk: Desk) -> None:
    temp = User.objects.create_user("temp@maple.example", "x" * 12, name="Tess")
    grant = roles.grant_by_hand(
        actor=Actor.system("test"),
        user=temp,
        location=desk.location,
        role="front_desk",
        ends_on=clock.now().date(),
    )
    item = drafted(desk)
    put_off(item, temp)
    browser = Visitor()
    browser.force_login(temp)
    assert browser.get("/").status_code == 200
    roles.grant_end(actor=Actor.system("test"), grant=grant)
    assert not snoozed(item)
    assert browser.get("/").headers["Location"].startswith("/sign-in/")


def test_who_leaves_one_location_of_two_leaves_what_they_put_off_there(desk: Desk) -> None:
    here, there = drafted(desk, subject="visit:1"), drafted(desk, subject="visit:2")
    put_off(here, desk.tom)
    put_off(there, desk.tom)
    other = Location.objects.create(
        connection=desk.connection, external_id="loc_other", name="Harbor"
    )
    ApprovalItem.objects.filter(pk=there.pk).update(location=other)
    events_announce(
        [
            StaffLeft(
                key=f"left:{desk.tom.pk}:{other.pk}",
                connection_id=str(desk.connection.pk),
                at=NOW,
                user_id=desk.tom.pk,
                location_id=other.pk,
            )
        ]
    )
    assert [snoozed(here), snoozed(there)] == [True, False]
